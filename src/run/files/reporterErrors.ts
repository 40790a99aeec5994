/**
 * What a reporter throws when it is told of the end of a file over workers. The stock runner ends the run then, in
 * silence and with exit code 0; here the run goes on, the error is printed, and the run fails.
 */
import {relative} from 'node:path';
import {inspect} from 'node:util';
import type {Test} from '@jest/test-result';
import type {TestWatcher} from 'jest-watcher';
import {failRun} from '../exitCode';
import {warn} from '../warn';

export function reporterErrors(
  rootDir: string,
  watcher: Pick<TestWatcher, 'isWatchMode'>,
): (error: unknown, test: Test | null) => void {
  /** A reporter that throws once may well throw at each file. */
  const told = new Set<string>();
  return (error, test) => {
    if (told.size === 0) failRun(watcher);
    const text = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    if (told.has(text)) return;
    told.add(text);
    const about = test === null ? 'an event' : relative(rootDir, test.path);
    warn(`a reporter threw an error when it was told of ${about}. The run goes on; its exit code is 1.\n${text}`);
  };
}
