/** Plans for tests of the live view. */
import type {SchedulePlan} from '../../../src/core/schedule';

/** @param expectedMs of each unit; null: it has never run */
export function planFor(expectedMs: readonly (number | null)[], slots = 2): SchedulePlan {
  return {
    units: expectedMs.map((ms, id) => ({
      id,
      file: {configId: 'c', path: `f${id}.test.js`},
      expectedMs: ms,
      split: null,
      constraints: null,
      node: null,
      after: null,
    })),
    fixtures: [],
    resources: {},
    slots,
    growth: null,
    nodes: 1,
    grouping: 'none',
    evenShares: false,
    watermark: {low: 0, high: 0},
    maxScheduleChunk: null,
    maxWorkerRestarts: null,
    resumes: true,
    freshWorkerPerUnit: false,
    startsAtOnce: slots,
    keepsOrder: false,
    prefetch: true,
    arriving: false,
  };
}
