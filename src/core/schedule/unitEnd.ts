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
  if (state.unfinished === 0) commands.push({type: 'units-ended'});
}

/** Whether others wait until the snapshots of the unit are written. */
export function isAwaited({followers}: ScheduleState, unit: number): boolean {
  return followers.has(unit);
}

/** The unit has settled: its followers may begin. */
export function releaseFollowers(state: ScheduleState, unit: number): void {
  const followers = state.followers.get(unit);
  if (followers === undefined) return;
  state.followers.delete(unit);
  state.unsettled--;
  state.released = true;
  for (const follower of followers) {
    if (state.admission?.queueOf.has(follower) === true) addWaiting(state.admission, follower);
    else addToPool(state, follower);
  }
}
