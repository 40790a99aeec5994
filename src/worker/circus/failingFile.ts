/**
 * A file whose fixture could not be set up. Jest loads the file, and each of its tests fails with the fixture's error.
 */
import type {Circus} from '@jest/types';
import type {FixtureFailure} from '../../core/wire/workerMessages';
import {failureError} from '../../realm/handover';
import {canFollow, expectFile, handleEvents, type CircusFile, type TestEnvironment} from './testFramework';

/**
 * Makes `file` follow the next file that the framework runs, if the framework allows that. If there is a failure, the
 * tests of that file fail with it.
 *
 * @throws the failure of the whole file, if the framework does not allow that and the file must be followed
 */
export function expectFollowed(testRunner: string, file: CircusFile | null, failure: FixtureFailure | null): void {
  const follower = failure === null ? file : new FailingFile(failure, file);
  const follows = canFollow(testRunner);
  if (!follows && follower?.refusal !== undefined) throw follower.refusal;
  expectFile(follows ? follower : null);
}

export class FailingFile implements CircusFile {
  readonly refusal: Error;
  readonly #file: CircusFile | null;

  /** @param file what follows the test file besides this */
  constructor(failure: FixtureFailure, file: CircusFile | null) {
    this.refusal = failureError(failure);
    this.#file = file;
  }

  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    this.#file?.attach(environment, circus);
    const follows = handleEvents(environment, (event, state, pass) => {
      if (event.name === 'run_start') return Promise.resolve(pass()).then(() => this.#failAll(state.rootDescribeBlock));
      if (event.name === 'test_skip' || event.name === 'test_todo') event.test.errors = [];
      return pass();
    });
    if (!follows) throw this.refusal;
  }

  told(name: string, payload: unknown): void {
    this.#file?.told(name, payload);
  }

  /**
   * Circus neither runs nor retries a test that has an error already, and fails it even if the test is meant to fail
   * (`test.failing`). Circus decides later which tests it skips.
   */
  #failAll(block: Circus.DescribeBlock): void {
    block.hooks = [];
    for (const child of block.children) {
      if (child.type === 'describeBlock') {
        this.#failAll(child);
        continue;
      }
      child.errors.push(this.refusal);
      // Before 30.2, circus starts all concurrent tests at once, even those that have errors.
      if (child.concurrent) child.fn = () => undefined;
    }
  }
}
