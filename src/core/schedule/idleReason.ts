/** Says why a worker has nothing to do, from the scheduler's state. The scheduler itself does not need to know. */
import type {FixtureId} from '../plan/constraints';
import type {SlotNumber} from '../plan/units';
import {canBeUsed, fixturesReady} from './fixtureStates';
import {freeCount, poolOf} from './pools';
import type {AdmissionState, Queue, ScheduleState, SlotState} from './state';

export type IdleReason =
  /** Every unit has ended, or a worker is at it and needs no help. */
  | {readonly type: 'nothing-left'}
  /** The next unit was sent to the worker, which has not begun it. */
  | {readonly type: 'next'; readonly unit: number}
  /** Another worker was asked to return a unit that it has not begun. */
  | {readonly type: 'return'}
  /** A worker loads a file that may be split; this one may join it when its tests are known. */
  | {readonly type: 'loading'; readonly unit: number}
  /** Tests of a file that may be split are left for the workers that have it; one more would not shorten the run. */
  | {readonly type: 'no-gain'; readonly unit: number}
  /** Units wait for a resource. */
  | {readonly type: 'resource'; readonly unit: number; readonly name: string}
  /** The rest of a worker group belongs to the worker that runs the group. */
  | {readonly type: 'group'; readonly unit: number; readonly slot: SlotNumber}
  /** A serial unit runs alone, or waits until the other units have ended. */
  | {readonly type: 'serial'; readonly unit: number}
  /** A unit waits for a shared fixture. */
  | {readonly type: 'fixture'; readonly unit: number; readonly fixture: FixtureId}
  /** A unit wants a fresh worker, which starts. */
  | {readonly type: 'start'; readonly unit: number}
  /** A unit waits until its file has ended elsewhere. */
  | {readonly type: 'order'; readonly unit: number}
  /** The units that are left are for workers of other nodes. */
  | {readonly type: 'node'}
  /** All units that have arrived have ended, or a worker is at them; more may arrive. */
  | {readonly type: 'arrivals'}
  /** The run is being stopped. */
  | {readonly type: 'stopped'};

/** Why a worker that is up runs nothing. The first unit in the order of the plan that waits for something says so. */
export function idleReason(state: ScheduleState, slot: SlotState): IdleReason {
  const {admission} = state;
  const [next] = slot.held;
  if (state.stopped !== null) return {type: 'stopped'};
  if (next !== undefined) return {type: 'next', unit: next};
  if (admission !== null) {
    if (slot.preparing !== null) return forOwnFixture(state, admission, slot, slot.preparing);
    if (admission.alone !== null) return {type: 'serial', unit: admission.alone};
  }
  if (poolOf(state, slot).recallsOut > 0) return {type: 'return'};
  return (
    (admission === null ? null : forQueues(state, admission, slot)) ??
    forFollowers(state, slot) ??
    forFile(state) ??
    forTests(state, slot) ??
    (isWorkElsewhere(state, slot) ? {type: 'node'} : null) ?? {
      type: state.arrivals?.open === true ? 'arrivals' : 'nothing-left',
    }
  );
}

function forOwnFixture(state: ScheduleState, {fixtures}: AdmissionState, slot: SlotState, unit: number): IdleReason {
  const needed = state.plan.units[unit]?.constraints?.fixtures ?? [];
  const here = fixtures.inWorkers.get(`${slot.slot}.${slot.generation}`);
  const fixture = needed.find(id => fixtures.all[id]?.scope === 'worker' && here?.get(id) !== 'up') ?? needed[0] ?? 0;
  return {type: 'fixture', unit, fixture};
}

/** What the first waiting unit lacks that this worker could run. Serial units wait for all others. */
function forQueues(state: ScheduleState, admission: AdmissionState, slot: SlotState): IdleReason | null {
  const claimed = new Map<string, number>();
  let serial: IdleReason | null = null;
  for (const queue of admission.queues) {
    const unit = queue.units.at(-1);
    if (unit === undefined || (queue.node !== null && queue.node !== slot.node)) continue;
    const reason = whatIsLacking(state, admission, slot, queue, unit, claimed);
    if (reason?.type === 'serial') serial ??= reason;
    else if (reason !== null) return reason;
  }
  return serial;
}

function whatIsLacking(
  {plan}: ScheduleState,
  {left, fixtures, unreleased}: AdmissionState,
  slot: SlotState,
  queue: Queue,
  unit: number,
  claimed: Map<string, number>,
): IdleReason | null {
  const constraints = plan.units[unit]?.constraints ?? null;
  if (constraints === null) return null;
  if (constraints.serial) return {type: 'serial', unit};
  if (queue.slot !== null && queue.slot !== slot) return {type: 'group', unit, slot: queue.slot.slot};
  if (unreleased.has(unit)) return {type: 'order', unit};
  if (queue.replacing >= queue.units.length) return {type: 'start', unit};
  if (!fixturesReady(fixtures, constraints.fixtures)) {
    const fixture = constraints.fixtures.find(id => !canBeUsed(fixtures, [id])) ?? 0;
    return {type: 'fixture', unit, fixture};
  }
  let lacks: string | null = null;
  for (const {name, amount} of constraints.resources) {
    const taken = claimed.get(name) ?? 0;
    if ((left.get(name) ?? 0) - taken < amount) lacks ??= name;
    claimed.set(name, taken + amount);
  }
  return lacks === null ? null : {type: 'resource', unit, name: lacks};
}

/** A unit that waits until another one has ended, and that this worker could run. */
function forFollowers({followers, plan, arrivals}: ScheduleState, slot: SlotState): IdleReason | null {
  for (const units of followers.values()) {
    const here = arrivals === null ? units : units.filter(id => !arrivals.absent.has(id));
    const unit = here.find(id => plan.units[id]?.node === null || plan.units[id]?.node === slot.node);
    if (unit !== undefined) return {type: 'order', unit};
  }
  return null;
}

/** A file that may be split, and whose tests are not known yet. */
function forFile({slots, plan, wholeOnly}: ScheduleState): IdleReason | null {
  for (const {running} of slots) {
    if (running?.status !== 'opening' || !running.first) continue;
    if (plan.units[running.unit]?.split == null || wholeOnly.has(running.unit)) continue;
    return {type: 'loading', unit: running.unit};
  }
  return null;
}

/** An open file whose tests are not all given: the scheduler does not have this worker join it. */
function forTests({files, plan}: ScheduleState, slot: SlotState): IdleReason | null {
  for (const {unit, pending, joinable} of files.values()) {
    const node = plan.units[unit]?.node ?? null;
    if (joinable && pending > 0 && (node === null || node === slot.node)) return {type: 'no-gain', unit};
  }
  return null;
}

function isWorkElsewhere({pools, admission}: ScheduleState, slot: SlotState): boolean {
  if (pools.length === 1) return false;
  return (
    pools.some(pool => pool.node !== slot.node && freeCount(pool) > 0) ||
    (admission?.queues ?? []).some(({node}) => node !== slot.node)
  );
}
