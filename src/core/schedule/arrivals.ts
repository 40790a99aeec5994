/**
 * Units that come late. In a plan with `arriving`, a unit may begin when it has arrived, and may leave again as long as
 * no worker has begun it. The other policies see only the units that are here.
 */
import {removeWaiting} from './admission';
import type {Command} from './events';
import {askForFixturesOf, endOfUses} from './fixtureStates';
import {isInPool, poolOf, removeFromPool} from './pools';
import type {Arrivals, SchedulePlan, ScheduleState, SlotState} from './state';
import {letBegin, releaseFollowers} from './unitEnd';

/** @returns null: all units are here from the beginning */
export function createArrivals({arriving, units}: SchedulePlan): Arrivals | null {
  return arriving ? {absent: new Set(units.keys()), begun: new Set(), wanted: new Set(), busy: 0, open: true} : null;
}

/** These units have arrived. Units that are here, or have ended, stay as they are. */
export function addUnits(state: ScheduleState, units: readonly number[], commands: Command[]): void {
  const {arrivals, plan, admission} = state;
  if (arrivals === null || !isOpen(state)) return;
  for (const id of units) {
    if (!arrivals.absent.delete(id)) continue;
    const {after = null, constraints = null} = plan.units[id] ?? {};
    if (admission !== null) askForFixturesOf(state, admission.fixtures, constraints?.fixtures ?? [], commands);
    if (after === null || !state.followers.has(after)) letBegin(state, id);
  }
  state.released = true;
}

/**
 * These units are wanted back: all of them, or none. Asks the workers for those that they hold behind another unit. A
 * unit that is about to begin stays, and all of them with it.
 */
export function wantBack(state: ScheduleState, units: readonly number[], commands: Command[]): void {
  const {arrivals} = state;
  if (arrivals === null || !isOpen(state) || units.length === 0) return;
  const held = new Map<SlotState, number[]>();
  for (const unit of new Set(units)) {
    if (isWaiting(state, arrivals, unit)) continue;
    const slot = holderOf(state, arrivals, unit);
    if (slot === undefined) return;
    held.set(slot, [...(held.get(slot) ?? []), unit]);
  }
  arrivals.wanted.add(units);
  for (const [slot, its] of held) {
    const asked = its.filter(unit => !slot.recalled.has(unit));
    if (asked.length === 0) continue;
    for (const unit of asked) slot.recalled.add(unit);
    poolOf(state, slot).recallsOut += asked.length;
    commands.push({type: 'take-back', slot: slot.slot, generation: slot.generation, units: asked});
  }
  giveBackWanted(state, commands);
}

/** Decides on the wanted units for which no worker's answer is missing: gives them back, unless one of them has begun. */
export function giveBackWanted(state: ScheduleState, commands: Command[]): void {
  const {arrivals, admission, slots} = state;
  if (arrivals === null || !isOpen(state)) return;
  for (const units of arrivals.wanted) {
    if (units.some(unit => slots.some(({recalled}) => recalled.has(unit)))) continue;
    arrivals.wanted.delete(units);
    if (!units.every(unit => isWaiting(state, arrivals, unit))) continue;
    for (const unit of new Set(units)) {
      arrivals.absent.add(unit);
      if (isBehind(state, unit)) continue;
      if (admission?.queueOf.has(unit) === true) removeWaiting(admission, unit);
      else removeFromPool(state, unit);
    }
    // A serial unit may have waited for these to end, and others for the resources that these were to get.
    if (admission !== null) admission.changed = true;
    commands.push({type: 'give-back', units});
  }
}

/** Tells how many workers run something, if the number has changed. */
export function tellBusy({arrivals, slots, stopped}: ScheduleState, commands: Command[]): void {
  if (arrivals === null || stopped !== null) return;
  const busy = slots.filter(({running}) => running !== null).length;
  if (busy !== arrivals.busy) commands.push({type: 'busy', workers: busy});
  arrivals.busy = busy;
}

/** No more units arrive: units that are not here do not count any more. */
export function endArrivals(state: ScheduleState, commands: Command[]): void {
  const {arrivals, plan, admission} = state;
  if (arrivals === null || !isOpen(state)) return;
  arrivals.open = false;
  for (const unit of arrivals.absent) {
    state.unfinished--;
    const needed = plan.units[unit]?.constraints?.fixtures ?? [];
    if (admission !== null) endOfUses(admission.fixtures, needed, commands);
    if (state.followers.has(unit)) releaseFollowers(state, unit);
  }
  if (state.unfinished === 0) commands.push({type: 'units-ended'});
}

function isOpen({arrivals, stopped}: ScheduleState): boolean {
  return arrivals?.open === true && stopped === null;
}

/** Whether a unit is here, no worker has it, and none has had it. */
function isWaiting(state: ScheduleState, {absent, begun}: Arrivals, unit: number): boolean {
  if (absent.has(unit) || begun.has(unit)) return false;
  if (isBehind(state, unit)) return true;
  const queue = state.admission?.queueOf.get(unit);
  if (queue !== undefined) return queue.units.includes(unit);
  return isInPool(state, unit);
}

/** The worker that holds a unit behind another one; undefined: no worker does. */
function holderOf({slots}: ScheduleState, {absent, begun}: Arrivals, unit: number): SlotState | undefined {
  if (absent.has(unit) || begun.has(unit)) return undefined;
  return slots.find(({status, running, held}) => {
    return status === 'up' && held.includes(unit) && (running !== null || held[0] !== unit);
  });
}

/** Whether a unit waits until another one has settled. */
function isBehind({plan, followers}: ScheduleState, unit: number): boolean {
  const after = plan.units[unit]?.after ?? null;
  return after !== null && followers.has(after);
}
