/**
 * Merges the results of a file that ran once on each node into the one result that Jest expects. Each test appears
 * once for each node, with the node's name as the title of its first ancestor.
 */
import type {TestResult} from '@jest/test-result';
import type {FileError} from '../texts/deaths';
import {
  cutFailureMessage,
  joinFailureMessage,
  nameInHeadings,
  withoutHeading,
  type FailureTexts,
} from '../texts/failureMessages';
import type {UnitOutcome} from '../wire/workerMessages';
import {mergeExecErrors, spanResults, sumResults, sumSnapshots, type CoverageTools} from './sumResults';

/** The outcome of a file on one node. */
export interface NodeOutcome {
  readonly node: string;
  readonly outcome: UnitOutcome;
}

/** What merging needs from the running Jest. */
export interface NodeMergeTools extends CoverageTools {
  /** jest-message-util's formatExecError. */
  formatError(error: FileError): string;
  /** The number of the run's nodes. */
  readonly nodeCount: number;
}

/** A node's result, the error that left the node without tests, or both. */
interface NodeRun {
  readonly node: string;
  readonly result: TestResult | null;
  readonly error: FileError | null;
}

/** The text of an error outside of any test, and the nodes that ran into it. */
interface ToldError {
  readonly nodes: string[];
  readonly text: string;
}

/** @param outcomes at least one, in the order of the nodes. The merge changes the coverage objects in place. */
export function mergeNodes(outcomes: readonly NodeOutcome[], tools: NodeMergeTools): UnitOutcome {
  const [first, second] = outcomes;
  if (first === undefined) throw new Error('jest-runner-xdist: a test file has no outcome on any node');
  const runs = outcomes.map(runOf);
  if (runs.some(({result}) => result !== null && result.testResults.length > 0)) {
    return {type: 'result', result: mergeRuns(runs, tools)};
  }
  if (second === undefined) return first.outcome;
  // No node has tests, so the outcome is an error: given a result, Jest would say only that it has no tests.
  const texts = tellOnce(runs.map(run => ({node: run.node, ...failureTexts(run, tools)})));
  const message = texts.map(({nodes, text}) => `On ${nodes.join(', ')}:\n\n${withoutHeading(text)}`).join('\n\n');
  return {type: 'error', error: {message, stack: '', type: 'Error'}};
}

/** Adds the node as the first ancestor to a test's result, or to the event that a test starts. */
export function onNode<T extends {readonly ancestorTitles: readonly string[]; readonly fullName: string}>(
  node: string,
  test: T,
): T {
  return {...test, ancestorTitles: [node, ...test.ancestorTitles], fullName: `${node} ${test.fullName}`};
}

/** Jest refuses a result without tests. Beside the results of other nodes, such a result must not go unnoticed. */
function runOf({node, outcome}: NodeOutcome): NodeRun {
  if (outcome.type === 'error') return {node, result: null, error: outcome.error};
  const {result} = outcome;
  if (result.testResults.length > 0) return {node, result, error: null};
  const message = 'Your test suite must contain at least one test.';
  return {node, result, error: {message, stack: '', type: 'Error'}};
}

function mergeRuns(runs: readonly NodeRun[], tools: NodeMergeTools): TestResult {
  const results = runs.flatMap(({result}) => result ?? []);
  const [first] = results as [TestResult];
  const tests = runs.flatMap(({node, result}) => (result?.testResults ?? []).map(test => onNode(node, test)));
  const sums = sumResults(results, tests, tools);
  // If this is set, Jest counts the file as failed, whatever the results of its tests.
  const testExecError = mergeExecErrors(runs.flatMap(execErrors));
  const entries = runs.flatMap(({node, result}) => consoleOf(result, runs.length > 1 ? node : null));
  return {
    ...first,
    ...sums,
    // Reporters show nothing for a skipped file.
    skipped: sums.skipped && testExecError === null,
    testResults: tests,
    failureMessage: mergeFailureMessages(runs, tools),
    perfStats: {
      ...first.perfStats,
      ...spanResults(results),
      // The file's cost, not the time that the user waited for it (see merge.ts).
      runtime: results.reduce((ms, {perfStats}) => ms + perfStats.runtime, 0),
      slow: results.some(({perfStats}) => perfStats.slow),
    },
    snapshot: mergeSnapshots(runs, results, tools),
    ...(testExecError !== null && {testExecError}),
    ...(entries.length > 0 && {console: entries}),
  };
}

