import type {Test} from '@jest/test-result';
import {Pull} from '../../../src/core/fleet/pull';
import type {FleetConnection} from '../../../src/fleet/fleetConnection';
import {FleetTests} from '../../../src/fleet/fleetTests';
import {JobStories} from '../../../src/fleet/jobStories';
import {MachineJobs} from '../../../src/fleet/machineJobs';
import {planRoundOnce} from '../../../src/fleet/planning';
import {failedFile} from '../../../src/fleet/results/resultWriter';
import {ResultStore} from '../../../src/fleet/resultStore';
import {filesOf, LEASE_MS, planOf, settle, testFleet, withQueue, type TestFleet} from './machines';

/** A machine with workers that the test moves. */
async function machineOf(fleet: FleetConnection, keys: readonly string[], workers = 1) {
  const plan = await planRoundOnce(
    fleet,
    1,
    () => planOf(keys),
    () => Promise.resolve(),
  );
  const queue = fleet.engine.queue(fleet.names.jobs(plan.id));
  const tests = new FleetTests(plan, filesOf(keys), 'none');
  const {files} = tests;
  expect(tests.cuts.size).toBe(0);
  const pull = new Pull(workers);
  const added: Test[] = [];
  const wanted: (readonly Test[])[] = [];
  const failures: unknown[] = [];
  const stories = new JobStories(fleet, plan.id);
  const results = new ResultStore(fleet);
  const writer = {ended: (test: Test) => failedFile(files.indexOf(test), {message: 'm', stack: '', type: 'Error'}, 1)};
  const jobs = new MachineJobs({
    fleet,
    plan,
    queue,
    tests,
    pull,
    stories,
    results,
    writer: writer as never,
    isSerial: () => false,
    onFailure: error => failures.push(error),
  });
  jobs.open({
    add: more => added.push(...more),
    takeBack: back => {
      wanted.push(back);
      if (back.every(test => added.includes(test))) leave();
    },
    noMore: () => undefined,
    stop: () => Promise.resolve(),
  });
  await settle();
  /** A worker that held them has returned the files that were wanted back last. */
  const leave = () => {
    const left = wanted.pop()!;
    for (const test of left) if (added.includes(test)) added.splice(added.indexOf(test), 1);
    jobs.gaveBack(left);
  };
  const begin = () => {
    const test = added.shift()!;
    jobs.busy(1);
    jobs.started(test);
    return test;
  };
  const end = async (test: Test) => {
    jobs.busy(0);
    jobs.ended(test, null, 1, {});
    await settle();
  };
  /** The queue says that a job waits. */
  const hear = async () => {
    pull.available();
    jobs.pull();
    await settle();
  };
  return {jobs, plan, queue, stories, added, wanted, failures, leave, begin, end, hear};
}

const states = async ({queue, plan}: Awaited<ReturnType<typeof machineOf>>) =>
  Promise.all(plan.jobs.map(({id}) => queue.stateOf(id)));

function gate(): {readonly promise: Promise<void>; readonly open: () => void} {
  let open = () => {};
  const promise = new Promise<void>(resolve => (open = resolve));
  return {promise, open};
}

/** Another machine takes the job, and begins it. */
async function lostElsewhere({clock, join}: TestFleet, name: string) {
  const other = await join(name);
  const plan = await planRoundOnce(
    other,
    1,
    () => planOf(['a']),
    () => Promise.resolve(),
  );
  const taken = (await other.engine.queue(other.names.jobs(plan.id)).take())!;
  await new JobStories(other, plan.id).add(taken.id, taken.token, 'began');
  clock.advance(LEASE_MS);
}

test('takes a job, runs it and completes it', async () => {
  const machine = await machineOf(await testFleet().join('1'), ['a', 'b']);
  while (machine.added.length > 0) await machine.end(machine.begin());
  expect(await states(machine)).toEqual(['completed', 'completed']);
  expect([machine.failures, machine.jobs.status]).toEqual([[], {waiting: 0, begun: []}]);
});

test('a lease that is lost while the file runs: its result counts if this machine gets the job again', async () => {
  const fleet = testFleet();
  const machine = await machineOf(await fleet.join('1'), ['a'], 2);
  const test = machine.begin();
  await settle();
  fleet.clock.advance(LEASE_MS);
  await machine.jobs.renew();
  await settle();
  // It has the job again, and the worker still runs the file.
  await machine.hear();
  expect(machine.jobs.status.begun).toMatchObject([{job: '0'}]);
  expect((await machine.stories.of('0')).map(({what}) => what)).toEqual(['began', 'lost-lease', 'began']);
  await machine.end(test);
  expect([await states(machine), machine.failures]).toEqual([['completed'], []]);
});

test('a lease that is lost to another machine: the result is refused, and nothing is told twice', async () => {
  const fleet = testFleet();
  const machine = await machineOf(await fleet.join('1'), ['a']);
  const test = machine.begin();
  await settle();
  fleet.clock.advance(LEASE_MS);
  const taken = (await machine.queue.take())!;
  await machine.end(test);
  expect([await states(machine), machine.jobs.lastCompleted]).toEqual([['taken'], null]);
  expect(await machine.queue.complete(taken, Buffer.from('other'))).toBe(true);
  machine.jobs.completed(machine.plan.jobs[0]!);
  expect([machine.jobs.status, machine.failures]).toEqual([{waiting: 0, begun: []}, []]);
});

