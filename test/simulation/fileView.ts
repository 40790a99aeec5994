/** Which tests a simulated file has, and in which groups a worker lists those that are not left out. */
import type {JournalTest} from '../../src/core/wire/journalTest';
import type {SplitWorld} from './world';

/** A group as a worker lists it. */
export interface GroupView {
  /** The group's number in the whole file. If tests are left out, the remaining groups get new numbers. */
  readonly origin: number;
  /** The places of all tests of the group: from the first to one after the last. */
  readonly range: {readonly from: number; readonly to: number};
  /** The places of the group's tests that are to run. */
  readonly places: readonly number[];
  readonly ms: number;
  readonly cost: number | null;
}

/** The places of each group's tests: from the first to one after the last. */
export function rangesOf({groups, sizes}: SplitWorld): {readonly from: number; readonly to: number}[] {
  let from = 0;
  return groups.map((_, group) => {
    const to = from + (sizes?.[group] ?? 1);
    const range = {from, to};
    from = to;
    return range;
  });
}

/** The number of the file's tests that run. */
export function runCount(file: SplitWorld): number {
  return rangesOf(file).at(-1)?.to ?? 0;
}

/** The number of all tests of the file. The tests that run come first, then the skipped tests. */
export function testCount(file: SplitWorld): number {
  return runCount(file) + (file.skipped ?? 0);
}

export function viewOf(file: SplitWorld, leaveOut: ReadonlySet<number>): GroupView[] {
  const views: GroupView[] = [];
  for (const [origin, {from, to}] of rangesOf(file).entries()) {
    const places: number[] = [];
    for (let place = from; place < to; place++) if (!leaveOut.has(place)) places.push(place);
    if (places.length === 0) continue;
    const share = places.length / (to - from);
    const cost = file.costs[origin] ?? null;
    views.push({
      origin,
      range: {from, to},
      places,
      ms: (file.groups[origin] ?? 0) * share,
      cost: cost === null ? null : cost * share,
    });
  }
  return views;
}

/** The skipped tests that are not left out. The file's first worker reports them. */
export function skippedOf(file: SplitWorld, leaveOut: ReadonlySet<number>): number[] {
  const places: number[] = [];
  for (let place = runCount(file); place < testCount(file); place++) if (!leaveOut.has(place)) places.push(place);
  return places;
}

/** The file's tests as its journal lists them. */
export function listedTests(file: SplitWorld): JournalTest[] {
  const runs = runCount(file);
  return Array.from({length: testCount(file)}, (_, place) => ({
    titles: [`test ${place}`],
    mode: place < runs ? 'run' : 'skip',
    early: false,
  }));
}
