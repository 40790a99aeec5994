/** Measures the scheduler alone, in the simulation: how fast it decides, and what it costs to hold work ahead. */
import type {Constraints} from '../src/core/plan/constraints';
import {type PlanInput, planUnits} from '../src/core/plan/plan';
import type {SchedulePlan} from '../src/core/schedule';
import {simulate, type World} from '../test/simulation/simulator';
import {seeded} from '../test/seeded';
import {median} from './statistics';

function inputsOf(
  expected: readonly (number | null)[],
  constraints: (index: number) => Constraints | null = () => null,
): PlanInput[] {
  return expected.map((lastMs, index) => ({
    file: {configId: 'c', path: String(index)},
    lastMs,
    node: null,
    failedLastTime: false,
    size: () => 0,
    split: null,
    constraints: constraints(index),
  }));
}

function planOf(
  inputs: readonly PlanInput[],
  slots: number,
  prefetch: boolean,
  resources: Readonly<Record<string, number>> = {},
): SchedulePlan & {order: number[]} {
  const units = planUnits(inputs, {resources, keepOrder: false});
  return {
    units,
    order: units.map(({file}) => Number(file.path)),
    fixtures: [],
    resources,
    nodes: 1,
    grouping: 'none',
    evenShares: false,
    slots,
    growth: null,
    watermark: {low: 50, high: 200},
    maxScheduleChunk: null,
    maxWorkerRestarts: null,
    resumes: true,
    freshWorkerPerUnit: false,
    startsAtOnce: slots,
    keepsOrder: false,
    prefetch,
    arriving: false,
  };
}

/** Measures 1,000,000 units on 1,000 slots, in seconds of real time. */
export function benchmarkThroughput(): void {
  const random = seeded(1);
  const actual = Array.from({length: 1_000_000}, () => 5 + random() * 500);
  const plan = planOf(inputsOf(actual), 1000, true);
  const world: World = {actualMs: plan.order.map(index => actual[index]!), startMs: 100, latencyMs: 1};
  const start = performance.now();
  const {events} = simulate(plan, world, {check: false, maxEvents: Infinity});
  const seconds = (performance.now() - start) / 1000;
  console.log(`1,000,000 units on 1,000 slots: ${seconds.toFixed(1)} s for ${events} events   (goal: < 10 s)`);
}

/** Compares the makespans with and without prefetch, for 400 Pareto(1.5) units on 50 slots with wrong estimates. */
export function benchmarkPrefetch(): void {
  for (const deaf of [false, true]) {
    const ratios: number[] = [];
    const idle: number[] = [];
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const actual = Array.from({length: 400}, () => 100 * (1 - random()) ** (-1 / 1.5));
      const expected = actual.map(ms => (random() < 0.1 ? null : ms * Math.exp(0.5 * normal())));
      const makespan = (prefetch: boolean) => {
        const plan = planOf(inputsOf(expected), 50, prefetch);
        const world: World = {actualMs: plan.order.map(index => actual[index]!), startMs: 100, latencyMs: 1, deaf};
        return simulate(plan, world, {check: false, maxEvents: Infinity}).makespan;
      };
      ratios.push(makespan(true) / makespan(false));
      idle.push(makespan(true));
    }
    const worst = Math.max(...ratios);
    const mean = ratios.reduce((sum, ratio) => sum + ratio) / ratios.length;
    console.log(
      `prefetch / no prefetch, 400 Pareto units on 50 slots, ${deaf ? 'workers that compute' : 'workers that wait'}: ` +
        `median ${median(ratios).toFixed(3)}, mean ${mean.toFixed(3)}, worst of 200 ${worst.toFixed(3)}   (goal: <= 1.02)`,
    );
  }
}

const RESOURCE_ROUNDS = 5;

/**
 * Measures the CPU time (ms) for 1,000 files that take resources: of planning alone, and of the whole simulated run,
 * which includes more than the scheduler.
 */
export function benchmarkResources(): void {
  for (const {names, takes} of [
    {names: 50, takes: 1},
    {names: 100, takes: 2},
  ]) {
    for (const slots of [4, 50]) {
      const times: number[] = [];
      for (let seed = 1; seed <= RESOURCE_ROUNDS; seed++) {
        const random = seeded(seed);
        const actual = Array.from({length: 1000}, () => 5 + random() * 500);
        const taken = actual.map(() => differing(takes, names, random).map(name => ({name: `r${name}`, amount: 1})));
        const inputs = inputsOf(actual, index => ({
          serial: false,
          workerGroup: null,
          resources: taken[index]!,
          freshWorker: false,
          fixtures: [],
        }));
        const resources = Object.fromEntries(Array.from({length: names}, (_, name) => [`r${name}`, 1]));
        const before = process.cpuUsage();
        const plan = planOf(inputs, slots, true, resources);
        const world: World = {actualMs: plan.order.map(index => actual[index]!), startMs: 100, latencyMs: 1};
        const {ends} = simulate(plan, world, {check: false, maxEvents: Infinity});
        const {user, system} = process.cpuUsage(before);
        if (ends.size !== actual.length) throw new Error(`${ends.size} of ${actual.length} files have ended`);
        times.push((user + system) / 1000);
      }
      console.log(
        `1,000 files that take ${takes} of ${names} resources, ${slots} slots: ${median(times).toFixed(0)} ms of CPU, ` +
          `most ${Math.max(...times).toFixed(0)} ms   (goal: <= 200, median of ${RESOURCE_ROUNDS})`,
      );
    }
  }
}

/** @returns `count` different numbers below `limit` */
function differing(count: number, limit: number, random: () => number): number[] {
  const numbers = new Set<number>();
  while (numbers.size < count) numbers.add(Math.floor(random() * limit));
  return [...numbers];
}
