/** Computes a lower bound for the duration of any schedule of a trace, however the files are split. */
import {groupsUnder} from './groups';
import {nodesOf, wholeMs, type Actual} from './replayTrace';
import {lowerBound as floorOf, type BoundUnit} from '../src/analysis/lowerBound';
import type {Mode} from '../src/core/plan/dist';
import type {Trace, TracedFile} from './trace';

/** The earliest possible end of a run, in ms from the start of its first worker. */
export function lowerBound(trace: Trace, mode: Mode, slots: number, actual: readonly Actual[]): number {
  const units = Array.from({length: nodesOf(mode)}, (_, node) =>
    trace.files.map((file, index): BoundUnit => {
      const took = actual[index]!;
      return {node, wholeMs: wholeMs(took), atOnceMs: atOnceMs(file, took), constraints: constraintsOf(file)};
    }),
  ).flat();
  const resources = Object.fromEntries(trace.resources.map((total, index) => [String(index), total]));
  return floorOf({startMs: trace.workerStartMs, slots, units, fixtures: trace.fixtures, resources}).ms;
}

function constraintsOf({constraints}: TracedFile): BoundUnit['constraints'] {
  if (constraints === undefined) return null;
  const {serial = false, workerGroup, resources = [], fixtures = []} = constraints;
  return {
    serial,
    workerGroup: workerGroup === undefined ? null : String(workerGroup),
    resources: resources.map(([resource, amount]) => ({name: String(resource), amount})),
    fixtures,
  };
}

/** The duration of a file if each group of its tests has a worker of its own, in ms. */
function atOnceMs(file: TracedFile, took: Actual): number {
  if (file.split === null) return wholeMs(took);
  const groups: number[] = [];
  for (const [test, group] of groupsUnder('none', file).entries()) {
    groups[group] = (groups[group] ?? 0) + (took.tests[test] ?? 0);
  }
  return took.loadMs + groups.reduce((longest, ms) => Math.max(longest, ms ?? 0), 0);
}
