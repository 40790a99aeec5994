/** The invariants of ARCHITECTURE.md, asserted of the scheduler's state after a step. */
import {isExcess} from '../../src/core/schedule/excessSlots';
import {freeCount, isIn} from '../../src/core/schedule/pools';
import {sessionsOf} from '../../src/core/schedule/sessions';
import {MAX_BARREN_DEATHS} from '../../src/core/schedule/slotStarts';
import type {
  AdmissionState,
  CostSum,
  GroupSession,
  SchedulePlan,
  ScheduleState,
  SlotState,
  SplitFile,
} from '../../src/core/schedule/state';
import type {End} from './ledger';

/** How far sums of floating-point numbers may be off (ms). */
const ROUNDING = 1e-3;

/** @param bereaved whether a worker has died that had tests of a unit, so that the others may not come to all */
export function checkInvariants(
  state: ScheduleState,
  ends: ReadonlyMap<number, End>,
  bereaved: (unit: number) => boolean,
): void {
  const {slots, plan, pools, stopped, admission} = state;
  const places = new Map<number, string>();
  const place = (unit: number, name: string) => {
    const before = places.get(unit);
    if (before !== undefined) throw new Error(`unit ${unit} is in two places: ${before}, ${name}`);
    if (ends.has(unit)) throw new Error(`unit ${unit} has ended, and is ${name}`);
    places.set(unit, name);
  };
  for (const {returned, order, next} of pools) {
    for (const unit of returned) place(unit, 'returned');
    for (const unit of order.slice(next)) place(unit, 'pending');
  }
  const absent = state.arrivals?.absent ?? new Set();
  for (const unit of absent) place(unit, 'not here');
  for (const units of state.followers.values())
    for (const unit of units) if (!absent.has(unit)) place(unit, 'behind another');
  for (const {units} of admission?.queues ?? []) for (const unit of units) place(unit, 'waiting');
  // A signal has files reported that are open, and they stay so: nothing more comes of them.
  if (stopped === null) for (const file of state.files.values()) place(file.unit, 'open');
  for (const slot of slots) {
    const {running, held, heldCost, barrenDeaths} = slot;
    if (running !== null) {
      const {unit, status} = running;
      if (status !== 'whole') checkSession(state, slot, running);
      const shared = status === 'discarded' || (status !== 'whole' && state.files.has(unit));
      if (!shared && !ends.has(unit)) place(unit, `running in ${slot.slot}`);
    }
    for (const unit of held) place(unit, `held by ${slot.slot}`);
    if (slot.preparing !== null) place(slot.preparing, `prepared for by ${slot.slot}`);
    const costs = held.map(unit => plan.units[unit]?.expectedMs ?? null);
    checkSums(`slot ${slot.slot}`, costs, heldCost);
    if (barrenDeaths > MAX_BARREN_DEATHS) throw new Error(`slot ${slot.slot} was replaced too often`);
  }
  if (stopped === null) {
    if (places.size + ends.size !== plan.units.length) {
      throw new Error(`units are lost: ${plan.units.length - places.size - ends.size}`);
    }
    for (const file of state.files.values()) checkFile(state, file, bereaved(file.unit));
  }
  for (const pool of pools) {
    const {idle, recallsOut} = pool;
    const members = slots.filter(slot => isIn(slot, pool));
    const without = members.filter(
      ({status, running, held, preparing}) =>
        status === 'up' && running === null && held.length === 0 && preparing === null,
    );
    if (without.length !== idle.size && stopped === null) throw new Error('an idle worker is not known as one');
    const oneIsAlone = state.admission !== null && state.admission.alone !== null;
    if (freeCount(pool) > 0 && idle.size > 0 && stopped === null && !oneIsAlone) {
      throw new Error('a worker is idle while units are pending');
    }
    const recalled = members.reduce((sum, slot) => sum + slot.recalled.size, 0);
    if (recalled !== recallsOut) throw new Error('take-backs are miscounted');
  }
  const alive = slots.filter(({status}) => status === 'starting' || status === 'up' || status === 'closing').length;
  if (alive > plan.slots) throw new Error('more workers than allowed');
  const excess = slots.filter(slot => isExcess(state, slot));
  for (const {slot, running, held, preparing} of excess) {
    if (stopped === null && running === null && held.length === 0 && preparing === null)
      throw new Error(`slot ${slot} is one too many, and has nothing to do`);
  }
  const {maxWorkerRestarts} = plan;
  if (maxWorkerRestarts !== null && state.restarts > maxWorkerRestarts)
    throw new Error('more replacements than allowed');
  if (admission !== null && stopped === null) checkAdmission(state, admission);
}

