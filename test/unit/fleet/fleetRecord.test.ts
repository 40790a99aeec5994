import type {FleetPlan, PlannedJob} from '../../../src/core/fleet/fleetPlan';
import type {MachineStatus} from '../../../src/core/fleet/messages';
import {FleetRecord} from '../../../src/fleet/fleetRecord';
import {fileResult, job, START, success, testAt} from './results/jobResults';

/** The server's clock when the recording begins. */
const BEGAN = 5_000_000;

const said = (machine: string, name: string, workers = 2): MachineStatus => ({
  machine,
  name,
  at: BEGAN,
  plan: 'p2',
  workers,
  state: 'working',
  waiting: 0,
  begun: [],
});

interface RecordOptions {
  readonly machines?: readonly MachineStatus[];
  /** null: nothing is recorded. */
  readonly path?: string | null;
}

function recordOf(jobs: readonly PlannedJob[], {machines = [], path = 'r'}: RecordOptions = {}) {
  const kept = [{job: jobs[0]!.id, plan: 'p1', token: 't'}];
  const plan: FleetPlan = {
    id: 'p2',
    round: 2,
    collection: {
      files: ['a', 'b'],
      config: '',
      versions: {runner: '', jest: '', node: ''},
      commit: null,
      settings: {},
      nodes: [],
    },
    jobs,
    cuts: [],
    kept,
  };
  const lines: unknown[] = [];
  const asked: string[] = [];
  const record = new FleetRecord({
    fleet: {
      clock: {now: () => BEGAN + 40},
      machine: {id: 'm1', name: 'alpha'},
    },
    plan,
    presence: {
      all: () => {
        asked.push('all');
        return Promise.resolve([...machines]);
      },
    },
    tests: {files: [testAt(0), testAt(1)]},
    recorder: {
      path,
      now: () => 40,
      elsewhere: ({path: file}, line) => lines.push({file, ...line}),
      fleet: line => lines.push(line),
    },
  });
  const add = (of: PlannedJob, machine: string, {plan: ofPlan = 'p2', failed = false, at = BEGAN + 100} = {}) => {
    const result = {machine, files: of.files.map(file => fileResult(file, [START, success(file, ['t'])], {at, ms: 7}))};
    return record.add({job: of, plan: ofPlan, token: 't', failed}, result);
  };
  return {record, lines, asked, add};
}

test('what other machines have ended is by the clock of this run', async () => {
  const jobs = [job(0), job(1, 1), job(1, 2)] as const;
  const {record, lines, asked, add} = recordOf(jobs, {machines: [said('m2', 'beta'), said('m3', 'alpha', 8)]});
  await add(jobs[0], 'm3', {plan: 'p1', at: BEGAN - 60_000});
  await add(jobs[1], 'm1');
  await add(jobs[2], 'm2', {failed: true});
  const line = {slot: 1, ms: 7, tests: [{titles: ['t'], status: 'passed', ms: 10, at: null}]};
  expect(lines).toEqual([
    {...line, file: testAt(0).path, machine: 'alpha', part: null, begunAt: -60_000, kept: true},
    {...line, file: testAt(1).path, machine: 'beta', part: 2, begunAt: 100, kept: false},
  ]);
  expect(asked).toHaveLength(1);
  record.heard([said('m4', 'beta', 1)]);
  record.end(3);
  record.end(3);
  expect(lines.slice(2)).toEqual([
    {
      round: 2,
      machine: 'alpha #2',
      machines: [
        {name: 'alpha', workers: 8, jobs: 1},
        {name: 'alpha #2', workers: 3, jobs: 1},
        {name: 'beta', workers: 2, jobs: 1},
        {name: 'beta #2', workers: 1, jobs: 0},
      ],
      jobs: {all: 3, completed: 3, failed: 1, kept: 1},
    },
  ]);
});

test('without a recording, nobody is asked who the machines are', async () => {
  const {record, lines, asked, add} = recordOf([job(0)], {path: null});
  await add(job(0), 'm2');
  expect({lines, asked, jobs: record.jobs}).toMatchObject({lines: [], asked: [], jobs: {completed: 1}});
});
