/** What the values of the option `dist` mean for the plan of a run. */
import type {Dist} from '../rules/options';
import type {Grouping} from './units';

export interface Mode {
  /** Whether files may be split that ask for it. */
  readonly splits: boolean;
  /** What of a split file's tests stays together. */
  readonly grouping: Grouping;
  /** Every worker is given an even share of the files at first. */
  readonly evenShares: boolean;
  /** Every file runs once on every node. */
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
