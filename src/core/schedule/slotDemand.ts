/** How much work there is for further workers: no worker starts without work. */
import {possibleAtOnce} from './admission';
import {expectedMs, UNKNOWN_MS} from './estimates';
import {freeCount, isIn, liveSlots, startingCount} from './pools';
import {fileToJoin, startMsOf, workersAhead} from './splitFiles';
import type {Pool, ScheduleState, SlotState} from './state';

/** A further worker needs work for this many start times, because its start takes processor time from the others. */
const WORTHWHILE_STARTS = 2;

/** By pool: how many further workers could begin a unit at once. Joining open files does not count. */
export function furtherIn(state: ScheduleState): Map<Pool, number> {
  return new Map(state.pools.map(pool => [pool, furtherFor(state, pool)]));
}

function furtherFor(state: ScheduleState, pool: Pool): number {
  const {admission, plan} = state;
  const possible = admission === null ? 0 : possibleAtOnce(state, admission, pool);
  const held = plan.evenShares ? heldAhead(state, pool) : 0;
  return freeCount(pool) + possible + held - pool.idle.size - startingCount(state, pool);
}

/** How many units workers hold, without those that have begun or are about to begin. */
function heldAhead({slots}: ScheduleState, pool: Pool): number {
  return slots.reduce((sum, slot) => sum + (slot.status === 'up' && isIn(slot, pool) ? waitingIn(slot) : 0), 0);
}

function waitingIn({held, recalled, running}: SlotState): number {
  return Math.max(0, held.length - recalled.size - (running === null ? 1 : 0));
}

/** How many further workers could work. */
export interface SlotDemand {
  /** How many further workers would have work at once. */
  readonly further: number;
  /** For how many of them the work is worth the start of a process. */
  readonly worthwhile: number;
}

/** @param most the maximum number of further workers */
export function demandOf(state: ScheduleState, most: number, now: number): SlotDemand {
  const live = state.pools.reduce((sum, pool) => sum + liveSlots(state.slots, pool), 0);
  const units = [...furtherIn(state).values()].reduce((sum, count) => sum + Math.max(0, count), 0);
  // fileToJoin counts a file only if joining is worthwhile.
  const joins = state.pools.reduce((sum, pool) => sum + joinsIn(state, pool, most, now), 0);
  const starts = Math.floor(waitingMs(state, most + live, now) / (WORTHWHILE_STARTS * startMsOf(state)));
  return {further: units + joins, worthwhile: Math.min(units, Math.max(0, starts - live)) + joins};
}

function joinsIn(state: ScheduleState, pool: Pool, most: number, now: number): number {
  if (freeCount(pool) > 0 || most <= 0) return 0;
  const coming = startingCount(state, pool);
  const ahead = Math.max(0, workersAhead(state, pool) - coming - pool.idle.size);
  const file = fileToJoin(state, pool, {free: most, coming, startMs: startMsOf(state)}, now);
  return Math.min(most, ahead + Math.max(0, (file?.pending ?? 0) - coming - pool.idle.size));
}

/** The expected total (ms) of units that wait for a worker. The sum stops once it is enough for `workers`. */
function waitingMs(state: ScheduleState, workers: number, now: number): number {
  const enough = WORTHWHILE_STARTS * startMsOf(state) * workers;
  const unknown = Math.max(UNKNOWN_MS, longestRunning(state, now));
  let sum = 0;
  for (const unit of waitingUnits(state)) {
    sum += expectedMs(state, unit) ?? unknown;
    if (sum >= enough) break;
  }
  return sum;
}

/** How long (ms) the oldest running unit has run: units of unknown duration are assumed to take as long. */
function longestRunning({slots}: ScheduleState, now: number): number {
  return slots.reduce((most, {running}) => Math.max(most, now - (running?.startedAt ?? now)), 0);
}

function* waitingUnits({pools, admission, slots, plan}: ScheduleState): Generator<number> {
  for (const {returned, order, next} of pools) {
    yield* returned;
    for (let index = next; index < order.length; index++) yield order[index] as number;
  }
  for (const {units} of admission?.queues ?? []) yield* units;
  if (plan.evenShares) for (const {held} of slots) yield* held.slice(1);
}
