/** Changes what a slot runs and holds. */
import {leaveGroups} from './admission';
import {addCost, noCost} from './estimates';
import {leavePool} from './pools';
import type {ScheduleState, SlotState, SlotStatus} from './state';

/** Clears what a slot runs and holds. @returns the units that it held */
export function emptySlot(state: ScheduleState, slot: SlotState, status: SlotStatus): number[] {
  const held = slot.preparing === null ? slot.held : [slot.preparing, ...slot.held];
  slot.preparing = null;
  leaveGroups(slot);
  leavePool(state, slot);
  slot.status = status;
  slot.running = null;
  slot.held = [];
  slot.heldCost = noCost();
  slot.recalled = new Set();
  return held;
}

export function addHeld(state: ScheduleState, slot: SlotState, unit: number): void {
  slot.held.push(unit);
  addCost(slot.heldCost, state.plan.units[unit]?.expectedMs ?? null);
}

/** @returns false if the slot did not hold the unit */
export function removeHeld(state: ScheduleState, slot: SlotState, unit: number): boolean {
  const index = slot.held.indexOf(unit);
  if (index === -1) return false;
  slot.held.splice(index, 1);
  addCost(slot.heldCost, state.plan.units[unit]?.expectedMs ?? null, -1);
  return true;
}
