/**
 * Files whose tests run in several workers: which session may take which tests, and when one more worker pays.
 *
 * One worker opens the file like any other, and lists its tests. Tests that stay together form a group; groups are
 * numbered in the order in which a worker comes to them. Each session gets groups in ascending order, so that it
 * walks the file once. All sessions take groups from the same pending list, as late as they can, so that no session
 * ends long before another.
 */
import {NEWS_EVERY_MS} from '../wire/workerMessages';
import {addCost, costMs, expectedMs, noCost} from './estimates';
import {isIn, poolOfUnit, sizeOf} from './pools';
import {sessionsOf} from './sessions';
import type {GroupSession, Pool, ScheduleState, SplitFile} from './state';
import {HOLD_NOTHING_ABOVE_MS} from './watermarks';

/** A joining worker must shorten the run by more than this (ms), which is how exact estimates are. */
const WORTHWHILE_MS = 10;

/**
 * A joining worker must also shorten the run by more than this share of the time it needs to start and load the file:
 * that time costs the other workers processor time, and a process is slow at first.
 */
const WORTHWHILE_SHARE = 0.5;

/** A session may hold this much known work (ms), whatever its share: less would run out between two of its news. */
const SMALL_SHARE_MS = NEWS_EVERY_MS;

/** The assumed start time (ms) of a worker process until one has started. */
const WORKER_START_MS = 300;

/** How long (ms) a worker takes to start, as far as is known. */
export function startMsOf({workerStartMs}: ScheduleState): number {
  return workerStartMs ?? WORKER_START_MS;
}

/** A file of n times this duration (ms) is assumed to be worth n more workers before its tests are known. */
const SURE_OF_USE_MS = 2000;

/**
 * Tests shorter than this (ms) are assumed to keep processors busy, in the worker and in the parent, which hears of
 * each test. While one more worker loads such a file, the others slow down, and the new one is slow until V8 warms up.
 */
const COMPUTING_TEST_MS = 5;
/** Joining a file of such tests costs this many times the joiner's start and load. */
const COMPUTING_LOADS = 3;

/** Errors of less than this (ms) in the sum of known durations correct next to nothing. */
const CORRECTED_FROM_MS = 100;

/** The minimum time (ms) until the scheduler looks at an open file again. */
const FIRST_LOOK_MS = 50;

export function openFile(
  state: ScheduleState,
  unit: number,
  costs: readonly (number | null)[],
  openMs: number,
  resumed = false,
): SplitFile {
  const pendingCost = noCost();
  for (const cost of costs) addCost(pendingCost, cost);
  const whole = state.plan.units[unit]?.expectedMs ?? null;
  const file: SplitFile = {
    unit,
    opened: 0,
    delivered: [],
    resumed,
    costs,
    priorMs: whole === null || whole <= openMs || costs.length === 0 ? null : (whole - openMs) / costs.length,
    openMs,
    taken: Array<boolean>(costs.length).fill(false),
    head: 0,
    pending: costs.length,
    pendingCost,
    longestKnownMs: costs.reduce<number>((longest, cost) => Math.max(longest, cost ?? 0), 0),
    observedMs: 0,
    observedGroups: 0,
    foreseenMs: 0,
    tookMs: 0,
    shared: false,
    joinable: true,
    wakesAt: 0,
  };
  state.files.set(unit, file);
  return file;
}

/** The next group that a session can take; undefined: there is none left for it. */
function nextFor(file: SplitFile, session: GroupSession): number | undefined {
  let group = Math.max(file.head, session.frontier);
  while (group < file.costs.length && file.taken[group] === true) group++;
  return group < file.costs.length ? group : undefined;
}

export function hasTestsFor(file: SplitFile, session: GroupSession): boolean {
  return nextFor(file, session) !== undefined;
}

/** Refills a session to its high watermark if it has fallen below the low one. @returns the groups that it gets */
export function takeTests(state: ScheduleState, file: SplitFile, session: GroupSession, now: number): number[] {
  const estimate = unknownMs(state, file, now);
  const groups: number[] = [];
  let refilling = false;
  for (;;) {
    const next = nextFor(file, session);
    if (next === undefined) break;
    refilling = wantsOneMoreTest(state, file, session, next, estimate, refilling);
    if (!refilling) break;
    take(file, session, next, now);
    groups.push(next);
  }
  return groups;
}

