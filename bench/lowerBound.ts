/** What no schedule of a trace can undercut, whatever is split and how. */
import {groupsUnder} from './groups';
import {nodesOf, wholeMs, type Actual} from './replayTrace';
import type {Mode} from '../src/core/plan/dist';
import type {Trace, TracedFile} from './trace';

interface FileRun {
  /** Where every file runs on each. */
  readonly node: number;
  readonly file: TracedFile;
  readonly took: Actual;
}

/**
 * When a run ends at the earliest (ms), from the start of its first worker: as soon as that is up, all files take at
 * least max(sum / slots, the longest that is indivisible); what has to run alone comes on top. Where files wait for
 * shared fixtures, the sum is that of those that wait as long or longer.
 */
export function lowerBound(trace: Trace, mode: Mode, slots: number, actual: readonly Actual[]): number {
  const all = Array.from({length: nodesOf(mode)}, (_, node) =>
    trace.files.map((file, index): FileRun => ({node, file, took: actual[index]!})),
  ).flat();
  const alone = all.filter(({file}) => file.constraints?.serial === true);
  const others = all.filter(one => !alone.includes(one));
  const shared = others.map(one => {
    const ready = fixturesMs(trace, one.file, 'setupMs');
    return ready + sumOf(others.filter(({file}) => fixturesMs(trace, file, 'setupMs') >= ready)) / slots;
  });
  return trace.workerStartMs + sumOf(alone) + Math.max(longestIndivisible(trace, others), ...shared);
}

/** Of files, what of them stays together, those of one worker group, and those that take turns at a resource (ms). */
function longestIndivisible(trace: Trace, runs: readonly FileRun[]): number {
  const chains = new Map<string, number>();
  const add = (chain: string, ms: number) => chains.set(chain, (chains.get(chain) ?? 0) + ms);
  for (const [index, {node, file, took}] of runs.entries()) {
    const {workerGroup, resources = []} = file.constraints ?? {};
    const fixtures = fixturesMs(trace, file, 'setupMs') + fixturesMs(trace, file, 'teardownMs');
    const shortest = atOnceMs(file, took);
    add(`file ${index}`, fixtures + shortest);
    if (workerGroup !== undefined) add(`group ${workerGroup} on ${node}`, wholeMs(took));
    for (const [resource, amount] of resources) {
      add(`resource ${resource}`, (shortest * amount) / (trace.resources[resource] ?? 1));
    }
  }
  return Math.max(0, ...chains.values());
}

/** What a file takes if each group of its tests has a worker of its own (ms). */
function atOnceMs(file: TracedFile, took: Actual): number {
  if (file.split === null) return wholeMs(took);
  const groups: number[] = [];
  for (const [test, group] of groupsUnder('none', file).entries()) {
    groups[group] = (groups[group] ?? 0) + (took.tests[test] ?? 0);
  }
  return took.loadMs + Math.max(0, ...groups);
}

/** Until all fixtures of a file are up, or gone: each waits for those that it needs, or for those that need it (ms). */
function fixturesMs({fixtures}: Trace, {constraints}: TracedFile, phase: 'setupMs' | 'teardownMs'): number {
  const chain = (id: number): number => fixtures[id]![phase] + Math.max(0, ...fixtures[id]!.needs.map(chain));
  return Math.max(0, ...(constraints?.fixtures ?? []).map(chain));
}

function sumOf(runs: readonly FileRun[]): number {
  return runs.reduce((sum, {took}) => sum + wholeMs(took), 0);
}