function execErrors({result, error}: NodeRun): NonNullable<TestResult['testExecError']>[] {
  return [
    ...(result?.testExecError == null ? [] : [result.testExecError]),
    ...(error === null ? [] : [{...error, stack: error.stack || error.message}]),
  ];
}

/** All failing tests, node after node; then the errors outside of any test. */
function mergeFailureMessages(runs: readonly NodeRun[], tools: NodeMergeTools): string | null {
  const all = runs.map(run => ({node: run.node, ...failureTexts(run, tools)}));
  const errors = tellOnce(all).map(({nodes, text}) => nameInHeadings(text, [], nodes.join(', ')));
  return joinFailureMessage(
    all.flatMap(({tests}) => tests),
    [errors],
  );
}

/** Adds the node's name to the texts of failed tests. Other texts get it later, because several nodes may share one. */
function failureTexts({node, result, error}: NodeRun, tools: NodeMergeTools): FailureTexts {
  const testResults = result?.testResults ?? [];
  const {tests, outside} = cutFailureMessage(result?.failureMessage, testResults);
  return {
    tests: tests.map((text, k) => text && nameInHeadings(text, testResults.slice(k, k + 1), node)),
    outside: error === null ? outside : [...outside, tools.formatError(error)],
  };
}

/** Lists an error of several nodes once, but an error that one node ran into twice, twice. */
function tellOnce(all: readonly {readonly node: string; readonly outside: readonly string[]}[]): ToldError[] {
  const told: ToldError[] = [];
  for (const {node, outside} of all) {
    for (const text of outside) {
      const same = told.find(other => other.text === text && !other.nodes.includes(node));
      if (same === undefined) told.push({nodes: [node], text});
      else same.nodes.push(node);
    }
  }
  return told;
}

/** A snapshot that one node writes counts once, because the other nodes match it. */
function mergeSnapshots(
  runs: readonly NodeRun[],
  results: readonly TestResult[],
  {nodeCount}: NodeMergeTools,
): TestResult['snapshot'] {
  const snapshots = results.map(({snapshot}) => snapshot);
  // A node that has no tests this time, or did not run the file, may have the test that uses a snapshot.
  const allAsked = runs.length === nodeCount && runs.every(({error}) => error === null);
  const [first, ...others] = snapshots;
  const uncheckedKeys = (allAsked ? (first?.uncheckedKeys ?? []) : []).filter(key =>
    others.every(other => other.uncheckedKeys.includes(key)),
  );
  const deleted = snapshots.findLastIndex(({fileDeleted}) => fileDeleted);
  const fileDeleted = deleted >= 0 && snapshots.slice(deleted + 1).every(({added, updated}) => added + updated === 0);
  // jest-circus counts the same way.
  return {...sumSnapshots(results), fileDeleted, unchecked: fileDeleted ? 0 : uncheckedKeys.length, uncheckedKeys};
}

/** @param node the node whose name goes before each entry; null: there is only one node */
function consoleOf(result: TestResult | null, node: string | null): NonNullable<TestResult['console']> {
  const entries = result?.console ?? [];
  if (node === null) return entries;
  return entries.map(entry => {
    // A line break keeps a table aligned.
    const separator = entry.message.includes('\n') ? '\n' : ' ';
    return {...entry, message: `[${node}]${separator}${entry.message}`};
  });
}
