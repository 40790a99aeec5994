/**
 * Merges the results of the workers that shared one file's tests into the one result that the file would have had in a
 * single worker.
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

/** One worker's result for its share of a file's tests. */
export interface SliceResult {
  readonly slot: SlotNumber;
  /** Jest's own result, with only the tests of the share. */
  readonly result: TestResult;
  readonly slice: Slice;
  /** Why these tests did not run with all others, for a note in their failures; null: no note. */
  readonly apart: 'split' | 'resumed' | null;
}

/** What Jest reports about a snapshot file that it has written. */
export type SavedSnapshots = Pick<TestResult['snapshot'], 'fileDeleted' | 'unchecked' | 'uncheckedKeys'>;

/** What merging needs from outside the core and from the running Jest. */
export interface MergeTools extends CoverageTools {
  /** Writes the file's snapshots. Called once, after the merge has checked that no test's result is missing. */
  saveSnapshots(changes: readonly SnapshotChanges[]): SavedSnapshots;
  /** The project's slowTestThreshold, in seconds. */
  readonly slowTestThresholdS: number;
}

/** A test's result, its slice, and its part of the slice's failureMessage. */
interface PlacedTest {
  readonly test: AssertionResult;
  readonly from: SliceResult;
  readonly failureText: string | null;
}

/**
 * @param slices at least one, in the order in which their workers opened the file
 * @param collected all of the file's tests
 * @throws if the slices do not have exactly one result for each test
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

/** Every test's result, in the order of the source. Throws on a lost result: it could hide a failure. */
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

/** By test: the tests that the slice ran before it; null: the test never began. */
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
 * `runtime` is the file's cost, not the time that the user waited for the file. Jest caches `runtime` as the file's
 * cost: if splitting made it small, Jest could run the file in band next time.
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

/** Console entries in the order of the tests. Every worker loads the file, but only the first one's output counts. */
function mergeConsole(slices: readonly SliceResult[]): NonNullable<TestResult['console']> {
  const entries = slices.flatMap(({result, slice}, k) =>
    (result.console ?? []).map((entry, index) => ({
      entry,
      isRepeated: k > 0 && slice.console[index] === -1,
      // An entry of unknown origin is kept, too.
      place: slice.console[index] ?? Number.MAX_SAFE_INTEGER,
    })),
  );
  return entries
    .filter(({isRepeated}) => !isRepeated)
    .sort((a, b) => a.place - b.place)
    .map(({entry}) => entry);
}
