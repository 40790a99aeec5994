/**
 * The shared fixtures of a run: when each one is set up and taken down. A fixture of scope `run` exists once, a
 * fixture of scope `worker` once in each worker that runs a unit which needs it.
 */
import type {FixtureId} from '../plan/constraints';
import type {Generation, SlotNumber} from '../plan/units';
import type {Command, FixtureHolder, FixtureEvent} from './events';
import {firstNeverGiven} from './pools';
import type {FixtureStates, FixtureStatus, ScheduledFixture, SchedulePlan, ScheduleState, SlotState} from './state';
import {usableSlots} from './usableSlots';

export function createFixtures({units, fixtures, arriving}: SchedulePlan): FixtureStates {
  const all = fixtures.map(({scope, needs}, id): ScheduledFixture => ({
    id,
    scope,
    needs,
    neededBy: fixtures.flatMap((other, index) => (other.needs.includes(id) ? [index] : [])),
    status: 'unused',
    unitsLeft: 0,
    firstUnit: Infinity,
  }));
  for (const {id, constraints} of units) {
    for (const fixture of constraints?.fixtures ?? []) {
      const state = all[fixture];
      if (state === undefined) throw new RangeError(`no fixture ${fixture} in the plan`);
      state.unitsLeft++;
      state.firstUnit = Math.min(state.firstUnit, id);
    }
  }
  const unasked = all.filter(({scope, unitsLeft}) => scope === 'run' && unitsLeft > 0 && !arriving);
  // Of fixtures with the same first unit, the ones that others need come first.
  unasked.sort((a, b) => b.firstUnit - a.firstUnit || b.id - a.id);
  return {all, inWorkers: new Map(), unasked: unasked.map(({id}) => id)};
}

/**
 * A fixture's setup begins when each slot has less than this (ms) of other work before the first unit that needs the
 * fixture. So most fixtures are up in time, and few wait long for their first unit.
 */
export const SETUP_LEAD_MS = 10_000;

/**
 * The maximum number of fixtures of scope `run` that start at a time; or `startsAtOnce`, if that is more. Each one is a
 * process that loads and compiles its module first, so more of them at once would slow each other down.
 */
const MOST_AT_ONCE = 4;

/** Asks for the fixtures whose first unit comes soon; if a worker is idle, for the next fixture. */
export function askForFixtures(state: ScheduleState, {all, unasked}: FixtureStates, commands: Command[]): void {
  const {workAhead} = state;
  const nextUnit = firstNeverGiven(state);
  for (let id = unasked.at(-1); id !== undefined; id = unasked.at(-1)) {
    const fixture = all[id];
    const ahead = (workAhead?.[fixture?.firstUnit ?? 0] ?? 0) - (workAhead?.[nextUnit] ?? 0);
    if (fixture === undefined) return;
    if (ahead / usableSlots(state) > SETUP_LEAD_MS && !isAwaited(state, all)) return;
    unasked.pop();
    if (fixture.unitsLeft === 0) continue;
    fixture.status = 'asked';
    startAsked(state, all, commands);
  }
}

/** A unit that needs these fixtures has arrived: asks for those that no earlier unit has asked for. */
export function askForFixturesOf(
  state: ScheduleState,
  {all}: FixtureStates,
  needed: readonly FixtureId[],
  commands: Command[],
): void {
  for (const id of needed) {
    const fixture = all[id];
    if (fixture?.scope === 'run' && fixture.status === 'unused') fixture.status = 'asked';
  }
  startAsked(state, all, commands);
}

/**
 * Whether a worker is idle and no fixture is starting that it could wait for. The work ahead in the plan may be for
 * other nodes, or may have been overtaken: a fixture that waits for that work could wait forever.
 */
function isAwaited({pools}: ScheduleState, all: readonly ScheduledFixture[]): boolean {
  return pools.some(({idle}) => idle.size > 0) && !all.some(({status}) => status === 'asked' || status === 'starting');
}

const FOR_ALL: FixtureHolder = {slot: null, generation: null};

/** Starts asked fixtures whose needs are up. If a need has failed, the fixture fails, too. */
function startAsked({plan}: ScheduleState, all: readonly ScheduledFixture[], commands: Command[]): void {
  let free = Math.max(MOST_AT_ONCE, plan.startsAtOnce) - all.filter(({status}) => status === 'starting').length;
  // In the order of their ids: what a fixture needs comes before it.
  for (const fixture of all) {
    if (fixture.status !== 'asked') continue;
    const needs = fixture.needs.map(id => all[id]?.status);
    if (needs.includes('failed')) fixture.status = 'failed';
    else if (free > 0 && needs.every(status => status === 'up')) {
      free--;
      fixture.status = 'starting';
      commands.push({type: 'set-up-fixture', fixture: fixture.id, ...FOR_ALL});
    }
  }
}

/** Whether a unit that needs these can begin: all of scope `run` are up, or one has failed, so that the unit fails. */
export function fixturesReady(fixtures: FixtureStates, needed: readonly FixtureId[]): boolean {
  return haveFailed(fixtures.all, needed) || canBeUsed(fixtures, needed);
}

