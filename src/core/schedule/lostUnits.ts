/**
 * Test files whose worker died: which test is to blame, which results are kept, which tests run next, and when to give
 * up. Tests that had ended keep their results, the running test is to blame, and the others run in a new worker.
 */
import type {CrashItem, JournalDigest, OpenedDigest} from '../results/journalDigest';
import type {Resumption} from '../wire/resumption';
import type {LostUnit} from './state';

/** How many deaths in a row without progress a file may have and still run on. */
const MAX_STALLS = 1;

/** The same for deaths that another file is to blame for. jest-worker retries as often by default. */
const MAX_INNOCENT_STALLS = 3;

/** What happens to a file whose worker died. */
export type Fate =
  /** No test is known to have run: the file fails as a whole. */
  | {readonly type: 'blame'}
  /** The whole file runs again from the start. */
  | {readonly type: 'whole'}
  /** Known results are kept; the rest, if any, runs in a new worker. `blamed` null: this death adds no result. */
  | {readonly type: 'kept'; readonly blamed: Blamed | null};

/** What a death is blamed on. */
export interface Blamed {
  readonly crash: CrashItem;
  /** Places of the tests that failed by the death. */
  readonly failed: readonly number[];
}

export interface SessionDeath {
  /** What the worker's journal says of the unit; null: there is no journal. */
  readonly digest: JournalDigest | null;
  /** The number for the part of the unit's result that the worker left, if that part is kept. */
  readonly part: number;
  /** Whether other workers run tests of the file, too. */
  readonly shared: boolean;
  /** Whether the file is known to have no part in the death. */
  readonly innocent: boolean;
  /** Whether the worker was killed because something took too long. */
  readonly hung: boolean;
}

/** @param resumes whether the rest of the file may run in a new worker */
export function newLostUnit(resumes: boolean): LostUnit {
  return {
    resumes,
    listed: null,
    parts: [],
    deaths: [],
    done: new Set(),
    doneAtDeath: 0,
    suspicions: [],
    stalls: 0,
    innocentStalls: 0,
    loads: 0,
    givenUp: false,
    lastDeath: null,
  };
}

/** A worker died while it ran the file. */
export function loseSession(lost: LostUnit, death: SessionDeath): Fate {
  const {part, shared, innocent, hung} = death;
  const opened = death.digest?.opened ?? null;
  if (opened === null) return loseAtLoad(lost, innocent, hung);
  if (lost.listed !== null && opened.listing !== lost.listed.listing) {
    lost.givenUp = true;
    return {type: 'kept', blamed: null};
  }
  const inHook = opened.hook !== null && !opened.finished && opened.running.length === 0;
  if (inHook && shared && !innocent && hungTestOf(opened, death) === null) {
    lost.stalls = lost.innocentStalls = lost.loads = 0;
    return beginAnew(lost);
  }
  // If tests depend on each other, all of them run again, or none.
  if (innocent && !lost.resumes && lost.innocentStalls < MAX_INNOCENT_STALLS) {
    lost.innocentStalls++;
    return beginAnew(lost);
  }
  lost.listed ??= {listing: opened.listing, modes: opened.modes};
  const hungPlace = hungTestOf(opened, death);
  settle(
    lost,
    opened.ended.filter(place => place !== hungPlace),
  );
  const blamed = blame(lost, opened, death);
  settle(lost, blamed.failed, true);
  lost.deaths.push(part);
  if (blamed.crash.type === 'together' && lost.resumes) {
    lost.suspicions.push({part, places: blamed.crash.places, left: blamed.crash.places, guilty: false});
  }
  if (hasStalled(lost, innocent, blamed.crash.type === 'together') || !lost.resumes) lost.givenUp = true;
  return {type: 'kept', blamed};
}

/** Notes that these tests have a result. @param guilty whether the result is their worker's death */
export function settle(lost: LostUnit, places: readonly number[], guilty = false): void {
  for (const place of places) lost.done.add(place);
  for (const suspicion of lost.suspicions) {
    const left = suspicion.left.filter(place => !lost.done.has(place));
    if (guilty && left.length < suspicion.left.length) suspicion.guilty = true;
    suspicion.left = left;
  }
}

/** Parts of the deaths whose suspects all ran alone without killing a worker: the suspects caused it together. */
export function diedTogether(lost: LostUnit): number[] {
  return lost.suspicions.filter(({left, guilty}) => left.length === 0 && !guilty).map(({part}) => part);
}

