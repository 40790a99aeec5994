/** Sums of several results of one file, whether workers or nodes made them: counts, errors, coverage. */
import type {AssertionResult, TestResult, V8CoverageResult} from '@jest/test-result';

/** Coverage by file. */
export type Coverage = NonNullable<TestResult['coverage']>;

/** An error outside of any test. */
export type ExecError = NonNullable<TestResult['testExecError']>;

/** Merges coverage the way the running Jest does. */
export interface CoverageTools {
  /** @param all the coverage of at least one result */
  mergeCoverage(all: readonly Coverage[]): Coverage;
  /** @param all the coverage of at least one result */
  mergeV8Coverage(all: readonly V8CoverageResult[]): V8CoverageResult;
}

type Counts = Pick<TestResult, 'numFailingTests' | 'numPassingTests' | 'numPendingTests' | 'numTodoTests' | 'skipped'>;

/** Leaves out each field that no result has. */
type Sums = Counts & Pick<TestResult, 'coverage' | 'leaks' | 'memoryUsage' | 'openHandles' | 'v8Coverage'>;

/**
 * @param results at least one
 * @param tests all tests of the results
 */
export function sumResults(
  results: readonly TestResult[],
  tests: readonly AssertionResult[],
  tools: CoverageTools,
): Sums {
  const coverages = results.flatMap(({coverage}) => (coverage == null ? [] : [coverage]));
  const v8Coverages = results.flatMap(({v8Coverage}) => (v8Coverage == null ? [] : [v8Coverage]));
  const memory = results.flatMap(({memoryUsage}) => memoryUsage ?? []);
  return {
    ...countTests(tests),
    leaks: results.some(({leaks}) => leaks),
    openHandles: results.flatMap(({openHandles}) => openHandles ?? []),
    ...(coverages.length > 0 && {coverage: tools.mergeCoverage(coverages)}),
    ...(v8Coverages.length > 0 && {v8Coverage: tools.mergeV8Coverage(v8Coverages)}),
    ...(memory.length > 0 && {memoryUsage: Math.max(...memory)}),
  };
}

/** Counts the way jest-circus and jest-runner do. */
function countTests(tests: readonly AssertionResult[]): Counts {
  const count = (wanted: AssertionResult['status']) => tests.filter(({status}) => status === wanted).length;
  const [numPendingTests, numTodoTests, numFailingTests] = [count('pending'), count('todo'), count('failed')];
  return {
    numFailingTests,
    numPassingTests: tests.length - numPendingTests - numTodoTests - numFailingTests,
    numPendingTests,
    numTodoTests,
    skipped: numPendingTests === tests.length,
  };
}

/** When the first result began and the last one ended. */
export function spanResults(results: readonly TestResult[]): Pick<TestResult['perfStats'], 'start' | 'end'> {
  return {
    start: Math.min(...results.map(({perfStats}) => perfStats.start)),
    end: Math.max(...results.map(({perfStats}) => perfStats.end)),
  };
}

export function sumSnapshots(results: readonly TestResult[]) {
  const sum = (field: 'added' | 'matched' | 'unmatched' | 'updated') =>
    results.reduce((count, {snapshot}) => count + snapshot[field], 0);
  return {added: sum('added'), matched: sum('matched'), unmatched: sum('unmatched'), updated: sum('updated')};
}

/** Merges errors outside of any test. Jest keeps only their joined stacks. */
export function mergeExecErrors(errors: readonly ExecError[]): ExecError | null {
  const [first] = errors;
  if (first === undefined) return null;
  const stacks = new Map(errors.map(({stack}) => [withoutForeignFrames(String(stack)), stack]));
  // One worker's stack may contain another worker's, and more, because Jest joins the stacks of one file.
  const own = [...stacks].filter(([key]) => ![...stacks.keys()].some(other => other !== key && other.includes(key)));
  return {...first, stack: own.map(([, stack]) => stack).join('\n')};
}

/** A stack without the frames of Node and packages, which may differ between workers. */
function withoutForeignFrames(stack: string): string {
  return stack
    .split('\n')
    .filter(line => !/^\s+at .*(?:node:|[\\/]node_modules[\\/])/.test(line))
    .join('\n');
}
