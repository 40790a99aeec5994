/**
 * What a worker leaves behind of the file that it runs, line by line, as it happens: what its tests are,
 * which of them runs, how the others ended. A worker writes each line synchronously, before the next
 * test's code runs, so that a process that dies has told all that it knew; the parent reads it only then.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import {dictionary, finite, list, nullable, parseJson, record, text, whole} from './values';

/** A test as a file's journal lists it. */
export interface JournalTest {
  /** Of the describe blocks around it, and its own. */
  readonly titles: readonly string[];
  /** What becomes of it if nothing goes wrong. */
  readonly mode: 'run' | 'skip' | 'todo';
  /** Whether it starts with the file, before jest-circus comes to it: `test.concurrent` up to 30.1. */
  readonly early: boolean;
}

const HOOK_TYPES = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'] as const;
export type HookType = (typeof HOOK_TYPES)[number];

type ConsoleEntries = NonNullable<TestResult['console']>;

/** What a test has done to its file's snapshots. */
export interface SnapshotNews {
  /** Snapshots that are new or differ from those in the file, by key; null: it is the file's again. */
  readonly written: Readonly<Record<string, string | null>>;
  /** Keys of the file that were asked for. */
  readonly checked: readonly string[];
  readonly dirty: boolean;
  /** All that Jest is to write into source files since the file began. */
  readonly inline: readonly unknown[];
  /** Jest's counters, since the file began. */
  readonly counts: {
    readonly added: number;
    readonly matched: number;
    readonly unmatched: number;
    readonly updated: number;
  };
}

export type JournalRecord =
  /** The first line: the unit, and when (epoch, ms) it began. */
  | {readonly type: 'unit'; readonly unit: number; readonly at: number}
  /** The file is loaded. */
  | {
      readonly type: 'opened';
      /** What names the list of its tests. */
      readonly listing: string;
      readonly tests: readonly JournalTest[];
      /** What it took to load it, in ms. */
      readonly ms: number;
      /** What it has written to the console so far. */
      readonly console: ConsoleEntries;
      /** The file of its snapshots, and their keys. */
      readonly snapshots: {readonly path: string; readonly keys: readonly string[]} | null;
    }
  /**
   * A test begins: the place of it in the list, the time (by the machine's monotonic clock, ms), and the process's memory
   * (RSS, bytes).
   */
  | {readonly type: 'test'; readonly place: number; readonly at: number; readonly rss: number}
  /** A test has ended; once more, if it was retried. `willRetry`: it has failed, and is to be. */
  | {
      readonly type: 'ended';
      readonly place: number;
      readonly willRetry: boolean;
      readonly result: AssertionResult;
      readonly console: ConsoleEntries;
      readonly snapshots: SnapshotNews | null;
    }
  /** A hook begins: of which describe block (its titles), and the places of the tests in it. */
  | {
      readonly type: 'hook';
      readonly hook: HookType;
      readonly titles: readonly string[];
      readonly from: number;
      readonly to: number;
    }
  | {readonly type: 'hook-ended'}
  /** All tests have run; the environment is torn down. */
  | {readonly type: 'finished'};

/**
 * The lines of a journal up to the first that is cut off or not one: its process died on it.
 *
 * @returns none if nothing can be read
 */
export function parseJournal(content: string): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const line of content.split('\n').slice(0, -1)) {
    try {
      records.push(parseRecord(parseJson(line)));
    } catch {
      break;
    }
  }
  return records;
}

function parseRecord(value: unknown): JournalRecord {
  const fields = record(value, 'a line of a journal');
  switch (fields.type) {
    case 'unit':
      return {type: 'unit', unit: whole(fields.unit), at: whole(fields.at)};
    case 'opened':
      return {
        type: 'opened',
        listing: text(fields.listing),
        tests: list(fields.tests, test => {
          const {titles, mode, early} = record(test, 'a test of a journal');
          return {
            titles: list(titles, text),
            mode: mode === 'skip' || mode === 'todo' ? mode : 'run',
            early: early === true,
          };
        }),
        ms: finite(fields.ms),
        console: parseConsole(fields.console),
        snapshots: nullable(fields.snapshots, snapshots => {
          const {path, keys} = record(snapshots, 'a snapshot file');
          return {path: text(path), keys: list(keys, text)};
        }),
      };
    case 'test':
      return {type: 'test', place: whole(fields.place), at: whole(fields.at), rss: whole(fields.rss)};
    case 'ended':
      return {
        type: 'ended',
        place: whole(fields.place),
        willRetry: fields.willRetry === true,
        // Jest's own, made by the very Jest that reads it.
        result: record(fields.result, "a test's result") as unknown as AssertionResult,
        console: parseConsole(fields.console),
        snapshots: nullable(fields.snapshots, parseSnapshotNews),
      };
    case 'hook':
      return {
        type: 'hook',
        hook: parseHookType(fields.hook),
        titles: list(fields.titles, text),
        from: whole(fields.from),
        to: whole(fields.to),
      };
    case 'hook-ended':
    case 'finished':
      return {type: fields.type};
    default:
      throw new Error('not a line of a journal');
  }
}

function parseSnapshotNews(value: unknown): SnapshotNews {
  const {written, checked, dirty, inline, counts} = record(value, 'news of snapshots');
  const {added, matched, unmatched, updated} = record(counts, 'counters of snapshots');
  return {
    written: dictionary(written, 'snapshots', snapshot => nullable(snapshot, text)),
    checked: list(checked, text),
    dirty: dirty === true,
    inline: list(inline, entry => entry),
    counts: {
      added: whole(added),
      matched: whole(matched),
      unmatched: whole(unmatched),
      updated: whole(updated),
    },
  };
}

function parseHookType(value: unknown): HookType {
  const type = HOOK_TYPES.find(known => known === value);
  if (type === undefined) throw new Error('not a hook');
  return type;
}

function parseConsole(value: unknown): ConsoleEntries {
  return list(value, entry => record(entry, 'an entry of a console') as unknown as ConsoleEntries[number]);
}
