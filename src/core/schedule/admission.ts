/**
 * Units that ask for more than a worker wait apart from the others until all that they ask for is free. This file
 * decides which of them an idle worker may begin. A unit gets all that it asks for at once, or waits and has none of
 * it, so no two units wait for each other.
 */
import type {Constraints} from '../plan/constraints';
import type {Command} from './events';
import {canBeUsed, createFixtures, endOfUses, fixturesReady, isQuiet} from './fixtureStates';
import {allFree, firstNeverGiven, isIn, poolOf} from './pools';
import type {AdmissionState, Pool, Queue, SchedulePlan, ScheduleState, SlotState} from './state';
import {isUsable, usableSlots} from './usableSlots';

/** @returns null: no unit asks for more than a worker */
export function createAdmission(plan: SchedulePlan): AdmissionState | null {
  const queues = new Map<string, Queue>();
  const queueOf = new Map<number, Queue>();
  let waiting = 0;
  for (const {id, constraints, node, after} of plan.units.toReversed()) {
    if (constraints === null) continue;
    const group = constraints.workerGroup;
    const key = JSON.stringify([group ?? constraints, node]);
    const queue = queues.get(key) ?? {node, group, units: [], slot: null, replacing: 0};
    queues.set(key, queue);
    queueOf.set(id, queue);
    if (after !== null || plan.arriving) continue;
    queue.units.push(id);
    waiting++;
  }
  if (queueOf.size === 0) return null;
  return {
    queues: [...queues.values()].filter(({units}) => units.length > 0).sort((a, b) => nextOf(a) - nextOf(b)),
    queueOf,
    waiting,
    left: new Map(Object.entries(plan.resources)),
    admitted: new Set(),
    alone: null,
    unreleased: new Map(),
    fixtures: createFixtures(plan),
    changed: false,
  };
}

/** A unit that may begin. `fresh`: only in a worker that has run no other unit. */
export interface Choice {
  readonly unit: number;
  readonly queue: Queue;
  readonly fresh: boolean;
}

/**
 * Chooses which of these units an idle slot takes.
 *
 * @param next the first unit that asks for nothing but a worker; undefined: there is none
 * @returns null: the slot takes none of them, or takes `next` first
 */
export function choose(
  state: ScheduleState,
  admission: AdmissionState,
  slot: SlotState,
  next: number | undefined,
): Choice | null {
  for (const queue of slot.groups) {
    const unit = queue.units.at(-1);
    if (unit === undefined || constraintsOf(state, unit).serial) continue;
    if (isPossible(state, admission, unit, null)) return choice(state, queue, unit);
  }
  let first: Choice | null = null;
  let warm: Choice | null = null;
  /** Resources that earlier units wait for: later units do not take them. */
  const claimed = new Map<string, number>();
  let serialOnly = true;
  for (const queue of admission.queues) {
    if (first !== null && state.plan.keepsOrder) break;
    const unit = nextOf(queue);
    if (constraintsOf(state, unit).serial) continue;
    serialOnly = false;
    if ((queue.slot !== null && queue.slot !== slot) || queue.replacing >= queue.units.length) continue;
    if (!isPossible(state, admission, unit, claimed) || !suits(queue, slot)) continue;
    if (constraintsOf(state, unit).freshWorker && tearsGroups(state, slot, queue)) continue;
    first ??= choice(state, queue, unit);
    // A plan without fixtures has no warm unit.
    if (state.workAhead === null) break;
    if (!isWarm(state, admission, unit)) continue;
    warm = choice(state, queue, unit);
    break;
  }
  const leader = Math.min(first?.unit ?? Infinity, next ?? Infinity);
  if (leader === Infinity) return serialOnly && othersAreThrough(state) ? serialOne(state, admission, slot) : null;
  if (warm !== null && (warm.unit === leader || mayWait(state, leader))) return warm;
  return first?.unit === leader ? first : null;
}

/** Whether a slot's worker is of the node that the queue's units are for. */
function suits({node}: Queue, slot: SlotState): boolean {
  return node === null || node === slot.node;
}

/** Whether a fresh worker would interrupt a worker group of this slot, while another slot has no group to interrupt. */
function tearsGroups(state: ScheduleState, slot: SlotState, queue: Queue): boolean {
  const begunOne = (of: SlotState) => [...of.groups].some(group => group !== queue && group.units.length > 0);
  if (slot.ended.length === 0 || !begunOne(slot)) return false;
  const pool = poolOf(state, slot);
  return state.slots.some(
    other => isIn(other, pool) && other.status !== 'dead' && isUsable(state, other) && !begunOne(other),
  );
}

/** The next unit of a queue. */
function nextOf({units}: Queue): number {
  return units.at(-1) ?? Infinity;
}

