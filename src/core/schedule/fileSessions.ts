/**
 * What the scheduler does with the workers that have a file open, each for some of its tests: it lets them
 * join, gives them tests, ends them, and says what becomes of the file then. Where that is to be given anew,
 * the scheduler is handed its unit; which tests a worker gets is decided in splitFiles.ts.
 */
import type {Command, ScheduleEvent} from './events';
import {poolOf} from './pools';
import {hasTestsFor, newSession, openFile, sessionsOf, startLate, takeAllTests, takeTests} from './splitFiles';
import type {ScheduleState, Session, SlotState, SplitFile} from './state';
import {endOfUnit} from './unitEnd';

/** Whether the unit's tests may still be spread over workers. */
export function maySplit(state: ScheduleState, unit: number): boolean {
  return state.plan.units[unit]?.split != null && !state.wholeOnly.has(unit);
}

/** Whether a worker that has the unit open is told which tests to run. */
export function hasSessions(state: ScheduleState, unit: number): boolean {
  return maySplit(state, unit) || state.resumed.has(unit);
}

/** Whether a worker with a file open takes nothing along: it was given no test of it yet, or none that is still wanted. */
export function isBystander(session: Session | null): boolean {
  return session !== null && (session.status === 'discarded' || (!session.first && session.frontier === 0));
}

/** An idle worker opens a file that another one is at. */
export function joinFile(
  state: ScheduleState,
  slot: SlotState,
  {unit}: SplitFile,
  now: number,
  commands: Command[],
): void {
  poolOf(state, slot).idle.delete(slot);
  slot.begun++;
  slot.running = unit;
  slot.startedAt = now;
  slot.session = newSession(unit, false, now);
  commands.push({type: 'join', slot: slot.slot, generation: slot.generation, unit});
}

/**
 * A worker has opened a file. `costs` is null: it found other tests than the file's first worker.
 *
 * @returns the unit, if it is to be given anew
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
  const known = state.files.get(session.unit);
  if (session.first && costs !== null) {
    session.status = 'open';
    const file = openFile(state, session.unit, costs, ms);
    file.joinable = maySplit(state, session.unit);
    feedSession(state, file, slot, session, now, commands);
  } else if (known !== undefined && costs === null) {
    discard(slot, session, commands);
    return runWhole(state, known, now, commands);
  } else if (known === undefined || !hasTestsFor(known, session)) {
    discard(slot, session, commands); // too late: the others have it all
  } else {
    session.status = 'open';
    startLate(state, known, session);
    feedSession(state, known, slot, session, now, commands);
  }
  return null;
}

/** Gives a session what it should hold, and lets all those end for which nothing is left. */
export function feedSession(
  state: ScheduleState,
  file: SplitFile,
  slot: SlotState,
  session: Session,
  now: number,
  commands: Command[],
): void {
  if (session.status !== 'open') return;
  const mayBeShared = maySplit(state, file.unit);
  const groups = mayBeShared ? takeTests(state, file, session, now) : takeAllTests(file, session, now);
  giveTests(file, slot, session, groups, commands);
  for (const other of state.slots) {
    if (other.session?.unit !== file.unit) continue;
    if (other.session.status === 'open') giveTests(file, other, other.session, [], commands);
    else if (other.session.status === 'opening' && file.pending === 0) discard(other, other.session, commands);
  }
}

function giveTests(
  file: SplitFile,
  {slot, generation}: SlotState,
  session: Session,
  groups: readonly number[],
  commands: Command[],
): void {
  const {unit} = file;
  const last = !hasTestsFor(file, session);
  if (last) session.status = 'closing';
  if (last || groups.length > 0) commands.push({type: 'give-tests', slot, generation, unit, groups, last});
}

/**
 * A worker is through with a file.
 *
 * @returns the unit, if it is to be given anew: none or one; null: it ran as a whole, and has ended
 */
export function endSession(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  {failed, rest}: Extract<ScheduleEvent, {type: 'unit-done'}>,
  now: number,
  commands: Command[],
): number[] | null {
  slot.session = null;
  if (session.status === 'discarded') return [];
  const {unit} = session;
  const file = state.files.get(unit);
  if (file === undefined) return null; // no test of it was listed
  if (session.status === 'opening') {
    return listOf(runWhole(state, file, now, commands)); // it could not be loaded here
  }
  if (!failed && sessionsOf(state, unit).length > 0) return [];
  state.observedMs += file.observedMs + file.openMs;
  state.observedUnits++;
  return listOf(closeFile(state, unit, rest, commands));
}

function listOf(unit: number | null): number[] {
  return unit === null ? [] : [unit];
}

/** Nobody is at a file any more. @returns the unit, if it is to be given anew */
export function closeFile(state: ScheduleState, unit: number, rest: boolean, commands: Command[]): number | null {
  if (rest) return resume(state, unit, commands);
  merge(state, unit, commands);
  return null;
}

function merge(state: ScheduleState, unit: number, commands: Command[]): void {
  dropFile(state, unit, commands);
  commands.push({type: 'merge', unit});
  endOfUnit(state, unit, commands);
}

/** What is left of a unit whose worker died is to run as a unit of its own. @returns the unit, to be given anew */
function resume(state: ScheduleState, unit: number, commands: Command[]): number {
  dropFile(state, unit, commands);
  state.resumed.add(unit);
  commands.push({type: 'resume', unit});
  return unit;
}

/**
 * The file's tests cannot be shared: one worker runs them all. The first goes on if none of its tests
 * was given to another yet; else the file begins anew, as any other, or what dead workers have left of it does.
 *
 * @returns the unit, if it is to be given anew
 */
export function runWhole(state: ScheduleState, file: SplitFile, now: number, commands: Command[]): number | null {
  const {unit} = file;
  state.wholeOnly.add(unit);
  file.joinable = false;
  for (const slot of state.slots) {
    if (slot.session?.unit === unit && slot.session.status === 'opening') discard(slot, slot.session, commands);
  }
  const slot = state.slots.find(
    ({session}) => session?.unit === unit && session.first && session.status !== 'discarded',
  );
  if (slot?.session != null && !file.shared) {
    // One that is `closing` has them all already.
    const {session} = slot;
    if (session.status === 'open') giveTests(file, slot, session, takeAllTests(file, session, now), commands);
    return null;
  }
  if (state.resumed.has(unit)) return resume(state, unit, commands); // what dead workers have left is not given away
  dropFile(state, unit, commands);
  commands.push({type: 'begin-again', unit});
  return unit;
}

/** Nothing more comes of the file's sessions. */
export function dropFile(state: ScheduleState, unit: number, commands: Command[]): void {
  state.files.delete(unit);
  for (const slot of state.slots) {
    if (slot.session?.unit === unit && slot.session.status !== 'discarded') discard(slot, slot.session, commands);
  }
}

function discard({slot, generation}: SlotState, session: Session, commands: Command[]): void {
  session.status = 'discarded';
  commands.push({type: 'discard', slot, generation, unit: session.unit});
}
