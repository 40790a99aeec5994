/** A machine comes to a run: it finds the plan, or makes it, and checks that it has the same files as the others. */
import {randomBytes} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Collection} from '../core/fleet/collection';
import {differences} from '../core/fleet/collection';
import {decideEntry, openJobs} from '../core/fleet/entry';
import type {FleetPlan} from '../core/fleet/fleetPlan';
import type {MachineStatus} from '../core/fleet/messages';
import {planFleet} from '../core/fleet/planFleet';
import {planRound, type JobOutcome} from '../core/fleet/planRound';
import {runIdentity, type IdentitySources, type RunIdentity} from '../core/fleet/runIdentity';
import type {Timings} from '../core/plan/durations';
import {Completions} from './completions';
import type {JobQueue} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {beforeRun} from './goodBye';
import type {OwnFile} from './ownFiles';
import {PlanJobs} from './planJobs';
import {planRoundOnce, readPlan} from './planning';
import {pulseOf, type Presence} from './presence';
import {Pulse} from './pulse';
import {decodeDurations} from './results/durations';
import {ResultStore} from './resultStore';
import type {Place} from './sealedValues';

export interface JoinOptions {
  readonly fleet: FleetConnection;
  readonly presence: Presence;
  readonly identity: RunIdentity;
  readonly collection: Collection;
  readonly files: readonly OwnFile[];
  /** How many workers this machine has. */
  readonly workers: number;
}

export interface JoinedRun {
  readonly plan: FleetPlan;
  readonly queue: JobQueue;
  readonly completions: Completions;
}

/** @throws {FleetError} if this machine cannot take part */
export async function joinRun(options: JoinOptions): Promise<JoinedRun> {
  const {fleet} = options;
  return beforeRun(interrupted => {
    const ended = Promise.race([fleet.ended, interrupted]);
    ended.catch(() => undefined);
    return joinInSight({...options, fleet: {...fleet, ended}});
  });
}

/** Planning takes its time: a machine that nobody hears of meanwhile would be taken for gone, and its run for left. */
async function joinInSight(options: JoinOptions): Promise<JoinedRun> {
  const {fleet, presence, workers} = options;
  let plan: string | null = null;
  let hasLeft = false;
  const say = async (state: MachineStatus['state']) => {
    if (hasLeft) return; // a planning that was interrupted goes on to its next answer
    hasLeft = state === 'left';
    await presence.say({plan, workers, state, waiting: 0, begun: []});
  };
  const announce = async (planned: FleetPlan) => {
    plan = planned.id;
    await say('working');
    return planned;
  };
  await say('working');
  // If the server is gone, finding the plan fails, too.
  const pulse = new Pulse(
    pulseOf(fleet.leaseMs),
    () => say('working'),
    () => undefined,
  );
  try {
    const joined = await findPlan(options, announce);
    checkCollection(joined.plan, options.collection);
    return joined;
  } catch (error) {
    await say('left').catch(() => undefined);
    throw error;
  } finally {
    pulse.stop();
  }
}

/** @throws {FleetError} if this machine has other tests than the one that planned */
function checkCollection({collection}: FleetPlan, own: Collection): void {
  const text = differences(collection, own);
  if (text === null) return;
  throw new FleetError(
    `this machine takes no part in the fleet's run, because it does not have the same tests as the machine that ` +
      `planned the run.\n${text}`,
  );
}

/** @param announce whoever finds the plan must find that a machine works for it: else it would begin the next round */
async function findPlan(
  {fleet, presence, identity, collection, files}: JoinOptions,
  announce: (plan: FleetPlan) => Promise<FleetPlan>,
): Promise<JoinedRun> {
  const newest = await newestPlan(fleet);
  const known = newest === null ? null : inRound(fleet, newest);
  const ended = known === null ? new Map<string, JobOutcome>() : await outcomesOf(fleet, known);
  const others = await presence.others();
  const alive = others.filter(({plan}) => plan === newest?.id).length;
  const completed = ended.size;
  const failed = [...ended.values()].some(outcome => outcome.failed);
  switch (decideEntry({plan: newest, completed, failed, alive})) {
    case 'plan': {
      const inputs = files.map(({input}) => input);
      const make = async () => {
        const machines = Math.max(identity.machines ?? 1, 1 + (await presence.others()).length);
        return announce(planFleet(inputs, {id: newId(), collection, machines}));
      };
      return inRound(fleet, await planRoundOnce(fleet, 1, make, announce));
    }
    case 'new-round': {
      const before = newest as FleetPlan;
      const make = () => announce(planRound(before, ended, newId()));
      return inRound(fleet, await planRoundOnce(fleet, before.round + 1, make, announce));
    }
    case 'join':
    case 'be-told': {
      const joined = known as JoinedRun;
      // Its jobs may still be on their way into the queue.
      await announce(joined.plan);
      await planRoundOnce(fleet, joined.plan.round, () => joined.plan, announce);
      return joined;
    }
  }
}

/** @returns null: nobody has planned the run */
export async function newestPlan(fleet: FleetConnection): Promise<FleetPlan | null> {
  let newest: FleetPlan | null = null;
  for (let round = 1; ; round++) {
    const plan = await readPlan(fleet, round);
    if (plan === null) return newest;
    newest = plan;
  }
}

export function inRound({engine, names}: FleetConnection, plan: FleetPlan): JoinedRun {
  const queue = engine.queue(names.jobs(plan.id));
  return {plan, queue, completions: new Completions(queue)};
}

/** Of the jobs of the plan's round that are completed. */
export async function outcomesOf(
  fleet: FleetConnection,
  {plan, completions}: JoinedRun,
): Promise<Map<string, JobOutcome>> {
  const jobs = new PlanJobs(plan);
  const outcomes = new Map<string, JobOutcome>();
  if (openJobs(plan) === 0) return outcomes;
  const results = new ResultStore(fleet);
  for (const {job: id, value} of await completions.soFar(fleet.ended)) {
    const {token, failed} = results.accepted(plan.id, jobs.of(id), value);
    outcomes.set(id, {failed, plan: plan.id, token});
  }
  return outcomes;
}

/** @throws {FleetError} if nothing says which run it is */
export function identityOf(
  run: string | null,
  rootDir: string,
  {config, node}: Pick<IdentitySources, 'config' | 'node'>,
): RunIdentity {
  const identity = runIdentity({
    environment: process.env,
    run,
    project: projectName(rootDir),
    config,
    node,
  });
  if (typeof identity === 'string') throw new FleetError(identity);
  return identity;
}

/** What earlier runs of the series took. They only help: without them, the run is planned as the first one was. */
export async function readDurations({series, names}: Pick<FleetConnection, 'series' | 'names'>): Promise<Timings> {
  return (await series.hint(durationsAt(names.durations), decodeDurations)) ?? {files: new Map(), costs: null};
}

export function durationsAt(key: string): Place {
  return {key, kind: 'durations', about: []};
}

/** The name in the nearest package.json: folders may have other names on other machines. */
function projectName(rootDir: string): string {
  for (let at = rootDir; ; at = dirname(at)) {
    const path = join(at, 'package.json');
    if (existsSync(path)) {
      const {name} = JSON.parse(readFileSync(path, 'utf8')) as {name?: unknown};
      if (typeof name === 'string') return name;
    }
    if (dirname(at) === at) return '';
  }
}

function newId(): string {
  return randomBytes(12).toString('hex');
}
