/** Replays a trace in the simulation, with the production plan and scheduler, in any mode of `dist`. */
import type {Constraints} from '../src/core/plan/constraints';
import type {Mode} from '../src/core/plan/dist';
import {type FileRecord, testDurations} from '../src/core/plan/durations';
import {type PlanInput, planUnits} from '../src/core/plan/plan';
import {DEFAULT_OPTIONS} from '../src/core/rules/resolvedOptions';
import type {SchedulePlan} from '../src/core/schedule';
import type {ScheduleLogLine} from '../src/run/scheduleLog';
import {groupCosts} from '../src/core/plan/groupCosts';
import {seeded} from '../test/seeded';
import {simulate} from '../test/simulation/simulator';
import type {SplitWorld} from '../test/simulation/world';
import {groupsUnder} from './groups';
import type {Trace, TracedFile} from './trace';

/** The number of nodes in modes in which every file runs on each node. */
export const NODES = 2;

export function nodesOf({each}: Mode): number {
  return each ? NODES : 1;
}

export interface Setting {
  readonly slots: number;
  /**
   * Whether the scheduler knows the trace's durations, as after a run with just these durations. false: it knows none.
   */
  readonly known: boolean;
}

/** The actual durations of a file in one replay. */
export type Actual = Pick<TracedFile, 'loadMs' | 'tests'>;

/** Actual durations differ from the recorded ones by up to this share, either way. */
const NOISE = 0.3;

/** The latency of a message between Jest and a worker, in either direction, in ms. */
const LATENCY_MS = 1;

/**
 * The files of one replay. Half of the noise applies to a whole file, as on a busy machine; the other half to each
 * test.
 */
export function actualFiles({files}: Trace, seed: number): Actual[] {
  const random = seeded(seed);
  const off = () => NOISE * (2 * random() - 1);
  return files.map(({loadMs, tests}) => {
    const common = off();
    const disturbed = (ms: number) => ms * (1 + (common + off()) / 2);
    return {loadMs: disturbed(loadMs), tests: tests.map(disturbed)};
  });
}

export function wholeMs({loadMs, tests}: Actual): number {
  return tests.reduce((sum, ms) => sum + ms, loadMs);
}

/**
 * What makes one replay. It returns the time from the start of the first worker to the end of the run, in ms.
 *
 * @param log hears the lines of the schedule
 */
export type Replay = (actual: readonly Actual[], log?: (line: ScheduleLogLine) => void) => number;

export function replayer(trace: Trace, mode: Mode, setting: Setting): Replay {
  const {files, fixtures, workerStartMs: startMs} = trace;
  const plan = planOf(trace, mode, setting);
  const indexes = plan.units.map(({file}) => Number(file.path));
  const shared = plan.units.flatMap(({id, split}) => {
    const file = files[indexes[id]!];
    if (split === null || file === undefined) return [];
    const groups = groupsUnder(mode.grouping, file);
    const tests = groups.map((group, test) => ({name: String(test), group}));
    return [{id, groups, costs: groupCosts(tests, setting.known ? recordOf(file) : null, file.loadMs)}];
  });
  return (actual, log) => {
    log?.({type: 'plan', at: 0, plan});
    const actualOf = (unit: number) => actual[indexes[unit]!]!;
    const split = new Map(
      shared.map(({id, groups, costs}): [number, SplitWorld] => {
        const {loadMs: openMs, tests} = actualOf(id);
        const took = costs.map(() => 0);
        for (const [test, group] of groups.entries()) took[group]! += tests[test]!;
        return [id, {openMs, groups: took, costs, opens: true}];
      }),
    );
    const world = {
      actualMs: plan.units.map(({id}) => wholeMs(actualOf(id))),
      split,
      fixtures: fixtures.map(({setupMs, teardownMs}) => ({setupMs, teardownMs, fails: []})),
      startMs,
      latencyMs: LATENCY_MS,
      batched: true,
    };
    return simulate(plan, world, {check: false, maxEvents: Infinity, ...(log !== undefined && {log})}).makespan;
  };
}

function planOf(trace: Trace, mode: Mode, {slots, known}: Setting): SchedulePlan {
  const {splits, grouping, evenShares, each} = mode;
  const nodes = nodesOf(mode);
  const onNode = (file: TracedFile, index: number, node: number): PlanInput => ({
    file: {configId: 'trace', path: String(index).padStart(6, '0')},
    lastMs: known ? recordOf(file).ms : null,
    failedLastTime: false,
    size: () => file.bytes,
    split: splits ? file.split : null,
    constraints: constraintsOf(file),
    node: each ? node : null,
  });
  const inputs = Array.from({length: nodes}, (_, node) =>
    trace.files.map((file, index) => onNode(file, index, node)),
  ).flat();
  const resources = Object.fromEntries(trace.resources.map((amount, index) => [nameOf(index), amount]));
  const {watermark, maxScheduleChunk, maxWorkerRestarts} = DEFAULT_OPTIONS;
  return {
    units: planUnits(inputs, {resources, keepOrder: false, shares: evenShares ? slots : 1}),
    keepsOrder: false,
    fixtures: trace.fixtures.map(({scope, needs}) => ({scope, needs})),
    resources,
    grouping,
    evenShares,
    slots,
    growth: null,
    nodes,
    watermark,
    maxScheduleChunk,
    maxWorkerRestarts,
    resumes: true,
    freshWorkerPerUnit: false,
    startsAtOnce: slots,
    prefetch: true,
    arriving: false,
  };
}

function recordOf(file: TracedFile): FileRecord {
  const durations = testDurations(file.tests.map((duration, index) => ({fullName: String(index), duration})));
  return {at: 0, ms: Math.round(wholeMs(file)), ...durations, end: 'passed'};
}

function constraintsOf({constraints}: TracedFile): Constraints | null {
  if (constraints === undefined) return null;
  const {serial = false, freshWorker = false, workerGroup, resources = [], fixtures = []} = constraints;
  return {
    serial,
    freshWorker,
    workerGroup: workerGroup === undefined ? null : nameOf(workerGroup),
    resources: resources.map(([index, amount]) => ({name: nameOf(index), amount})),
    fixtures,
  };
}

function nameOf(index: number): string {
  return `#${index}`;
}
