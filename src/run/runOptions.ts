/** The inputs of a run. */
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {TestRunnerContext} from 'jest-runner';
import type {TestWatcher} from 'jest-watcher';
import type {ResolvedOptions} from '../core/rules/resolvedOptions';
import type {Reports} from './files/reports';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import type {RunningJest, Emitter} from './jest/runningJest';
import type {PastRuns} from './past/pastRuns';
import type {RunRules} from './runRules';
import type {Splittable} from './splittable';
import type {RunNode} from './workers/nodes';
import type {Faults} from './faults';

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
}

export interface ParallelRunOptions extends RunRules {
  readonly splittable: Splittable;
  readonly past: PastRuns;
  readonly reports: Reports;
  readonly runId: string;
  /** null: no file declares a fixture. */
  readonly sharedFixtures: SharedFixtures | null;
  readonly faults: Faults;
  /** Empty: all workers are like Jest's own process. */
  readonly nodes: readonly RunNode[];
}
