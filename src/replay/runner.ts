/** The runner of a replaying run: it executes no test, and tells Jest what recordings say that theirs was told. */
import type {Test, TestEvents} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {EmittingTestRunnerInterface, UnsubscribeFn} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import {failRun} from '../run/exitCode';
import {coverageTools} from '../run/files/mergeTools';
import {findRunningJest, type RunningJest} from '../run/jest/runningJest';
import {mapsFolder, readOrder} from './order';
import {tellJest} from './tellJest';
import {toldEvents} from './toldEvents';

class ReplayRunner implements EmittingTestRunnerInterface {
  readonly supportsEventEmitters = true;
  readonly #rootDir: string;
  readonly #jest: RunningJest = findRunningJest();
  readonly #emitter = this.#jest.createEmitter();

  constructor({rootDir}: Config.GlobalConfig) {
    this.#rootDir = rootDir;
  }

  /** @param tests those of our sequencer: the files of the order */
  async runTests(tests: readonly Test[], watcher: TestWatcher): Promise<void> {
    const order = readOrder();
    if (order.incomplete) failRun(watcher);
    const events = toldEvents(order, mapsFolder(), file => ({
      ...coverageTools(this.#jest),
      slowTestThresholdS: tests[file]?.context.config.slowTestThreshold ?? Infinity,
    }));
    await tellJest(events, tests, {emitter: this.#emitter, watcher, rootDir: this.#rootDir});
  }

  on<Name extends keyof TestEvents>(
    name: Name,
    listener: (data: TestEvents[Name]) => void | Promise<void>,
  ): UnsubscribeFn {
    return this.#emitter.on(name, listener);
  }
}

export = ReplayRunner;