function choice(state: ScheduleState, queue: Queue, unit: number): Choice {
  return {unit, queue, fresh: constraintsOf(state, unit).freshWorker};
}

/**
 * Whether a unit can get all that it asks for.
 *
 * @param claimed resources that earlier units wait for; this unit's own are added. null: this unit goes first
 */
function isPossible(
  state: ScheduleState,
  {left, fixtures, unreleased}: AdmissionState,
  unit: number,
  claimed: Map<string, number> | null,
): boolean {
  if (unreleased.has(unit)) return false;
  const {resources, fixtures: needed} = constraintsOf(state, unit);
  if (!fixturesReady(fixtures, needed)) return false;
  let possible = true;
  for (const {name, amount} of resources) {
    const taken = claimed?.get(name) ?? 0;
    if ((left.get(name) ?? 0) - taken >= amount) continue;
    possible = false;
    claimed?.set(name, taken + amount);
  }
  return possible;
}

/** Whether a unit needs fixtures and all of them are up: the sooner it runs, the sooner they can be taken down. */
function isWarm(state: ScheduleState, {fixtures}: AdmissionState, unit: number): boolean {
  const needed = constraintsOf(state, unit).fixtures;
  return needed.length > 0 && canBeUsed(fixtures, needed);
}

/** A unit may be overtaken if each slot has this many times the unit's duration left: the unit will not end last. */
const TIMES_LEFT = 2;

/** Whether overtaking a unit does not make the run longer, as far as durations are known. */
function mayWait(state: ScheduleState, unit: number): boolean {
  const {plan, workAhead} = state;
  const own = plan.units[unit]?.expectedMs ?? null;
  if (plan.keepsOrder || own === null || workAhead === null) return false;
  const left = (workAhead.at(-1) ?? 0) - (workAhead[firstNeverGiven(state)] ?? 0);
  return left / usableSlots(state) >= TIMES_LEFT * own;
}

/** Whether no unit that asks only for a worker is left to give, now or later. */
function othersAreThrough(state: ScheduleState): boolean {
  return allFree(state) === 0 && state.unsettled === 0;
}

/**
 * Serial units come last, because by then slots are idle anyway.
 *
 * @returns null: there is no serial unit, or other units still run
 */
function serialOne(state: ScheduleState, admission: AdmissionState, slot: SlotState): Choice | null {
  if (!isQuiet(admission.fixtures)) return null;
  for (const {running, held, preparing} of state.slots) {
    if (running !== null || held.length > 0 || preparing !== null) return null;
  }
  for (const queue of admission.queues) {
    const unit = nextOf(queue);
    if ((queue.slot !== null && queue.slot !== slot) || queue.replacing >= queue.units.length) continue;
    if (suits(queue, slot) && isPossible(state, admission, unit, null)) return choice(state, queue, unit);
  }
  return null;
}

/** Moves a queue to its place after its next unit has changed. Removes an empty queue. */
function move({queues}: AdmissionState, queue: Queue): void {
  const before = queues.indexOf(queue);
  if (before !== -1) queues.splice(before, 1);
  const next = nextOf(queue);
  if (next === Infinity) return;
  let [low, high] = [0, queues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nextOf(queues[middle] as Queue) < next) low = middle + 1;
    else high = middle;
  }
  queues.splice(low, 0, queue);
}

/** Gives a unit all that it asks for. */
export function admit(state: ScheduleState, admission: AdmissionState, slot: SlotState, {unit, queue}: Choice): void {
  const {resources, serial} = constraintsOf(state, unit);
  queue.units.pop();
  move(admission, queue);
  admission.waiting--;
  for (const {name, amount} of resources) admission.left.set(name, (admission.left.get(name) ?? 0) - amount);
  admission.admitted.add(unit);
  if (serial) admission.alone = unit;
  if (queue.group !== null) {
    queue.slot = slot;
    slot.groups.add(queue);
  }
}

/** Takes back what a unit that ended or was requeued has, as soon as no worker runs the unit any more. */
function release(
  state: ScheduleState,
  admission: AdmissionState,
  unit: number,
  ended: boolean,
  commands: Command[],
): void {
  if (state.slots.some(({running}) => running?.unit === unit)) {
    admission.unreleased.set(unit, ended);
    return;
  }
  admission.unreleased.delete(unit);
  const {fixtures, resources} = constraintsOf(state, unit);
  if (ended && fixtures.length > 0) endOfUses(admission.fixtures, fixtures, commands);
  if (!admission.admitted.delete(unit)) return;
  if (admission.alone === unit) admission.alone = null;
  for (const {name, amount} of resources) {
    admission.left.set(name, (admission.left.get(name) ?? 0) + amount);
  }
  admission.changed = true;
}

/** A session has ended: tries again to release units. */
export function releaseLeft(state: ScheduleState, admission: AdmissionState, commands: Command[]): void {
  for (const [unit, ended] of admission.unreleased) release(state, admission, unit, ended, commands);
}

