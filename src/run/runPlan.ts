/** The plan of a run over workers: for each file, its constraints and its past duration, in dispatch order. */
import {statSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import type {Test} from '@jest/test-result';
import {MODES} from '../core/plan/dist';
import {inOrder, type PlanInput, unitsOf} from '../core/plan/plan';
import {plannedFixtures} from '../core/plan/runFixtures';
import type {NodeId} from '../core/plan/units';
import {constraintsOf, resourcesOf} from '../core/rules/constraints';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import {workerCount} from '../core/rules/workerCount';
import type {SchedulePlan, SlotGrowth} from '../core/schedule';
import {canMerge} from './files/mergeTools';
import type {MachineLoad} from './machine/machineLoad';
import type {ParallelRunOptions} from './parallelRunOptions';
import type {RunPlan} from './plannedTests';
import type {RunOptions} from './runOptions';
import {OUR_SEQUENCER} from './shard/ourSequencer';

/** How many workers `slots: 'auto'` may start for each core. */
const SLOTS_PER_CORE = 4;

interface TestInput extends PlanInput {
  readonly test: Test;
}

/** @param machine the machine load, if the number of workers adapts to it; null: the number is fixed */
export function makePlan(
  {jest, globalConfig, options}: RunOptions,
  {tests, rulesOf, fixtures, splittable, past, nodes, cuts, arriving}: ParallelRunOptions,
  machine: MachineLoad | null,
): RunPlan {
  const {slots, growth} = slotsFor(options, globalConfig.maxWorkers, machine);
  const {each, grouping, ...mode} = MODES[options.dist];
  // With one worker per file, even shares are useless.
  const evenShares = mode.evenShares && options.restartWorkers !== 'file';
  // Ours cuts shards, and leaves the order to Jest's own. A project's own sequencer has an order that the user wants.
  const keepsOrder = ![jest.defaultSequencer(), OUR_SEQUENCER].includes(globalConfig.testSequencer);
  const onNode = (test: Test, node: NodeId | null): TestInput => {
    const last = past.of(test, node === null ? null : (nodes[node]?.name ?? null));
    // On a new node, assume the duration from other nodes, but not that the file fails.
    const lastMs = last?.ms ?? past.of(test)?.ms ?? test.duration ?? null;
    return {
      test,
      part: cuts.cutOf(test)?.shard ?? null,
      file: {configId: test.context.config.id, path: test.path},
      lastMs,
      failedLastTime: last !== null && last.end !== 'passed',
      size: () => sizeOf(test.path),
      split: splittable.get(test) ?? null,
      constraints: constraintsOf(rulesOf(test), fixtures.neededBy(test)),
      node,
    };
  };
  const inputs = tests.flatMap(test => (each ? nodes.map((_, node) => onNode(test, node)) : [onNode(test, null)]));
  const resources = resourcesOf(
    inputs.map(({constraints}) => constraints),
    options.resources,
  );
  const order = {
    resources,
    keepOrder: keepsOrder,
    shares: evenShares ? (growth?.from ?? slots) : 1,
    // With --ci no snapshots are written, so the nodes can run a file at the same time.
    inTurn: each && globalConfig.updateSnapshot !== 'none',
  };
  const ordered = inOrder(inputs, order);
  const plan: SchedulePlan = {
    units: unitsOf(ordered, order),
    keepsOrder,
    fixtures: plannedFixtures(fixtures),
    resources,
    grouping,
    evenShares,
    slots,
    growth,
    nodes: Math.max(1, nodes.length),
    watermark: options.watermark,
    maxScheduleChunk: options.maxScheduleChunk,
    maxWorkerRestarts: options.maxWorkerRestarts,
    resumes: options.onCrash === 'resume' && canMerge(jest, globalConfig),
    freshWorkerPerUnit: options.restartWorkers === 'file',
    startsAtOnce: availableParallelism(),
    prefetch: true,
    arriving: arriving !== null,
  };
  return {plan, tests: ordered.map(({test}) => test)};
}

function slotsFor(
  {slots, maxSlots}: ResolvedOptions,
  maxWorkers: number,
  machine: MachineLoad | null,
): Pick<SchedulePlan, 'slots' | 'growth'> {
  if (machine === null) return {slots: workerCount({slots}, maxWorkers), growth: null};
  const {cores, reserveBytes} = machine;
  const limit = maxSlots ?? Math.max(Math.ceil(SLOTS_PER_CORE * cores), maxWorkers);
  const growth: SlotGrowth = {from: Math.min(maxWorkers, limit), cores, reserveBytes, limitIsGiven: maxSlots !== null};
  return {slots: limit, growth};
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