/** Places of the tests without a result. */
export function notRunOf({listed, done}: LostUnit): number[] {
  return [...(listed?.modes.keys() ?? [])].filter(place => !done.has(place));
}

/** Whether dead workers left results of the unit. */
export function hasRemains(lost: LostUnit | undefined): lost is LostUnit {
  return lost !== undefined && lost.deaths.length > 0;
}

/** Whether some of the file's tests have still to run. */
export function hasRest(lost: LostUnit): boolean {
  const {listed, givenUp} = lost;
  return listed !== null && !givenUp && notRunOf(lost).some(place => listed.modes[place] === 'run');
}

/** Which of the file's tests run next; null: all of them. */
export function resumptionOf(lost: LostUnit): Resumption | null {
  const {listed, done} = lost;
  if (listed === null) return null;
  const alone = aloneOf(lost);
  const leaveOut = [...listed.modes.keys()].filter(place => (alone === undefined ? done.has(place) : place !== alone));
  return {listing: listed.listing, leaveOut};
}

/** The place of the suspect that must run next, alone; undefined: there is none. */
function aloneOf({suspicions}: LostUnit): number | undefined {
  return suspicions.find(({left}) => left.length > 0)?.left[0];
}

function loseAtLoad(lost: LostUnit, innocent: boolean, hung: boolean): Fate {
  lost.loads++;
  const mayTryAgain = !hasStalled(lost, innocent) && !hung && (lost.resumes || innocent);
  if (lost.listed === null) return mayTryAgain ? beginAnew(lost) : {type: 'blame'};
  if (!mayTryAgain) lost.givenUp = true;
  return {type: 'kept', blamed: null};
}

/** Drops all results of the file so far. The count of deaths stays. */
function beginAnew(lost: LostUnit): Fate {
  lost.listed = null;
  lost.parts = [];
  lost.deaths = [];
  lost.suspicions = [];
  lost.done.clear();
  lost.doneAtDeath = 0;
  return {type: 'whole'};
}

/** Counts a death. @returns whether to give up, because the file makes no progress */
function hasStalled(lost: LostUnit, innocent: boolean, progress = false): boolean {
  if (lost.done.size > lost.doneAtDeath || progress) lost.stalls = lost.innocentStalls = 0;
  else if (innocent) lost.innocentStalls++;
  else lost.stalls++;
  lost.doneAtDeath = lost.done.size;
  return lost.stalls > MAX_STALLS || lost.innocentStalls > MAX_INNOCENT_STALLS;
}

function blame(lost: LostUnit, opened: OpenedDigest, death: SessionDeath): Blamed {
  const hung = hungTestOf(opened, death);
  if (hung !== null) return {crash: {type: 'test', place: hung, hook: null}, failed: [hung]};
  if (death.innocent) return {crash: {type: 'innocent'}, failed: []};
  const {hook, finished, began} = opened;
  const running = inFlight(lost, opened);
  const [only] = running;
  if (only !== undefined && running.length === 1) {
    return {crash: {type: 'test', place: only, hook: finished ? null : (hook?.hook ?? null)}, failed: [only]};
  }
  if (running.length > 1) return {crash: {type: 'together', places: running}, failed: lost.resumes ? [] : running};
  if (finished) return {crash: {type: 'teardown'}, failed: []};
  if (hook === null) return {crash: {type: 'between', after: began.at(-1) ?? null}, failed: []};
  const crash: CrashItem = {type: 'hook', hook: hook.hook, titles: hook.titles};
  if (hook.hook !== 'beforeAll') return {crash, failed: []};
  const ofBlock = Array.from({length: hook.to - hook.from}, (_, index) => hook.from + index);
  return {crash, failed: ofBlock.filter(place => !lost.done.has(place) && opened.modes[place] === 'run')};
}

/**
 * The test that hung, if it has ended since: a hung worker may go on until it is killed, and the test that hung is to
 * blame, not the test that ran by then. null: no test hung, or the test still ran.
 */
function hungTestOf({hung, running}: OpenedDigest, death: SessionDeath): number | null {
  return death.hung && hung !== null && !running.includes(hung) ? hung : null;
}

/** Places of the tests whose code may have run when the worker died. */
function inFlight(lost: LostUnit, {running, early}: OpenedDigest): number[] {
  if (running.length === 0) return [];
  const alone = aloneOf(lost);
  // Concurrent tests that started with the file in this session and had not ended.
  const started = early.filter(
    place => !lost.done.has(place) && !running.includes(place) && (alone === undefined || place === alone),
  );
  return [...running, ...started].sort((a, b) => a - b);
}
