/**
 * The planning of a round. One machine does it: the plan is a job of its own queue, and its lease is the right to plan.
 * If that machine dies, the next one goes on from what is stored.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {jobsOfRound} from '../core/fleet/entry';
import type {FleetPlan} from '../core/fleet/fleetPlan';
import {parsePlan} from '../core/fleet/parsePlan';
import {finite, record} from '../core/wire/values';
import type {TakenJob} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {jsonBytes, parsed, type Place} from './sealedValues';
import {KEEP_MS} from './settings';

/**
 * A machine that waits for the plan looks again after a part of the time that it has waited: a large plan takes seconds,
 * and a thousand machines must not keep the server from it. In ms.
 */
const SHORTEST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1000;
const PART_OF_WAIT = 1 / 4;

/** After so long (ms), a machine looks whether a plan is stored whose jobs are still to be added. */
const FIND_AFTER_MS = 1000;

/** So long (ms), a machine may find the plan unmade and not be given it. No job waits so long on a sound server. */
const LONGEST_WAITING_MS = 10_000;

/** So long (ms), another machine may be found planning. */
const LONGEST_TAKEN_MS = 10 * 60_000;

const JOB = 'plan';

/** The server deletes a value when its time to live ends; machines' clocks run apart by less (ms). */
const LATE_MS = 60_000;

const LOST_PLAN = "the fleet's server has lost the plan of the run. Was it restarted, or did somebody delete the plan?";

/** A plan as it is stored. */
interface StoredPlan {
  /** When it was stored: the server's clock, in ms. */
  readonly at: number;
  readonly plan: FleetPlan;
}

/** @returns null: there is no such round so far */
export async function readPlan({values, names, clock}: FleetConnection, round: number): Promise<FleetPlan | null> {
  const bytes = await values.get(placeOf(names.plan(round), round));
  if (bytes === null) return null;
  const {at, plan} = parsed(bytes, 'the plan', parseStored);
  // A name of a run may be used again. Whoever kept the values of an earlier run could otherwise pass them off as this
  // run's, and a machine that comes late would be told that run.
  if (clock.now() - at > KEEP_MS + LATE_MS) {
    throw new FleetError(
      "the plan on the fleet's server is that of an old run, which somebody has put there again. Give the run a new name.",
    );
  }
  if (plan.round !== round) throw new FleetError(`the plan on the fleet's server is that of round ${plan.round}.`);
  return plan;
}

/**
 * Waits until the round is planned and all of its jobs are in the queue. Plans it, if no other machine does.
 *
 * @param make makes the plan
 * @param found called if the plan of another machine is there, and its jobs are not: that machine may have died
 */
export async function planRoundOnce(
  fleet: FleetConnection,
  round: number,
  make: () => FleetPlan | Promise<FleetPlan>,
  found: (plan: FleetPlan) => Promise<unknown>,
): Promise<FleetPlan> {
  const {engine, names, values, ended} = fleet;
  const queue = engine.queue(names.planning(round));
  await queue.add([{id: JOB, data: values.seal('job', [JOB, String(round)], jsonBytes({round})), priority: 1}]);
  let waitingMs = 0;
  let takenMs = 0;
  let unfoundMs = 0;
  const since = performance.now();
  for (;;) {
    const taken = await queue.take();
    if (taken !== null) {
      const plan = await planHere(fleet, round, taken, make);
      if (plan !== null) return plan;
    }
    const state = await queue.stateOf(JOB);
    if (state === 'completed') return storedPlan(fleet, round);
    if (state === 'missing') throw new FleetError(LOST_PLAN);
    const waited = performance.now() - since;
    const pause = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, waited * PART_OF_WAIT));
    waitingMs = state === 'waiting' ? waitingMs + pause : 0;
    takenMs = state === 'taken' ? takenMs + pause : 0;
    if (waitingMs > LONGEST_WAITING_MS || takenMs > LONGEST_TAKEN_MS) {
      throw new FleetError(
        'no machine can plan the run. Has somebody paused the queues on the server, or locked what is in them?',
      );
    }
    unfoundMs += pause;
    if (unfoundMs > FIND_AFTER_MS) {
      const plan = await readPlan(fleet, round);
      if (plan !== null) await found(plan);
      unfoundMs = plan === null ? 0 : -Infinity;
    }
    await Promise.race([sleep(pause), ended]);
  }
}

/** Whether the server still has the round. A server that was restarted without its data has lost it. */
export async function hasRound(
  {engine, names}: Pick<FleetConnection, 'engine' | 'names'>,
  round: number,
): Promise<boolean> {
  return (await engine.queue(names.planning(round)).stateOf(JOB)) !== 'missing';
}

/** Of a round that was planned. */
async function storedPlan(fleet: FleetConnection, round: number): Promise<FleetPlan> {
  const plan = await readPlan(fleet, round);
  if (plan === null) throw new FleetError(LOST_PLAN);
  return plan;
}

/** @returns null: the lease was lost meanwhile, and another machine goes on */
async function planHere(
  fleet: FleetConnection,
  round: number,
  taken: TakenJob,
  make: () => FleetPlan | Promise<FleetPlan>,
): Promise<FleetPlan | null> {
  const {engine, names, leaseMs, ended} = fleet;
  const queue = engine.queue(names.planning(round));
  // A failure ends this machine's part in any case: the calls below fail, too.
  const renewing = setInterval(() => void queue.renew([taken]).catch(() => undefined), leaseMs / 3);
  try {
    return await Promise.race([planWith(fleet, round, taken, make), ended]);
  } catch (error) {
    // The next machine goes on at once. If the server is away, it goes on when the lease ends.
    await queue.giveBack(taken).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

/** @returns null: as `planHere` */
async function planWith(
  fleet: FleetConnection,
  round: number,
  taken: TakenJob,
  make: () => FleetPlan | Promise<FleetPlan>,
): Promise<FleetPlan | null> {
  const {engine, names, values} = fleet;
  const plan = (await readPlan(fleet, round)) ?? (await storePlan(fleet, round, await make()));
  await engine.queue(names.jobs(plan.id)).add(
    jobsOfRound(plan).map(({id}, index) => ({
      id,
      data: values.seal('job', [plan.id, id], jsonBytes({plan: plan.id, job: id})),
      priority: index + 1,
    })),
  );
  const accepted = values.seal('accepted', [JOB, String(round)], jsonBytes({plan: plan.id}));
  return (await engine.queue(names.planning(round)).complete(taken, accepted)) ? plan : null;
}

/** @returns the plan that counts: another machine may have been faster, while this one stood still */
async function storePlan(fleet: FleetConnection, round: number, plan: FleetPlan): Promise<FleetPlan> {
  const {values, names, clock} = fleet;
  const stored: StoredPlan = {at: clock.now(), plan};
  const isStored = await values.put(placeOf(names.plan(round), round), jsonBytes(stored), true);
  return isStored ? plan : storedPlan(fleet, round);
}

function parseStored(value: unknown): StoredPlan {
  const {at, plan} = record(value, 'a stored plan');
  return {at: finite(at), plan: parsePlan(plan)};
}

function placeOf(key: string, round: number): Place {
  return {key, kind: 'plan', about: [String(round)]};
}
