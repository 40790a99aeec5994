/**
 * Pools: workers that may take each other's work, the units that wait for any of them, and the idle workers. All
 * workers of a run form one pool, unless each unit is for one node: then the workers of each node form a pool.
 */
import type {Pool, SchedulePlan, ScheduleState, SlotState} from './state';
import type {NodeId} from '../plan/units';
import {usableSlots} from './usableSlots';

export function createPools({units, nodes, arriving}: SchedulePlan): Pool[] {
  const bound = units.some(({node}) => node !== null);
  const pools = Array.from({length: bound ? nodes : 1}, (_, node): Pool => ({
    node: bound ? node : null,
    order: [],
    next: 0,
    returned: [],
    idle: new Set(),
    recallsOut: 0,
  }));
  for (const {id, node, constraints, after} of arriving ? [] : units) {
    if (constraints === null && after === null) poolAt(pools, node).order.push(id);
  }
  return pools;
}

function poolAt(pools: readonly Pool[], node: NodeId | null): Pool {
  const pool = pools.length === 1 ? pools[0] : pools[node ?? -1];
  if (pool === undefined) throw new RangeError(`no node ${node} in the plan`);
  return pool;
}

/** The pool of a slot's process, or of its last process. */
export function poolOf({pools}: ScheduleState, {node}: SlotState): Pool {
  return poolAt(pools, node);
}

export function poolOfUnit({pools, plan}: ScheduleState, unit: number): Pool {
  return poolAt(pools, plan.units[unit]?.node ?? null);
}

/** Whether a slot's process is, or was, of the pool. */
export function isIn(slot: SlotState, {node}: Pool): boolean {
  return node === null || slot.node === node;
}

/** How many slots share a pool's work. */
export function sizeOf(state: ScheduleState, pool: Pool): number {
  return pool.node === null ? usableSlots(state) : Math.max(1, liveSlots(state.slots, pool));
}

/** How many of a pool's workers are starting. */
export function startingCount({slots}: ScheduleState, pool: Pool): number {
  return slots.filter(slot => slot.status === 'starting' && isIn(slot, pool)).length;
}

/** How many of a pool's workers are starting or up. */
export function liveSlots(slots: readonly SlotState[], pool: Pool): number {
  return slots.filter(slot => isIn(slot, pool) && (slot.status === 'starting' || slot.status === 'up')).length;
}

/** How many of a pool's units that ask for nothing but a worker are left to give. */
export function freeCount({returned, order, next}: Pool): number {
  return returned.length + order.length - next;
}

/** The sum of `freeCount` over all pools. */
export function allFree({pools}: ScheduleState): number {
  return pools.reduce((sum, pool) => sum + freeCount(pool), 0);
}

/** The next unit to give that asks for nothing but a worker; undefined: there is none. */
export function peekFree({returned, order, next}: Pool): number | undefined {
  return returned.at(-1) ?? order[next];
}

/** Removes and returns the next unit to give that asks for nothing but a worker. There must be one. */
export function takeFree(pool: Pool): number {
  const unit = pool.returned.pop() ?? pool.order[pool.next++];
  if (unit === undefined) throw new RangeError('no unit is left to be given');
  return unit;
}

/** The first unit that asks for nothing but a worker and was never given; if there is none, the number of units. */
export function firstNeverGiven({pools, plan}: ScheduleState): number {
  return pools.reduce((first, {order, next}) => Math.min(first, order[next] ?? Infinity), plan.units.length);
}

/** Adds a unit that may now begin, in the place that the plan gives it. */
export function addToPool(state: ScheduleState, unit: number): void {
  const pool = poolOfUnit(state, unit);
  pool.order.splice(placeIn(pool, unit), 0, unit);
}

/** The place of a unit, or the place that it would get, among those that were never given. */
function placeIn({order, next}: Pool, unit: number): number {
  let [low, high] = [next, order.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] as number) < unit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a unit waits for any worker. */
export function isInPool(state: ScheduleState, unit: number): boolean {
  const pool = poolOfUnit(state, unit);
  return pool.order[placeIn(pool, unit)] === unit || pool.returned.includes(unit);
}

/** Removes a unit that waits, because another machine may run it. */
export function removeFromPool(state: ScheduleState, unit: number): void {
  const pool = poolOfUnit(state, unit);
  const place = placeIn(pool, unit);
  if (pool.order[place] === unit) pool.order.splice(place, 1);
  else pool.returned.splice(pool.returned.indexOf(unit), 1);
}

/** Removes a slot from its pool's counts of idle slots and recalled units. */
export function leavePool(state: ScheduleState, slot: SlotState): void {
  const pool = poolOf(state, slot);
  pool.recallsOut -= slot.recalled.size;
  pool.idle.delete(slot);
}
