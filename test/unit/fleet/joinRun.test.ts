import type {FleetPlan} from '../../../src/core/fleet/fleetPlan';
import type {FleetConnection} from '../../../src/fleet/fleetConnection';
import {joinRun, newestPlan, readDurations, durationsAt} from '../../../src/fleet/joinRun';
import {planRoundOnce} from '../../../src/fleet/planning';
import {Presence} from '../../../src/fleet/presence';
import {jsonBytes} from '../../../src/fleet/sealedValues';
import {collectionOf} from '../core/fleet/collections';
import {filesOf, heardWarnings, IDENTITY, LEASE_MS, planOf, testFleet, withQueue} from './machines';

// Each wait is a turn of the event loop.
jest.mock('node:timers/promises', () => ({setTimeout: () => new Promise(resolve => setImmediate(resolve))}));

const KEYS = ['a', 'b', 'c', 'd'];
const join = (fleet: FleetConnection, keys = KEYS) =>
  joinRun({
    fleet,
    presence: new Presence(fleet),
    identity: IDENTITY,
    collection: collectionOf(keys),
    files: filesOf(keys),
    workers: 2,
  });
const found = () => Promise.resolve();

/** Runs all jobs of a plan that wait. */
async function runAll(fleet: FleetConnection, plan: FleetPlan, failing: readonly string[] = []): Promise<string[]> {
  const queue = fleet.engine.queue(fleet.names.jobs(plan.id));
  const ids: string[] = [];
  for (let taken = await queue.take(); taken !== null; taken = await queue.take()) {
    const {id, token} = taken;
    const accepted = jsonBytes({token, failed: failing.includes(id)});
    await queue.complete(taken, fleet.values.seal('accepted', [plan.id, id], accepted));
    ids.push(id);
  }
  return ids.sort();
}

test('machines that come at the same time have the same plan, with all jobs', async () => {
  const {join: connect} = testFleet();
  const machines = await Promise.all(['1', '2', '3'].map(name => connect(name)));
  const joined = await Promise.all(machines.map(machine => join(machine)));
  expect(new Set(joined.map(({plan}) => plan.id)).size).toBe(1);
  expect(await joined[0]!.queue.counts()).toEqual({waiting: 4, taken: 0, completed: 0});
});

test('a machine with other files takes no part', async () => {
  const {join: connect} = testFleet();
  const first = await connect('1');
  await join(first);
  await expect(join(await connect('2'), ['a', 'x'])).rejects.toThrow(/takes no part[^]*\+ x \(only on this machine\)/);
  expect(await new Presence(first).others()).toEqual([]);
});

const isJobs = (name: string) => name.includes('-jobs-');
const isPlanning = (name: string) => name.includes('-planning-');
const died = () => Promise.reject(new Error('died'));
/** A dead machine gives nothing back. */
const keeping = (fleet: FleetConnection) => withQueue(fleet, isPlanning, () => ({giveBack: died}));

const DEATHS = {
  'before it has a plan': keeping,
  'when the plan is stored': (fleet: FleetConnection) => withQueue(keeping(fleet), isJobs, () => ({add: died})),
  'after half of the jobs': (fleet: FleetConnection) =>
    withQueue(keeping(fleet), isJobs, queue => ({
      add: async jobs => {
        await queue.add(jobs.slice(0, 2));
        return died();
      },
    })),
  'after all jobs': (fleet: FleetConnection) => withQueue(keeping(fleet), isPlanning, () => ({complete: died})),
};

test.each(Object.entries(DEATHS))('a machine that dies %s: the next one goes on', async (when, deadly) => {
  const {join: connect, clock} = testFleet();
  const make = () => {
    if (when === 'before it has a plan') throw new Error('died');
    return planOf(KEYS);
  };
  await expect(planRoundOnce(deadly(await connect('1')), 1, make, found)).rejects.toThrow('died');
  const second = await connect('2');
  const plans = planRoundOnce(second, 1, () => planOf(KEYS, 'plan-b'), found);
  const third = planRoundOnce(await connect('3'), 1, () => planOf(KEYS, 'plan-c'), found);
  clock.advance(LEASE_MS);
  const plan = await plans;
  expect(await third).toEqual(plan);
  if (when !== 'before it has a plan') expect(plan.id).toBe('plan-a');
  expect(await second.engine.queue(second.names.jobs(plan.id)).counts()).toMatchObject({waiting: 4});
});

test('a machine that fails while it plans: the next one goes on at once', async () => {
  const {join: connect} = testFleet();
  const failing = withQueue(await connect('1'), isJobs, () => ({add: died}));
  await expect(planRoundOnce(failing, 1, () => planOf(KEYS), found)).rejects.toThrow('died');
  const second = await connect('2');
  const plan = await planRoundOnce(second, 1, () => planOf(KEYS, 'plan-b'), found);
  expect(plan.id).toBe('plan-a');
  expect(await second.engine.queue(second.names.jobs(plan.id)).counts()).toMatchObject({waiting: KEYS.length});
});

