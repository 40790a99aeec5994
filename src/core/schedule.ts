/**
 * The scheduler: what happens next, decided from what has happened so far.
 *
 * `step(state, event, now)` takes one event and returns the commands that follow. It does no I/O and
 * reads no clock, so a run is replayed by feeding its events again (see XDIST_LOG), and the
 * simulation in test/simulation runs exactly this code. The state is changed in place: a run has
 * one, and a million units must not mean a million copies.
 *
 * The policy is pytest-xdist's LoadScheduling with the watermarks kept in expected time: a worker
 * holds a little work beyond what it runs, so that it need not wait for the parent between two short
 * files, and hands back what it has not begun when another worker has nothing to do. A worker for which
 * nothing is left opens a file that another one is at, and takes some of its tests (splitFiles.ts).
 */
import type {AbandonReason, Death} from './deaths';
import type {Fate} from './salvage';
import {
  addHeld,
  emptySlot,
  pendingCount,
  removeHeld,
  takePending,
  type ScheduleState,
  type SlotState,
  type StopReason,
} from './scheduleState';
import {
  fileToJoin,
  hasTestsFor,
  newSession,
  noteProgress,
  openFile,
  sessionsOf,
  startLate,
  takeAllTests,
  takeTests,
  timeToLook,
  workersAhead,
  WORKER_START_MS,
  type Session,
  type SplitFile,
} from './splitFiles';
import type {Generation, SlotNumber} from './units';
import {mostBurdened, wantsOneMore} from './watermarks';

interface FromSlot {
  readonly slot: SlotNumber;
  readonly generation: Generation;
}

/** What can happen. Events from a slot name the generation of the process they come from. */
export type ScheduleEvent =
  | {readonly type: 'run-started'}
  /** The worker's process is up and takes units. */
  | ({readonly type: 'slot-up'} & FromSlot)
  | ({readonly type: 'unit-started'; readonly unit: number} & FromSlot)
  /**
   * The worker has listed the tests of a unit that may be split. `costs`: of each group of tests that
   * stay together, in expected ms; null: the list is not the one that the file's first worker made.
   * `ms`: what it took to load the file.
   */
  | ({
      readonly type: 'unit-opened';
      readonly unit: number;
      readonly ms: number;
      readonly costs: readonly (number | null)[] | null;
    } & FromSlot)
  /** The worker has found that the unit's tests cannot be shared; `anew`: nor can what has run be used. */
  | ({readonly type: 'unit-indivisible'; readonly unit: number; readonly anew: boolean} & FromSlot)
  /** Of the groups that the worker was given, these have ended, in ms each, and that one runs. */
  | ({
      readonly type: 'tests-progress';
      readonly unit: number;
      readonly done: readonly (readonly [group: number, ms: number])[];
      readonly running: number | null;
    } & FromSlot)
  /**
   * `retiring`: the worker begins no further unit (it is over its memory limit). `ms`: what the unit took.
   * `failed`: it has no result, but an error. `rest`: tests of it were begun by a worker that died, and would be
   * left if this were the last one to have it open.
   */
  | ({
      readonly type: 'unit-done';
      readonly unit: number;
      readonly ms: number;
      readonly retiring: boolean;
      readonly failed: boolean;
      readonly rest: boolean;
    } & FromSlot)
  /** The answer to a take-back: of `asked`, these `units` had not been begun and are ours again. */
  | ({readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]} & FromSlot)
  /**
   * Lease lost: the process is gone, and what it held with it. `innocent`: what it ran is known to have no
   * part in that. `fate`: what becomes of that. `rest`: as with `unit-done`.
   */
  | ({
      readonly type: 'slot-lost';
      readonly death: Death;
      readonly innocent: boolean;
      readonly fate: Fate;
      readonly rest: boolean;
    } & FromSlot)
  /** The process has ended as it was told to. */
  | ({readonly type: 'slot-closed'} & FromSlot)
  /** The time that a `wake` asked for has come. */
  | {readonly type: 'woken'}
  | {readonly type: 'stopped'; readonly reason: StopReason};

