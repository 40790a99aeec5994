import fc, {cases} from '../random';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {describeSlots} from '../../src/core/texts/slotSummary';
import {planOf, units} from '../unit/plans';
import {bereft, askingScenario, dying, growing, onNodes, scenario, sharing} from './scenarios';
import {simulate, type SimulationResult} from './simulator';
import type {MachineWorld} from './world';

const CORES = 2;
const MB = 1024 * 1024;

interface Suite {
  /** What each file takes on a core of its own (ms), and what share of that is computing. */
  readonly files: readonly {readonly ms: number; readonly computing: number}[];
  /** Whether the durations are known from a run before. */
  readonly known?: boolean;
  readonly plan?: Partial<SchedulePlan>;
  readonly machine?: Partial<MachineWorld>;
}

const files = (count: number, ms: number, computing: number) => Array.from({length: count}, () => ({ms, computing}));

/** Runs a suite from 2 workers on, on a machine with 2 cores. @param auto false: with these 2 all the time */
function run({files: all, known = true, plan = {}, machine = {}}: Suite, auto = true): SimulationResult {
  const growth = {from: 2, cores: machine.cores ?? CORES, reserveBytes: 800 * MB, limitIsGiven: false};
  return simulate(
    planOf(
      all.map(({ms}) => (known ? ms : null)),
      {slots: auto ? 8 : 2, growth: auto ? growth : null, startsAtOnce: CORES, ...plan},
    ),
    {
      actualMs: all.map(({ms}) => ms),
      startMs: 250,
      latencyMs: 1,
      machine: {
        cores: CORES,
        computing: all.map(({computing}) => computing),
        sampleEveryMs: 50,
        totalBytes: 8000 * MB,
        workerBytes: 100 * MB,
        ...machine,
      },
    },
  );
}

const gain = (suite: Suite) => run(suite).makespan / run(suite, false).makespan;

const waiting = files(40, 350, 0.1);

test.each([
  ['durations known', {files: waiting}],
  ['durations unknown', {files: waiting, known: false}],
])('a suite that waits takes less than half of the time: %s', (_, suite) => {
  expect(gain(suite)).toBeLessThan(0.45);
  expect(run(suite).slots).toMatchObject({shrunk: 0, most: 8});
  expect(run(suite).slots.grown).toBeLessThanOrEqual(2);
});

test('the longer it is, the nearer to a quarter', () => {
  expect(gain({files: files(400, 350, 0.1)})).toBeLessThan(0.29);
});

test('a suite that computes is left as it is', () => {
  const suite = {files: files(24, 330, 1)};
  expect(gain(suite)).toBe(1);
  expect(run(suite).slots).toEqual({grown: 0, shrunk: 0, most: 2});
});

test('one that computes half of the time gets as many as there are cores for', () => {
  const suite = {files: files(200, 400, 0.5)};
  const {state} = run(suite);
  // It may find both of the first two waiting at the same time, and begin too many; these go again.
  expect(state.controller?.allowed).toBeGreaterThan(2);
  expect(state.controller?.allowed).toBeLessThan(6);
  expect(gain(suite)).toBeLessThan(0.65);
});

test('a machine that others use is idle no more', () => {
  expect(run({files: files(100, 300, 0.6), machine: {others: 2}}).slots.most).toBe(2);
  expect(run({files: files(100, 300, 0.02), machine: {others: 1}}).slots.most).toBeGreaterThan(2);
});

test('with more cores than workers, computing files get more of these', () => {
  const {slots} = run({files: files(200, 400, 1), machine: {cores: 16}, plan: {slots: 64}});
  expect(slots.most).toBeGreaterThan(12);
  expect(slots.most).toBeLessThan(18);
});

test('when the later half of a suite computes, most of the workers go', () => {
  const suite = {files: [...files(60, 500, 0.05), ...files(60, 500, 1)], plan: {keepsOrder: true}};
  const {slots, state, makespan} = run(suite);
  expect(slots.most).toBe(8);
  expect(state.controller?.allowed).toBeLessThan(4);
  expect(makespan).toBeLessThan(run(suite, false).makespan);
});

test('and when it waits again, they come back', () => {
  const suite = {files: [...files(60, 500, 0.05), ...files(30, 500, 1), ...files(200, 500, 0.05)]};
  const {state, slots} = run(suite);
  expect(slots.shrunk).toBeGreaterThan(0);
  expect(state.controller?.changes.at(-1)).toMatchObject({reason: 'idle', to: 8});
});

