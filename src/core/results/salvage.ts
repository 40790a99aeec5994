/**
 * What is kept of a test file whose workers died: the tests that had ended have their results, the one that
 * ran is to blame, the others run in a new worker. Pure: journals come in, what is left to do comes out.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import type {HookType, JournalRecord, JournalTest, SnapshotNews} from '../wire/journal';
import type {Resumption, SnapshotChanges} from '../wire/workerMessages';
import type {SlotNumber} from '../plan/units';

type Opened = Extract<JournalRecord, {type: 'opened'}>;
type Ended = Extract<JournalRecord, {type: 'ended'}>;
type Hook = Extract<JournalRecord, {type: 'hook'}>;
type ConsoleEntries = NonNullable<TestResult['console']>;

/** What ran when a worker died: to blame for it, as far as anybody can tell. */
export type CrashItem =
  /** `hook`: one of its own ran. */
  | {readonly type: 'test'; readonly place: number; readonly hook: HookType | null}
  /** Tests that ran at the same time; run one by one, none of them did it again. */
  | {readonly type: 'together'; readonly places: readonly number[]}
  | {readonly type: 'hook'; readonly hook: HookType; readonly titles: readonly string[]}
  /** Nothing: it died after this test (its place), or before the first one. */
  | {readonly type: 'between'; readonly after: number | null}
  /** All tests had ended. */
  | {readonly type: 'teardown'}
  /** Nothing of this file: an earlier one left behind what killed the worker. */
  | {readonly type: 'innocent'};

/** One worker's share of the file, up to its death. */
export interface DeadSession {
  readonly slot: SlotNumber;
  /** Epoch, in ms. */
  readonly startedAt: number;
  readonly opened: Opened;
  /** By place, in the order in which they first ended. */
  readonly ended: ReadonlyMap<number, Ended>;
  /** By place: tests that had failed, and were to be retried. */
  readonly toRetry: ReadonlyMap<number, Ended>;
  /** Places of the tests that began, in that order. */
  readonly began: readonly number[];
  /** When (monotonic, ms) the tests began that had not ended, by place; and the memory (RSS, bytes) then. */
  readonly running: ReadonlyMap<number, {readonly at: number; readonly rss: number}>;
  readonly crash: CrashItem;
  /** Places of tests that have failed by this death: the crash item, or all tests of a beforeAll hook's block. */
  readonly failed: readonly number[];
}

/** What is to become of a file whose worker has died. */
export type Fate =
  /** Nothing of it is known to have run: the file fails as a whole. */
  | 'blame'
  /** It runs again from the start, whole. */
  | 'whole'
  /** What is known is kept; the rest, if any, runs in a new worker. */
  | 'kept';

export interface LostSession {
  readonly slot: SlotNumber;
  readonly journal: readonly JournalRecord[];
  /** Whether tests of the file are shared with other workers. */
  readonly shared: boolean;
  /** Whether what ran is known to have no part in the death. */
  readonly innocent: boolean;
  /** What took too long, because of which it was killed; null: that is not how it died. */
  readonly hung: string | null;
  /** Whether nothing more is run, of any file. */
  readonly final: boolean;
}

/** So often may a worker die, in a row, without the file having come any further. */
const MAX_STALLS = 1;

/** And so often where another file was to blame. As often as jest-worker retries, by default. */
const MAX_INNOCENT_STALLS = 3;

/** A death of which there are several suspects, who are run alone, one after the other. */
interface Suspicion {
  readonly death: DeadSession;
  /** Places of those that have no result yet. */
  left: readonly number[];
  /** Whether one of them has failed by another death. */
  guilty: boolean;
}

export class Salvage {
  #resume: boolean;
  #opened: Opened | null = null;
  #sessions: DeadSession[] = [];
  /** Places of the tests that have a result. */
  readonly #done = new Set<number>();
  /** So many had one at the last death. */
  #doneAtDeath = 0;
  #suspicions: Suspicion[] = [];
  #stalls = 0;
  #innocentStalls = 0;
  #loads = 0;
  #givenUp = false;

  /** @param resume whether the rest of a file may run in a new worker */
  constructor(resume: boolean) {
    this.#resume = resume;
  }

