/** The plan of a run over workers: of each file what it asks for and what is known of it, in the order of dispatch. */
import {statSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import type {Test} from '@jest/test-result';
import {MODES} from '../core/plan/dist';
import {type PlanInput, planUnits} from '../core/plan/plan';
import {plannedFixtures} from '../core/plan/runFixtures';
import type {NodeId} from '../core/plan/units';
import {constraintsOf, resourcesOf} from '../core/rules/constraints';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import type {SchedulePlan, SlotGrowth} from '../core/schedule';
import {canMerge} from './files/mergeTools';
import type {MachineLoad} from './machine/machineLoad';
import type {ParallelRunOptions, RunOptions} from './runOptions';

/** How many workers `slots: 'auto'` may start for each core. */
const SLOTS_PER_CORE = 4;

/** @param machine where the number of workers follows its load; null: that is fixed */
export function makePlan(
  {jest, globalConfig, options}: RunOptions,
  {tests, rulesOf, fixtures, splittable, past, nodes}: ParallelRunOptions,
  machine: MachineLoad | null,
): SchedulePlan {
  const {slots, growth} = slotsFor(options, globalConfig.maxWorkers, machine);
  const {each, grouping, ...mode} = MODES[options.dist];
  // A worker for each file has no use for a share.
  const evenShares = mode.evenShares && options.restartWorkers !== 'file';
  const keepsOrder = globalConfig.testSequencer !== jest.defaultSequencer();
  const onNode = (test: Test, node: NodeId | null): PlanInput => {
    const last = past.of(test, node === null ? null : (nodes[node]?.name ?? null));
    // On a node that is new it takes about what it takes elsewhere; whether it fails there, nobody knows.
    const lastMs = last?.ms ?? past.of(test)?.ms ?? test.duration ?? null;
    return {
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
  return {
    units: planUnits(inputs, {
      resources,
      keepOrder: keepsOrder,
      shares: evenShares ? (growth?.from ?? slots) : 1,
      // With --ci nothing is written: they can run at the same time.
      inTurn: each && globalConfig.updateSnapshot !== 'none',
    }),
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
  };
}

function slotsFor(
  {slots, maxSlots}: ResolvedOptions,
  maxWorkers: number,
  machine: MachineLoad | null,
): Pick<SchedulePlan, 'slots' | 'growth'> {
  if (machine === null) return {slots: typeof slots === 'number' ? slots : maxWorkers, growth: null};
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
