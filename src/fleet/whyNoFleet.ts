/** What a fleet's run cannot be combined with. */
import type {RunOptions} from '../run/runOptions';
import {userAsksForInBand} from '../run/userAsksForInBand';

/** @returns a text for the user; null: the run can be a fleet's */
export function whyNoFleet({globalConfig, watcher}: Pick<RunOptions, 'globalConfig' | 'watcher'>): string | null {
  const {detectOpenHandles, updateSnapshot, collectTests, shard} = globalConfig;
  const because = (what: string, why: string) => `a run of a fleet cannot be combined with ${what}: ${why}`;
  if (watcher.isWatchMode()) return because('watch mode', 'all machines run the same files once.');
  if (userAsksForInBand(globalConfig)) return because('-i', 'its tests run in workers. Use -w 1.');
  if (detectOpenHandles) return because('--detectOpenHandles', 'its tests run in workers.');
  if (collectTests === true) return because('--collectTests', 'no test would run.');
  if (shard !== undefined) return because('--shard', 'each machine takes what the others leave. Use one of both.');
  if (updateSnapshot === 'all') return because('-u', 'machines would write snapshots that other machines lack.');
  if (updateSnapshot !== 'none') {
    return because('a run that may write snapshots', 'each machine would write its own. Add --ci.');
  }
  return null;
}
