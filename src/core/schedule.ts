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
 * files, and hands back what it has not begun when another worker has nothing to do.
 */
import type {AbandonReason, Death} from './deaths';
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
  /** `retiring`: the worker begins no further unit (it is over its memory limit). `ms`: what the unit took. */
  | ({readonly type: 'unit-done'; readonly unit: number; readonly ms: number; readonly retiring: boolean} & FromSlot)
  /** The answer to a take-back: of `asked`, these `units` had not been begun and are ours again. */
  | ({readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]} & FromSlot)
  /**
   * Lease lost: the process is gone, and what it ran and held with it. `innocent`: what it ran is known
   * to have no part in that, and is to be run again.
   */
  | ({readonly type: 'slot-lost'; readonly death: Death; readonly innocent: boolean} & FromSlot)
  /** The process has ended as it was told to. */
  | ({readonly type: 'slot-closed'} & FromSlot)
  | {readonly type: 'stopped'; readonly reason: StopReason};

/** What is to be done. */
export type Command =
  | ({readonly type: 'start-slot'} & FromSlot)
  | ({readonly type: 'give'; readonly units: readonly number[]} & FromSlot)
  | ({readonly type: 'take-back'; readonly units: readonly number[]} & FromSlot)
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
    startSlots(state, commands);
  } else if (event.type === 'stopped') {
    stop(state, event.reason, commands);
  } else {
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
  finishIfDone(state, commands);
  return commands;
}

type SlotEvent = Exclude<ScheduleEvent, {type: 'run-started' | 'stopped'}>;

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
      feed(state, slot, now, commands);
      return;
    case 'unit-started':
      if (!removeHeld(state, slot, event.unit)) return;
      slot.running = event.unit;
      slot.startedAt = now;
      feed(state, slot, now, commands);
      return;
    case 'unit-done':
      if (slot.running !== event.unit) return;
      slot.running = null;
      slot.lastUnitMs = event.ms;
      slot.barrenDeaths = 0;
      state.observedMs += event.ms;
      state.observedUnits++;
      state.unfinished--;
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
      loseSlot(state, slot, event.innocent, now, commands);
      return;
    case 'slot-closed':
      emptySlot(state, slot, 'down');
      startSlots(state, commands);
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
  startSlots(state, commands);
}

/** The worker ends, and a fresh one takes its place if there is something left to do. */
function retire(state: ScheduleState, slot: SlotState, now: number, commands: Command[]): void {
  const held = emptySlot(state, slot, 'closing');
  commands.push({type: 'close-slot', slot: slot.slot, generation: slot.generation});
  takeBack(state, held, now, commands);
}

function loseSlot(state: ScheduleState, slot: SlotState, innocent: boolean, now: number, commands: Command[]): void {
  const again = innocent && slot.running !== null && secondChance(state, slot.running);
  const blamed = again ? null : slot.running;
  const interrupted = again && slot.running !== null ? [slot.running] : [];
  const wanted = slot.status !== 'closing';
  const held = emptySlot(state, slot, 'down');
  if (blamed !== null && state.stopped === null) {
    state.unfinished--;
    slot.barrenDeaths = 0;
    commands.push({type: 'blame', unit: blamed, slot: slot.slot, generation: slot.generation});
  } else if (wanted) {
    slot.barrenDeaths++;
  }
  slot.died = wanted;
  if (slot.barrenDeaths >= MAX_BARREN_DEATHS) writeOff(state, slot, 'all-barren');
  else if (wanted && restartsSpent(state)) writeOff(state, slot, 'restarts-spent');
  takeBack(state, [...interrupted, ...held], now, commands);
  abandonIfNoSlotLeft(state, commands);
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
function startSlots(state: ScheduleState, commands: Command[]): void {
  if (state.stopped !== null) return;
  let wanted = pendingCount(state);
  if (wanted === 0) return;
  for (const slot of state.slots) if (slot.status === 'starting') wanted--;
  for (const slot of state.slots) {
    if (wanted <= 0) return;
    if (slot.status !== 'down') continue;
    if (slot.died && restartsSpent(state)) {
      writeOff(state, slot, 'restarts-spent');
      continue;
    }
    if (slot.died) state.restarts++;
    slot.died = false;
    slot.status = 'starting';
    slot.generation++;
    slot.lastUnitMs = null;
    wanted--;
    commands.push({type: 'start-slot', slot: slot.slot, generation: slot.generation});
  }
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
