/**
 * Test files whose worker died: which test is to blame, what is kept, what is run next, and when it is enough. The tests
 * that had ended have their results, the one that ran is to blame, the others run in a new worker.
 */
import type {CrashItem, JournalDigest, OpenedDigest} from '../results/deadSession';
import type {Resumption} from '../wire/workerMessages';
import type {LostUnit} from './state';

/** So often may a worker die, in a row, without the file having come any further. */
const MAX_STALLS = 1;

/** And so often where another file was to blame. As often as jest-worker retries, by default. */
const MAX_INNOCENT_STALLS = 3;

/** What is to become of a file whose worker has died. */
export type Fate =
  /** Nothing of it is known to have run: the file fails as a whole. */
  | {readonly type: 'blame'}
  /** It runs again from the start, whole. */
  | {readonly type: 'whole'}
  /** What is known is kept; the rest, if any, runs in a new worker. `blamed` null: this death adds nothing. */
  | {readonly type: 'kept'; readonly blamed: Blamed | null};

/** What a death is put down to. */
export interface Blamed {
  readonly crash: CrashItem;
  /** Places of the tests that have failed by the death. */
  readonly failed: readonly number[];
}

export interface SessionDeath {
  /** What the journal of the worker says of the unit; null: nobody has kept one. */
  readonly digest: JournalDigest | null;
  /** The part of the unit's result that is made of what the worker left, if it is kept. */
  readonly part: number;
  /** Whether tests of the file are shared with other workers. */
  readonly shared: boolean;
  /** Whether what ran is known to have no part in the death. */
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

/** A worker has died that ran the file. */
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
  // Tests that depend on each other: all of them run again, or none.
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

/** These tests have a result. @param guilty by their worker's death */
export function settle(lost: LostUnit, places: readonly number[], guilty = false): void {
  for (const place of places) lost.done.add(place);
  for (const suspicion of lost.suspicions) {
    const left = suspicion.left.filter(place => !lost.done.has(place));
    if (guilty && left.length < suspicion.left.length) suspicion.guilty = true;
    suspicion.left = left;
  }
}

/** Deaths that tests had a part in together, of which none killed a worker again when it ran alone. */
export function diedTogether(lost: LostUnit): number[] {
  return lost.suspicions.filter(({left, guilty}) => left.length === 0 && !guilty).map(({part}) => part);
}

/** Places of the tests that have no result, and get none. */
export function notRunOf({listed, done}: LostUnit): number[] {
  return [...(listed?.modes.keys() ?? [])].filter(place => !done.has(place));
}

/** Whether workers that died have left results of the unit. */
export function hasRemains(lost: LostUnit | undefined): lost is LostUnit {
  return lost !== undefined && lost.deaths.length > 0;
}

/** Whether something of the file is to be run still. */
export function hasRest(lost: LostUnit): boolean {
  const {listed, givenUp} = lost;
  return listed !== null && !givenUp && notRunOf(lost).some(place => listed.modes[place] === 'run');
}

/** What of the file is to be run next; null: all of it. */
export function resumptionOf(lost: LostUnit): Resumption | null {
  const {listed, done} = lost;
  if (listed === null) return null;
  const alone = aloneOf(lost);
  const leaveOut = [...listed.modes.keys()].filter(place => (alone === undefined ? done.has(place) : place !== alone));
  return {listing: listed.listing, leaveOut};
}

/** The place of the test that is to be run next, without any other; undefined: there is none. */
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

/** What has a result by now has none any more; how often workers have died is remembered. */
function beginAnew(lost: LostUnit): Fate {
  lost.listed = null;
  lost.parts = [];
  lost.deaths = [];
  lost.suspicions = [];
  lost.done.clear();
  lost.doneAtDeath = 0;
  return {type: 'whole'};
}

/** A worker has died. @returns whether it is enough: the file comes no further */
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
 * A worker that was found to hang may have gone on until it was killed: the test that hung is to blame all the same, not what
 * ran by then. null: no test hung, or it still ran.
 */
function hungTestOf({hung, running}: OpenedDigest, death: SessionDeath): number | null {
  return death.hung && hung !== null && !running.includes(hung) ? hung : null;
}

/** Places of the tests whose code may have been running. */
function inFlight(lost: LostUnit, {running, early}: OpenedDigest): number[] {
  if (running.length === 0) return [];
  const alone = aloneOf(lost);
  // The tests of this run of the file that start with it, and had not ended.
  const started = early.filter(
    place => !lost.done.has(place) && !running.includes(place) && (alone === undefined || place === alone),
  );
  return [...running, ...started].sort((a, b) => a - b);
}