test('who waits for the jobs of a dead planner is taken for alive: no round begins beside the first', async () => {
  const {join: connect, clock} = testFleet();
  const dead = DEATHS['when the plan is stored'](await connect('1'));
  await expect(join(dead)).rejects.toThrow('died');
  const waiting = await connect('2');
  let isThere = () => {};
  const isFound = new Promise<void>(resolve => (isThere = resolve));
  const presence = new Presence(waiting);
  const second = planRoundOnce(
    waiting,
    1,
    () => planOf(KEYS, 'plan-b'),
    async plan => {
      await presence.say({plan: plan.id, workers: 1, state: 'working', waiting: 0, begun: []});
      isThere();
    },
  );
  await isFound;
  const third = join(await connect('3'));
  clock.advance(LEASE_MS);
  expect((await third).plan).toEqual(await second);
});

test('a planning that is paused, locked or deleted is an error', async () => {
  const {join: connect, server} = testFleet();
  const machine = await connect('1');
  const isPlanning = (name: string) => name.includes('-planning-');
  const make = () => planOf(KEYS);
  const paused = withQueue(machine, isPlanning, () => ({take: () => Promise.resolve(null)}));
  await expect(planRoundOnce(paused, 1, make, found)).rejects.toThrow(/no machine can plan the run/);
  await machine.engine.queue(machine.names.planning(1)).take();
  await expect(planRoundOnce(machine, 1, make, found)).rejects.toThrow(/no machine can plan the run/);
  const deleted = expect(planRoundOnce(machine, 1, make, found)).rejects.toThrow(/has lost the plan/);
  // The machine has added the planning and waits.
  for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve));
  server.comeBack(true);
  await deleted;
});

test('a plan that is older than the server keeps it was put there again', async () => {
  const {join: connect, clock} = testFleet();
  const machine = await connect('1');
  await join(machine);
  clock.advance(24 * 60 * 60_000);
  expect(await newestPlan(machine)).not.toBeNull();
  clock.advance(120_000);
  await expect(newestPlan(machine)).rejects.toThrow(/that of an old run/);
});

test('who comes after a run that passed is told it; after one that failed, one round runs what failed', async () => {
  const {join: connect} = testFleet();
  const first = await connect('1');
  const {plan} = await join(first);
  await runAll(first, plan, ['1', '2']);
  const [one, other] = await Promise.all([join(await connect('2')), join(await connect('3'))]);
  expect(one.plan).toEqual(other.plan);
  expect(one.plan).toMatchObject({
    round: 2,
    kept: [
      {job: '0', plan: plan.id},
      {job: '3', plan: plan.id},
    ],
  });
  expect(await runAll(first, one.plan)).toEqual(['1', '2']);
  const told = await join(await connect('4'));
  expect(told.plan.id).toBe(one.plan.id);
  expect(await told.queue.counts()).toEqual({waiting: 0, taken: 0, completed: 2});
});

test('who comes after a run that all have left begins a round of what is missing', async () => {
  const {join: connect, clock} = testFleet();
  const first = await connect('1');
  const {plan, queue} = await join(first);
  const taken = (await queue.take())!;
  const accepted = jsonBytes({token: taken.token, failed: false});
  await queue.complete(taken, first.values.seal('accepted', [plan.id, taken.id], accepted));
  const early = await join(await connect('2'));
  expect(early.plan.round).toBe(1);
  clock.advance(60_000);
  const late = await join(await connect('3'));
  expect(late.plan).toMatchObject({round: 2, kept: [{job: taken.id, token: taken.token}]});
});

test('completions that the server does not tell are an error', async () => {
  const {join: connect} = testFleet();
  const first = await connect('1');
  const {plan} = await join(first);
  await runAll(first, plan);
  const deaf = withQueue(await connect('2'), isJobs, () => ({follow: () => undefined}));
  await expect(join(deaf)).rejects.toThrow(/does not tell which/);
});

test('what another secret has sealed is ignored in what all write, and an error elsewhere', async () => {
  const {join: connect, server} = testFleet();
  const warnings = heardWarnings();
  const [machine, stranger] = [await connect('1'), await connect('2', {secret: 'another'})];
  const [presence, strange] = [new Presence(machine), new Presence(stranger)];
  const status = {plan: null, workers: 1, state: 'working', waiting: 0, begun: []} as const;
  await strange.say(status);
  await strange.tellHunger(1);
  await stranger.series.put(durationsAt(stranger.names.durations), Buffer.from('{}'));
  await new Presence(await connect('3')).say(status);
  expect((await presence.others()).map(({machine: id}) => id)).toEqual(['3']);
  expect(await presence.othersAreOutOfWork()).toBe(false);
  server.values('xdist:value').single.set(machine.names.hunger, Buffer.alloc(1));
  expect(await presence.othersAreOutOfWork()).toBe(false);
  expect(await readDurations(machine)).toEqual({files: new Map(), costs: null});
  warnings.end();
  expect(warnings.texts).toEqual([expect.stringMatching(/values \(machine\) that no machine of this run/)]);
  await join(machine);
  await expect(join(stranger)).rejects.toThrow(/Have all machines the same secret\?/);
});