function checkAdmission({plan, slots}: ScheduleState, admission: AdmissionState): void {
  const {queues, waiting, left, admitted, unreleased} = admission;
  const waits = queues.flatMap(({units}) => units);
  if (waits.length !== waiting) throw new Error('units that wait are miscounted');
  for (const [name, amount] of Object.entries(plan.resources)) {
    const taken = [...admitted].reduce((sum, unit) => sum + amountOf(plan, unit, name), 0);
    if (left.get(name) !== amount - taken) throw new Error(`what is left of ${name} is miscounted`);
    if (taken > amount) throw new Error(`more of ${name} is taken than there is`);
  }
  for (const unit of admitted) {
    const atIt = slots.some(({running, held, preparing}) => [running?.unit, preparing, ...held].includes(unit));
    if (!atIt && !unreleased.has(unit)) throw new Error(`unit ${unit} has what it asks for, and is nowhere`);
  }
  const replacing = slots.reduce((sum, {freshFor}) => sum + (freshFor === null ? 0 : 1), 0);
  const all = [...new Set(admission.queueOf.values())];
  if (all.reduce((sum, queue) => sum + queue.replacing, 0) !== replacing) throw new Error('replacements are lost');
  for (const slot of slots) {
    for (const group of slot.groups) {
      if (group.slot !== slot || slot.status !== 'up')
        throw new Error(`slot ${slot.slot} has a group that it does not run`);
    }
  }
}

function amountOf({units}: SchedulePlan, unit: number, name: string): number {
  return units[unit]?.constraints?.resources.find(share => share.name === name)?.amount ?? 0;
}

function checkSession(state: ScheduleState, {slot}: SlotState, session: GroupSession): void {
  const where = `the session of unit ${session.unit} in ${slot}`;
  if (session.status === 'discarded') return;
  const file = state.files.get(session.unit);
  if (file === undefined) {
    if (!session.first || session.status !== 'opening') throw new Error(`${where} has no file`);
    return;
  }
  const costs = [...session.held].map(group => file.costs[group] ?? null);
  checkSums(where, costs, session.heldCost);
  for (const group of session.held) {
    if (file.taken[group] !== true || group >= session.frontier) throw new Error(`${where} holds what is not its own`);
  }
  if (session.running !== null && !session.held.has(session.running)) throw new Error(`${where} runs what it has not`);
  if (state.stopped !== null) return;
  const left = file.taken.some((taken, group) => !taken && group >= session.frontier);
  if (session.status === 'closing' && left) throw new Error(`${where} is told that there is nothing left`);
  if (session.status !== 'open') return;
  if (!left) throw new Error(`${where} is not told that there is nothing left`);
  if (session.held.size === 0 || session.starving) throw new Error(`${where} waits while there are tests for it`);
}

function checkFile(state: ScheduleState, file: SplitFile, bereaved: boolean): void {
  const where = `unit ${file.unit}`;
  const pending = file.costs.filter((_, group) => file.taken[group] !== true);
  checkSums(where, pending, file.pendingCost);
  if (pending.length !== file.pending) throw new Error(`${where} miscounts what is pending`);
  const head = file.taken.indexOf(false);
  if (file.head !== (head === -1 ? file.costs.length : head)) throw new Error(`${where} has its head elsewhere`);
  const sessions = sessionsOf(state, file.unit);
  if (sessions.length === 0) throw new Error(`${where} is open nowhere`);
  if (sessions.filter(({first}) => first).length > 1) throw new Error(`${where} has two first sessions`);
  // Whatever is pending, there is one that will come to it.
  if (!bereaved && pending.length > 0 && !sessions.some(({first, status}) => first && status === 'open'))
    throw new Error(`${where} has tests that nobody will take`);
}

function checkSums(where: string, costs: readonly (number | null)[], {knownMs, unknown}: CostSum): void {
  const known = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  if (Math.abs(known - knownMs) > ROUNDING) throw new Error(`${where} miscounts its expected time`);
  if (costs.filter(cost => cost === null).length !== unknown) throw new Error(`${where} miscounts the unknown`);
}