/** What is to be done. */
export type Command =
  | ({readonly type: 'start-slot'} & FromSlot)
  | ({readonly type: 'give'; readonly units: readonly number[]} & FromSlot)
  | ({readonly type: 'take-back'; readonly units: readonly number[]} & FromSlot)
  /** Open a unit that another worker is at, for some of its tests. */
  | ({readonly type: 'join'; readonly unit: number} & FromSlot)
  /** Groups of a unit's tests, for a worker that has it open. `last`: it gets no more. */
  | ({
      readonly type: 'give-tests';
      readonly unit: number;
      readonly groups: readonly number[];
      readonly last: boolean;
    } & FromSlot)
  /** The worker need run no more of this unit; what comes of it there is not wanted. */
  | ({readonly type: 'discard'; readonly unit: number} & FromSlot)
  /** All sessions of the unit have ended: their results are to be made into one. */
  | {readonly type: 'merge'; readonly unit: number}
  /** The unit is run once more, for what its workers that died have left of it. */
  | {readonly type: 'resume'; readonly unit: number}
  /** The unit begins anew: what has come of it so far is not wanted. */
  | {readonly type: 'begin-again'; readonly unit: number}
  /** Ask again at this time, in ms. */
  | {readonly type: 'wake'; readonly at: number}
  /** Let the process end by itself: it has nothing more to do. */
  | ({readonly type: 'close-slot'} & FromSlot)
  /** The unit's worker died while running it. */
  | ({readonly type: 'blame'; readonly unit: number} & FromSlot)
  /** The unit will never run: no worker is left. */
  | {readonly type: 'abandon'; readonly unit: number; readonly reason: AbandonReason}
  | {readonly type: 'finish'};

/** A slot that dies this often in a row without having run or blamed anything stays down. */
export const MAX_BARREN_DEATHS = 3;

/** So often is a unit run again whose worker others have killed. As often as jest-worker retries, by default. */
export const MAX_SECOND_CHANCES = 3;

/** Takes one event; returns what is to be done, in order. `now` is in ms, of any monotonic clock. */
export function step(state: ScheduleState, event: ScheduleEvent, now: number): Command[] {
  const commands: Command[] = [];
  if (event.type === 'run-started') {
    startSlots(state, now, commands);
  } else if (event.type === 'stopped') {
    stop(state, event.reason, commands);
  } else if (event.type !== 'woken') {
    const slot = state.slots[event.slot - 1];
    // A message of a process that has been replaced, or was written off, changes nothing any more.
    if (
      slot === undefined ||
      slot.generation !== event.generation ||
      slot.status === 'down' ||
      slot.status === 'dead'
    ) {
      return commands;
    }
    handleSlotEvent(state, slot, event, now, commands);
  }
  joinIdle(state, now, commands);
  finishIfDone(state, commands);
  return commands;
}

type SlotEvent = Exclude<ScheduleEvent, {type: 'run-started' | 'stopped' | 'woken'}>;

