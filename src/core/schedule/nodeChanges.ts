/** For runs with several nodes: which node a slot's next worker has, and which worker makes room for another node. */
import {choose, isAtGroup, mostAtOnce} from './admission';
import {expectedMs, UNKNOWN_MS} from './estimates';
import {freeCount, liveSlots, peekFree, poolOf, startingCount} from './pools';
import {fileToJoin, startMsOf} from './splitFiles';
import type {Pool, ScheduleState, SlotState} from './state';
import {isUsable} from './usableSlots';

/** By pool: how many more workers it could use. */
export function wantedIn(state: ScheduleState): Map<Pool, number> {
  const {pools, admission} = state;
  return new Map(
    pools.map(pool => {
      const waiting = admission === null ? 0 : mostAtOnce(state, admission, pool);
      // Idle workers already wait for these units. With one pool, a needless start takes no slot from another pool.
      const idle =
        pools.length === 1 ? 0 : Math.min(waiting, [...pool.idle].filter(({groups}) => groups.size === 0).length);
      return [pool, freeCount(pool) + waiting - startingCount(state, pool) - idle];
    }),
  );
}

/**
 * The pool that a slot's next worker is for.
 *
 * @returns null: no pool needs a worker
 */
export function poolToStartIn(state: ScheduleState, slot: SlotState, wanted: ReadonlyMap<Pool, number>): Pool | null {
  const wanting = state.pools.filter(pool => (wanted.get(pool) ?? 0) > 0 && !slot.barredFrom.has(pool));
  if (wanting.length <= 1) return wanting[0] ?? null;
  // A worker that died, or was ended for a unit that wants a fresh worker, is replaced by one of the same node.
  const before = poolOf(state, slot);
  if ((slot.died || slot.freshFor !== null) && wanting.includes(before)) return before;
  const starved = wanting.filter(pool => isStarved(state, pool, slot));
  const share = (pool: Pool) => workMs(state, pool) / (liveSlots(state.slots, pool) + 1);
  const shares = new Map(wanting.map(pool => [pool, share(pool)]));
  const most = (a: Pool, b: Pool) => ((shares.get(b) ?? 0) > (shares.get(a) ?? 0) ? b : a);
  return (starved.length > 0 ? starved : wanting).reduce(most);
}

/**
 * A worker changes nodes only if each worker of the new node has work for this many process starts. Otherwise that
 * work may be over before the new process is up.
 */
const WORTHWHILE_STARTS = 2;

/** An idle worker, and a pool with work whose worker can take its place. */
export interface Move {
  readonly slot: SlotState;
  readonly pool: Pool;
}

/** @returns null: no worker should change nodes */
export function moveToMake(state: ScheduleState, now: number): Move | null {
  const {slots, pools} = state;
  if (pools.every(({idle}) => idle.size === 0)) return null;
  if (slots.some(({status}) => status === 'closing')) return null; // one at a time
  const wanted = wantedIn(state);
  for (const pool of pools) {
    // If the pool can start a worker in a slot that is down, it needs no other slot.
    if (slots.some(slot => slot.status === 'down' && isUsable(state, slot) && !slot.barredFrom.has(pool))) continue;
    const others = pools.filter(other => other !== pool && other.recallsOut === 0); // idle slots may wait for recalls
    const anyone = others.flatMap(other => movable(state, other)).find(slot => !slot.barredFrom.has(pool));
    if (anyone !== undefined && isStarved(state, pool, anyone)) return {slot: anyone, pool};
    const free = others.flatMap(other => superfluous(state, other)).filter(slot => !slot.barredFrom.has(pool));
    const [slot] = free;
    if (slot === undefined) continue;
    const worthwhile = workMs(state, pool) / liveSlots(slots, pool) > WORTHWHILE_STARTS * startMsOf(state);
    const unserved = (wanted.get(pool) ?? 0) > 0; // no starting worker will take the work
    if ((worthwhile && unserved && couldBegin(state, pool, slot)) || couldJoin(state, pool, free.length, now))
      return {slot, pool};
  }
  return null;
}

/** Whether a worker that was to start in a pool would still have work there. */
export function isWantedIn(state: ScheduleState, pool: Pool, slot: SlotState, now: number): boolean {
  return state.stopped === null && (couldBegin(state, pool, slot) || couldJoin(state, pool, 1, now));
}

function couldJoin(state: ScheduleState, pool: Pool, free: number, now: number): boolean {
  const hands = {free, coming: startingCount(state, pool), startMs: startMsOf(state)};
  return fileToJoin(state, pool, hands, now) !== null;
}

/** Whether a pool has work and no worker. @param slot the slot that the pool's worker could use */
function isStarved(state: ScheduleState, pool: Pool, slot: SlotState): boolean {
  return liveSlots(state.slots, pool) === 0 && couldBegin(state, pool, slot);
}

/** Idle slots that are not in the middle of a worker group: a group must not change workers. */
function movable(state: ScheduleState, {idle}: Pool): SlotState[] {
  return [...idle].filter(slot => !isAtGroup(state, slot));
}

/** Idle slots of a pool, except as many as the pool's waiting units could use. */
function superfluous(state: ScheduleState, pool: Pool): SlotState[] {
  const {admission} = state;
  return movable(state, pool).slice(admission === null ? 0 : mostAtOnce(state, admission, pool));
}

/** Whether a worker of the pool in that slot could begin a unit. */
function couldBegin(state: ScheduleState, pool: Pool, slot: SlotState): boolean {
  if (freeCount(pool) > 0) return true;
  const {admission} = state;
  if (admission === null || admission.waiting === 0) return false;
  const other: SlotState = {...slot, node: pool.node ?? slot.node, ended: [], groups: new Set()};
  return choose(state, admission, other, peekFree(pool)) !== null;
}

/** The expected total (ms) of the units that wait for a pool's workers. */
function workMs(state: ScheduleState, {node, returned, order, next}: Pool): number {
  const waiting = state.admission?.queues.flatMap(queue => (queue.node === node ? queue.units : [])) ?? [];
  const units = [...returned, ...order.slice(next), ...waiting];
  return units.reduce((sum, unit) => sum + (expectedMs(state, unit) ?? UNKNOWN_MS), 0);
}
