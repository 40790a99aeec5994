/**
 * The sessions of split files: workers join, get tests and end, and the file closes. If a file must be given anew, the
 * caller gets its unit back. splitFiles.ts decides which tests a session gets.
 */
import type {SlotNumber} from '../plan/units';
import type {Command, ScheduleEvent} from './events';
import {poolOf} from './pools';
import {hasRemains, hasRest, settle} from './lostUnits';
import {groupSession, isWanted, sessionsOf} from './sessions';
import {hasTestsFor, openFile, startLate, takeAllTests, takeTests} from './splitFiles';
import {endLost, resumeLost} from './unitResults';
import type {GroupSession, LostUnit, ScheduleState, Session, SlotState, SplitFile} from './state';
import {endOfUnit, isAwaited} from './unitEnd';

/** Whether several workers may still share the unit's tests. */
export function maySplit(state: ScheduleState, unit: number): boolean {
  return state.plan.units[unit]?.split != null && !state.wholeOnly.has(unit);
}

/** Whether the unit's sessions are told which groups of tests to run. */
export function hasGroupSessions(state: ScheduleState, unit: number): boolean {
  return maySplit(state, unit) || state.resumed.has(unit);
}

/**
 * The unit that test events from a slot's worker belong to; null: no particular unit. `none`: events from this worker
 * are not wanted any more.
 */
export function heardUnit({slots}: ScheduleState, slot: SlotNumber): number | null | 'none' {
  const state = slots[slot - 1];
  return state?.running?.status === 'discarded' ? 'none' : (state?.running?.unit ?? null);
}

/** Lets an idle worker open a file that another worker has open. */
export function joinFile(
  state: ScheduleState,
  slot: SlotState,
  {unit}: SplitFile,
  now: number,
  commands: Command[],
): void {
  poolOf(state, slot).idle.delete(slot);
  slot.running = groupSession(unit, false, now);
  commands.push({type: 'join', slot: slot.slot, generation: slot.generation, unit});
}

/**
 * A worker has opened a file. If `costs` is null, it found other tests than the file's first worker.
 *
 * @returns the unit, if it must be given anew
 */
export function openSession(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  {costs, ms}: Extract<ScheduleEvent, {type: 'unit-opened'}>,
  now: number,
  commands: Command[],
): number | null {
  if (session.status !== 'opening') return null;
  const {unit} = session;
  const known = state.files.get(unit);
  if (session.first && costs !== null) {
    session.status = 'open';
    commands.push({type: 'keep-list', unit, slot: slot.slot});
    const file = openFile(state, unit, costs, ms, hasRemains(state.lost.get(unit)));
    session.opened = file.opened++;
    file.joinable = maySplit(state, unit);
    feedSession(state, file, slot, session, now, commands);
  } else if (known !== undefined && costs === null) {
    commands.push({type: 'tell', notice: {type: 'other-tests', slot: slot.slot, unit}});
    discard(slot, session, commands);
    return runWhole(state, known, now, commands);
  } else if (known === undefined || !hasTestsFor(known, session)) {
    discard(slot, session, commands); // too late: other sessions have all tests
  } else {
    session.status = 'open';
    session.opened = known.opened++;
    startLate(state, known, session);
    feedSession(state, known, slot, session, now, commands);
  }
  return null;
}

/** Gives a session what it should hold. Ends all sessions of the file for which no test is left. */
export function feedSession(
  state: ScheduleState,
  file: SplitFile,
  slot: SlotState,
  session: GroupSession,
  now: number,
  commands: Command[],
): void {
  if (session.status !== 'open') return;
  const mayBeShared = maySplit(state, file.unit);
  const groups = mayBeShared ? takeTests(state, file, session, now) : takeAllTests(file, session, now);
  giveTests(file, slot, session, groups, commands);
  for (const other of state.slots) {
    if (other.running?.unit !== file.unit) continue;
    if (other.running.status === 'open') giveTests(file, other, other.running, [], commands);
    else if (other.running.status === 'opening' && file.pending === 0) discard(other, other.running, commands);
  }
}

function giveTests(
  file: SplitFile,
  {slot, generation}: SlotState,
  session: GroupSession,
  groups: readonly number[],
  commands: Command[],
): void {
  const {unit} = file;
  const last = !hasTestsFor(file, session);
  if (last) session.status = 'closing';
  if (last || groups.length > 0) commands.push({type: 'give-tests', slot, generation, unit, groups, last});
}

/**
 * A worker has ended its session.
 *
 * @returns the unit, if it must be given anew: none or one; null: the file ran whole and has ended
 */