function handleSlotEvent(
  state: ScheduleState,
  slot: SlotState,
  event: SlotEvent,
  now: number,
  commands: Command[],
): void {
  switch (event.type) {
    case 'slot-up':
      if (slot.status !== 'starting') return;
      slot.status = 'up';
      state.workerStartMs = now - slot.startingSince;
      feed(state, slot, now, commands);
      return;
    case 'unit-started':
      if (slot.running === event.unit && slot.session?.first === false) {
        slot.startedAt = now;
        return;
      }
      if (!removeHeld(state, slot, event.unit)) return;
      slot.running = event.unit;
      slot.startedAt = now;
      if (hasSessions(state, event.unit)) slot.session = newSession(event.unit, true, now);
      feed(state, slot, now, commands);
      return;
    case 'unit-opened':
      if (slot.session?.unit === event.unit) openSession(state, slot, slot.session, event, now, commands);
      return;
    case 'unit-indivisible': {
      const file = state.files.get(event.unit);
      if (slot.session?.unit !== event.unit || slot.session.status === 'discarded' || file === undefined) return;
      if (event.anew) file.shared = true;
      runWhole(state, file, now, commands);
      return;
    }
    case 'tests-progress': {
      const {session} = slot;
      const file = state.files.get(event.unit);
      if (session?.unit !== event.unit || session.status === 'discarded' || file === undefined) return;
      noteProgress(file, session, event.done, event.running, now);
      feedSession(state, file, slot, session, now, commands);
      return;
    }
    case 'unit-done':
      if (slot.running !== event.unit) return;
      slot.running = null;
      slot.lastUnitMs = event.ms;
      slot.barrenDeaths = 0;
      if (slot.session === null || !endSession(state, slot, slot.session, event, now, commands)) {
        state.observedMs += event.ms;
        state.observedUnits++;
        state.unfinished--;
      }
      if (slot.status !== 'up') return;
      if (event.retiring || state.plan.freshWorkerPerUnit) retire(state, slot, now, commands);
      else feed(state, slot, now, commands);
      return;
    case 'units-returned':
      for (const unit of event.asked) if (slot.recalled.delete(unit)) state.recallsOut--;
      takeBack(
        state,
        event.units.filter(unit => removeHeld(state, slot, unit)),
        now,
        commands,
      );
      // It may have ended what it ran meanwhile, and the slot that was to have these may have died.
      feed(state, slot, now, commands);
      return;
    case 'slot-lost':
      loseSlot(state, slot, event, now, commands);
      return;
    case 'slot-closed':
      emptySlot(state, slot, 'down');
      startSlots(state, now, commands);
      return;
  }
}

/** Brings a worker's work up to its high watermark if it has fallen below the low one. */
function feed(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): void {
  if (slot.status !== 'up' || state.stopped !== null) return;
  const units: number[] = [];
  const chunk = state.plan.maxScheduleChunk ?? Infinity;
  let refilling = false;
  while (pendingCount(state) > 0 && units.length < chunk) {
    refilling = wantsOneMore(state, slot, refilling);
    if (!refilling) break;
    const unit = takePending(state);
    units.push(unit);
    addHeld(state, slot, unit);
  }
  if (units.length > 0) {
    commands.push({type: 'give', slot: slot.slot, generation: slot.generation, units});
  }
  if (slot.running === null && slot.held.length === 0) {
    state.idle.add(slot);
    recallForIdle(state, now, commands);
  } else {
    state.idle.delete(slot);
  }
}

/** Nothing is pending and a slot is idle: asks for units that other workers hold and have not begun. */
function recallForIdle(state: ScheduleState, now: number, commands: Command[]): void {
  while (state.recallsOut < state.idle.size && pendingCount(state) === 0) {
    const victim = mostBurdened(state, now);
    const unit = victim?.held.findLast(held => !victim.recalled.has(held));
    if (victim === undefined || unit === undefined) return;
    victim.recalled.add(unit);
    state.recallsOut++;
    commands.push({type: 'take-back', slot: victim.slot, generation: victim.generation, units: [unit]});
  }
}

/** Units that are ours again go to the front of the queue, in their order, and to idle slots at once. */
function takeBack(state: ScheduleState, units: readonly number[], now: number, commands: Command[]): void {
  for (let index = units.length - 1; index >= 0; index--) state.returned.push(units[index] as number);
  if (state.stopped !== null) return;
  for (const slot of [...state.idle]) feed(state, slot, now, commands);
  startSlots(state, now, commands);
}

/** Whether the unit's tests may still be spread over workers. */
export function maySplit(state: ScheduleState, unit: number): boolean {
  return state.plan.units[unit]?.split != null && !state.wholeOnly.has(unit);
}

