/** Whether a run may have more than one worker: by the option `slots`, or else by Jest's `maxWorkers`. */
import type {ResolvedOptions} from './resolvedOptions';

export function mayHaveSeveral(
  {slots, maxSlots}: Pick<ResolvedOptions, 'slots' | 'maxSlots'>,
  maxWorkers: number,
): boolean {
  if (slots === 'auto') return maxSlots === null || maxSlots > 1;
  return (slots ?? maxWorkers) > 1;
}
