/** What a suite of `-- speed` is made of. */
import type {JestLine} from '../../test/e2e/project';
import type {Files, Suite} from '../turns';

/** Ratios, ours to stock's, that are not to be more. */
export interface Goals {
  readonly wall?: number;
  readonly inRunner?: number;
  readonly memory?: number;
}

export interface SpeedSuite extends Suite {
  /** Jest's arguments. */
  readonly args: readonly string[];
  /** How many tests pass: what runs fewer is fast for that. */
  readonly tests: number;
  readonly goals?: Readonly<Partial<Record<JestLine, Goals>>>;
  /**
   * What it needs besides Jest and ours, in an install of its own: exact versions.
   * Default: what the install of the end-to-end tests has.
   *
   * @param jest its exact version
   */
  readonly dependencies?: (jest: string) => Readonly<Record<string, string>>;
}

/** So many files, by path. */
export function numbered(count: number, file: (index: number) => readonly [path: string, text: string]): Files {
  return Object.fromEntries(Array.from({length: count}, (_, index) => file(index)));
}
