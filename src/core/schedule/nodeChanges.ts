/** Where units are for nodes: on which a worker is started, and which worker makes room for one of another node. */
import {choose, isAtGroup, mostAtOnce} from './admission';
import {expectedMs, UNKNOWN_MS} from './estimates';
import {freeCount, liveSlots, peekFree, poolOf, startingCount} from './pools';
import {fileToJoin, startMsOf} from './splitFiles';
import type {Pool, ScheduleState, SlotState} from './state';
import {isUsable} from './usableSlots';

/** How many more workers each pool could use. */
export function wantedIn(state: ScheduleState): Map<Pool, number> {
  const {pools, admission} = state;
  return new Map(
    pools.map(pool => {
      const waiting = admission === null ? 0 : mostAtOnce(state, admission, pool);
      // Who waits for the same already. Where all workers are alike there is nobody that this would be taken from.
      const idle =
        pools.length === 1 ? 0 : Math.min(waiting, [...pool.idle].filter(({groups}) => groups.size === 0).length);
      return [pool, freeCount(pool) + waiting - startingCount(state, pool) - idle];
    }),
  );
}

/**
 * The pool for which a slot's next worker is started.
 *
 * @returns null: none could use one
 */
export function poolToStartIn(state: ScheduleState, slot: SlotState, wanted: ReadonlyMap<Pool, number>): Pool | null {
  const wanting = state.pools.filter(pool => (wanted.get(pool) ?? 0) > 0 && !slot.barredFrom.has(pool));
  if (wanting.length <= 1) return wanting[0] ?? null;
  // One that died is replaced by one of the same node; so is one that was ended for a unit of its node.
  const before = poolOf(state, slot);
  if ((slot.died || slot.freshFor !== null) && wanting.includes(before)) return before;
  const starved = wanting.filter(pool => isStarved(state, pool, slot));
  const share = (pool: Pool) => workMs(state, pool) / (liveSlots(state.slots, pool) + 1);
  const shares = new Map(wanting.map(pool => [pool, share(pool)]));
  const most = (a: Pool, b: Pool) => ((shares.get(b) ?? 0) > (shares.get(a) ?? 0) ? b : a);
  return (starved.length > 0 ? starved : wanting).reduce(most);
}

/**
 * The process of another node must take off so many times its own start from those that are there: by then they
 * may well be through.
 */
const WORTHWHILE_STARTS = 2;

/** A worker that has nothing to do, and the pool which has, for one that can take its place. */
export interface Move {
  readonly slot: SlotState;
  readonly pool: Pool;
}

/** @returns null: there is none */
export function moveToMake(state: ScheduleState, now: number): Move | null {
  const {slots, pools} = state;
  if (pools.every(({idle}) => idle.size === 0)) return null;
  if (slots.some(({status}) => status === 'closing')) return null; // one at a time
  const wanted = wantedIn(state);
  for (const pool of pools) {
    // Whose worker can be started there comes first.
    if (slots.some(slot => slot.status === 'down' && isUsable(state, slot) && !slot.barredFrom.has(pool))) continue;
    const others = pools.filter(other => other !== pool && other.recallsOut === 0); // what is recalled is for its own
    const anyone = others.flatMap(other => movable(state, other)).find(slot => !slot.barredFrom.has(pool));
    if (anyone !== undefined && isStarved(state, pool, anyone)) return {slot: anyone, pool};
    const free = others.flatMap(other => superfluous(state, other)).filter(slot => !slot.barredFrom.has(pool));
    const [slot] = free;
    if (slot === undefined) continue;
    const worthwhile = workMs(state, pool) / liveSlots(slots, pool) > WORTHWHILE_STARTS * startMsOf(state);
    const unserved = (wanted.get(pool) ?? 0) > 0; // nobody is coming for it
    if ((worthwhile && unserved && couldBegin(state, pool, slot)) || couldJoin(state, pool, free.length, now))
      return {slot, pool};
  }
  return null;
}

/** Whether a worker that was to be started in a pool still would have something to do there. */
export function isWantedIn(state: ScheduleState, pool: Pool, slot: SlotState, now: number): boolean {
  return state.stopped === null && (couldBegin(state, pool, slot) || couldJoin(state, pool, 1, now));
}

function couldJoin(state: ScheduleState, pool: Pool, free: number, now: number): boolean {
  const hands = {free, coming: startingCount(state, pool), startMs: startMsOf(state)};
  return fileToJoin(state, pool, hands, now) !== null;
}

/** Whether a pool has work, and nobody for it. @param slot where its worker could be */
function isStarved(state: ScheduleState, pool: Pool, slot: SlotState): boolean {
  return liveSlots(state.slots, pool) === 0 && couldBegin(state, pool, slot);
}

/** A group in the midst of which a slot is would go on in another worker. */
function movable(state: ScheduleState, {idle}: Pool): SlotState[] {
  return [...idle].filter(slot => !isAtGroup(state, slot));
}

/** Idle slots of a pool, without as many as could be needed there when what its units wait for is there. */
function superfluous(state: ScheduleState, pool: Pool): SlotState[] {
  const {admission} = state;
  return movable(state, pool).slice(admission === null ? 0 : mostAtOnce(state, admission, pool));
}

/** Whether a worker of the pool in that place would have something to do, other than to join a file. */
function couldBegin(state: ScheduleState, pool: Pool, slot: SlotState): boolean {
  if (freeCount(pool) > 0) return true;
  const {admission} = state;
  if (admission === null || admission.waiting === 0) return false;
  const other: SlotState = {...slot, node: pool.node ?? slot.node, ended: [], groups: new Set()};
  return choose(state, admission, other, peekFree(pool)) !== null;
}

/** What the units that wait for a pool's workers are expected to take (ms). */
function workMs(state: ScheduleState, {node, returned, order, next}: Pool): number {
  const waiting = state.admission?.queues.flatMap(queue => (queue.node === node ? queue.units : [])) ?? [];
  const units = [...returned, ...order.slice(next), ...waiting];
  return units.reduce((sum, unit) => sum + (expectedMs(state, unit) ?? UNKNOWN_MS), 0);
}
