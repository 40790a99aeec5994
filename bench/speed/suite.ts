/** Defines the suites of `-- speed`. */
import type {JestLine} from '../../test/e2e/project';
import type {Files, Suite} from '../turns';

/** The upper limits for the ratios, ours to stock's. */
export interface Goals {
  readonly wall?: number;
  readonly inRunner?: number;
  readonly memory?: number;
}

export interface SpeedSuite extends Suite {
  /** Jest's arguments. */
  readonly args: readonly string[];
  /** How many tests have to pass. A runner that skips tests would look fast. */
  readonly tests: number;
  readonly goals?: Readonly<Partial<Record<JestLine, Goals>>>;
  /**
   * The packages that the suite needs besides Jest and ours, in an install of its own, with exact versions. Default:
   * the suite uses the install of the end-to-end tests.
   *
   * @param jest the exact version of Jest
   */
  readonly dependencies?: (jest: string) => Readonly<Record<string, string>>;
}

/** @returns `count` files, by path */
export function numbered(count: number, file: (index: number) => readonly [path: string, text: string]): Files {
  return Object.fromEntries(Array.from({length: count}, (_, index) => file(index)));
}
