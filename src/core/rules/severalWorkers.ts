/** Whether a run may have more than one worker at a time: by the user's own word for it, or by Jest's. */
import type {ResolvedOptions} from './resolvedOptions';

export function mayHaveSeveral(
  {slots, maxSlots}: Pick<ResolvedOptions, 'slots' | 'maxSlots'>,
  maxWorkers: number,
): boolean {
  if (slots === 'auto') return maxSlots === null || maxSlots > 1;
  return (slots ?? maxWorkers) > 1;
}
