import type {FleetPlan, PlannedJob} from '../../../src/core/fleet/fleetPlan';
import {AcceptedResults, type AcceptedResultsOptions} from '../../../src/fleet/acceptedResults';
import {FleetError} from '../../../src/fleet/fleetError';
import type {JobResult} from '../../../src/fleet/results/jobResult';
import {ResultError} from '../../../src/fleet/results/resultError';
import {planOf, settle} from './machines';

const AHEAD = 16;

/** One that the test resolves. */
class Gate<T> {
  open: (value: T) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.open = resolve;
    this.fail = reject;
  });
}

/** The results of a round. The test answers in place of the server. */
function accepting(plan: FleetPlan, sourcesOf: (job: string) => readonly string[] = () => []) {
  const asked = new Map<string, Gate<JobResult>>();
  const sources = new Map<string, Gate<never>>();
  const heard: string[] = [];
  const completed: Gate<{job: string; value: Buffer}>[] = plan.jobs.map(() => new Gate());
  const options = {
    fleet: {ended: new Promise<never>(() => undefined)},
    plan,
    completions: {at: (index: number, ended: Promise<never>) => Promise.race([completed[index]!.promise, ended])},
    results: {
      accepted: (of: string, job: PlannedJob) => ({plan: of, job, token: 't', failed: false}),
      get: ({job}: {job: PlannedJob}) => {
        asked.set(job.id, new Gate());
        return asked.get(job.id)!.promise;
      },
      source: (id: string) => {
        sources.set(id, new Gate());
        return sources.get(id)!.promise;
      },
    },
    replay: {
      addSource: () => Promise.resolve(),
      take: (job: PlannedJob) => Promise.resolve(void heard.push(`told ${job.id}`)),
    },
    durations: {add: () => undefined},
    onCompleted: (job: PlannedJob) => heard.push(`completed ${job.id}`),
    beforeTold: () => Promise.resolve(),
  };
  const accepted = new AcceptedResults(options as unknown as AcceptedResultsOptions);
  let end: unknown = 'goes on';
  accepted.tellAll().then(
    () => (end = 'told all'),
    (error: unknown) => (end = error),
  );
  const result = (id: string) => ({machine: 'm', files: [{sources: sourcesOf(id)}]}) as unknown as JobResult;
  return {
    accepted,
    asked,
    sources,
    heard,
    end: () => end,
    /** The server has accepted the result of a job. */
    complete: (index: number, job = plan.jobs[index]!.id) => completed[index]!.open({job, value: Buffer.of()}),
    answer: (id: string) => asked.get(id)!.open(result(id)),
  };
}

const keys = (count: number) => Array.from({length: count}, (_, index) => `${String(index).padStart(3, '0')}.test.js`);

test('Jest is told results in the order in which they were accepted, whatever the order of the answers', async () => {
  const run = accepting(planOf(keys(3)));
  for (const [index, job] of ['2', '0', '1'].entries()) run.complete(index, job);
  await settle();
  for (const job of ['1', '0']) run.answer(job);
  await settle();
  expect(run.heard).toEqual(['completed 2', 'completed 0', 'completed 1']);
  run.answer('2');
  await settle();
  expect(run.heard.slice(3)).toEqual(['told 2', 'told 0', 'told 1']);
  expect(run.end()).toBe('told all');
});

test('so many results are asked for ahead, and no more', async () => {
  const run = accepting(planOf(keys(AHEAD + 4)));
  for (let index = 0; index < AHEAD + 4; index++) run.complete(index);
  await settle();
  expect(run.asked.size).toBe(AHEAD);
  run.answer('0');
  await settle();
  expect(run.asked.size).toBe(AHEAD + 1);
});

test('a source of coverage is fetched once, and before the result that names it is told', async () => {
  const run = accepting(planOf(keys(2)), () => ['s']);
  for (const index of [0, 1]) run.complete(index);
  await settle();
  for (const job of ['0', '1']) run.answer(job);
  await settle();
  expect([[...run.sources.keys()], run.heard]).toEqual([['s'], ['completed 0', 'completed 1']]);
  run.sources.get('s')!.open(null as never);
  await settle();
  expect(run.end()).toBe('told all');
});

test('a result that cannot be told ends the run, also while it waits for others', async () => {
  const run = accepting(planOf(keys(3)));
  run.complete(0);
  await settle();
  run.asked.get('0')!.fail(new ResultError('It has 3 files.'));
  await settle();
  expect(run.end()).toBeInstanceOf(FleetError);
  expect(String(run.end())).toContain('cannot be told. It has 3 files.');
});

test('nothing is told after a stop', async () => {
  const run = accepting(planOf(keys(2)));
  run.complete(0);
  await settle();
  run.accepted.stop();
  run.answer('0');
  await settle();
  expect(run.heard).toEqual(['completed 0']);
});
