/** Fails a run for a reason that is in no file's result: Jest derives the exit code from the results alone. */
import type {TestWatcher} from 'jest-watcher';

export function failRun(watcher: Pick<TestWatcher, 'isWatchMode'>): void {
  // In watch mode, Jest's process outlives the run.
  if (!watcher.isWatchMode()) process.once('exit', () => (process.exitCode ||= 1));
}
