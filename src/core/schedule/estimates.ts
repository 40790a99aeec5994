/** What units are expected to take: what is known of them, or else what units took so far in this run. */
import type {CostSum, ScheduleState, SlotState} from './state';

/** What a unit is taken for (ms) where nothing at all is known yet. */
export const UNKNOWN_MS = 100;

/** What a unit is expected to take: what is known of it, else what units took so far in this run. */
export function expectedMs(state: ScheduleState, unit: number): number | null {
  const known = state.plan.units[unit]?.expectedMs ?? null;
  return known ?? meanMs(state);
}

/** What the held units are expected to take; unknown ones as long as units took so far in this run. */
export function heldMs(state: ScheduleState, {heldCost}: SlotState): number {
  return costMs(heldCost, meanMs(state) ?? UNKNOWN_MS);
}

export function noCost(): CostSum {
  return {knownMs: 0, unknown: 0};
}

/** Adds a duration (ms; null: unknown), or with `times` -1 takes it out. */
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
