/** The class that Jest calls. It implements Jest's interface of an event-emitting runner. */
import type {Test, TestEvents} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {EmittingTestRunnerInterface, TestRunnerContext, TestRunnerOptions, UnsubscribeFn} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import {type Emitter, findRunningJest, type RunningJest} from './jest/runningJest';
import {ignoredConfigFiles, readOptionFiles, resolveFoundOptions} from './optionSources';
import {run} from './run';
import type {RunOptions} from './runOptions';
import {currentShard} from './shard/currentShard';
import {warn} from './warn';

const RUNNER_OPTIONS = "the runner's options in the Jest config";

/** The config files that the runner has warned about: in watch mode, each run has a runner of its own. */
const toldIgnored = new Set<string>();

/** Jest creates one for each distinct `runner` entry of the projects, and new ones for each run in watch mode. */
export class JestRunner implements EmittingTestRunnerInterface {
  /** Tells Jest to listen to events instead of passing callbacks. */
  readonly supportsEventEmitters = true;
  readonly #globalConfig: Config.GlobalConfig;
  readonly #context: TestRunnerContext;
  readonly #options: ResolvedOptions;
  readonly #jest: RunningJest;
  readonly #emitter: Emitter;

  /**
   * @param runnerOptions from `runner: ['xdist', {...}]`; Jest passes them to the runner since 30.4.1
   * @throws {OptionsError} Jest constructs all runners before any of them runs a test
   */
  constructor(
    globalConfig: Config.GlobalConfig,
    context: TestRunnerContext,
    runnerOptions: Record<string, unknown> = {},
  ) {
    this.#globalConfig = asInWholeRun(globalConfig);
    this.#context = context;
    this.#options = resolveFoundOptions([
      ...readOptionFiles(globalConfig.rootDir),
      {name: RUNNER_OPTIONS, value: runnerOptions},
    ]);
    this.#jest = findRunningJest();
    this.#emitter = this.#jest.createEmitter();
  }

  runTests(tests: Test[], watcher: TestWatcher, {serial}: TestRunnerOptions): Promise<void> {
    this.#warnOfIgnoredFiles(tests);
    const {fleet} = this.#options;
    const options: RunOptions = {
      jest: this.#jest,
      emitter: this.#emitter,
      globalConfig: this.#globalConfig,
      context: this.#context,
      options: this.#options,
      tests,
      watcher,
      serial,
    };
    if (fleet === null) return run(options);
    // Loaded only for a fleet.
    const {runInFleet} = require('../fleet') as typeof import('../fleet');
    return runInFleet(options, fleet);
  }

  #warnOfIgnoredFiles(tests: readonly Test[]): void {
    const {rootDir} = this.#globalConfig;
    const projectDirs = tests.map(({context}) => context.config.rootDir);
    for (const path of ignoredConfigFiles(projectDirs, rootDir)) {
      if (toldIgnored.has(path)) continue;
      toldIgnored.add(path);
      warn(`${path} has no effect: the options of a run are in xdist.config.* in ${rootDir}, the run's rootDir.`);
    }
  }

  on<Name extends keyof TestEvents>(
    eventName: Name,
    listener: (eventData: TestEvents[Name]) => void | Promise<void>,
  ): UnsubscribeFn {
    return this.#emitter.on(eventName, listener);
  }
}

/**
 * Jest makes a run of one file verbose: what the tests print then goes straight to the terminal, and a recording does
 * not have it. The run of which this is a shard has more files.
 */
function asInWholeRun(globalConfig: Config.GlobalConfig): Config.GlobalConfig {
  if (currentShard()?.files !== 1) return globalConfig;
  const {verbose: _verbose, ...rest} = globalConfig;
  return Object.freeze(rest);
}
