/** Decides which slots get a worker, when, and which slots get no further worker. */
import type {AbandonReason} from '../texts/deaths';
import {endReplacement} from './admittedSlots';
import type {Command} from './events';
import {liveCount} from './excessSlots';
import {poolToStartIn, wantedIn} from './nodeChanges';
import {allFree, liveSlots, poolOf, startingCount} from './pools';
import {furtherIn} from './slotDemand';
import {workersAhead} from './splitFiles';
import type {Pool, ScheduleState, SlotState} from './state';
import {isUsable} from './usableSlots';

/** A slot whose workers were barren this often in a row stays down. */
export const MAX_BARREN_DEATHS = 3;

/** Starts as many slots as there are units for. */
export function startSlots(state: ScheduleState, now: number, commands: Command[]): void {
  const {admission, stopped, plan} = state;
  if (stopped !== null || allFree(state) + (admission?.waiting ?? 0) === 0) return;
  const wanted = wantedIn(state);
  for (const slot of state.slots) {
    if (plan.growth !== null && slot.slot > plan.growth.from) return; // startFurther starts these
    if (slot.status !== 'down') continue;
    const pool = poolToStartIn(state, slot, wanted);
    if (pool !== null && startSlot(state, slot, pool, now, commands)) wanted.set(pool, (wanted.get(pool) ?? 0) - 1);
  }
}

/** Starts workers beyond the initial number: as many as the controller allows and as have work at once. */
export function startFurther(state: ScheduleState, now: number, commands: Command[]): void {
  const {plan, stopped, controller} = state;
  if (plan.growth === null || controller === null || stopped !== null) return;
  const {from} = plan.growth;
  // Slots of the initial number that have ended come first: slot numbers stay dense.
  const down = state.slots.filter(slot => slot.status === 'down' && isUsable(state, slot));
  if (!down.some(({slot}) => slot > from)) return;
  const further = furtherIn(state);
  // In a pool without workers, further workers replace the initial ones.
  for (const [pool, wanted] of wantedIn(state)) {
    if (wanted > 0 && liveSlots(state.slots, pool) === 0) further.set(pool, Math.max(1, further.get(pool) ?? 0));
  }
  let starting = state.slots.filter(({status}) => status === 'starting').length;
  for (const slot of down) {
    if (starting >= plan.startsAtOnce) return; // the next slot starts when one of these is up
    const pool = poolToStartIn(state, slot, further);
    if (pool === null || !startSlot(state, slot, pool, now, commands)) continue;
    starting++;
    further.set(pool, (further.get(pool) ?? 0) - 1);
  }
}

/** Starts workers for a long file while the file's first worker still loads it. */
export function startAhead(state: ScheduleState, pool: Pool, now: number, commands: Command[]): void {
  const wanted = workersAhead(state, pool);
  if (wanted === 0) return;
  let coming = startingCount(state, pool);
  for (const slot of state.slots) {
    if (coming >= state.plan.startsAtOnce || coming + pool.idle.size >= wanted) return;
    if (startSlot(state, slot, pool, now, commands)) coming++;
  }
}

/** @returns false if the slot is not down or gets no further worker */
export function startSlot(
  state: ScheduleState,
  slot: SlotState,
  pool: Pool,
  now: number,
  commands: Command[],
): boolean {
  if (slot.status !== 'down' || slot.barredFrom.has(pool) || !isUsable(state, slot)) return false;
  if (slot.died && restartsSpent(state)) {
    writeOff(state, slot, 'restarts-spent');
    return false;
  }
  if (slot.died) state.restarts++;
  slot.died = false;
  slot.status = 'starting';
  slot.startingSince = now;
  slot.generation++;
  slot.node = pool.node ?? slot.node;
  slot.ended = [];
  slot.lastUnitMs = null;
  commands.push({type: 'start-slot', slot: slot.slot, generation: slot.generation, node: slot.node});
  state.mostWorkers = Math.max(state.mostWorkers, liveCount(state));
  return true;
}

/**
 * Gives up a slot whose workers were barren too often, or for which no replacement is left.
 *
 * @param wanted whether the dead worker had not been told to end
 */
export function noteDeaths(state: ScheduleState, slot: SlotState, wanted: boolean): void {
  if (slot.barrenDeaths >= MAX_BARREN_DEATHS) barSlot(state, slot);
  else if (wanted && restartsSpent(state)) writeOff(state, slot, 'restarts-spent');
}

/** The slot gets no further worker for its pool. */
function barSlot(state: ScheduleState, slot: SlotState): void {
  slot.barredFrom.add(poolOf(state, slot));
  slot.barrenDeaths = 0;
  slot.died = false;
  state.deadBecause = 'all-barren';
  if (slot.barredFrom.size === state.pools.length) writeOff(state, slot, 'all-barren');
}

/** The slot gets no further worker. */
function writeOff(state: ScheduleState, slot: SlotState, reason: AbandonReason): void {
  slot.status = 'dead';
  endReplacement(state, slot);
  state.deadBecause = reason;
}

function restartsSpent({plan: {maxWorkerRestarts}, restarts}: ScheduleState): boolean {
  return maxWorkerRestarts !== null && restarts >= maxWorkerRestarts;
}
