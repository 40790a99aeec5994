/**
 * The planning of a round. One machine does it: the plan is a job of its own queue, and its lease is the right to plan.
 * If that machine dies, the next one goes on from what is stored.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import type {FleetPlan} from '../core/fleet/fleetPlan';
import {parsePlan} from '../core/fleet/parsePlan';
import type {TakenJob} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {jsonBytes, parsed, type Place} from './sealedValues';

/**
 * A machine that waits for the plan looks again after a part of the time that it has waited: a large plan takes seconds,
 * and a thousand machines must not keep the server from it. In ms.
 */
const SHORTEST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 1000;
const PART_OF_WAIT = 1 / 4;

const JOB = 'plan';

/** @returns null: there is no such round so far */
export async function readPlan({values, names}: FleetConnection, round: number): Promise<FleetPlan | null> {
  const bytes = await values.get(placeOf(names.plan(round), round));
  if (bytes === null) return null;
  const plan = parsed(bytes, 'the plan', parsePlan);
  if (plan.round !== round) throw new FleetError(`the plan on the fleet's server is that of round ${plan.round}.`);
  return plan;
}

/**
 * Waits until the round is planned and all of its jobs are in the queue. Plans it, if no other machine does.
 *
 * @param make makes the plan
 */
export async function planRoundOnce(
  fleet: FleetConnection,
  round: number,
  make: () => FleetPlan | Promise<FleetPlan>,
): Promise<FleetPlan> {
  const {engine, names, values, ended} = fleet;
  const queue = engine.queue(names.planning(round));
  await queue.add([{id: JOB, data: values.seal('job', [JOB, String(round)], jsonBytes({round})), priority: 1}]);
  const since = performance.now();
  for (;;) {
    const taken = await queue.take();
    const plan = taken === null ? await planOfOthers(fleet, round) : await planHere(fleet, round, taken, make);
    if (plan !== null) return plan;
    const waited = performance.now() - since;
    const pause = Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, waited * PART_OF_WAIT));
    await Promise.race([sleep(pause), ended]);
  }
}

/** Whether the server still has the round. A server that was restarted without its data has lost it. */
export async function hasRound({engine, names}: FleetConnection, round: number): Promise<boolean> {
  return (await engine.queue(names.planning(round)).stateOf(JOB)) !== 'missing';
}

/** @returns null: it is not complete so far */
async function planOfOthers(fleet: FleetConnection, round: number): Promise<FleetPlan | null> {
  const state = await fleet.engine.queue(fleet.names.planning(round)).stateOf(JOB);
  if (state !== 'completed') return null;
  const plan = await readPlan(fleet, round);
  if (plan === null) throw new FleetError("the fleet's server has lost the plan of the run.");
  return plan;
}

/** @returns null: the lease was lost meanwhile, and another machine goes on */
async function planHere(
  fleet: FleetConnection,
  round: number,
  taken: TakenJob,
  make: () => FleetPlan | Promise<FleetPlan>,
): Promise<FleetPlan | null> {
  const {engine, names, values, leaseMs} = fleet;
  const queue = engine.queue(names.planning(round));
  // A failure ends this machine's part in any case: the calls below fail, too.
  const renewing = setInterval(() => void queue.renew([taken]).catch(() => undefined), leaseMs / 3);
  try {
    const plan = (await readPlan(fleet, round)) ?? (await storePlan(fleet, round, await make()));
    const kept = new Set(plan.kept.map(({job}) => job));
    const open = plan.jobs.filter(({id}) => !kept.has(id));
    await engine.queue(names.jobs(round)).add(
      open.map(({id}, index) => ({
        id,
        data: values.seal('job', [plan.id, id], jsonBytes({plan: plan.id, job: id})),
        priority: index + 1,
      })),
    );
    return (await queue.complete(taken, values.seal('accepted', [JOB, String(round)], jsonBytes({plan: plan.id}))))
      ? plan
      : null;
  } finally {
    clearInterval(renewing);
  }
}

/** @returns the plan that counts: another machine may have been faster, while this one stood still */
async function storePlan(fleet: FleetConnection, round: number, plan: FleetPlan): Promise<FleetPlan> {
  const {values, names} = fleet;
  const isStored = await values.put(placeOf(names.plan(round), round), jsonBytes(plan), true);
  if (isStored) return plan;
  const other = await readPlan(fleet, round);
  if (other === null) throw new FleetError("the fleet's server has lost the plan of the run.");
  return other;
}

function placeOf(key: string, round: number): Place {
  return {key, kind: 'plan', about: [String(round)]};
}
