/** The initial state of a schedule. */
import {createAdmission} from './admission';
import {createArrivals} from './arrivals';
import {noCost, UNKNOWN_MS} from './estimates';
import {createPools} from './pools';
import {createController} from './slotController';
import {slotsOf, type SchedulePlan, type ScheduleState} from './state';

export function createSchedule(plan: SchedulePlan): ScheduleState {
  const slotCount = slotsOf(plan);
  const admission = createAdmission(plan);
  return {
    plan,
    controller: plan.growth === null ? null : createController(plan.growth, slotCount),
    addedAt: 0,
    mostWorkers: 0,
    slots: Array.from({length: slotCount}, (_, index) => ({
      slot: index + 1,
      status: 'down',
      generation: 0,
      node: index % plan.nodes,
      running: null,
      held: [],
      heldCost: noCost(),
      recalled: new Set(),
      lastUnitMs: null,
      barrenDeaths: 0,
      died: false,
      startingSince: 0,
      hasShare: !plan.evenShares,
      ended: [],
      preparing: null,
      groups: new Set(),
      freshFor: null,
      movesTo: null,
      barredFrom: new Set(),
      isAdded: true,
    })),
    pools: createPools(plan),
    followers: followersIn(plan),
    unsettled: 0,
    released: false,
    admission,
    workAhead: plan.fixtures.length === 0 || plan.arriving ? null : sumsBefore(plan),
    arrivals: createArrivals(plan),
    unfinished: plan.units.length,
    restarts: 0,
    deadBecause: 'all-barren',
    secondChances: new Map(),
    files: new Map(),
    wholeOnly: new Set(),
    resumed: new Set(),
    lost: new Map(),
    lastPart: 0,
    workerStartMs: null,
    observedMs: 0,
    observedUnits: 0,
    stopped: null,
    finished: false,
  };
}

function followersIn({units}: SchedulePlan): Map<number, number[]> {
  const followers = new Map<number, number[]>();
  for (const {id, after} of units) {
    if (after === null) continue;
    const known = followers.get(after);
    if (known === undefined) followers.set(after, [id]);
    else known.push(id);
  }
  return followers;
}

function sumsBefore({units}: SchedulePlan): Float64Array {
  const sums = new Float64Array(units.length + 1);
  for (const [index, {expectedMs: ms}] of units.entries()) sums[index + 1] = (sums[index] ?? 0) + (ms ?? UNKNOWN_MS);
  return sums;
}
