/** Fails a run by something that no file's result says: Jest sets the exit code by the results that it has heard of. */
import type {TestWatcher} from 'jest-watcher';

export function failRun(watcher: Pick<TestWatcher, 'isWatchMode'>): void {
  // A watch session does not end with its run.
  if (!watcher.isWatchMode()) process.once('exit', () => (process.exitCode ||= 1));
}
