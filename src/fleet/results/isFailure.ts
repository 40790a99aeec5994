/** Whether a file fails the run. The rule is that of Jest's TestScheduler. */
import type {TestResult} from '@jest/test-result';
import type {ReplayEvent} from '../../replay/recordedEvents';
import type {FileResult} from './jobResult';

export function isFailure({name, told}: Pick<Extract<ReplayEvent, {type: 'told'}>, 'name' | 'told'>): boolean {
  if (name === 'test-file-failure') return true;
  return name === 'test-file-success' && fails(told as TestResult);
}

/** Of a result on its way: the fields that count are encoded as they are. */
export function hasFailed({told}: Pick<FileResult, 'told'>): boolean {
  return told.some(({name, data}) => isFailure({name, told: data}));
}

function fails({testResults, leaks, testExecError, numFailingTests, snapshot}: TestResult): boolean {
  // Jest turns the first two into failures.
  if (testResults.length === 0 || leaks) return true;
  if (testExecError != null || numFailingTests > 0 || snapshot.unmatched > 0) return true;
  return snapshot.unchecked > 0 && !snapshot.fileDeleted;
}
