/**
 * For `globalTeardown` under Jest's own runner: `jest-runner-xdist/fixtures/globalTeardown`. Takes down what is up; what
 * goes wrong in that fails the run.
 */
import * as currentRun from './currentRun';

function globalTeardown(): Promise<void> {
  return currentRun.end();
}

export = globalTeardown;
