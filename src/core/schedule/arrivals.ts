/**
 * Units that come late. In a plan with `arriving`, a unit may begin when it has arrived, and may leave again as long as
 * no worker has it. The other policies see only the units that are here.
 */
import {removeWaiting} from './admission';
import type {Command} from './events';
import {askForFixturesOf, endOfUses} from './fixtureStates';
import {isInPool, removeFromPool} from './pools';
import type {Arrivals, SchedulePlan, ScheduleState} from './state';
import {letBegin, releaseFollowers} from './unitEnd';

/** @returns null: all units are here from the beginning */
export function createArrivals({arriving, units}: SchedulePlan): Arrivals | null {
  return arriving ? {absent: new Set(units.keys()), begun: new Set(), open: true} : null;
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

/** Gives these units back, if all of them wait for a worker and none has begun; otherwise, none of them leaves. */
export function giveBack(state: ScheduleState, units: readonly number[], commands: Command[]): void {
  const {arrivals, admission} = state;
  if (arrivals === null || !isOpen(state) || units.length === 0) return;
  if (!units.every(unit => isWaiting(state, arrivals, unit))) return;
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

/** Whether a unit waits until another one has settled. */
function isBehind({plan, followers}: ScheduleState, unit: number): boolean {
  const after = plan.units[unit]?.after ?? null;
  return after !== null && followers.has(after);
}