/** Lets a unit that was given wait again, in its old place. */
export function putBack(state: ScheduleState, admission: AdmissionState, unit: number, commands: Command[]): void {
  release(state, admission, unit, false, commands);
  addWaiting(admission, unit);
}

/** Adds a unit that may begin as soon as it can get what it asks for. */
export function addWaiting(admission: AdmissionState, unit: number): void {
  const queue = admission.queueOf.get(unit);
  if (queue === undefined) return;
  let place = queue.units.length;
  while (place > 0 && (queue.units[place - 1] ?? Infinity) < unit) place--;
  queue.units.splice(place, 0, unit);
  move(admission, queue);
  admission.waiting++;
  admission.changed = true;
}

/** Removes a unit that waits, because another machine may run it. */
export function removeWaiting(admission: AdmissionState, unit: number): void {
  const queue = admission.queueOf.get(unit);
  const place = queue?.units.indexOf(unit) ?? -1;
  if (queue === undefined || place === -1) return;
  queue.units.splice(place, 1);
  move(admission, queue);
  admission.waiting--;
}

/** A unit has ended or will never begin: releases what it has, and the slot of its finished worker group. */
export function endAdmitted(state: ScheduleState, admission: AdmissionState, unit: number, commands: Command[]): void {
  release(state, admission, unit, true, commands);
  const queue = admission.queueOf.get(unit);
  if (queue?.slot != null && queue.units.length === 0) leaveGroup(queue.slot, queue);
}

/** A slot leaves its worker groups, so that the next free slot may go on with them. */
export function leaveGroups(slot: SlotState): void {
  for (const queue of slot.groups) leaveGroup(slot, queue);
}

function leaveGroup(slot: SlotState, queue: Queue): void {
  queue.slot = null;
  slot.groups.delete(queue);
}

/** Removes and returns all units that wait for a pool's workers, in the order of the plan. */
export function takeAllWaiting(admission: AdmissionState, {node}: Pool): number[] {
  const all: number[] = [];
  for (const queue of [...admission.queues]) {
    if (queue.node !== node) continue;
    all.push(...queue.units.splice(0));
    move(admission, queue);
  }
  admission.waiting -= all.length;
  return all.sort((a, b) => a - b);
}

/** Whether a slot is in the middle of a worker group whose next unit is not serial. */
export function isAtGroup(state: ScheduleState, {groups}: SlotState): boolean {
  return [...groups].some(({units}) => {
    const next = units.at(-1);
    return next !== undefined && !constraintsOf(state, next).serial;
  });
}

/** How many of a pool's waiting units could run at the same time, at most. */
export function mostAtOnce(state: ScheduleState, {queues}: AdmissionState, pool: Pool): number {
  let sum = 0;
  let serial = 0;
  let serialOnly = true;
  for (const {node, group, units} of queues) {
    const unit = units.at(-1);
    if (unit === undefined) continue;
    const isSerial = constraintsOf(state, unit).serial;
    serialOnly &&= isSerial;
    if (node !== pool.node) continue;
    if (isSerial) serial = 1;
    else if (group !== null) sum++;
    else sum += Math.min(units.length, ...shares(state, unit));
  }
  // Serial units run when all others have ended. Until then no worker stays at this node for them.
  const kept = pool.node === null || (serialOnly && othersAreThrough(state));
  return kept ? Math.max(sum, serial) : sum;
}

/** How many further workers could begin waiting units at once, given the resources that are left. */
export function possibleAtOnce(state: ScheduleState, admission: AdmissionState, pool: Pool): number {
  const claimed = new Map<string, number>();
  let sum = 0;
  for (const {node, group, slot, units, replacing} of admission.queues) {
    const next = units.at(-1);
    // A serial unit needs no further worker: any worker that is up in the end takes it.
    if (next === undefined || node !== pool.node || slot !== null || constraintsOf(state, next).serial) continue;
    const most = group === null ? Math.min(units.length - replacing, state.slots.length) : 1;
    for (let count = 0; count < most && isPossible(state, admission, next, claimed); count++) {
      for (const {name, amount} of constraintsOf(state, next).resources)
        claimed.set(name, (claimed.get(name) ?? 0) + amount);
      sum++;
    }
  }
  return sum;
}

function shares(state: ScheduleState, unit: number): number[] {
  return constraintsOf(state, unit).resources.map(({name, amount}) =>
    Math.floor((state.plan.resources[name] ?? 0) / amount),
  );
}

const NOTHING: Constraints = Object.freeze({
  serial: false,
  workerGroup: null,
  resources: [],
  freshWorker: false,
  fixtures: [],
});

function constraintsOf({plan}: ScheduleState, unit: number): Constraints {
  return plan.units[unit]?.constraints ?? NOTHING;
}
