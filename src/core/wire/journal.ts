/**
 * The journal of a running file: which tests the file has, which of them runs, and how the others ended. The worker
 * writes each line synchronously, before the next test's code runs, so that a dying process has written all it knew.
 * The parent reads the journal only after the worker's death.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import {HOOK_TYPES, type HookType, type JournalTest} from './journalTest';
import {dictionary, finite, list, nullable, parseJson, record, text, whole} from './values';

type ConsoleEntries = NonNullable<TestResult['console']>;

/** What a test did to its file's snapshots. */
export interface SnapshotActivity {
  /** The new or changed snapshots, by key; null: the snapshot is the same as in the file again. */
  readonly written: Readonly<Record<string, string | null>>;
  /** The keys of the snapshot file that the test asked for. */
  readonly checked: readonly string[];
  readonly dirty: boolean;
  /** All inline snapshots that Jest will write into source files, since the test file began. */
  readonly inline: readonly unknown[];
  /** Jest's counters since the test file began. */
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
      /** A hash of the list of tests. */
      readonly listing: string;
      readonly tests: readonly JournalTest[];
      /** The time to load the file, in ms. */
      readonly ms: number;
      /** The console output of loading the file. */
      readonly console: ConsoleEntries;
      /** The snapshot file and the keys in it. */
      readonly snapshots: {readonly path: string; readonly keys: readonly string[]} | null;
    }
  /**
   * A test begins. `place`: its index in the list. `at`: the machine's monotonic clock (ms). `rss`: the process's
   * resident memory (bytes).
   */
  | {readonly type: 'test'; readonly place: number; readonly at: number; readonly rss: number}
  /** A test has ended. There is one such line for each try. `willRetry`: the test failed, and Jest will retry it. */
  | {
      readonly type: 'ended';
      readonly place: number;
      readonly willRetry: boolean;
      readonly result: AssertionResult;
      readonly console: ConsoleEntries;
      readonly snapshots: SnapshotActivity | null;
    }
  /** A hook begins. `titles`: of its describe block. `from`, `to`: the places of the tests in that block. */
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
 * Parses the lines of a journal up to the first incomplete or invalid line: the process died while it wrote that line.
 *
 * @returns an empty list if no line is valid
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
        // Not parsed: the Jest that made it is the Jest that reads it.
        result: record(fields.result, "a test's result") as unknown as AssertionResult,
        console: parseConsole(fields.console),
        snapshots: nullable(fields.snapshots, parseSnapshotActivity),
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

function parseSnapshotActivity(value: unknown): SnapshotActivity {
  const {written, checked, dirty, inline, counts} = record(value, 'snapshot activity');
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
