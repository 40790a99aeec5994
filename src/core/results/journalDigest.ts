/** What the scheduler knows of a dead worker's journal: plain data, which a recording holds, too. */
import type {HookType, JournalTest} from '../wire/journalTest';

/** What ran when a worker died, and is blamed for the death. */
export type CrashItem =
  /** `hook`: the test's hook that ran; null: the test itself ran. */
  | {readonly type: 'test'; readonly place: number; readonly hook: HookType | null}
  /** Tests that ran at the same time. When each ran alone, none of them killed a worker again. */
  | {readonly type: 'together'; readonly places: readonly number[]}
  | {readonly type: 'hook'; readonly hook: HookType; readonly titles: readonly string[]}
  /** Nothing ran: the worker died after the test with this place; null: before the first test. */
  | {readonly type: 'between'; readonly after: number | null}
  /** All tests had ended. */
  | {readonly type: 'teardown'}
  /** Nothing of this file is to blame: an earlier file left behind what killed the worker. */
  | {readonly type: 'innocent'};

/** A journal without the results: plain data for the scheduler and the recording. */
export interface JournalDigest {
  /** The unit that the worker ran. */
  readonly unit: number;
  /** null: the worker died before the file was loaded. */
  readonly opened: OpenedDigest | null;
}

export interface OpenedDigest {
  /** Identifies the list of the file's tests. */
  readonly listing: string;
  /** By place: what jest-circus does with the test in an undisturbed run. */
  readonly modes: readonly JournalTest['mode'][];
  /** Places of the tests that start when the file starts, before jest-circus reaches them. */
  readonly early: readonly number[];
  /** Places of the tests that ended, in the order in which they first did. */
  readonly ended: readonly number[];
  /** Places of the tests that began, in the order in which they did. */
  readonly began: readonly number[];
  /** Places of the tests that began and had not ended. */
  readonly running: readonly number[];
  /** The hook that ran; `from` and `to` delimit the places of the tests in the hook's block. */
  readonly hook: {
    readonly hook: HookType;
    readonly titles: readonly string[];
    readonly from: number;
    readonly to: number;
  } | null;
  /** Whether all tests had run. */
  readonly finished: boolean;
  /** The place of the test that the watchdog names, if that test had begun; null: the watchdog names no such test. */
  readonly hung: number | null;
}
