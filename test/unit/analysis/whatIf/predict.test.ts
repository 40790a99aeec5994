import {observeRun, type ObservedRun} from '../../../../src/analysis/whatIf/observedRun';
import {Predictor} from '../../../../src/analysis/whatIf/predict';
import type {RecordingLine, RunLine} from '../../../../src/recording/lines';
import {planUnits} from '../../../../src/core/plan/plan';
import type {SchedulePlan} from '../../../../src/core/schedule/state';
import {seeded} from '../../../seeded';
import {simulate} from '../../../simulation/simulator';
import {asking, planOf} from '../../plans';
import {RUN, simulatedRecording, worldOf, type SimulatedFile} from './simulatedRecording';

function observe(lines: readonly RecordingLine[], run: RunLine = RUN): ObservedRun {
  const observed = observeRun(run, lines);
  if ('problem' in observed) throw new Error(observed.problem);
  return observed;
}

const predictorOf = (observed: ObservedRun) => new Predictor(observed, {failed: new Set(), oneIsInBand: true});

interface Suite {
  readonly files: readonly SimulatedFile[];
  readonly planFor: (slots: number) => SchedulePlan;
}

/** Files that wait; the first may be split; some need a fixture, or a resource. */
function suiteOf(seed: number): Suite {
  const random = seeded(seed);
  const from = (least: number, most: number) => Math.round(least + random() * (most - least));
  const files = Array.from({length: from(6, 40)}, (_, index) => ({
    loadMs: 30,
    tests: Array.from({length: index === 0 ? from(5, 40) : from(1, 5)}, () => from(20, 300)),
  }));
  const asks = Object.fromEntries(
    files.flatMap((_, index) =>
      index > 0 && random() < 0.2
        ? [[index, random() < 0.5 ? {fixtures: [0]} : {resources: [{name: 'gpu', amount: 1}]}] as const]
        : [],
    ),
  );
  const whole = files.map(({loadMs, tests}) => tests.reduce((sum, ms) => sum + ms, loadMs));
  const base = asking(planOf(whole, {fixtures: [{scope: 'run', needs: []}], resources: {gpu: 1}}, [0]), asks);
  const inputs = base.units.map(({file, expectedMs, split, constraints, node}) => ({
    file,
    lastMs: expectedMs,
    failedLastTime: false,
    size: () => 0,
    split,
    constraints,
    node,
  }));
  const units = planUnits(inputs, {resources: base.resources, keepOrder: false});
  const inOrder = units.map(({file}) => files[Number(/\d+/.exec(file.path)![0])]!);
  return {files: inOrder, planFor: slots => ({...base, units, slots})};
}

const SEEDS = Array.from({length: 25}, (_, seed) => seed + 1);

test.each(SEEDS)('suite %i: the recorded run, repeated in virtual time, takes as long', seed => {
  const {files, planFor} = suiteOf(seed);
  const {lines, ms} = simulatedRecording(planFor(2), files);
  const {again} = predictorOf(observe(lines));
  expect(again.recordedMs).toBeCloseTo(ms, 0);
  expect(Math.abs(again.virtualMs / ms - 1)).toBeLessThan(0.05);
});

test.each(SEEDS)('suite %i: with other numbers of workers it takes as long as the simulation does', seed => {
  const {files, planFor} = suiteOf(seed);
  const predictor = predictorOf(observe(simulatedRecording(planFor(2), files).lines));
  for (const workers of [3, 4, 8]) {
    const {makespan} = simulate(planFor(workers), worldOf(planFor(workers), files), {check: false});
    const {ms, from, to} = predictor.predict({workers});
    expect(Math.abs(ms / makespan - 1)).toBeLessThan(0.1);
    expect(from).toBeLessThan(ms);
    expect(to).toBeGreaterThan(ms);
  }
});

test.each(SEEDS)('suite %i: no prediction is below what the work takes, and more workers do no harm', seed => {
  const {files, planFor} = suiteOf(seed);
  const observed = observe(simulatedRecording(planFor(2), files).lines);
  const predictor = predictorOf(observed);
  const sum = observed.wholeMs.reduce((total, ms) => total + ms, 0);
  let before = Infinity;
  for (const workers of [2, 3, 4, 6, 8, 16]) {
    const {ms} = predictor.predict({workers});
    expect(ms).toBeGreaterThan(sum / workers);
    // Fewer workers may be luckier with the order, and the end of a run is coarse.
    expect(ms).toBeLessThan(before * 1.1 + 100);
    before = Math.min(before, ms);
  }
});

test('in band, one file follows the other, and no worker starts', () => {
  const files = [
    {loadMs: 30, tests: [400]},
    {loadMs: 30, tests: [300]},
    {loadMs: 30, tests: [200]},
  ];
  const {lines} = simulatedRecording(planOf([430, 330, 230], {slots: 2}), files);
  const {ms} = predictorOf(observe(lines)).predict({workers: 1});
  expect(ms).toBeGreaterThan(950);
  expect(ms).toBeLessThan(1050);
});

test('files that compute are no quicker with more workers than cores', () => {
  const files = Array.from({length: 12}, () => ({loadMs: 100, tests: [400]}));
  const profile = {
    ms: 500,
    environmentMs: 0,
    setupMs: 0,
    transformMs: 0,
    modulesMs: 100,
    testsMs: 400,
    hooksMs: 0,
    teardownMs: 0,
    cpuMs: 500,
    delayMs: 0,
    packages: [],
    sources: [],
    modules: 1,
    memory: {heap: 1, rss: 1},
  };
  const plan = planOf(Array<number>(12).fill(500), {slots: 2});
  const {lines, ms} = simulatedRecording(plan, files, () => profile);
  const observed = observe(lines, {...RUN, machine: {...RUN.machine, cores: 2}});
  expect(observed.computing).toBe(1);
  const predictor = predictorOf(observed);
  expect(predictor.predict({workers: 2}).ms).toBeCloseTo(ms, -2);
  expect(predictor.predict({workers: 8}).ms).toBeGreaterThan(ms * 0.95);
});

test.each([
  ['in band', [] as RecordingLine[], /in band/],
  ['cut off', [{type: 'plan', at: 0, plan: planOf([1]), files: [0], nodes: []}] as RecordingLine[], /did not end/],
])('a recording that is %s says too little', (_name, lines, problem) => {
  expect(observeRun(RUN, lines)).toEqual({problem: expect.stringMatching(problem) as unknown});
});