/** Whether a worker that has the unit open is told which tests to run. */
export function hasSessions(state: ScheduleState, unit: number): boolean {
  return maySplit(state, unit) || state.resumed.has(unit);
}

/** Slots that nothing else is left for open a file that is being worked at, if that shortens the run. */
function joinIdle(state: ScheduleState, now: number, commands: Command[]): void {
  if (state.stopped !== null || pendingCount(state) > 0) return;
  startAhead(state, now, commands);
  if (state.files.size === 0) return;
  for (const slot of [...state.idle]) {
    const free = state.idle.size - state.recallsOut; // what is recalled is for them
    const file = free > 0 ? fileToJoin(state, {free, coming: 0, startMs: 0}, now) : null;
    if (file === null) break;
    state.idle.delete(slot);
    slot.running = file.unit;
    slot.startedAt = now;
    slot.session = newSession(file.unit, false, now);
    commands.push({type: 'join', slot: slot.slot, generation: slot.generation, unit: file.unit});
  }
  if (state.idle.size > 0) return lookLater(state, now, commands);
  const startMs = state.workerStartMs ?? WORKER_START_MS;
  const down = state.slots.filter(({status}) => status === 'down');
  let coming = startingCount(state);
  for (const [index, slot] of down.entries()) {
    if (coming >= state.plan.startsAtOnce) break; // the next one, when one of these is up
    if (fileToJoin(state, {free: down.length - index, coming, startMs}, now) === null) break;
    if (startSlot(state, slot, now, commands)) coming++;
  }
  lookLater(state, now, commands);
}

/** Starts workers for a file that is known to be long while its first worker still loads it. */
function startAhead(state: ScheduleState, now: number, commands: Command[]): void {
  const wanted = workersAhead(state);
  if (wanted === 0) return;
  let coming = startingCount(state);
  for (const slot of state.slots) {
    if (coming >= state.plan.startsAtOnce || coming + state.idle.size >= wanted) return;
    if (startSlot(state, slot, now, commands)) coming++;
  }
}

function lookLater(state: ScheduleState, now: number, commands: Command[]): void {
  if (!state.slots.some(slot => slot.status === 'down' || state.idle.has(slot))) return;
  for (const file of state.files.values()) {
    const at = timeToLook(state, file, now);
    if (at !== null) commands.push({type: 'wake', at});
  }
}

/** A worker has opened a file. `costs` is null: it found other tests than the file's first worker. */
function openSession(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  {costs, ms}: Extract<ScheduleEvent, {type: 'unit-opened'}>,
  now: number,
  commands: Command[],
): void {
  if (session.status !== 'opening') return;
  const known = state.files.get(session.unit);
  if (session.first && costs !== null) {
    session.status = 'open';
    const file = openFile(state, session.unit, costs, ms);
    file.joinable = maySplit(state, session.unit);
    feedSession(state, file, slot, session, now, commands);
  } else if (known !== undefined && costs === null) {
    discard(slot, session, commands);
    runWhole(state, known, now, commands);
  } else if (known === undefined || !hasTestsFor(known, session)) {
    discard(slot, session, commands); // too late: the others have it all
  } else {
    session.status = 'open';
    startLate(state, known, session);
    feedSession(state, known, slot, session, now, commands);
  }
}