/** Gives a session all groups that are left. */
export function takeAllTests(file: SplitFile, session: GroupSession, now: number): number[] {
  const groups: number[] = [];
  for (let next = nextFor(file, session); next !== undefined; next = nextFor(file, session)) {
    take(file, session, next, now);
    groups.push(next);
  }
  return groups;
}

function take(file: SplitFile, session: GroupSession, group: number, now: number): void {
  file.taken[group] = true;
  file.pending--;
  while (file.taken[file.head] === true) file.head++;
  if (!session.first) file.shared = true;
  if (session.held.size === 0) session.since = now;
  session.held.add(group);
  session.starving = false;
  session.frontier = group + 1;
  const cost = file.costs[group] ?? null;
  addCost(file.pendingCost, cost, -1);
  addCost(session.heldCost, cost);
}

/** Notes the worker's news. @param done the groups that ended @param running null: the worker waits for a group */
export function noteProgress(
  file: SplitFile,
  session: GroupSession,
  done: readonly (readonly [group: number, ms: number])[],
  running: number | null,
  now: number,
): void {
  for (const [group, ms] of done) {
    if (!session.held.delete(group)) continue;
    const cost = file.costs[group] ?? null;
    addCost(session.heldCost, cost, -1);
    if (cost !== null) {
      file.foreseenMs += cost;
      file.tookMs += ms;
    }
    file.observedMs += ms;
    file.observedGroups++;
  }
  session.since = now;
  session.begun ||= running !== null || done.length > 0;
  session.starving = running === null;
  session.running = running !== null && session.held.has(running) ? running : null;
}

/**
 * The watermarks of units, applied to tests: a session gets its next group before the running one ends, unless groups
 * take so long that the wait is negligible.
 */
function wantsOneMoreTest(
  state: ScheduleState,
  file: SplitFile,
  session: GroupSession,
  next: number,
  estimate: number | null,
  refilling: boolean,
): boolean {
  if (session.held.size === 0 || session.starving) return true;
  if (!state.plan.prefetch) return false;
  const {watermark} = state.plan;
  const waiting = session.held.size - 1;
  const cost = file.costs[next] ?? estimate;
  const current = session.running ?? session.held.values().next().value; // the latter is about to begin
  const pace = current === undefined ? null : (file.costs[current] ?? estimate);
  // A group of unknown duration may be long: behind another group it could be the last to end.
  if (cost === null || cost > watermark.high || (pace ?? 0) > HOLD_NOTHING_ABOVE_MS) return false;
  if (waiting === 0) return true;
  // pytest-xdist's bound, in counts: no session holds more than half of its share of the rest.
  const waitingMs = costMs(session.heldCost, estimate ?? 0) - (pace ?? 0);
  const isSmall = file.costs[next] != null && waitingMs < SMALL_SHARE_MS;
  if (!isSmall && waiting + 1 >= Math.max(2, file.pending / sizeOf(state, poolOfUnit(state, file.unit)) / 2))
    return false;
  return waitingMs < (refilling ? watermark.high : watermark.low);
}

/**
 * The expected duration (ms) of an unknown group; null: there is no basis for one. If a group has already run for
 * longer than that, it is assumed to be halfway through, for want of a better estimate.
 */
function unknownMs(state: ScheduleState, file: SplitFile, now: number): number | null {
  const mean = file.observedGroups > 0 ? file.observedMs / file.observedGroups : file.priorMs;
  const longest = longestRunning(state, file, now);
  if (longest <= (mean ?? 0)) return mean;
  return (file.observedMs + 2 * longest) / (file.observedGroups + 1);
}

/**
 * The factor by which known durations are off in this run so far: the file may have changed, or the machine may be
 * slower. Little evidence changes the factor little, because the first tests of a file are always slow.
 */
function correction(state: ScheduleState, file: SplitFile, now: number): number {
  let {foreseenMs, tookMs} = file;
  for (const session of sessionsOf(state, file.unit)) {
    const ms = runningMs(session, now);
    const cost = runningCost(file, session);
    if (cost === null || ms <= cost) continue;
    foreseenMs += cost;
    tookMs += ms;
  }
  return (tookMs + CORRECTED_FROM_MS) / (foreseenMs + CORRECTED_FROM_MS);
}

