/** Plans of schedules for tests: everything that a test does not ask for is at its default. */
import type {SchedulePlan} from '../../src/core/scheduleState';

/**
 * @param expectedMs of each unit, in order; null: unknown
 */
export function planOf(expectedMs: readonly (number | null)[], fields: Partial<SchedulePlan> = {}): SchedulePlan {
  return {
    units: expectedMs.map((ms, id) => ({id, expectedMs: ms, file: {configId: 'c', path: `/${id}.test.js`}})),
    slots: 1,
    watermark: {low: 50, high: 200},
    maxScheduleChunk: null,
    maxWorkerRestarts: null,
    freshWorkerPerUnit: false,
    prefetch: true,
    ...fields,
  };
}

/** So many units of the same expectation. */
export function units(count: number, expectedMs: number | null): (number | null)[] {
  return Array<number | null>(count).fill(expectedMs);
}
