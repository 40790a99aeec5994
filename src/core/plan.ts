/**
 * Tests + what is known of their durations -> units in the order of dispatch.
 *
 * The order is that of Jest's own sequencer (what failed last time first; then files without a known
 * duration, largest first; then the longest first), with our finer durations. Unknown files go before
 * the known ones because one of them may be the longest of all.
 * https://github.com/jestjs/jest/blob/main/packages/jest-test-sequencer/src/index.ts
 */
import type {Constraints} from './constraints';
import type {FileIdentity, Granularity, Unit} from './units';

/** One test file as it comes from Jest, with what we remember of it. */
export interface PlanInput {
  readonly file: FileIdentity;
  /** What it took in a worker last time, in ms; null: unknown. */
  readonly lastMs: number | null;
  readonly failedLastTime: boolean;
  /** In bytes; asked for only where `lastMs` is null. */
  readonly size: () => number;
  /** null: the file is to run whole. */
  readonly split: Granularity | null;
  readonly constraints: Constraints | null;
}

/**
 * @param keepOrder the project has a test sequencer of its own: its order is what the user asked for
 */
export function planUnits(inputs: readonly PlanInput[], keepOrder: boolean): Unit[] {
  const ordered = keepOrder ? inputs : longestFirst(inputs);
  return ordered.map(({file, lastMs, split, constraints}, id) => ({id, file, expectedMs: lastMs, split, constraints}));
}

function longestFirst(inputs: readonly PlanInput[]): PlanInput[] {
  const sizes = new Map(inputs.filter(input => input.lastMs === null).map(input => [input, input.size()]));
  const size = (input: PlanInput) => sizes.get(input) ?? 0;
  return [...inputs].sort((a, b) => {
    if (a.failedLastTime !== b.failedLastTime) return a.failedLastTime ? -1 : 1;
    if (a.lastMs === null || b.lastMs === null) {
      if (a.lastMs !== b.lastMs) return a.lastMs === null ? -1 : 1;
      return size(b) - size(a);
    }
    return b.lastMs - a.lastMs;
  });
}