/** How long (ms) the oldest running group has run. */
function longestRunning(state: ScheduleState, file: SplitFile, now: number): number {
  return Math.max(0, ...sessionsOf(state, file.unit).map(session => runningMs(session, now)));
}

/**
 * How long (ms) a session has run the same group, at least. If its last news named no running group, some group began
 * so soon after that news that the worker sent none about it.
 */
function runningMs(session: GroupSession, now: number): number {
  const {running, since, status, begun, held} = session;
  if (status === 'closing' && held.size > 1) return 0; // the worker sends no more news of groups that begin
  if (running !== null) return now - since;
  return begun && held.size > 0 ? Math.max(0, now - since - NEWS_EVERY_MS) : 0;
}

/** The expected duration (ms) of the group that a session runs, at most; null: unknown. */
function runningCost(file: SplitFile, session: GroupSession): number | null {
  if (session.running !== null) return file.costs[session.running] ?? null;
  return session.heldCost.unknown > 0 ? null : session.heldCost.knownMs;
}

/**
 * Decides where a session that joins begins: with the first pending group; or further down, with the longest, if that
 * group would otherwise end last.
 */
export function startLate(state: ScheduleState, file: SplitFile, session: GroupSession): void {
  let longest: number | null = null;
  let longestMs = 0;
  let before = 0;
  let beforeLongest = 0;
  for (let group = file.head; group < file.costs.length; group++) {
    if (file.taken[group] === true) continue;
    const cost = file.costs[group] ?? 0;
    if (cost > longestMs) [longest, longestMs, beforeLongest] = [group, cost, before];
    before += cost;
  }
  const sessions = sessionsOf(state, file.unit).filter(({status}) => status === 'open').length;
  if (longest === null || sessions < 2) return;
  const balanced = before / sessions;
  const inOrder = beforeLongest / sessions + longestMs;
  if (longestMs >= balanced / 2 && inOrder > balanced * 1.1) session.frontier = longest;
}

/** How many further workers the files that are being opened for the first time can surely use, by their durations. */
export function workersAhead(state: ScheduleState, pool: Pool): number {
  let wanted = 0;
  for (const slot of state.slots) {
    const {running} = slot;
    if (!isIn(slot, pool) || running?.status !== 'opening' || !running.first) continue;
    wanted += Math.floor((state.plan.units[running.unit]?.expectedMs ?? 0) / SURE_OF_USE_MS);
  }
  return wanted;
}

/** Workers that could join a file. */
export interface Hands {
  /** How many are idle, or could be started. */
  readonly free: number;
  /** How many are starting. */
  readonly coming: number;
  /** How long (ms) each of them needs before it can open a file. */
  readonly startMs: number;
}

/**
 * Of the open files that gain from more workers, the file that would otherwise end last; null: no file gains. Joiners
 * take work from the file's sessions, but must load the file first. All free workers are considered together: if 8
 * sessions share 16 long tests, one more session does not make the end earlier, but 8 more halve the time to it.
 */
export function fileToJoin(state: ScheduleState, pool: Pool, hands: Hands, now: number): SplitFile | null {
  let best: SplitFile | null = null;
  let last = 0;
  for (const file of state.files.values()) {
    if (poolOfUnit(state, file.unit) !== pool) continue;
    const end = endIfJoined(state, file, hands, now);
    if (end !== null && end > last) [best, last] = [file, end];
  }
  return best;
}

