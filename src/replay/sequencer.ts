/**
 * The test sequencer of a replaying run: it makes Jest's list of tests that of the recordings. It writes nothing to
 * Jest's cache, where the recorded durations and failures would change the next run of this checkout.
 */
import type {Test, TestContext} from '@jest/test-result';
import {readOrder} from './order';

class ReplaySequencer {
  readonly #contexts: readonly TestContext[];

  /** @param options Jest 29 passes none */
  constructor(options?: {readonly contexts?: readonly TestContext[]}) {
    this.#contexts = options?.contexts ?? [];
  }

  /** @throws {Error} if Jest does not know the project of a recorded file */
  sort(tests: readonly Test[]): Test[] {
    const found = new Map(tests.map(test => [keyOf(test.context.config.id, test.path), test]));
    const contexts = new Map(
      [...this.#contexts, ...tests.map(({context}) => context)].map(context => [context.config.id, context]),
    );
    return readOrder().files.map(({configId, path}) => {
      const test = found.get(keyOf(configId, path));
      if (test !== undefined) return test;
      // The pattern that chose the file on the other machine, or its list of changed files, may not choose it here.
      const context = contexts.get(configId);
      if (context === undefined) throw new Error(`Jest has not found the project of the recorded file ${path}`);
      return {context, path};
    });
  }

  shard(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {
    // See above.
  }
}

function keyOf(configId: string, path: string): string {
  return `${configId} ${path}`;
}

export = ReplaySequencer;
