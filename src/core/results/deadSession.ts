/**
 * Reads a dead worker's journal: the results that go into the file's result, and the digest by which the scheduler
 * decides what to do with the file (core/schedule/lostUnits.ts).
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import type {SlotNumber} from '../plan/units';
import type {JournalRecord, SnapshotActivity} from '../wire/journal';
import type {CrashItem, JournalDigest} from './journalDigest';
import type {SnapshotChanges} from '../wire/workerMessages';

type Opened = Extract<JournalRecord, {type: 'opened'}>;
type Ended = Extract<JournalRecord, {type: 'ended'}>;
type Hook = Extract<JournalRecord, {type: 'hook'}>;
type ConsoleEntries = NonNullable<TestResult['console']>;

/** What a worker's journal says of a file, up to the worker's death. */
export interface JournalContent {
  /** In ms since the epoch. */
  readonly startedAt: number;
  readonly opened: Opened;
  /** Ended tests by place, in the order in which they first ended. */
  readonly ended: ReadonlyMap<number, Ended>;
  /** By place: tests that failed and were to be retried. */
  readonly toRetry: ReadonlyMap<number, Ended>;
  /** Places of the tests that began, in the order in which they did. */
  readonly began: readonly number[];
  /** By place: when (monotonic, ms) each test that had not ended began, and the memory (RSS, bytes) at that time. */
  readonly running: ReadonlyMap<number, {readonly at: number; readonly rss: number}>;
}

/** A dead worker's share of the file, with the scheduler's verdict on the death. */
export interface DeadSession extends JournalContent {
  readonly slot: SlotNumber;
  readonly crash: CrashItem;
  /** Places of the tests that failed by this death: the crash item, or all tests of a beforeAll hook's block. */
  readonly failed: readonly number[];
}

/** @returns null: the worker died before the file was loaded */
export function readContent(journal: readonly JournalRecord[]): JournalContent | null {
  const [unit, opened] = journal;
  if (unit?.type !== 'unit' || opened?.type !== 'opened') return null;
  const ended = new Map<number, Ended>();
  const toRetry = new Map<number, Ended>();
  const began = new Set<number>();
  const running = new Map<number, {at: number; rss: number}>();
  for (const line of journal) {
    if (line.type === 'test') {
      began.add(line.place);
      running.set(line.place, line);
      ended.delete(line.place); // a retry
      toRetry.delete(line.place);
    } else if (line.type === 'ended') {
      running.delete(line.place);
      (line.willRetry ? toRetry : ended).set(line.place, line);
    }
  }
  return {startedAt: unit.at, opened, ended, toRetry, began: [...began], running};
}

/** Combines what a worker left with the scheduler's verdict on its death. */
export function deadSession(
  slot: SlotNumber,
  content: JournalContent,
  {crash, failed}: Pick<DeadSession, 'crash' | 'failed'>,
): DeadSession {
  // A test that hung may have ended before its worker was killed: that result does not count.
  const ended = new Map([...content.ended].filter(([place]) => !failed.includes(place)));
  return {...content, slot, ended, crash, failed};
}

/**
 * @param hung what the watchdog says took too long; null: the worker did not die of a hang
 * @returns null: there is no journal of what the worker ran
 */
export function digestOf(journal: readonly JournalRecord[], hung: string | null): JournalDigest | null {
  const [unit] = journal;
  if (unit?.type !== 'unit') return null;
  const content = readContent(journal);
  if (content === null) return {unit: unit.unit, opened: null};
  const {opened, ended, began, running} = content;
  const hook = openHook(journal);
  return {
    unit: unit.unit,
    opened: {
      listing: opened.listing,
      modes: opened.tests.map(({mode}) => mode),
      early: opened.tests.flatMap(({early}, place) => (early ? [place] : [])),
      ended: [...ended.keys()],
      began,
      running: [...running.keys()],
      hook: hook && {hook: hook.hook, titles: hook.titles, from: hook.from, to: hook.to},
      finished: journal.at(-1)?.type === 'finished',
      hung: hung === null ? null : hungTest(content, hung),
    },
  };
}

/** The last begun test that the watchdog's text can mean. The text starts with the file and may end with a hook. */
function hungTest({opened, began}: JournalContent, hung: string): number | null {
  const what = hung.slice(hung.indexOf(' › ') + 3);
  const isIt = (place: number) => {
    const name = opened.tests[place]?.titles.join(' › ') ?? '';
    return what === name || what.startsWith(`${name} (`);
  };
  return began.findLast(isIt) ?? null;
}

/** The last hook, if it has not ended. */
function openHook(journal: readonly JournalRecord[]): Hook | null {
  const last = journal.findLast(({type}) => type === 'hook' || type === 'hook-ended' || type === 'test');
  return last?.type === 'hook' ? last : null;
}

/** What a dead session wrote to the console, with the place of the test that wrote it; -1: the file's loading did. */
export function deadConsole({opened, ended}: DeadSession): {entries: ConsoleEntries; places: number[]} {
  const parts = [
    [-1, opened.console] as const,
    ...[...ended.values()].map(line => [line.place, line.console] as const),
  ];
  return {
    entries: parts.flatMap(([, entries]) => entries),
    places: parts.flatMap(([place, entries]) => entries.map(() => place)),
  };
}

const NO_COUNTS: SnapshotActivity['counts'] = {added: 0, matched: 0, unmatched: 0, updated: 0};

/**
 * What a dead session's tests did to the file's snapshots.
 *
 * @param names names of the tests that failed by the death: their snapshots are not obsolete
 */
export function snapshotsOf(
  {opened: {snapshots}, ended}: DeadSession,
  names: readonly string[],
): {changes: SnapshotChanges | null; counts: SnapshotActivity['counts']} {
  if (snapshots === null) return {changes: null, counts: NO_COUNTS};
  const written: Record<string, string> = {};
  const checked = new Set<string>();
  let dirty = false;
  let inline: readonly unknown[] = [];
  let counts = NO_COUNTS;
  for (const {snapshots: activity} of ended.values()) {
    if (activity === null) continue;
    for (const [key, snapshot] of Object.entries(activity.written)) {
      if (snapshot === null) delete written[key];
      else written[key] = snapshot;
    }
    for (const key of activity.checked) checked.add(key);
    ({dirty, inline, counts} = activity);
  }
  // jest-circus does the same for skipped and failed tests (_addSnapshotData).
  const kept = [...names, ...[...ended.values()].flatMap(({result}) => namesKept(result))];
  const isKept = (key: string) => kept.some(name => testNameOf(key) === name || key.startsWith(`${name}: `));
  const unchecked = snapshots.keys.filter(key => !checked.has(key) && !isKept(key));
  return {changes: {path: snapshots.path, written, dirty, unchecked, takenBack: {}, inline}, counts};
}

function namesKept({fullName, status}: AssertionResult): string[] {
  return status === 'pending' || status === 'failed' ? [fullName] : [];
}

/** `adds 1` -> `adds`: jest-snapshot numbers a test's snapshots. A hint follows the name after ': '. */
function testNameOf(key: string): string {
  return key.replace(/ \d+$/, '');
}