/** Gives a session what it should hold, and lets all those end for which nothing is left. */
function feedSession(
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

/** @returns whether the unit's end is accounted for; false: it ran as a whole, and has ended */
function endSession(
  state: ScheduleState,
  slot: SlotState,
  session: Session,
  {failed, rest}: Extract<ScheduleEvent, {type: 'unit-done'}>,
  now: number,
  commands: Command[],
): boolean {
  slot.session = null;
  if (session.status === 'discarded') return true;
  const {unit} = session;
  const file = state.files.get(unit);
  if (file === undefined) return false; // no test of it was listed
  if (session.status === 'opening') {
    runWhole(state, file, now, commands); // it could not be loaded here
    return true;
  }
  if (!failed && sessionsOf(state, unit).length > 0) return true;
  state.observedMs += file.observedMs + file.openMs;
  state.observedUnits++;
  const again = closeFile(state, unit, rest, commands);
  if (again !== null) takeBack(state, [again], now, commands);
  return true;
}

/** Nobody is at a file any more. @returns the unit, if it is to be given anew */
function closeFile(state: ScheduleState, unit: number, rest: boolean, commands: Command[]): number | null {
  if (rest) return resume(state, unit, commands);
  merge(state, unit, commands);
  return null;
}

function merge(state: ScheduleState, unit: number, commands: Command[]): void {
  dropFile(state, unit, commands);
  state.unfinished--;
  commands.push({type: 'merge', unit});
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
 */
function runWhole(state: ScheduleState, file: SplitFile, now: number, commands: Command[]): void {
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
    return;
  }
  if (state.resumed.has(unit)) {
    resume(state, unit, commands); // what dead workers have left is not given away
  } else {
    dropFile(state, unit, commands);
    commands.push({type: 'begin-again', unit});
  }
  takeBack(state, [unit], now, commands);
}

/** Nothing more comes of the file's sessions. */
function dropFile(state: ScheduleState, unit: number, commands: Command[]): void {
  state.files.delete(unit);
  for (const slot of state.slots) {
    if (slot.session?.unit === unit && slot.session.status !== 'discarded') discard(slot, slot.session, commands);
  }
}

function discard({slot, generation}: SlotState, session: Session, commands: Command[]): void {
  session.status = 'discarded';
  commands.push({type: 'discard', slot, generation, unit: session.unit});
}

/** The worker ends, and a fresh one takes its place if there is something left to do. */
function retire(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): void {
  const held = emptySlot(state, slot, 'closing');
  commands.push({type: 'close-slot', slot: slot.slot, generation: slot.generation});
  takeBack(state, held, now, commands);
}

/** Whether a worker with a file open takes nothing along: it was given no test of it yet, or none that is still wanted. */
export function isBystander(session: Session | null): boolean {
  return session !== null && (session.status === 'discarded' || (!session.first && session.frontier === 0));
}

function loseSlot(
  state: ScheduleState,
  slot: SlotState,
  event: Extract<ScheduleEvent, {type: 'slot-lost'}>,
  now: number,
  commands: Command[],
): void {
  const {session, running} = slot;
  const wanted = slot.status !== 'closing';
  const held = emptySlot(state, slot, 'down');
  slot.died = wanted; // before anything is given back: a worker for that is a replacement
  let again: number | null = null;
  if (session !== null && isBystander(session)) {
    if (wanted) slot.barrenDeaths++;
    const file = state.files.get(session.unit);
    if (file !== undefined && session.status !== 'discarded') {
      file.joinable = false;
      // It may have been the last one that was to take what others have left which died.
      if (state.stopped === null && sessionsOf(state, file.unit).length === 0) {
        again = closeFile(state, file.unit, event.rest, commands);
      }
    }
  } else if (running === null) {
    if (wanted) slot.barrenDeaths++;
  } else if (state.stopped === null) {
    again = loseUnit(state, slot, running, event, commands);
  }
  if (slot.barrenDeaths >= MAX_BARREN_DEATHS) writeOff(state, slot, 'all-barren');
  else if (wanted && restartsSpent(state)) writeOff(state, slot, 'restarts-spent');
  takeBack(state, [...(again === null ? [] : [again]), ...held], now, commands);
  abandonIfNoSlotLeft(state, commands);
}

/** @returns the unit, if it is to be given anew */
function loseUnit(
  state: ScheduleState,
  slot: SlotState,
  unit: number,
  {fate, innocent, rest}: Extract<ScheduleEvent, {type: 'slot-lost'}>,
  commands: Command[],
): number | null {
  if (fate === 'kept') {
    slot.barrenDeaths = 0;
    // The others go on. Those that are still loading it come too late: what is left is not theirs alone.
    if (sessionsOf(state, unit).some(({status}) => status !== 'opening')) return null;
    return closeFile(state, unit, rest, commands);
  }
  dropFile(state, unit, commands);
  state.resumed.delete(unit);
  if (fate === 'whole' || (innocent && secondChance(state, unit))) {
    // That the file's worker died is the file's doing: how often it may do so is not decided here.
    if (fate !== 'whole') slot.barrenDeaths++;
    else if (!innocent) state.wholeOnly.add(unit);
    commands.push({type: 'begin-again', unit});
    return unit;
  }
  state.unfinished--;
  slot.barrenDeaths = 0;
  commands.push({type: 'blame', unit, slot: slot.slot, generation: slot.generation});
  return null;
}

/** An innocent unit is run again, but not for ever. */
function secondChance(state: ScheduleState, unit: number): boolean {
  const chances = state.secondChances.get(unit) ?? 0;
  if (chances >= MAX_SECOND_CHANCES) return false;
  state.secondChances.set(unit, chances + 1);
  return true;
}

function abandonIfNoSlotLeft(state: ScheduleState, commands: Command[]): void {
  if (state.stopped !== null || state.slots.some(slot => slot.status !== 'dead')) return;
  while (pendingCount(state) > 0) {
    state.unfinished--;
    commands.push({type: 'abandon', unit: takePending(state), reason: state.deadBecause});
  }
}

/** Starts slots that are down, as many as there are units for them. */
function startSlots(state: ScheduleState, now: number, commands: Command[]): void {
  if (state.stopped !== null) return;
  if (pendingCount(state) === 0) return;
  let wanted = pendingCount(state) - startingCount(state);
  for (const slot of state.slots) {
    if (wanted <= 0) return;
    if (startSlot(state, slot, now, commands)) wanted--;
  }
}

function startingCount({slots}: ScheduleState): number {
  return slots.filter(({status}) => status === 'starting').length;
}

/** false: the slot is not down, or gets no further worker. */
function startSlot(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): boolean {
  if (slot.status !== 'down') return false;
  if (slot.died && restartsSpent(state)) {
    writeOff(state, slot, 'restarts-spent');
    return false;
  }
  if (slot.died) state.restarts++;
  slot.died = false;
  slot.status = 'starting';
  slot.startingSince = now;
  slot.generation++;
  slot.lastUnitMs = null;
  commands.push({type: 'start-slot', slot: slot.slot, generation: slot.generation});
  return true;
}

/** The slot gets no further worker. */
function writeOff(state: ScheduleState, slot: SlotState, reason: AbandonReason): void {
  slot.status = 'dead';
  state.deadBecause = reason;
}

function restartsSpent({plan: {maxWorkerRestarts}, restarts}: ScheduleState): boolean {
  return maxWorkerRestarts !== null && restarts >= maxWorkerRestarts;
}

function stop(state: ScheduleState, reason: StopReason, commands: Command[]): void {
  if (state.stopped !== null || state.finished) return;
  state.stopped = reason;
  closeAll(state, commands);
}

function finishIfDone(state: ScheduleState, commands: Command[]): void {
  if (state.finished || (state.unfinished > 0 && state.stopped === null)) return;
  closeAll(state, commands);
  if (state.slots.every(slot => slot.status === 'down' || slot.status === 'dead')) {
    state.finished = true;
    commands.push({type: 'finish'});
  }
}

function closeAll(state: ScheduleState, commands: Command[]): void {
  for (const slot of state.slots) {
    if (slot.status !== 'starting' && slot.status !== 'up') continue;
    slot.status = 'closing';
    state.idle.delete(slot);
    commands.push({type: 'close-slot', slot: slot.slot, generation: slot.generation});
  }
}