test('samples that are off do not make it go up and down', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({min: -0.6, max: 0.6, noNaN: true}), {minLength: 7, maxLength: 40}),
      fc.constantFrom(0.1, 0.25, 0.4, 0.6, 0.8, 1),
      (noise, computing) => {
        const {slots, makespan} = run({files: files(200, 300, computing), machine: {noise}});
        // Each time that it goes back it waits for twice as long.
        expect(slots.shrunk).toBeLessThanOrEqual(2 + Math.log2(1 + makespan / 1000));
        expect(slots.grown).toBeLessThanOrEqual(slots.shrunk + 5);
      },
    ),
    {numRuns: cases(150)},
  );
});

test('memory that others need is left to them', () => {
  const suite = (totalBytes: number) => ({files: waiting, machine: {totalBytes, workerBytes: 200 * MB}});
  // 2 are there, and 800 MB are left: there is room for 3.
  expect(run(suite(1800 * MB)).slots.most).toBe(5);
  expect(run(suite(1200 * MB)).slots.most).toBe(2);
});

test('no worker is started for which there is no file', () => {
  expect(run({files: files(3, 2000, 0.01)}).slots.most).toBe(3);
  const {slots, state} = run({files: files(2, 2000, 0.01)});
  expect([slots.most, describeSlots(state)]).toEqual([2, 'slots: 2 workers (no file was left for more)']);
});

test('nor one that could only wait for a resource', () => {
  const base = planOf(units(20, 500), {});
  const asking = base.units.map(unit => ({
    ...unit,
    constraints: {
      serial: false,
      workerGroup: null,
      resources: [{name: 'db', amount: 1}],
      freshWorker: false,
      fixtures: [],
    },
  }));
  const suite = {files: files(20, 500, 0.01), plan: {units: asking, resources: {db: 3}}};
  expect(run(suite).slots.most).toBe(3);
});

test('one file whose tests may be shared is something to do for many', () => {
  const groups = Array<number>(60).fill(200);
  const plan = planOf(
    [12_050],
    {slots: 8, growth: {from: 2, cores: 2, reserveBytes: 0, limitIsGiven: false}, startsAtOnce: 2},
    [0],
  );
  const world = {
    actualMs: [12_050],
    startMs: 250,
    latencyMs: 1,
    split: new Map([[0, {openMs: 50, groups, costs: groups, opens: true}]]),
  };
  const machine = {cores: 2, computing: [0.05], sampleEveryMs: 50, totalBytes: 8000 * MB, workerBytes: 100 * MB};
  const {slots, makespan} = simulate(plan, {...world, machine});
  expect(slots.most).toBeGreaterThan(6);
  expect(makespan).toBeLessThan(0.5 * simulate({...plan, slots: 2, growth: null}, {...world, machine}).makespan);
});

test('where all files were shared out at once, further workers take from the others', () => {
  const suite = {files: waiting, plan: {evenShares: true}};
  expect(run(suite).slots.most).toBe(8);
  expect(run(suite).makespan / run({...suite}, false).makespan).toBeLessThan(0.5);
});

const kinds = [
  ['of many units', scenario, 700],
  ['of files whose tests are shared', sharing, 500],
  ['of files that kill their workers', dying, 300],
  ['of files that are left without a worker', bereft, 300],
  ['of units that ask for more than a worker', askingScenario(scenario), 700],
  ['of shared files that ask for more', askingScenario(sharing), 300],
  ['of units for nodes', onNodes(scenario), 500],
  ['of units for nodes that ask for more', onNodes(askingScenario(scenario)), 700],
] as const;

test.each(kinds)('the invariants hold while workers come and go: runs %s', (_, base, numRuns) => {
  const sum = {grown: 0, shrunk: 0};
  fc.assert(
    fc.property(growing(base), ({plan, world}) => {
      const {slots, state} = simulate(plan, world);
      sum.grown += slots.grown;
      sum.shrunk += slots.shrunk;
      if (slots.most > plan.slots) throw new Error(`${slots.most} workers, of ${plan.slots} at the most`);
      expect(describeSlots(state)).toMatch(/^slots: \d+( -> \d+){0,2} workers? \(.+\)$/);
    }),
    {numRuns: cases(numRuns)},
  );
  expect(sum.grown).toBeGreaterThan(0);
  // Runs of few files are over before there were too many workers for a second.
  if (numRuns >= 500) expect(sum.shrunk).toBeGreaterThan(0);
});
