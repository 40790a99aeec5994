/** Expected durations of units: from past runs, or else the mean of this run so far. */
import type {CostSum, ScheduleState, SlotState} from './state';

/** The assumed duration (ms) of a unit when nothing is known and no unit has ended. */
export const UNKNOWN_MS = 100;

/** The expected duration (ms) of a unit: its known duration, or else this run's mean; null: neither is known. */
export function expectedMs(state: ScheduleState, unit: number): number | null {
  const known = state.plan.units[unit]?.expectedMs ?? null;
  return known ?? meanMs(state);
}

/** The expected total (ms) of a slot's held units. Unknown units count with this run's mean. */
export function heldMs(state: ScheduleState, {heldCost}: SlotState): number {
  return costMs(heldCost, meanMs(state) ?? UNKNOWN_MS);
}

export function noCost(): CostSum {
  return {knownMs: 0, unknown: 0};
}

/** Adds a duration (ms; null: unknown) to a sum, or removes it if `times` is -1. */
export function addCost(sum: CostSum, ms: number | null, times: 1 | -1 = 1): void {
  if (ms === null) sum.unknown += times;
  else sum.knownMs += times * ms;
}

/** @param unknownMs for each unknown duration; @param factor for the known ones */
export function costMs({knownMs, unknown}: CostSum, unknownMs: number, factor = 1): number {
  return knownMs * factor + unknown * unknownMs;
}

function meanMs(state: ScheduleState): number | null {
  return state.observedUnits === 0 ? null : state.observedMs / state.observedUnits;
}