export function endSession(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  {failed, tests}: Extract<ScheduleEvent, {type: 'unit-done'}>,
  now: number,
  commands: Command[],
): number[] | null {
  if (session.status === 'discarded') return [];
  const {unit} = session;
  const file = state.files.get(unit);
  if (session.status === 'whole' || file === undefined) return null; // no test of it was listed
  if (session.status === 'opening') {
    if (failed) commands.push({type: 'tell', notice: {type: 'joiner-failed', slot: slot.slot, unit}});
    return listOf(runWhole(state, file, now, commands)); // this worker could not load the file
  }
  if (failed) {
    giveUp(state, unit);
  } else if (tests !== null) {
    const part = ++state.lastPart;
    const apart = file.resumed ? 'resumed' : 'split';
    file.delivered.push({part, opened: session.opened, tests});
    commands.push({type: 'keep-part', unit, slot: slot.slot, part, apart});
    const lost = state.lost.get(unit);
    if (lost !== undefined) settle(lost, tests);
  }
  if (!failed && sessionsOf(state, unit).length > 0) return [];
  state.observedMs += file.observedMs + file.openMs;
  state.observedUnits++;
  return listOf(closeFile(state, unit, failed ? slot.slot : null, commands));
}

function listOf(unit: number | null): number[] {
  return unit === null ? [] : [unit];
}

/** A session of the file has ended with an error: the rest that dead workers left does not run. */
function giveUp(state: ScheduleState, unit: number): void {
  const lost = state.lost.get(unit);
  if (lost !== undefined) lost.givenUp = true;
}

/**
 * The last session of a file has ended.
 *
 * @param failedIn the slot whose session has just ended with an error; null: there is none
 * @returns the unit, if it must be given anew
 */
export function closeFile(
  state: ScheduleState,
  unit: number,
  failedIn: SlotNumber | null,
  commands: Command[],
): number | null {
  const lost = state.lost.get(unit);
  if (hasRemains(lost) && hasRest(lost)) return resume(state, unit, lost, commands);
  const parts = deliveredParts(state, unit);
  dropFile(state, unit, commands);
  if (hasRemains(lost)) {
    endLost(state, unit, lost, {parts, failedIn, because: failedIn === null ? 'died' : 'failed'}, commands);
  } else {
    commands.push({type: 'merge', unit, parts, failedIn, remains: null, awaited: isAwaited(state, unit)});
  }
  endOfUnit(state, unit, commands);
  return null;
}

/** Lets the rest of a unit whose worker died run as a unit of its own. @returns the unit, to be given anew */
function resume(state: ScheduleState, unit: number, lost: LostUnit, commands: Command[]): number {
  const parts = deliveredParts(state, unit);
  dropFile(state, unit, commands);
  state.resumed.add(unit);
  resumeLost(unit, lost, parts, commands);
  return unit;
}

/** The parts that the sessions of an open file delivered, in the order in which the sessions opened the file. */
export function deliveredParts(state: ScheduleState, unit: number): number[] {
  const delivered = state.files.get(unit)?.delivered ?? [];
  return [...delivered].sort((a, b) => a.opened - b.opened).map(({part}) => part);
}

/**
 * The file's tests cannot be shared, so one worker runs them all. The first session goes on if no other session has
 * received tests. Otherwise the file begins anew, or the rest of it if workers have died.
 *
 * @returns the unit, if it must be given anew
 */
export function runWhole(state: ScheduleState, file: SplitFile, now: number, commands: Command[]): number | null {
  const {unit} = file;
  state.wholeOnly.add(unit);
  file.joinable = false;
  for (const slot of state.slots) {
    if (slot.running?.unit === unit && slot.running.status === 'opening') discard(slot, slot.running, commands);
  }
  const slot = state.slots.find(({running}) => running?.unit === unit && running.first && isWanted(running));
  if (slot !== undefined && !file.shared) {
    // A session that is `closing` has all tests already.
    const {running} = slot;
    if (running?.status === 'open') giveTests(file, slot, running, takeAllTests(file, running, now), commands);
    return null;
  }
  const lost = state.lost.get(unit);
  // Results that dead workers left are kept.
  if (state.resumed.has(unit) && lost !== undefined) return resume(state, unit, lost, commands);
  beginAgain(state, unit, commands);
  return unit;
}

/** Lets the unit begin anew. The count of workers that died while they loaded it stays. */
export function beginAgain(state: ScheduleState, unit: number, commands: Command[]): void {
  dropFile(state, unit, commands);
  if (hasRemains(state.lost.get(unit))) state.lost.delete(unit);
  commands.push({type: 'begin-again', unit});
}

/** Forgets the open file and discards its sessions. */
export function dropFile(state: ScheduleState, unit: number, commands: Command[]): void {
  state.files.delete(unit);
  for (const slot of state.slots) {
    if (slot.running?.unit === unit && isWanted(slot.running)) discard(slot, slot.running, commands);
  }
}

function discard({slot, generation}: SlotState, session: GroupSession, commands: Command[]): void {
  session.status = 'discarded';
  commands.push({type: 'discard', slot, generation, unit: session.unit});
}
