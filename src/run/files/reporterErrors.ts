/**
 * Handles errors that a reporter throws at the end of a file. The stock runner then silently ends the run with exit
 * code 0. This runner prints the error, continues the run, and fails it.
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
  /** The errors so far: a reporter may throw the same error at each file, but it is printed once. */
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
