/** The end of a unit: it gives back its resources, and units that wait for it may begin. */
import {addWaiting, endAdmitted} from './admission';
import type {Command} from './events';
import {addToPool} from './pools';
import type {ScheduleState} from './state';

/** A unit has ended: done, merged, blamed or abandoned. */
export function endOfUnit(state: ScheduleState, unit: number, commands: Command[]): void {
  state.unfinished--;
  state.lost.delete(unit);
  if (state.followers.has(unit)) state.unsettled++;
  if (state.admission !== null) endAdmitted(state, state.admission, unit, commands);
  if (hasEnded(state)) commands.push({type: 'units-ended'});
}

/** Whether every unit has ended, and none may still arrive. */
export function hasEnded({unfinished, arrivals}: ScheduleState): boolean {
  return unfinished === 0 && arrivals?.open !== true;
}

/** Whether others wait until the snapshots of the unit are written. */
export function isAwaited({followers}: ScheduleState, unit: number): boolean {
  return followers.has(unit);
}

/** The unit has settled: its followers may begin. */
export function settleUnit(state: ScheduleState, unit: number): void {
  if (!state.followers.has(unit)) return;
  state.unsettled--;
  releaseFollowers(state, unit);
}

/** The units that waited for this one may begin. */
export function releaseFollowers(state: ScheduleState, unit: number): void {
  const followers = state.followers.get(unit);
  if (followers === undefined) return;
  state.followers.delete(unit);
  state.released = true;
  for (const follower of followers) if (state.arrivals?.absent.has(follower) !== true) letBegin(state, follower);
}

/** The unit may begin as soon as it can get what it asks for. */
export function letBegin(state: ScheduleState, unit: number): void {
  if (state.admission?.queueOf.has(unit) === true) addWaiting(state.admission, unit);
  else addToPool(state, unit);
}