/** Whether all of these fixtures that have scope `run` are up. */
export function canBeUsed({all}: FixtureStates, needed: readonly FixtureId[]): boolean {
  return needed.every(id => all[id]?.scope === 'worker' || all[id]?.status === 'up');
}

function haveFailed(all: readonly ScheduledFixture[], needed: readonly FixtureId[]): boolean {
  return needed.some(id => all[id]?.status === 'failed');
}

/** Whether no fixture is being set up or taken down. */
export function isQuiet({all, inWorkers}: FixtureStates): boolean {
  const moves = (status: FixtureStatus) => status === 'asked' || status === 'starting' || status === 'stopping';
  if (all.some(({status}) => moves(status))) return false;
  for (const fixtures of inWorkers.values()) for (const status of fixtures.values()) if (moves(status)) return false;
  return true;
}

/** Whether no fixture is up or will be. */
export function areAllGone(fixtures: FixtureStates): boolean {
  return isQuiet(fixtures) && fixtures.inWorkers.size === 0 && fixtures.all.every(({status}) => status !== 'up');
}

/**
 * Sets up the fixtures of scope `worker` that a unit needs in its worker.
 *
 * @returns whether all of them are up, or one has failed
 */
export function prepareWorker(
  {all, inWorkers}: FixtureStates,
  {slot, generation}: SlotState,
  needed: readonly FixtureId[],
  commands: Command[],
): boolean {
  if (haveFailed(all, needed)) return true;
  const wanted = needed.filter(id => all[id]?.scope === 'worker');
  if (wanted.length === 0) return true;
  const key = workerKey(slot, generation);
  const here = inWorkers.get(key) ?? new Map<FixtureId, FixtureStatus>();
  inWorkers.set(key, here);
  for (const id of wanted) {
    const needs = (all[id]?.needs ?? []).filter(need => all[need]?.scope === 'worker');
    if (here.has(id) || !needs.every(need => here.get(need) === 'up')) continue;
    here.set(id, 'starting');
    commands.push({type: 'set-up-fixture', fixture: id, slot, generation});
  }
  return wanted.every(id => here.get(id) === 'up');
}

/** A worker has ended: takes down the worker's own fixtures. */
export function leaveWorker(
  {all, inWorkers}: FixtureStates,
  {slot, generation}: Pick<SlotState, 'slot' | 'generation'>,
  commands: Command[],
): void {
  const key = workerKey(slot, generation);
  const here = inWorkers.get(key);
  if (here === undefined) return;
  for (const [id, status] of [...here].reverse()) {
    const needed = (all[id]?.neededBy ?? []).some(other => here.has(other));
    if (status !== 'up' || needed) continue;
    here.set(id, 'stopping');
    commands.push({type: 'take-down-fixture', fixture: id, slot, generation});
  }
  if (here.size === 0) inWorkers.delete(key);
}

/** Notes the outcome of a set-up-fixture or take-down-fixture. */
export function noteFixture(
  state: ScheduleState,
  fixtures: FixtureStates,
  {type, fixture: id, slot, generation}: FixtureEvent,
  commands: Command[],
): void {
  const {all, inWorkers} = fixtures;
  const fixture = all[id];
  if (fixture === undefined) return;
  if (type === 'fixture-failed') fixture.status = 'failed';
  if (slot !== null && generation !== null) {
    const here = inWorkers.get(workerKey(slot, generation));
    if (type === 'fixture-up') here?.set(id, 'up');
    else here?.delete(id);
    const {generation: now, status} = state.slots[slot - 1] ?? {};
    const lives = now === generation && (status === 'up' || status === 'closing');
    if (!lives) leaveWorker(fixtures, {slot, generation}, commands);
  } else if (type === 'fixture-up') {
    fixture.status = 'up';
  } else if (type === 'fixture-gone') {
    fixture.status = 'gone';
  }
  startAsked(state, all, commands);
  takeDownUnused(fixtures, commands);
}

/** A unit that needed these fixtures has ended. */
export function endOfUses(fixtures: FixtureStates, needed: readonly FixtureId[], commands: Command[]): void {
  for (const id of needed) {
    const fixture = fixtures.all[id];
    if (fixture !== undefined) fixture.unitsLeft--;
  }
  takeDownUnused(fixtures, commands);
}

/** Takes down fixtures that no unit needs any more. A fixture goes before the fixtures that it needs. */
function takeDownUnused({all, inWorkers}: FixtureStates, commands: Command[]): void {
  const inUse = (id: FixtureId) => {
    const status = all[id]?.status;
    if (status === 'starting' || status === 'up' || status === 'stopping') return true;
    return [...inWorkers.values()].some(fixtures => fixtures.has(id));
  };
  for (const fixture of [...all].reverse()) {
    if (fixture.scope !== 'run' || fixture.unitsLeft > 0) continue;
    if (fixture.status === 'asked') fixture.status = 'unused';
    if (fixture.status !== 'up' || fixture.neededBy.some(inUse)) continue;
    fixture.status = 'stopping';
    commands.push({type: 'take-down-fixture', fixture: fixture.id, ...FOR_ALL});
  }
}

function workerKey(slot: SlotNumber, generation: Generation): string {
  return `${slot}.${generation}`;
}