test('a job that has cost two machines is reported, and does not run', async () => {
  const fleet = testFleet();
  await lostElsewhere(fleet, 'x');
  await lostElsewhere(fleet, 'y');
  const machine = await machineOf(await fleet.join('1'), ['a']);
  expect([machine.added, await states(machine), machine.failures]).toEqual([[], ['completed'], []]);
});

test('a lease that this machine itself has lost is no loss of a machine', async () => {
  const fleet = testFleet();
  await lostElsewhere(fleet, 'x');
  await lostElsewhere(fleet, '1');
  const machine = await machineOf(await fleet.join('1'), ['a']);
  expect(machine.added).toHaveLength(1);
});

test('gives back what has not begun if others are out of work', async () => {
  const fleet = testFleet();
  const machine = await machineOf(await fleet.join('1'), ['a', 'b', 'c']);
  machine.begin();
  await settle();
  expect((await machine.queue.counts()).taken).toBe(2);
  // The file takes longer than files of unknown duration are expected to take.
  fleet.clock.advance(500);
  machine.jobs.giveBack(true);
  await settle();
  expect((await machine.queue.counts()).taken).toBe(1);
  expect(machine.added).toEqual([]);
});

test('gives back what a worker held when the worker has returned it', async () => {
  const fleet = testFleet();
  const machine = await machineOf(await fleet.join('1'), ['a', 'b', 'c']);
  machine.begin();
  await settle();
  machine.added.length = 0; // a worker holds it
  fleet.clock.advance(500);
  machine.jobs.giveBack(true);
  await settle();
  expect((await machine.queue.counts()).taken).toBe(2);
  machine.leave();
  await settle();
  expect((await machine.queue.counts()).taken).toBe(1);
});

test('a file that the run gives back because the lease was lost: it runs here if this machine has the job again', async () => {
  const fleet = testFleet();
  const machine = await machineOf(await fleet.join('1'), ['a', 'b'], 2);
  const begun = machine.begin();
  await settle();
  const held = machine.added.splice(0);
  expect(held).toHaveLength(1);
  fleet.clock.advance(LEASE_MS);
  await machine.jobs.renew();
  await machine.hear();
  expect(machine.wanted).toEqual([held]);
  machine.leave();
  await machine.end(begun);
  expect(machine.added).toEqual([begun, ...held]); // the run ignores what it has
  machine.added.shift();
  await machine.end(machine.begin());
  expect([await states(machine), machine.failures]).toEqual([['completed', 'completed'], []]);
});

test('a job that may have cost a machine runs when the server has the note, and after the result of the one before', async () => {
  const fleet = testFleet();
  await machineOf(await fleet.join('x'), ['a', 'b'], 2);
  fleet.clock.advance(LEASE_MS); // that machine dies before the server has a note of it
  const here = await fleet.join('1');
  const gates = {note: gate(), result: gate()};
  jest.spyOn(here.values, 'append').mockImplementation(() => gates.note.promise);
  const slow = withQueue(
    here,
    name => name.includes('-jobs-'),
    queue => ({
      complete: async (taken, value) => {
        await gates.result.promise;
        return queue.complete(taken, value);
      },
    }),
  );
  const machine = await machineOf(slow, ['a', 'b'], 2);
  expect((await machine.queue.counts()).taken).toBe(2);
  expect(machine.added).toEqual([]);
  gates.note.open();
  await settle();
  expect(machine.added).toHaveLength(1);
  await machine.end(machine.begin());
  expect(machine.added).toEqual([]);
  gates.result.open();
  await settle();
  expect(machine.added).toHaveLength(1);
});

test('leaving gives everything back at once, and notes that the machine lives', async () => {
  const machine = await machineOf(await testFleet().join('1'), ['a', 'b', 'c']);
  machine.begin();
  await settle();
  await machine.jobs.leave();
  expect(await machine.queue.counts()).toEqual({waiting: 3, taken: 0, completed: 0});
  expect((await machine.stories.of('0')).map(({what}) => what)).toEqual(['began', 'left']);
});

test('a job that comes while the machine leaves goes back, too', async () => {
  const fleet = await testFleet().join('1');
  const answer = gate();
  const slow = withQueue(
    fleet,
    name => name.includes('-jobs-'),
    queue => ({
      take: async () => {
        const taken = await queue.take();
        await answer.promise;
        return taken;
      },
    }),
  );
  const machine = await machineOf(slow, ['a']);
  expect((await machine.queue.counts()).taken).toBe(1);
  const left = machine.jobs.leave();
  answer.open();
  await left;
  expect(await machine.queue.counts()).toEqual({waiting: 1, taken: 0, completed: 0});
});

test('a job whose data is not of this plan ends the run here', async () => {
  const fleet = await testFleet().join('1');
  const moved = withQueue(
    fleet,
    name => name.includes('-jobs-'),
    queue => ({
      take: async () => {
        const taken = await queue.take();
        return taken && {...taken, data: fleet.values.seal('job', ['plan-b', taken.id], Buffer.from('{}'))};
      },
    }),
  );
  const machine = await machineOf(moved, ['a']);
  expect(machine.failures.map(String)).toEqual([expect.stringMatching(/\(job\) was not written by this run/)]);
});
