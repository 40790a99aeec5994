/** The inputs of a run. */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {TestRunnerContext} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import type {Arrivals} from './arrivals';
import type {RunningJest, Emitter} from './jest/runningJest';

export interface RunOptions {
  readonly jest: RunningJest;
  readonly emitter: Emitter;
  readonly globalConfig: Config.GlobalConfig;
  readonly context: TestRunnerContext;
  readonly options: ResolvedOptions;
  readonly tests: readonly Test[];
  readonly watcher: TestWatcher;
  /** Whether Jest wants this run in band, because the user asked for it or because Jest guessed so. */
  readonly serial: boolean;
  /**
   * If files come while the run goes on: who is told of them in place of Jest. `bail` is 0 then. Default: Jest has all
   * files run.
   */
  readonly arrivals?: Arrivals | null;
}
