/**
 * Collects what a test file defines from jest-circus's tree once the file is loaded: its tests in source order, and
 * which of them must stay together.
 */
import type {Circus} from '@jest/types';
import {createHash} from '../../pristine/crypto';
import type {JournalTest} from '../../core/wire/journalTest';
import type {CollectedTest} from '../../core/wire/workerMessages';
import type {Granularity, Grouping} from '../../core/plan/units';

/** A test's place in its file. */
export interface Place {
  readonly index: number;
  readonly group: number | null;
  /** Whether this execution of the file leaves the test out, because an earlier execution has its result. */
  readonly leftOut: boolean;
}

/** The places of a describe block's tests. `to` is the place after the last test. */
export interface Range {
  readonly from: number;
  readonly to: number;
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

export interface CollectOptions {
  readonly granularity: Granularity;
  readonly grouping: Grouping;
  /** jest-circus up to 30.1 starts all `test.concurrent` at the top of the file; later versions, block by block. */
  readonly concurrentFileWide: boolean;
  /** The places of tests that must not run. Default: none. */
  readonly leaveOut?: ReadonlySet<number>;
}

/** The parts of circus's state that say which tests run. `describeRetryOptions`: from 30.5 on. */
export type CollectedState = Pick<Circus.State, 'rootDescribeBlock' | 'hasFocusedTests' | 'testNamePattern'> & {
  readonly describeRetryOptions?: WeakMap<Circus.DescribeBlock, unknown>;
};

export function collect(state: CollectedState, options: CollectOptions): Collection {
  const entries: {test: Circus.TestEntry; titles: readonly string[]; name: string; runs: boolean}[] = [];
  const rangeOf = new Map<Circus.DescribeBlock, Range>();
  const together = new Together();
  const concurrent: number[] = [];
  const named = new Map<string, number[]>();

  const walk = (block: Circus.DescribeBlock, titles: readonly string[]) => {
    const first = entries.length;
    const concurrentHere: number[] = [];
    for (const child of block.children) {
      if (child.type === 'describeBlock') {
        walk(child, [...titles, child.name]);
        continue;
      }
      const all = [...titles, child.name];
      const name = all.join(' ');
      const runs = wouldRun(child, name, block, state);
      const index = entries.push({test: child, titles: all, name, runs}) - 1;
      if (runs && child.concurrent) concurrentHere.push(index);
    }
    rangeOf.set(block, {from: first, to: entries.length});
    if (options.concurrentFileWide) concurrent.push(...concurrentHere);
    else together.join(concurrentHere);
    const all = range(first, entries.length);
    if (staysTogether(block, state, options)) together.join(all);
    const name = options.grouping === 'named' ? GROUP_NAME.exec(block.name)?.[1] : undefined;
    if (name !== undefined) named.set(name, [...(named.get(name) ?? []), ...all]);
  };
  walk(state.rootDescribeBlock, []);
  for (const indexes of named.values()) together.join(indexes);
  if (options.grouping === 'scope') together.join(inNoBlock(state.rootDescribeBlock, entries));
  together.join(concurrent);
  // Tests of one name share a snapshot counter: without the first, the second would compare with `name 1`.
  for (const indexes of byName(entries).values()) together.join(indexes);

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

/** pytest-xdist's `@group` suffix, in the title of a describe block. */
export const GROUP_NAME = /@group:([\w.:/-]+)\s*$/;

function inNoBlock({children}: Circus.DescribeBlock, entries: readonly {readonly test: Circus.TestEntry}[]): number[] {
  const outside = new Set(children.flatMap(child => (child.type === 'test' ? [child] : [])));
  return [...entries.keys()].filter(index => outside.has(entries[index]?.test as Circus.TestEntry));
}

function hash(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}

/** Decides as circus does when it reaches the test. A todo test does not run either. */
function wouldRun(test: Circus.TestEntry, name: string, block: Circus.DescribeBlock, state: CollectedState): boolean {
  return !(
    block.mode === 'skip' ||
    test.mode === 'skip' ||
    test.mode === 'todo' ||
    (state.hasFocusedTests && test.mode === undefined) ||
    (state.testNamePattern != null && !state.testNamePattern.test(name))
  );
}

/** Whether a block's tests must run in one worker, because its hooks run once or circus retries the whole block. */
function staysTogether(
  block: Circus.DescribeBlock,
  state: CollectedState,
  {granularity, grouping}: CollectOptions,
): boolean {
  if (state.describeRetryOptions?.has(block) === true) return true;
  if (grouping === 'scope' && block.parent === state.rootDescribeBlock) return true;
  if (granularity === 'each' || block === state.rootDescribeBlock) return false;
  return block.hooks.some(({type}) => type === 'beforeAll' || type === 'afterAll');
}

function byName(entries: readonly {readonly name: string; readonly runs: boolean}[]): Map<string, number[]> {
  const indexes = new Map<string, number[]>();
  for (const [index, {name, runs}] of entries.entries()) {
    if (!runs) continue;
    const same = indexes.get(name);
    if (same === undefined) indexes.set(name, [index]);
    else same.push(index);
  }
  return indexes;
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

function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, index) => from + index);
}

/** Disjoint sets of tests. The first test of a set identifies the set. */
class Together {
  readonly #parents = new Map<number, number>();

  of(index: number): number {
    const parent = this.#parents.get(index);
    if (parent === undefined) return index;
    const root = this.of(parent);
    this.#parents.set(index, root);
    return root;
  }

  join(indexes: readonly number[]): void {
    const [first, ...others] = indexes;
    if (first === undefined) return;
    for (const other of others) {
      const [a, b] = [this.of(first), this.of(other)];
      if (a !== b) this.#parents.set(Math.max(a, b), Math.min(a, b));
    }
  }
}
