/** How a unit ended, as the reports of its file hear it. */
import type {AssertionResult} from '@jest/test-result';
import type {UnitOutcome} from '../../core/wire/workerMessages';

/** How a unit has ended. */
export interface UnitEnd {
  /** May have to be waited for: dead workers' last words are read first. */
  readonly outcome: UnitOutcome | Promise<UnitOutcome>;
  /** Whether Jest has heard of the end of a test; null: of all, or there is no test. */
  readonly wasTold: ((test: Pick<AssertionResult, 'ancestorTitles' | 'fullName'>) => boolean) | null;
}
