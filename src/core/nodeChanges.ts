/** Where units are for nodes: on which a worker is started, and which worker makes room for one of another node. */
import {choose} from './constrainedUnits';
import {freeCount, liveSlots, peekFree, poolOf, type Pool} from './pools';
import {expectedMs, UNKNOWN_MS, type ScheduleState, type SlotState} from './scheduleState';
import {fileToJoin, WORKER_START_MS} from './splitFiles';

/**
 * The pool for which a slot's next worker is started.
 *
 * @param wanted how many more workers each could use
 * @returns null: none could use one
 */
export function poolToStartIn(state: ScheduleState, slot: SlotState, wanted: ReadonlyMap<Pool, number>): Pool | null {
  const wanting = state.pools.filter(pool => (wanted.get(pool) ?? 0) > 0);
  if (wanting.length <= 1) return wanting[0] ?? null;
  // One that died is replaced by one of the same node; so is one that was ended for a unit of its node.
  const before = poolOf(state, slot);
  if ((slot.died || slot.freshFor !== null) && wanting.includes(before)) return before;
  const share = (pool: Pool) => freeMs(state, pool) / (liveSlots(state.slots, pool) + 1);
  const shares = new Map(wanting.map(pool => [pool, share(pool)]));
  return wanting.reduce((most, pool) => ((shares.get(pool) ?? 0) > (shares.get(most) ?? 0) ? pool : most));
}

/**
 * The process of another node must take off so many times its own start from those that are there: by then they
 * may well be through.
 */
const WORTHWHILE_STARTS = 2;

/** A worker that has nothing to do, and whose place one of another node can take that has; null: there is none. */
export function slotToMove(state: ScheduleState, now: number): SlotState | null {
  const {slots, pools, workerStartMs} = state;
  if (pools.every(({idle}) => idle.size === 0)) return null;
  if (slots.some(({status}) => status === 'down' || status === 'closing')) return null; // that one comes first
  const startMs = workerStartMs ?? WORKER_START_MS;
  for (const pool of pools) {
    const free = idleElsewhere(state, pool);
    const [slot] = free;
    if (slot === undefined) continue;
    const live = liveSlots(slots, pool);
    if (live === 0 ? couldBegin(state, pool, slot) : freeMs(state, pool) / live > WORTHWHILE_STARTS * startMs)
      return slot;
    const coming = slots.filter(({status, node}) => status === 'starting' && node === pool.node).length;
    if (fileToJoin(state, pool, {free: free.length, coming, startMs}, now) !== null) return slot;
  }
  return null;
}

/** Those that have not begun a group come first. */
function idleElsewhere({pools}: ScheduleState, pool: Pool): SlotState[] {
  // What is recalled is for them.
  const idle = pools.flatMap(other => (other === pool || other.recallsOut > 0 ? [] : [...other.idle]));
  return idle.sort((a, b) => a.groups.size - b.groups.size);
}

/** Whether a worker of the pool in that place would have something to do. */
function couldBegin(state: ScheduleState, pool: Pool, slot: SlotState): boolean {
  if (freeCount(pool) > 0) return true;
  const {constrained} = state;
  if (constrained === null || constrained.waiting === 0) return false;
  const other: SlotState = {...slot, node: pool.node ?? slot.node, begun: 0, groups: new Set()};
  return choose(state, constrained, other, peekFree(pool)) !== null;
}

/** What the units that a pool has to give are expected to take (ms), of those that ask for nothing. */
function freeMs(state: ScheduleState, {returned, order, next}: Pool): number {
  const units = [...returned, ...order.slice(next)];
  return units.reduce((sum, unit) => sum + (expectedMs(state, unit) ?? UNKNOWN_MS), 0);
}
