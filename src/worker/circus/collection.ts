/**
 * Collects what a test file defines from jest-circus's tree once the file is loaded: its tests in source order, the
 * groups of those that run, and where each block's tests are.
 */
import type {Circus} from '@jest/types';
import {createHash} from '../../pristine/crypto';
import type {JournalTest} from '../../core/wire/journalTest';
import type {CollectedTest} from '../../core/wire/workerMessages';
import {groupTests, type CollectedState, type GroupOptions, type Range} from './testGroups';

/** A test's place in its file. */
export interface Place {
  readonly index: number;
  readonly group: number | null;
  /** Whether this execution of the file leaves the test out, because an earlier execution has its result. */
  readonly leftOut: boolean;
}

export interface Collection {
  readonly tests: readonly CollectedTest[];
  /** By place. */
  readonly listed: readonly JournalTest[];
  readonly places: ReadonlyMap<Circus.TestEntry, Place>;
  /** The groups that have tests in a describe block or below it. */
  readonly groupsIn: ReadonlyMap<Circus.DescribeBlock, ReadonlySet<number>>;
  readonly rangeOf: ReadonlyMap<Circus.DescribeBlock, Range>;
  /** The beforeEach hook that jest-circus adds to each file. It resets mocks according to the config. */
  readonly jestsOwnHook: Circus.Hook | null;
  /** A hash of the list and its groups. Two workers that have collected the same tests have the same hash. */
  readonly fingerprint: string;
  /** A hash of the list without its groups. */
  readonly listing: string;
}

export interface CollectOptions extends GroupOptions {
  /** The places of tests that must not run. Default: none. */
  readonly leaveOut?: ReadonlySet<number>;
}

export function collect(state: CollectedState, options: CollectOptions): Collection {
  const {entries, rangeOf, together, concurrent} = groupTests(state, options, 'that run');
  const leftOut = options.leaveOut ?? new Set<number>();
  // The workers decide first about concurrent tests that start at the top of the file.
  const order = [...concurrent.slice(0, 1), ...entries.keys()];
  const numbered = (runs: (index: number) => boolean) => {
    const running = new Set([...entries.keys()].filter(runs).map(index => together.of(index)));
    const numbers = new Map<number, number>();
    for (const index of order) {
      const root = together.of(index);
      if (running.has(root) && !numbers.has(root)) numbers.set(root, numbers.size);
    }
    return entries.map(({name}, index) => ({name, group: numbers.get(together.of(index)) ?? null}));
  };
  // The fingerprint does not depend on which tests are left out.
  const all = numbered(index => entries[index]?.runs === true);
  const tests =
    leftOut.size === 0
      ? all
      : numbered(index => entries[index]?.runs === true && !leftOut.has(index)).map((test, index) =>
          leftOut.has(index) ? {...test, group: null} : test,
        );
  const places = new Map(
    entries.map(({test}, index) => [
      test,
      {index, group: tests[index]?.group ?? null, leftOut: leftOut.has(index)} satisfies Place,
    ]),
  );
  const listed = entries.map(({test, titles, runs}): JournalTest => {
    const mode = runs ? 'run' : test.mode === 'todo' ? 'todo' : 'skip';
    return {titles, mode, early: runs && test.concurrent && options.concurrentFileWide};
  });
  return {
    tests,
    listed,
    places,
    jestsOwnHook: state.rootDescribeBlock.hooks[0] ?? null,
    groupsIn: groupsOf(state.rootDescribeBlock, places),
    rangeOf,
    // Computed lazily, because only a worker that shares the file needs it.
    get fingerprint() {
      return hash(all);
    },
    listing: hash(listed),
  };
}

function hash(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}

function groupsOf(
  root: Circus.DescribeBlock,
  places: ReadonlyMap<Circus.TestEntry, Place>,
): Map<Circus.DescribeBlock, ReadonlySet<number>> {
  const all = new Map<Circus.DescribeBlock, ReadonlySet<number>>();
  const walk = (block: Circus.DescribeBlock): ReadonlySet<number> => {
    const groups = new Set<number>();
    for (const child of block.children) {
      if (child.type === 'describeBlock') {
        for (const group of walk(child)) groups.add(group);
      } else {
        const group = places.get(child)?.group ?? null;
        if (group !== null) groups.add(group);
      }
    }
    all.set(block, groups);
    return groups;
  };
  walk(root);
  return all;
}
