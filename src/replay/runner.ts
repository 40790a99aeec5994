/** The runner of a replaying run: it executes no test, and tells Jest what recordings say that theirs was told. */
import type {Test, TestEvents} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {EmittingTestRunnerInterface, UnsubscribeFn} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import {failRun} from '../run/exitCode';
import {type Emitter, findRunningJest} from '../run/jest/runningJest';
import {mapsFolder, readOrder} from './order';
import {recordedEvents} from './recordedEvents';
import {tellJest} from './tellJest';

class ReplayRunner implements EmittingTestRunnerInterface {
  readonly supportsEventEmitters = true;
  readonly #rootDir: string;
  readonly #emitter: Emitter;

  constructor({rootDir}: Config.GlobalConfig) {
    this.#rootDir = rootDir;
    this.#emitter = findRunningJest().createEmitter();
  }

  /** @param tests those of our sequencer: the files of all recordings, in their order */
  async runTests(tests: readonly Test[], watcher: TestWatcher): Promise<void> {
    const order = readOrder();
    if (order.incomplete) failRun(watcher);
    const listeners = {emitter: this.#emitter, watcher, rootDir: this.#rootDir};
    let first = 0;
    for (const {path, root, files} of order.recordings) {
      const own = tests.slice(first, first + files.length);
      first += files.length;
      await tellJest(recordedEvents({path, root, fileCount: files.length, maps: mapsFolder()}), own, listeners);
    }
  }

  on<Name extends keyof TestEvents>(
    name: Name,
    listener: (data: TestEvents[Name]) => void | Promise<void>,
  ): UnsubscribeFn {
    return this.#emitter.on(name, listener);
  }
}

export = ReplayRunner;
