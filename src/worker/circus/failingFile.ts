/** A file that needs a fixture which could not be set up: it is loaded, and each of its tests fails with that. */
import type {Circus} from '@jest/types';
import type {FixtureFailure} from '../../core/wire/workerMessages';
import {failureError} from '../../realm/handover';
import {canFollow, expectFile, handleEvents, type CircusFile, type TestEnvironment} from './testFramework';

/**
 * The next file that the framework runs is followed by `file`, if that can be; and its tests fail with
 * `failure`, if there is one.
 *
 * @throws the failure: this framework's tests cannot be made to fail, so that the file has to
 */
export function expectFollowed(testRunner: string, file: CircusFile | null, failure: FixtureFailure | null): void {
  const follows = canFollow(testRunner);
  if (failure === null) return expectFile(follows ? file : null);
  if (!follows) throw failureError(failure);
  expectFile(new FailingFile(failure, file));
}

export class FailingFile implements CircusFile {
  readonly #error: Error;
  readonly #file: CircusFile | null;

  /** @param file what else follows it */
  constructor(failure: FixtureFailure, file: CircusFile | null) {
    this.#error = failureError(failure);
    this.#file = file;
  }

  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    this.#file?.attach(environment, circus);
    const follows = handleEvents(environment, (event, state, pass) => {
      if (event.name === 'run_start') return Promise.resolve(pass()).then(() => this.#failAll(state.rootDescribeBlock));
      if (event.name === 'test_skip' || event.name === 'test_todo') event.test.errors = [];
      return pass();
    });
    if (!follows) throw this.#error;
  }

  told(name: string, payload: unknown): void {
    this.#file?.told(name, payload);
  }

  /**
   * A test that has an error when circus comes to it neither runs nor is retried, and fails even if it is meant
   * to (`test.failing`). Which ones are skipped circus decides when it comes to them.
   */
  #failAll(block: Circus.DescribeBlock): void {
    block.hooks = [];
    for (const child of block.children) {
      if (child.type === 'describeBlock') {
        this.#failAll(child);
        continue;
      }
      child.errors.push(this.#error);
      // Before 30.2, concurrent tests begin all together, whatever their errors.
      if (child.concurrent) child.fn = () => undefined;
    }
  }
}
