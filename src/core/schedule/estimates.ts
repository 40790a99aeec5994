/** What units are expected to take: what is known of them, or else what units took so far in this run. */
import type {ScheduleState, SlotState} from './state';

/** What a unit is taken for (ms) where nothing at all is known yet. */
export const UNKNOWN_MS = 100;

/** What a unit is expected to take: what is known of it, else what units took so far in this run. */
export function expectedMs(state: ScheduleState, unit: number): number | null {
  const known = state.plan.units[unit]?.expectedMs ?? null;
  return known ?? meanMs(state);
}

/** What the held units are expected to take; unknown ones as long as units took so far in this run. */
export function heldMs(state: ScheduleState, slot: SlotState): number {
  return slot.heldKnownMs + slot.heldUnknown * (meanMs(state) ?? UNKNOWN_MS);
}

function meanMs(state: ScheduleState): number | null {
  return state.observedUnits === 0 ? null : state.observedMs / state.observedUnits;
}
