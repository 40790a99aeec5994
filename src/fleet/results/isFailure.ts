/** Whether a file fails the run. The rule is that of Jest's TestScheduler. */
import type {TestResult} from '@jest/test-result';
import type {ReplayEvent} from '../../replay/recordedEvents';

export function isFailure({name, told}: Extract<ReplayEvent, {type: 'told'}>): boolean {
  if (name === 'test-file-failure') return true;
  return name === 'test-file-success' && hasFailed(told as TestResult);
}

function hasFailed({testResults, leaks, testExecError, numFailingTests, snapshot}: TestResult): boolean {
  // Jest turns the first two into failures.
  if (testResults.length === 0 || leaks) return true;
  if (testExecError != null || numFailingTests > 0 || snapshot.unmatched > 0) return true;
  return snapshot.unchecked > 0 && !snapshot.fileDeleted;
}