/** In how many ms a file is expected to end if no worker joins; null: joining would not pay. */
function endIfJoined(state: ScheduleState, file: SplitFile, hands: Hands, now: number): number | null {
  if (!file.joinable || file.pending === 0) return null;
  const estimate = unknownMs(state, file, now);
  const factor = correction(state, file, now);
  const pendingMs = costMs(file.pendingCost, estimate ?? 0, factor);
  const computing = pendingMs < file.pending * COMPUTING_TEST_MS;
  const load = (file.openMs + hands.startMs) * (computing ? COMPUTING_LOADS : 1);
  const busy = sessionsOf(state, file.unit).map(session => busyMs(file, session, estimate, factor, now));
  for (let count = 0; count < hands.coming; count++) busy.push(load);
  const more = [...busy, ...Array<number>(Math.min(hands.free, file.pending)).fill(load)];
  // A file that ends before another one does not delay the end of the run.
  const elsewhere = longestElsewhere(state, now);
  const gain = (alone: number, together: number) => alone - Math.max(elsewhere, together);
  const worthwhile = WORTHWHILE_MS + WORTHWHILE_SHARE * load;
  // Usually this bound decides without a look at each group: whole groups, taken one by one, end later than evenly
  // divided work, but by no more than the longest group.
  const [evenAlone, evenTogether] = [evenEnd(busy, pendingMs), evenEnd(more, pendingMs)];
  const longest = Math.max(file.longestKnownMs * factor, file.pendingCost.unknown > 0 ? (estimate ?? 0) : 0);
  if (gain(evenAlone, evenTogether) <= 0 || gain(evenAlone + longest, evenTogether) <= worthwhile) return null;
  const costs = pendingCosts(file, estimate, factor);
  const end = listEnd(busy, costs);
  const together = Math.min(listEnd(more, costs), lateEnd(more, costs));
  return gain(end, together) > worthwhile ? end : null;
}

function pendingCosts(file: SplitFile, estimate: number | null, factor: number): number[] {
  const costs: number[] = [];
  for (let group = file.head; group < file.costs.length; group++) {
    const known = file.costs[group] ?? null;
    if (file.taken[group] === false) costs.push(known === null ? (estimate ?? 0) : known * factor);
  }
  return costs;
}

/**
 * In how many ms the last session ends if each takes the next group as soon as it is free.
 *
 * @param busy how long (ms) each session is busy
 */
function listEnd(busy: readonly number[], costs: readonly number[]): number {
  const free = [...busy];
  for (const cost of costs) {
    let first = 0;
    for (let index = 1; index < free.length; index++) {
      if ((free[index] as number) < (free[first] as number)) first = index;
    }
    free[first] = (free[first] as number) + cost;
  }
  return Math.max(...free);
}

/** The same if the last session begins with the longest group. */
function lateEnd(busy: readonly number[], costs: readonly number[]): number {
  let longest = 0;
  for (let index = 1; index < costs.length; index++) {
    if ((costs[index] as number) > (costs[longest] as number)) longest = index;
  }
  const late = (busy.at(-1) ?? 0) + (costs[longest] ?? 0);
  return listEnd([...busy.slice(0, -1), late], costs.toSpliced(longest, 1));
}

/** How long (ms) a session is expected to be busy with what it holds. */
function busyMs(file: SplitFile, session: GroupSession, estimate: number | null, factor: number, now: number): number {
  const has = session.status === 'opening' ? file.openMs : costMs(session.heldCost, estimate ?? 0, factor);
  return Math.max(0, has - (now - session.since));
}

/** In how many ms the last session ends if all share the pending work (ms) as evenly as possible. */
function evenEnd(busy: readonly number[], pending: number): number {
  const ascending = [...busy].sort((a, b) => a - b);
  let sum = pending;
  let level = 0;
  for (let count = 1; count <= ascending.length; count++) {
    sum += ascending[count - 1] as number;
    level = sum / count;
    if (level <= (ascending[count] ?? Infinity)) break;
  }
  return Math.max(level, ascending.at(-1) ?? 0);
}

/** How long (ms) the units that run whole are known to take from now on, at most. */
function longestElsewhere(state: ScheduleState, now: number): number {
  let longest = 0;
  for (const {running} of state.slots) {
    if (running?.status !== 'whole') continue;
    longest = Math.max(longest, (expectedMs(state, running.unit) ?? 0) - (now - running.startedAt));
  }
  return longest;
}

/**
 * When (ms) to look at a file again if nothing else happens; null: there is no need. The longer the running tests take,
 * the longer tests of unknown or wrongly known duration may take, and the more joining pays. While the same tests run,
 * each interval is twice the last.
 */
export function timeToLook(state: ScheduleState, file: SplitFile, now: number): number | null {
  if (!file.joinable || file.pending === 0 || now < file.wakesAt) return null;
  file.wakesAt = now + Math.max(FIRST_LOOK_MS, 2 * file.openMs, longestRunning(state, file, now));
  return file.wakesAt;
}
