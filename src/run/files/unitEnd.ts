/** The end of a unit, as UnitResults passes it to FileReports. */
import type {AssertionResult} from '@jest/test-result';
import type {UnitOutcome} from '../../core/wire/workerMessages';

/** How a unit has ended. */
export interface UnitEnd {
  /** A promise if the evidence of a dead worker must be read first. */
  readonly outcome: UnitOutcome | Promise<UnitOutcome>;
  /** Whether Jest has heard of the end of a test; null: Jest has heard of all tests. */
  readonly wasTold: ((test: Pick<AssertionResult, 'ancestorTitles' | 'fullName'>) => boolean) | null;
}
