/**
 * The module `jest-runner-xdist/fixtures/globalTeardown`, for `globalTeardown` under Jest's own runner. It tears down
 * all fixtures. A failed teardown fails the run.
 */
import * as currentRun from './currentRun';

function globalTeardown(): Promise<void> {
  return currentRun.end();
}

export = globalTeardown;
