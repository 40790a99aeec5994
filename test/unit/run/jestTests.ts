/** Minimal versions of the values that Jest passes to a runner and gets back. */
import {createEmptyTestResult, type AssertionResult, type Test, type TestResult} from '@jest/test-result';
import {CutFiles} from '../../../src/run/shard/cutFiles';

/** Jest's test of a file, with what of it the runner reads. */
export function jestTest(path: string, configId = 'c'): Test {
  return {path, context: {config: {id: configId}}} as unknown as Test;
}

/** The result of a test that has passed, but for what is said of it. */
export function passedTest(title: string, fields: Partial<AssertionResult> = {}): AssertionResult {
  return {
    ancestorTitles: [],
    duration: 10,
    failureDetails: [],
    failureMessages: [],
    fullName: title,
    numPassingAsserts: 1,
    status: 'passed',
    title,
    ...fields,
  };
}

/** The result of a file with so many tests. */
export function testResult(counts: {
  readonly passed?: number;
  readonly failed?: number;
  readonly leaks?: boolean;
}): TestResult {
  const {passed = 0, failed = 0, leaks = false} = counts;
  const tests = [...Array<'passed'>(passed).fill('passed'), ...Array<'failed'>(failed).fill('failed')];
  return {
    ...createEmptyTestResult(),
    numPassingTests: passed,
    numFailingTests: failed,
    leaks,
    testResults: tests.map((status, index) => ({
      ancestorTitles: [],
      failureDetails: [],
      failureMessages: [],
      fullName: `test ${index}`,
      numPassingAsserts: 0,
      status,
      title: `test ${index}`,
    })),
  };
}

/** No file of the run is cut over shards. */
export const NO_CUTS = new CutFiles(new Map(), {cut: () => undefined, leftOut: () => undefined});
