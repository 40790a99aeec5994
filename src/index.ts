/** The runner that Jest loads for `runner: 'xdist'`. */
import type {Test, TestEvents} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {TestRunnerContext, TestRunnerOptions, UnsubscribeFn} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import type {OptionSource} from './core/config';
import type * as Options from './core/options';
import {readOptionFiles, resolveFoundOptions} from './shell/optionSources';
import {run} from './shell/run';
import {findRunningJest, type Emitter, type RunningJest} from './shell/runningJest';

const RUNNER_OPTIONS = "the runner's options in the Jest config";

/** Jest makes one for each distinct `runner` entry of a run's projects, and new ones for each watch run. */
class XdistRunner {
  /** Jest then listens to events instead of passing callbacks. */
  readonly supportsEventEmitters = true;
  readonly #globalConfig: Config.GlobalConfig;
  readonly #context: TestRunnerContext;
  readonly #runnerOptions: readonly OptionSource[];
  readonly #jest: RunningJest;
  readonly #emitter: Emitter;

  /**
   * @param runnerOptions from `runner: ['xdist', {...}]`; Jest passes them on from 30.4.1 on
   * @throws {OptionsError} where they, or the environment's, are wrong: all runners are constructed before any test runs
   */
  constructor(globalConfig: Config.GlobalConfig, context: TestRunnerContext, runnerOptions?: Record<string, unknown>) {
    this.#globalConfig = globalConfig;
    this.#context = context;
    this.#runnerOptions = runnerOptions === undefined ? [] : [{name: RUNNER_OPTIONS, value: runnerOptions}];
    resolveFoundOptions(this.#runnerOptions);
    this.#jest = findRunningJest();
    this.#emitter = this.#jest.createEmitter();
  }

  /** @throws {OptionsError} before any test runs */
  async runTests(tests: Test[], watcher: TestWatcher, {serial}: TestRunnerOptions): Promise<void> {
    const files = await readOptionFiles(this.#globalConfig.rootDir);
    await run({
      jest: this.#jest,
      emitter: this.#emitter,
      globalConfig: this.#globalConfig,
      context: this.#context,
      options: resolveFoundOptions([...files, ...this.#runnerOptions]),
      tests,
      watcher,
      serial,
    });
  }

  on<Name extends keyof TestEvents>(
    eventName: Name,
    listener: (eventData: TestEvents[Name]) => void | Promise<void>,
  ): UnsubscribeFn {
    return this.#emitter.on(eventName, listener);
  }
}

// eslint-disable-next-line @typescript-eslint/no-namespace -- the one way to give types to an `export =`
namespace XdistRunner {
  export type XdistOptions = Options.XdistOptions;
  export type Watermark = Options.Watermark;
  export type Dist = Options.Dist;
}

// Not a default export: in CommonJS that is a `.default` to some who import it, and none to others.
export = XdistRunner;
