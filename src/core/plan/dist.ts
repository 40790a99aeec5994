/** What each value of the option `dist` means for a run's plan. */
import type {Dist} from '../rules/options';
import type {Grouping} from './units';

export interface Mode {
  /** Whether files that ask for splitting may be split. */
  readonly splits: boolean;
  /** Which tests of a split file stay together. */
  readonly grouping: Grouping;
  /** Whether each worker first gets an even share of the files. */
  readonly evenShares: boolean;
  /** Whether every file runs once on every node. */
  readonly each: boolean;
}

const LOAD: Mode = {splits: true, grouping: 'none', evenShares: false, each: false};

export const MODES: Readonly<Record<Dist, Mode>> = {
  load: LOAD,
  loadfile: {...LOAD, splits: false},
  loadscope: {...LOAD, grouping: 'scope'},
  loadgroup: {...LOAD, grouping: 'named'},
  worksteal: {...LOAD, evenShares: true},
  each: {...LOAD, each: true},
};
