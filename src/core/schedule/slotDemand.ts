/** What there is for further workers to do: one for which there is nothing is not to be started. */
import {possibleAtOnce} from './admission';
import {expectedMs, UNKNOWN_MS} from './estimates';
import {freeCount, isIn, liveSlots, startingCount} from './pools';
import {fileToJoin, startMsOf, workersAhead} from './splitFiles';
import type {Pool, ScheduleState, SlotState} from './state';

/** A worker must find work for so many times what its start takes: it takes that time from the others. */
const WORTHWHILE_STARTS = 2;

/** How many workers more than there are each pool could give something to at once, other than a part of an open file. */
export function furtherIn(state: ScheduleState): Map<Pool, number> {
  return new Map(state.pools.map(pool => [pool, furtherFor(state, pool)]));
}

function furtherFor(state: ScheduleState, pool: Pool): number {
  const {admission, plan} = state;
  const possible = admission === null ? 0 : possibleAtOnce(state, admission, pool);
  const held = plan.evenShares ? heldAhead(state, pool) : 0;
  return freeCount(pool) + possible + held - pool.idle.size - startingCount(state, pool);
}

/** Units that workers hold and have not begun, nor are about to. */
function heldAhead({slots}: ScheduleState, pool: Pool): number {
  return slots.reduce((sum, slot) => sum + (slot.status === 'up' && isIn(slot, pool) ? waitingIn(slot) : 0), 0);
}

function waitingIn({held, recalled, running}: SlotState): number {
  return Math.max(0, held.length - recalled.size - (running === null ? 1 : 0));
}

/** What further workers could do. */
export interface SlotDemand {
  /** How many would have something to do at once. */
  readonly further: number;
  /** For how many of these that is worth the start of a process. */
  readonly worthwhile: number;
}

/** @param most so many further ones there may be at the most */
export function demandOf(state: ScheduleState, most: number, now: number): SlotDemand {
  const live = state.pools.reduce((sum, pool) => sum + liveSlots(state.slots, pool), 0);
  const units = [...furtherIn(state).values()].reduce((sum, count) => sum + Math.max(0, count), 0);
  // Whether it is worthwhile to join an open file is part of the question whether one can.
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

/** What the units that wait for a worker are expected to take (ms); no more is added up than so many workers need. */
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

/** How long (ms) the unit has run that began first: while none has ended, others are taken to be no shorter. */
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
