/**
 * Units that ask for more than a worker: they wait apart from the others until what they ask for is there.
 * Which of them a worker that has nothing to do may begin is decided here. What a unit asks for it gets all
 * at once, or it waits without having any of it: so no two wait for each other.
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
    if (after !== null) continue;
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

/** A unit that may begin. `fresh`: in a worker that has run no other. */
export interface Choice {
  readonly unit: number;
  readonly queue: Queue;
  readonly fresh: boolean;
}

/**
 * What a slot that has nothing to do is to take of these units.
 *
 * @param next the first of the units that ask for nothing; undefined: there is none
 * @returns null: nothing, or that one first
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
  /** What units that come first wait for: those behind them do not take it away. */
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
    // Where there are no fixtures, none is up.
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

/** Whether a slot's worker would have to be replaced in the midst of a group, and another slot has none to lose. */
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

/** @param claimed what units before this one wait for; what this one waits for is added. null: it comes before all. */
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

/** Whether a unit needs fixtures, all of which are up: they can be taken down the sooner. */
function isWarm(state: ScheduleState, {fixtures}: AdmissionState, unit: number): boolean {
  const needed = constraintsOf(state, unit).fixtures;
  return needed.length > 0 && canBeUsed(fixtures, needed);
}

/** A unit that is overtaken does not become the last to end if so many times its own time is left for every slot. */
const TIMES_LEFT = 2;

/** Whether a unit can be overtaken without making the run longer, as far as that is known. */
function mayWait(state: ScheduleState, unit: number): boolean {
  const {plan, workAhead} = state;
  const own = plan.units[unit]?.expectedMs ?? null;
  if (plan.keepsOrder || own === null || workAhead === null) return false;
  const left = (workAhead.at(-1) ?? 0) - (workAhead[firstNeverGiven(state)] ?? 0);
  return left / usableSlots(state) >= TIMES_LEFT * own;
}

/** Whether nothing is left to be given of the units that ask for nothing, and nothing more will come. */
function othersAreThrough(state: ScheduleState): boolean {
  return allFree(state) === 0 && state.unsettled === 0;
}

/**
 * Serial units come last: then no slot has to fall idle for them that would not have done so anyway.
 *
 * @returns null: there is none, or something still runs
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

/** Puts a queue in its place after its next unit has changed; one that is empty, out. */
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

/** A unit gets what it asks for. */
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

/** A unit that is through, or is to begin anew, gives back what it has got, as soon as no worker is at it any more. */
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

/** Something has ended in a worker. */
export function releaseLeft(state: ScheduleState, admission: AdmissionState, commands: Command[]): void {
  for (const [unit, ended] of admission.unreleased) release(state, admission, unit, ended, commands);
}

/** A unit that was given is to wait again, in its old place. */
export function putBack(state: ScheduleState, admission: AdmissionState, unit: number, commands: Command[]): void {
  release(state, admission, unit, false, commands);
  addWaiting(admission, unit);
}

/** A unit that may begin as soon as what it asks for is there. */
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

/** A unit has ended, or never will begin: nothing need be kept for it. */
export function endAdmitted(state: ScheduleState, admission: AdmissionState, unit: number, commands: Command[]): void {
  release(state, admission, unit, true, commands);
  const queue = admission.queueOf.get(unit);
  if (queue?.slot != null && queue.units.length === 0) leaveGroup(queue.slot, queue);
}

/** Whoever is free next may go on with the groups that a slot was running. */
export function leaveGroups(slot: SlotState): void {
  for (const queue of slot.groups) leaveGroup(slot, queue);
}

function leaveGroup(slot: SlotState, queue: Queue): void {
  queue.slot = null;
  slot.groups.delete(queue);
}

/** The units that wait for a pool's workers, taken out, the first first; none of them has what it asks for. */
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

/** Whether a slot is in the midst of a worker group, and can go on with it before all others are through. */
export function isAtGroup(state: ScheduleState, {groups}: SlotState): boolean {
  return [...groups].some(({units}) => {
    const next = units.at(-1);
    return next !== undefined && !constraintsOf(state, next).serial;
  });
}

/** How many of a pool's units that wait could run at the same time, at the most. */
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
  // These come when all others of the run are through: until then no worker is kept from another node for them.
  const kept = pool.node === null || (serialOnly && othersAreThrough(state));
  return kept ? Math.max(sum, serial) : sum;
}

/** How many workers more could begin units of these at once, with what is left of what they ask for. */
export function possibleAtOnce(state: ScheduleState, admission: AdmissionState, pool: Pool): number {
  const claimed = new Map<string, number>();
  let sum = 0;
  for (const {node, group, slot, units, replacing} of admission.queues) {
    const next = units.at(-1);
    // A serial one is for whoever is there when all others are through.
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
