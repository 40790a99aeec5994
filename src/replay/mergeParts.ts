/** Merges the results of the shards over which a file was cut into the one result that the file would have had. */
import type {TestResult} from '@jest/test-result';
import {mergeSlices, type MergeTools, type SliceResult} from '../core/results/merge';
import type {CutLine} from '../recording/lines';
import type {RecordingCut} from './order';

/** What one recording has of a file. */
export interface FilePart extends RecordingCut {
  readonly result: TestResult;
}

/** What merging needs from outside. Shards that share a file write no snapshots. */
export type PartTools = Omit<MergeTools, 'saveSnapshots'>;

/**
 * @param parts at least one, in the order of the shards
 * @param cuts those of all shards, also of shards without a test of the file
 * @param incomplete tests without a result are left out
 * @throws {Error} if the parts are not exactly one result for each test
 */
export function mergeParts(
  parts: readonly FilePart[],
  cuts: readonly CutLine[],
  tools: PartTools,
  incomplete: boolean,
): TestResult {
  const names = parts[0]?.cut.names ?? [];
  const ran = new Set(parts.flatMap(({cut}) => cut.own));
  const places = [...names.keys()].filter(place => !incomplete || ran.has(place));
  const indexes = new Map(places.map((place, index) => [place, index]));
  // Nobody knows which snapshots a test without a result would have asked for.
  const uncheckedKeys = ran.size === names.length ? inAll(cuts.map(({unchecked}) => unchecked)) : [];
  return mergeSlices(
    parts.map(part => sliceOf(part, indexes)),
    places.map(place => ({name: names[place] ?? ''})),
    {...tools, saveSnapshots: () => ({fileDeleted: false, unchecked: uncheckedKeys.length, uncheckedKeys})},
  );
}

/** @param indexes the places of the tests in the merged result, by their places in the file */
function sliceOf({recording, cut: {own, loadEntries}, result}: FilePart, indexes: ReadonlyMap<number, number>) {
  const tests = own.map(place => indexes.get(place) ?? -1);
  const tested = result.testResults.reduce((ms, {duration}) => ms + (duration ?? 0), 0);
  return {
    slot: recording + 1,
    result,
    slice: {
      tests,
      ran: [],
      // A recording does not say which test printed an entry.
      console: (result.console ?? []).map((_, index) => (index < loadEntries ? -1 : (tests[0] ?? 0))),
      loadMs: Math.max(0, result.perfStats.runtime - tested),
      snapshot: null,
    },
    apart: null,
  } satisfies SliceResult;
}

/** What is in all lists, in the order of the first. */
function inAll([first = [], ...others]: readonly (readonly string[])[]): string[] {
  const sets = others.map(list => new Set(list));
  return first.filter(item => sets.every(set => set.has(item)));
}
