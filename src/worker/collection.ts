/**
 * What a test file defines, read from jest-circus's tree once the file is loaded: its tests in the
 * order of the source, and which of them must stay together.
 */
import {createHash} from 'node:crypto';
import type {Circus} from '@jest/types';
import type {CollectedTest} from '../core/protocol';
import type {Granularity} from '../core/units';

/** A test's place in its file. */
export interface Place {
  readonly index: number;
  readonly group: number | null;
}

export interface Collection {
  readonly tests: readonly CollectedTest[];
  readonly places: ReadonlyMap<Circus.TestEntry, Place>;
  /** The groups that have tests in a describe block or below it. */
  readonly groupsIn: ReadonlyMap<Circus.DescribeBlock, ReadonlySet<number>>;
  /** Names the list: two workers that collected the same have the same. */
  readonly fingerprint: string;
}

export interface CollectOptions {
  readonly granularity: Granularity;
  /** jest-circus up to 30.1 starts all `test.concurrent` of a file together, at its top; later ones block by block. */
  readonly concurrentFileWide: boolean;
}

/** The parts of circus's state that say which tests run. `describeRetryOptions`: from 30.5 on. */
export type CollectedState = Pick<Circus.State, 'rootDescribeBlock' | 'hasFocusedTests' | 'testNamePattern'> & {
  readonly describeRetryOptions?: WeakMap<Circus.DescribeBlock, unknown>;
};

export function collect(state: CollectedState, options: CollectOptions): Collection {
  const entries: {test: Circus.TestEntry; name: string; runs: boolean}[] = [];
  const together = new Together();
  const concurrent: number[] = [];

  const walk = (block: Circus.DescribeBlock, titles: readonly string[]) => {
    const first = entries.length;
    const concurrentHere: number[] = [];
    for (const child of block.children) {
      if (child.type === 'describeBlock') {
        walk(child, [...titles, child.name]);
        continue;
      }
      const name = [...titles, child.name].join(' ');
      const runs = wouldRun(child, name, block, state);
      const index = entries.push({test: child, name, runs}) - 1;
      if (runs && child.concurrent) concurrentHere.push(index);
    }
    if (options.concurrentFileWide) concurrent.push(...concurrentHere);
    else together.join(concurrentHere);
    if (staysTogether(block, state, options)) together.join(range(first, entries.length));
  };
  walk(state.rootDescribeBlock, []);
  together.join(concurrent);
  // They share the counters of their snapshots: the second alone would compare against `name 1`.
  for (const indexes of byName(entries).values()) together.join(indexes);

  const running = new Set(entries.flatMap(({runs}, index) => (runs ? [together.of(index)] : [])));
  const numbers = new Map<number, number>();
  // Those that all start at the top of the file are decided first.
  const order = [...concurrent.slice(0, 1), ...entries.keys()];
  for (const index of order) {
    const root = together.of(index);
    if (running.has(root) && !numbers.has(root)) numbers.set(root, numbers.size);
  }
  const tests = entries.map(({name}, index) => ({name, group: numbers.get(together.of(index)) ?? null}));
  const places = new Map(entries.map(({test}, index) => [test, {index, group: tests[index]?.group ?? null}]));
  return {
    tests,
    places,
    groupsIn: groupsOf(state.rootDescribeBlock, places),
    fingerprint: createHash('sha1').update(JSON.stringify(tests)).digest('hex'),
  };
}

/** As circus decides when it comes to the test. A test that is todo does not run either. */
function wouldRun(test: Circus.TestEntry, name: string, block: Circus.DescribeBlock, state: CollectedState): boolean {
  return !(
    block.mode === 'skip' ||
    test.mode === 'skip' ||
    test.mode === 'todo' ||
    (state.hasFocusedTests && test.mode === undefined) ||
    (state.testNamePattern != null && !state.testNamePattern.test(name))
  );
}

/** Whether a block's tests must run in one worker: its hooks run once, or it is retried as a whole. */
function staysTogether(block: Circus.DescribeBlock, state: CollectedState, {granularity}: CollectOptions): boolean {
  if (state.describeRetryOptions?.has(block) === true) return true;
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

/** Disjoint sets of tests, each known by its first. */
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
