/** The line at the end of a run that says how many workers it had, and why not more or fewer. */
import {mainRefusal, type ScheduleState, type SlotChange, type SlotController} from '../schedule';

/** @returns null if the number of workers was fixed */
export function describeSlots(state: Pick<ScheduleState, 'controller' | 'mostWorkers' | 'plan'>): string | null {
  const {controller, mostWorkers, plan} = state;
  if (controller === null || mostWorkers === 0) return null;
  const counts = countsOf(controller, mostWorkers);
  const grown = counts.length > 1;
  const reasons = [
    ...(grown ? changesIn(controller, mostWorkers) : []),
    whyNoMore(controller, mostWorkers, plan.slots),
  ];
  const workers = `${counts.join(' -> ')} worker${counts.at(-1) === 1 ? '' : 's'}`;
  return `slots: ${workers} (${reasons.filter(reason => reason !== null).join('; ')})`;
}

/** The number of workers at first, at most, and at last. */
function countsOf({growth, changes}: SlotController, mostWorkers: number): number[] {
  const counts = [
    Math.min(growth.from, mostWorkers),
    mostWorkers,
    Math.min(mostWorkers, changes.at(-1)?.to ?? mostWorkers),
  ];
  return counts.filter((count, index) => count !== counts[index - 1]);
}

/** The first reason to add workers, and the last reason to remove some. */
function changesIn({changes}: SlotController, mostWorkers: number): string[] {
  const first = changes.find(({reason}) => reason === 'idle');
  const fewer = changes.filter(({reason, to}) => reason !== 'idle' && to < mostWorkers).at(-1);
  return [
    ...(first === undefined ? [] : [`cores were ${percent(first.idleShare)} idle`]),
    ...(fewer === undefined ? [] : [fewer.reason === 'busy' ? 'then busy' : 'then memory was short']),
  ];
}

/** Why the run did not have more workers than `mostWorkers`. */
function whyNoMore(controller: SlotController, mostWorkers: number, limit: number): string | null {
  const {growth, changes, refusedIdleShare, refusedBytes} = controller;
  if (mostWorkers >= limit) return describeLimit(controller, limit);
  if (isFewer(changes, mostWorkers)) return null; // changesIn gives the reason
  switch (mainRefusal(controller)) {
    case null:
      return changes.length > 0 ? 'no file was left for more' : 'the run ended before the load was known';
    case 'no-files':
    case 'limit': // `limit` is not reached, so the number of files was the limit
      return 'no file was left for more';
    case 'short':
      return 'too little work was left for more';
    case 'busy':
      return `no more: cores ${changes.length > 0 ? 'were then' : 'were'} ${percent(refusedIdleShare)} idle`;
    case 'memory':
      return `no more: ${megabytes(refusedBytes ?? 0)} of memory were available, of which ${megabytes(growth.reserveBytes)} are reserved for other programs`;
  }
}

function isFewer(changes: readonly SlotChange[], mostWorkers: number): boolean {
  return changes.some(({reason, to}) => reason !== 'idle' && to < mostWorkers);
}

function describeLimit({growth}: SlotController, limit: number): string {
  if (growth.limitIsGiven) return `limit ${limit} = maxSlots`;
  if (limit === growth.from) return `limit ${limit} = -w`;
  const cores = Number.isInteger(growth.cores) ? String(growth.cores) : growth.cores.toFixed(1);
  return `limit ${limit} = 4 x ${cores} core${growth.cores === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
