/**
 * The results of one file's tests, from the several workers that shared them, made into the one result
 * that the file would have had in a single worker.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import {
  addNoteToMessage,
  addNoteToPart,
  cutFailureMessage,
  joinFailureMessage,
  NAMED_BEFORE,
  splitNote,
  type TestsBefore,
} from '../texts/failureMessages';
import type {CollectedTest, Slice, SnapshotChanges} from '../wire/workerMessages';
import {mergeExecErrors, spanResults, sumResults, sumSnapshots, type CoverageTools} from './sumResults';
import type {SlotNumber} from '../plan/units';

/** What a worker made of its share of a file's tests. */
export interface SliceResult {
  readonly slot: SlotNumber;
  /** Jest's own, with those tests only. */
  readonly result: TestResult;
  readonly slice: Slice;
  /** Why these tests did not run with all the others, which is said with their failures; null: that is no news. */
  readonly apart: 'split' | 'resumed' | null;
}

/** What Jest tells of a snapshot file when it has been written. */
export type SavedSnapshots = Pick<TestResult['snapshot'], 'fileDeleted' | 'unchecked' | 'uncheckedKeys'>;

/** What merging needs of the world and of the running Jest. */
export interface MergeTools extends CoverageTools {
  /** Writes the file's snapshots. Called once, when it is certain that no test's result is missing. */
  saveSnapshots(changes: readonly SnapshotChanges[]): SavedSnapshots;
  /** The project's slowTestThreshold, in seconds. */
  readonly slowTestThresholdS: number;
}

/** A test's result, where it comes from, and its part of that slice's failureMessage. */
interface PlacedTest {
  readonly test: AssertionResult;
  readonly from: SliceResult;
  readonly failureText: string | null;
}

/**
 * @param slices in the order in which their workers opened the file; at least one
 * @param collected all of the file's tests
 * @throws if the slices have not one result for each of the tests
 */
export function mergeSlices(
  slices: readonly SliceResult[],
  collected: readonly Pick<CollectedTest, 'name'>[],
  tools: MergeTools,
): TestResult {
  const [first] = slices;
  if (first === undefined) throw new Error('jest-runner-xdist: a split test file has no result at all');
  const parts = slices.map(({result}) => cutFailureMessage(result.failureMessage, result.testResults));
  const placed = placeTests(slices, collected, (slice, index) => parts[slice]?.tests[index] ?? null);
  const saved = tools.saveSnapshots(slices.flatMap(({slice}) => slice.snapshot ?? []));
  if (slices.length === 1) return {...first.result, snapshot: {...first.result.snapshot, ...saved}};

  const before = new Map(slices.map(slice => [slice, testsBefore(slice, collected)]));
  const noted = placed.map((test, place) => withNote(test, before.get(test.from) ?? (() => null), place));
  const results = slices.map(({result}) => result);
  const tests = noted.map(({test}) => test);
  const entries = mergeConsole(slices);
  const testExecError = mergeExecErrors(results.flatMap(({testExecError}) => testExecError ?? []));
  return {
    ...first.result,
    ...sumResults(results, tests, tools),
    testResults: tests,
    failureMessage: joinFailureMessage(
      noted.map(({failureText}) => failureText),
      parts.map(({outside}) => outside),
    ),
    perfStats: mergePerfStats(first, results, tests, tools.slowTestThresholdS),
    snapshot: {...first.result.snapshot, ...sumSnapshots(results), ...saved},
    ...(testExecError !== null && {testExecError}),
    ...(entries.length > 0 && {console: entries}),
  };
}

/** Every test's result, in the order of the source. A result that got lost would be a failure nobody sees. */
function placeTests(
  slices: readonly SliceResult[],
  collected: readonly Pick<CollectedTest, 'name'>[],
  failureText: (slice: number, index: number) => string | null,
): PlacedTest[] {
  const byPlace = collected.map((): PlacedTest[] => []);
  const problems: string[] = [];
  slices.forEach((from, slice) => {
    const {tests: places} = from.slice;
    const {testResults} = from.result;
    if (places.length !== testResults.length) {
      problems.push(`worker w${from.slot} has ${testResults.length} results for ${places.length} tests`);
    }
    testResults.forEach((test, index) => {
      const there = byPlace[places[index] ?? -1];
      if (there !== undefined) there.push({test, from, failureText: failureText(slice, index)});
      else problems.push(`worker w${from.slot} has a result of a test that the file has not: "${test.fullName}"`);
    });
  });
  const namesOf = (wanted: (results: readonly PlacedTest[]) => boolean) =>
    collected.flatMap(({name}, place) => (wanted(byPlace[place] ?? []) ? [JSON.stringify(name)] : []));
  const missing = namesOf(({length}) => length === 0);
  const double = namesOf(({length}) => length > 1);
  if (missing.length > 0) problems.push(`no result of ${missing.join(', ')}`);
  if (double.length > 0) problems.push(`more than one result of ${double.join(', ')}`);
  if (problems.length > 0) {
    throw new Error(
      `jest-runner-xdist: the results of a split test file do not add up to the file: ${problems.join('; ')}.`,
    );
  }
  return byPlace.flat();
}

/** For each test that a slice ran: those before it; null: it never began. */
function testsBefore(
  {slice: {ran}}: SliceResult,
  collected: readonly Pick<CollectedTest, 'name'>[],
): (place: number) => TestsBefore | null {
  const order = new Map(ran.map((place, at) => [place, at]));
  return place => {
    const count = order.get(place);
    if (count === undefined) return null;
    const last = ran.slice(Math.max(0, count - NAMED_BEFORE), count);
    return {count, last: last.map(other => collected[other]?.name ?? '?')};
  };
}

function withNote(placed: PlacedTest, before: (place: number) => TestsBefore | null, place: number): PlacedTest {
  const {test, from, failureText} = placed;
  if (test.status !== 'failed' || from.apart === null) return placed;
  const note = splitNote(from.slot, before(place), from.apart);
  const last = test.failureMessages.length - 1;
  return {
    from,
    test: {
      ...test,
      failureMessages: test.failureMessages.map((text, k) => (k === last ? addNoteToMessage(text, note) : text)),
    },
    failureText: failureText === null ? null : addNoteToPart(failureText, note),
  };
}

/**
 * `runtime` is what the file costs, not how long one waited for it: Jest takes a file's `runtime` of its
 * cache for that, and would run one that was quick for having been split in band next time.
 */
function mergePerfStats(
  first: SliceResult,
  results: readonly TestResult[],
  tests: readonly AssertionResult[],
  slowTestThresholdS: number,
): TestResult['perfStats'] {
  const tested = tests.reduce((ms, {duration}) => ms + (duration ?? 0), 0);
  const runtime = Math.round(first.slice.loadMs + tested);
  return {
    ...first.result.perfStats,
    ...spanResults(results),
    runtime,
    slow: runtime / 1000 > slowTestThresholdS,
  };
}

/** In the order of the tests. What the file writes while it is loaded, every worker has: the first one's counts. */
function mergeConsole(slices: readonly SliceResult[]): NonNullable<TestResult['console']> {
  const entries = slices.flatMap(({result, slice}, k) =>
    (result.console ?? []).map((entry, index) => ({
      entry,
      isRepeated: k > 0 && slice.console[index] === -1,
      // One of which nothing is known is kept, too.
      place: slice.console[index] ?? Number.MAX_SAFE_INTEGER,
    })),
  );
  return entries
    .filter(({isRepeated}) => !isRepeated)
    .sort((a, b) => a.place - b.place)
    .map(({entry}) => entry);
}
