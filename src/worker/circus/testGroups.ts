/** Lists the tests of jest-circus's tree in source order, and decides which of them must stay together. */
import type {Circus} from '@jest/types';
import type {Granularity, Grouping} from '../../core/plan/units';

export interface GroupOptions {
  readonly granularity: Granularity;
  readonly grouping: Grouping;
  /** jest-circus up to 30.1 starts all `test.concurrent` at the top of the file; later versions, block by block. */
  readonly concurrentFileWide: boolean;
}

/** The parts of circus's state that say which tests run. `describeRetryOptions`: from 30.5 on. */
export type CollectedState = Pick<Circus.State, 'rootDescribeBlock' | 'hasFocusedTests' | 'testNamePattern'> & {
  readonly describeRetryOptions?: WeakMap<Circus.DescribeBlock, unknown>;
};

/** The places of a describe block's tests. `to` is the place after the last test. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface ListedTest {
  readonly test: Circus.TestEntry;
  /** The titles of its describe blocks and its own. */
  readonly titles: readonly string[];
  /** Its full name. */
  readonly name: string;
  /** false: it is skipped or todo. */
  readonly runs: boolean;
}

export interface TestGroups {
  /** By place. */
  readonly entries: readonly ListedTest[];
  readonly rangeOf: ReadonlyMap<Circus.DescribeBlock, Range>;
  readonly together: Together;
  /** The places of the `test.concurrent` that circus starts at the top of the file. */
  readonly concurrent: readonly number[];
}

/**
 * @param which the tests that bind each other because they run at the same time or have one name. Workers that share a
 *   file ask for those `that run`. What another process runs must not depend on `-t` or `.only`: that asks for `all`
 */
export function groupTests(state: CollectedState, options: GroupOptions, which: 'all' | 'that run'): TestGroups {
  const entries: ListedTest[] = [];
  const rangeOf = new Map<Circus.DescribeBlock, Range>();
  const together = new Together();
  const concurrent: number[] = [];
  const named = new Map<string, number[]>();
  const binds = ({runs}: ListedTest) => which === 'all' || runs;

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
      const entry = {test: child, titles: all, name, runs: wouldRun(child, name, block, state)};
      const index = entries.push(entry) - 1;
      if (binds(entry) && child.concurrent) concurrentHere.push(index);
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
  for (const indexes of byName(entries, binds).values()) together.join(indexes);
  return {entries, rangeOf, together, concurrent};
}

/** pytest-xdist's `@group` suffix, in the title of a describe block. */
export const GROUP_NAME = /@group:([\w.:/-]+)\s*$/;

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
  {granularity, grouping}: GroupOptions,
): boolean {
  if (state.describeRetryOptions?.has(block) === true) return true;
  if (grouping === 'scope' && block.parent === state.rootDescribeBlock) return true;
  if (granularity === 'each' || block === state.rootDescribeBlock) return false;
  return block.hooks.some(({type}) => type === 'beforeAll' || type === 'afterAll');
}

function inNoBlock({children}: Circus.DescribeBlock, entries: readonly ListedTest[]): number[] {
  const outside = new Set(children.flatMap(child => (child.type === 'test' ? [child] : [])));
  return [...entries.keys()].filter(index => outside.has(entries[index]?.test as Circus.TestEntry));
}

function byName(entries: readonly ListedTest[], binds: (entry: ListedTest) => boolean): Map<string, number[]> {
  const indexes = new Map<string, number[]>();
  for (const [index, entry] of entries.entries()) {
    if (!binds(entry)) continue;
    const same = indexes.get(entry.name);
    if (same === undefined) indexes.set(entry.name, [index]);
    else same.push(index);
  }
  return indexes;
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