  /** A worker has died that ran the file. */
  lose({slot, journal, shared, innocent, hung, final}: LostSession): Fate {
    if (final) this.#resume = false;
    const read = readSession(slot, journal);
    if (read === null) return this.#loseAtLoad(innocent, hung !== null);
    const session = hung === null ? read : withHung(read, hung);
    if (this.#opened !== null && session.opened.listing !== this.#opened.listing) {
      this.#givenUp = true;
      return 'kept';
    }
    const hook = session.crash.type === 'hook' && session.running.size === 0 ? openHook(journal) : null;
    if (hook !== null && shared && !innocent) {
      this.#stalls = this.#innocentStalls = this.#loads = 0;
      return this.#beginAnew();
    }
    // Tests that depend on each other: all of them, or none.
    if (innocent && !this.#resume && !final && this.#innocentStalls < MAX_INNOCENT_STALLS) {
      this.#innocentStalls++;
      return this.#beginAnew();
    }
    this.#opened ??= session.opened;
    this.#settle([...session.ended.keys()]);
    const blamed = this.#blame(session, hook, innocent);
    this.#settle(blamed.failed, true);
    this.#sessions.push(blamed);
    if (blamed.crash.type === 'together' && this.#resume) {
      this.#suspicions.push({death: blamed, left: blamed.crash.places, guilty: false});
    }
    if (this.#stalled(innocent, blamed.crash.type === 'together') || !this.#resume) this.#givenUp = true;
    return 'kept';
  }

  /** A session of the file has ended as it should: these tests have a result. */
  reported(places: readonly number[]): void {
    this.#settle(places);
  }

  /** The file's tests, if a worker has told of them. */
  get tests(): readonly JournalTest[] | null {
    return this.#opened?.tests ?? null;
  }

  get sessions(): readonly DeadSession[] {
    return this.#sessions;
  }

  /** Deaths that tests had a part in together, of which none did it again alone. */
  get together(): readonly DeadSession[] {
    return this.#suspicions.filter(({left, guilty}) => left.length === 0 && !guilty).map(({death}) => death);
  }

  /** How many workers have died while they loaded the file. */
  get loads(): number {
    return this.#loads;
  }

  /** Whether nothing of the file is known to have run. */
  get isEmpty(): boolean {
    return this.#sessions.length === 0;
  }

  /** No more of the file is run. */
  giveUp(): void {
    this.#givenUp = true;
  }

  /** Places of the tests that have no result, and get none. */
  get notRun(): number[] {
    return this.#missing();
  }

  /** Whether something of the file is to be run still. */
  get hasRest(): boolean {
    if (this.#opened === null) return true;
    const {tests} = this.#opened;
    return !this.#givenUp && this.#missing().some(place => tests[place]?.mode === 'run');
  }

  /** What of the file is to be run next; null: all of it. */
  resumption(): Resumption | null {
    if (this.#opened === null) return null;
    const {listing, tests} = this.#opened;
    const alone = this.#alone;
    const leaveOut = [...tests.keys()].filter(place => (alone === undefined ? this.#done.has(place) : place !== alone));
    return {listing, leaveOut};
  }

  /** The place of the test that is to be run next, without any other; undefined: there is none. */
  get #alone(): number | undefined {
    return this.#suspicions.find(({left}) => left.length > 0)?.left[0];
  }

  #missing(): number[] {
    return [...(this.#opened?.tests.keys() ?? [])].filter(place => !this.#done.has(place));
  }

  #loseAtLoad(innocent: boolean, hung: boolean): Fate {
    this.#loads++;
    const mayTryAgain = !this.#stalled(innocent) && !hung && (this.#resume || innocent);
    if (this.#opened === null) return mayTryAgain ? this.#beginAnew() : 'blame';
    if (!mayTryAgain) this.#givenUp = true;
    return 'kept';
  }

  /** Places of the tests whose code may have been running. */
  #inFlight({running, opened}: DeadSession): number[] {
    const began = [...running.keys()];
    if (began.length === 0) return began;
    const alone = this.#alone;
    // The tests of this run of the file that start with it, and had not ended.
    const early = [...opened.tests.keys()].filter(
      place =>
        opened.tests[place]?.early === true &&
        !this.#done.has(place) &&
        !running.has(place) &&
        (alone === undefined || place === alone),
    );
    return [...began, ...early].sort((a, b) => a - b);
  }

  /** What has a result by now has none any more. */
  #beginAnew(): Fate {
    this.#opened = null;
    this.#sessions = [];
    this.#suspicions = [];
    this.#done.clear();
    this.#doneAtDeath = 0;
    return 'whole';
  }

  /** A worker has died. @returns whether it is enough: the file comes no further */
  #stalled(innocent: boolean, progress = false): boolean {
    if (this.#done.size > this.#doneAtDeath || progress) this.#stalls = this.#innocentStalls = 0;
    else if (innocent) this.#innocentStalls++;
    else this.#stalls++;
    this.#doneAtDeath = this.#done.size;
    return this.#stalls > MAX_STALLS || this.#innocentStalls > MAX_INNOCENT_STALLS;
  }

  /** These tests have a result. @param guilty by their worker's death */
  #settle(places: readonly number[], guilty = false): void {
    for (const place of places) this.#done.add(place);
    for (const suspicion of this.#suspicions) {
      const left = suspicion.left.filter(place => !this.#done.has(place));
      if (guilty && left.length < suspicion.left.length) suspicion.guilty = true;
      suspicion.left = left;
    }
  }

  #blame(session: DeadSession, hook: Hook | null, innocent: boolean): DeadSession {
    if (session.failed.length > 0) return session;
    const running = this.#inFlight(session);
    if (innocent) return {...session, crash: {type: 'innocent'}};
    const [only] = running;
    if (only !== undefined && running.length === 1) {
      const own = session.crash.type === 'hook' ? session.crash.hook : null;
      return {...session, crash: {type: 'test', place: only, hook: own}, failed: [only]};
    }
    if (running.length > 1) {
      return {...session, crash: {type: 'together', places: running}, failed: this.#resume ? [] : running};
    }
    if (hook?.hook === 'beforeAll') {
      const failed = Array.from({length: hook.to - hook.from}, (_, index) => hook.from + index).filter(
        place => !this.#done.has(place) && session.opened.tests[place]?.mode === 'run',
      );
      return {...session, failed};
    }
    return session;
  }
}

/** @returns null: it died before the file was loaded */
function readSession(slot: SlotNumber, journal: readonly JournalRecord[]): DeadSession | null {
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
  const last = journal.at(-1);
  const hook = openHook(journal);
  const crash: CrashItem =
    last?.type === 'finished'
      ? {type: 'teardown'}
      : hook !== null
        ? {type: 'hook', hook: hook.hook, titles: hook.titles}
        : {type: 'between', after: [...began].at(-1) ?? null};
  return {slot, startedAt: unit.at, opened, ended, toRetry, began: [...began], running, crash, failed: []};
}

/**
 * A worker that was found to hang may have gone on until it was killed: what hung is to blame all the
 * same, not what ran by then.
 */
function withHung(session: DeadSession, hung: string): DeadSession {
  const what = hung.slice(hung.indexOf(' › ') + 3);
  const isIt = (place: number) => {
    const name = session.opened.tests[place]?.titles.join(' › ') ?? '';
    return what === name || what.startsWith(`${name} (`);
  };
  const place = session.began.findLast(isIt);
  if (place === undefined || session.running.has(place)) return session;
  const ended = new Map([...session.ended].filter(([other]) => other !== place));
  return {...session, ended, crash: {type: 'test', place, hook: null}, failed: [place]};
}

/** The hook that ran last, if it has not ended. */
function openHook(journal: readonly JournalRecord[]): Hook | null {
  const last = journal.findLast(({type}) => type === 'hook' || type === 'hook-ended' || type === 'test');
  return last?.type === 'hook' ? last : null;
}

/** What a dead session's tests wrote to the console, by test: place -1 is the file's loading. */
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

const NO_COUNTS: SnapshotNews['counts'] = {added: 0, matched: 0, unmatched: 0, updated: 0};

/**
 * What a dead session's tests did to the file's snapshots.
 *
 * @param names of the tests that have failed by the death: their snapshots are not obsolete
 */
export function snapshotsOf(
  {opened: {snapshots}, ended}: DeadSession,
  names: readonly string[],
): {changes: SnapshotChanges | null; counts: SnapshotNews['counts']} {
  if (snapshots === null) return {changes: null, counts: NO_COUNTS};
  const written: Record<string, string> = {};
  const checked = new Set<string>();
  let dirty = false;
  let inline: readonly unknown[] = [];
  let counts = NO_COUNTS;
  for (const {snapshots: news} of ended.values()) {
    if (news === null) continue;
    for (const [key, snapshot] of Object.entries(news.written)) {
      if (snapshot === null) delete written[key];
      else written[key] = snapshot;
    }
    for (const key of news.checked) checked.add(key);
    ({dirty, inline, counts} = news);
  }
  // As jest-circus does for tests that were skipped or have failed (_addSnapshotData).
  const kept = [...names, ...[...ended.values()].flatMap(({result}) => namesKept(result))];
  const isKept = (key: string) => kept.some(name => testNameOf(key) === name || key.startsWith(`${name}: `));
  const unchecked = snapshots.keys.filter(key => !checked.has(key) && !isKept(key));
  return {changes: {path: snapshots.path, written, dirty, unchecked, takenBack: {}, inline}, counts};
}

function namesKept({fullName, status}: AssertionResult): string[] {
  return status === 'pending' || status === 'failed' ? [fullName] : [];
}

/** `adds 1` -> `adds`: jest-snapshot numbers a test's snapshots. Where there is a hint, it stands behind the name and ': '. */
function testNameOf(key: string): string {
  return key.replace(/ \d+$/, '');
}
