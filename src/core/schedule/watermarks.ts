/**
 * How much work a worker holds: pytest-xdist's LoadScheduling, in expected time where durations are
 * known and in counts where they are not.
 * https://github.com/pytest-dev/pytest-xdist/blob/master/src/xdist/scheduler/load.py
 */
import {expectedMs, heldMs, UNKNOWN_MS} from './estimates';
import {freeCount, isIn, peekFree, poolOf, sizeOf} from './pools';
import type {Pool, ScheduleState, SlotState} from './state';
import {isUsable} from './usableSlots';

/** A worker holds nothing behind a unit expected to run longer than this (ms): held units should begin soon. */
export const HOLD_NOTHING_ABOVE_MS = 1000;

/** From pytest-xdist: next to units this long (ms), the wait for the next unit does not matter. */
const LONG_UNIT_MS = 100;

/** Whether the slot should get another unit. @param refilling the slot was below its low watermark and is refilled */
export function wantsOneMore(state: ScheduleState, slot: SlotState, refilling: boolean): boolean {
  const {plan} = state;
  const first = slot.running?.unit ?? slot.held[0];
  if (first === undefined) return true;
  if (!plan.prefetch || plan.freshWorkerPerUnit) return false;

  const pace = expectedMs(state, first);
  if (pace === null || pace > HOLD_NOTHING_ABOVE_MS) return false;
  // A unit longer than the high watermark is never held. For such a unit the wait for the parent is negligible, and
  // behind a unit that takes longer than expected it could be the last to end.
  const pool = poolOf(state, slot);
  const next = peekFree(pool);
  if (next === undefined || (expectedMs(state, next) ?? 0) > plan.watermark.high) return false;
  // Units that wait behind the one that runs or is about to begin.
  const waiting = slot.held.length - (slot.running === null ? 1 : 0);
  if (waiting === 0) return true;

  // pytest-xdist's bounds, in counts: no worker holds more than its share of the rest.
  const has = waiting + 1;
  const share = freeCount(pool) / sizeOf(state, pool);
  if (has >= Math.max(2, share / 2)) return false;
  if (plan.units[next]?.expectedMs === null) {
    if (slot.lastUnitMs !== null && slot.lastUnitMs >= LONG_UNIT_MS) return false;
    return refilling || has < Math.max(2, share / 4);
  }
  const waitingMs = heldMs(state, slot) - (slot.running === null ? pace : 0);
  return waitingMs < (refilling ? plan.watermark.high : plan.watermark.low);
}

/** How many units a slot gets as its even share: the units left, divided by the slots without their share. */
export function evenShare(state: ScheduleState, pool: Pool): number {
  const without = state.slots.filter(
    slot => isIn(slot, pool) && !slot.hasShare && slot.status !== 'dead' && isUsable(state, slot),
  ).length;
  return Math.ceil(freeCount(pool) / Math.max(1, without));
}

/** Which units an idle slot takes from another: the last one, or in a plan with even shares the later half. */
export function unitsToTake({plan: {evenShares}}: ScheduleState, {held, recalled, running}: SlotState): number[] {
  const left = held.filter(unit => !recalled.has(unit));
  // If the slot runs nothing, its first held unit is about to begin.
  const waiting = left.length - (running === null ? 1 : 0);
  const count = evenShares ? Math.ceil(waiting / 2) : Math.min(waiting, 1);
  return count <= 0 ? [] : left.slice(-count);
}

/** The slot whose last held unit would wait longest for its turn, of a pool's slots. */
export function mostBurdened(state: ScheduleState, pool: Pool, now: number): SlotState | undefined {
  let victim: SlotState | undefined;
  let longest = -Infinity;
  for (const slot of state.slots) {
    // If the slot runs nothing, its first held unit is about to begin and does not wait.
    const waiting = slot.held.length - slot.recalled.size - (slot.running === null ? 1 : 0);
    if (slot.status !== 'up' || waiting <= 0 || !isIn(slot, pool)) continue;
    const {running} = slot;
    const left = running === null ? 0 : (expectedMs(state, running.unit) ?? UNKNOWN_MS) - (now - running.startedAt);
    const wait = Math.max(0, left) + heldMs(state, slot);
    if (wait > longest) {
      longest = wait;
      victim = slot;
    }
  }
  return victim;
}
