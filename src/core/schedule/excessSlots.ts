/**
 * How a load sample changes the allowed number of workers, and which workers are excess then. The slots with the
 * lowest numbers stay, so that slot numbers are always 1 to n.
 */
import {isAtGroup} from './admission';
import type {Command} from './events';
import {poolOf} from './pools';
import {judge, type LoadSample} from './slotController';
import {demandOf} from './slotDemand';
import type {Pool, ScheduleState, SlotState} from './state';
import {isUsable} from './usableSlots';

/** How many workers are starting or up. */
export function liveCount({slots}: ScheduleState): number {
  return slots.reduce((count, {status}) => count + (status === 'starting' || status === 'up' ? 1 : 0), 0);
}

/** Lets the controller judge a load sample. If it allows fewer workers, excess workers hand back what they hold. */
export function judgeLoad(state: ScheduleState, load: LoadSample, now: number, commands: Command[]): void {
  const {controller, slots} = state;
  if (controller === null || state.stopped !== null || state.finished) return;
  const before = controller.allowed;
  const live = liveCount(state);
  const starting = slots.some(({status, isAdded}) => status === 'starting' && isAdded);
  const settledMs = starting ? null : now - state.addedAt;
  judge(controller, load, {live, settledMs, ...demandOf(state, controller.limit - live, now)});
  if (controller.allowed >= before) return;
  for (const slot of slots) if (isExcess(state, slot)) recallAll(state, slot, commands);
}

/** Whether a worker is above the allowed number and another slot can do its work. */
export function isExcess(state: ScheduleState, slot: SlotState): boolean {
  if (slot.status !== 'up' || isUsable(state, slot) || isAtGroup(state, slot)) return false;
  const pool = poolOf(state, slot);
  return state.slots.some(other => isUsable(state, other) && mayServe(state, other, pool));
}

/** Asks for all that a worker holds and has not begun. */
function recallAll(state: ScheduleState, slot: SlotState, commands: Command[]): void {
  const left = slot.held.filter(unit => !slot.recalled.has(unit));
  const units = slot.running === null ? left.slice(1) : left; // the first unit is about to begin
  if (units.length === 0) return;
  for (const unit of units) slot.recalled.add(unit);
  poolOf(state, slot).recallsOut += units.length;
  commands.push({type: 'take-back', slot: slot.slot, generation: slot.generation, units});
}

/** Whether a slot's worker could run units of a pool, now or after its start. */
export function mayServe(state: ScheduleState, slot: SlotState, pool: Pool): boolean {
  // A worker above the allowed number serves as long as it lives.
  return slot.status !== 'dead' && !slot.barredFrom.has(pool) && (slot.status !== 'down' || isUsable(state, slot));
}
