/** How many workers a run has: by the option `slots`, or else by Jest's `maxWorkers`. */
import type {ResolvedOptions} from './resolvedOptions';

/** With `slots: 'auto'`, the number with which the run begins. */
export function workerCount({slots}: Pick<ResolvedOptions, 'slots'>, maxWorkers: number): number {
  return typeof slots === 'number' ? slots : maxWorkers;
}

/** Whether the run may have more than one. */
export function mayHaveSeveral(
  {slots, maxSlots}: Pick<ResolvedOptions, 'slots' | 'maxSlots'>,
  maxWorkers: number,
): boolean {
  if (slots === 'auto') return maxSlots === null || maxSlots > 1;
  return workerCount({slots}, maxWorkers) > 1;
}
