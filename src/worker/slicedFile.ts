/**
 * Runs some of a file's tests: follows jest-circus through the file by the events that it sends to the
 * test environment, each of which it waits for, and decides test by test, as late as it can, what is
 * this worker's. A test that is another worker's is skipped, and taken out of the tree of tests, so that
 * neither the file's result nor the user's environment hears of it; a describe block without a test
 * of ours runs none of its hooks.
 */
import type {TestResult} from '@jest/test-result';
import type {Circus} from '@jest/types';
import type {CollectedTest, FromWorker, Slice, SnapshotChanges, SplitOrder} from '../core/protocol';
import {collect, type Collection} from './collection';
import {Session} from './session';
import {captureSnapshots} from './snapshots';

export interface SlicedFileOptions {
  readonly unit: number;
  readonly order: SplitOrder;
  readonly send: (message: FromWorker) => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
  readonly listen: () => Promise<void>;
}

/** What of a test environment is used here. */
export interface TestEnvironment {
  global: {console?: {getBuffer?: () => readonly unknown[] | undefined | null}};
  handleTestEvent?(event: Circus.Event, state: Circus.State): void | Promise<void>;
}

type Expect = {getState(): {snapshotState?: unknown}};

export class SlicedFile {
  readonly #options: SlicedFileOptions;
  readonly #startedAt: number;
  #loadMs = 0;
  #expect: Expect | null = null;
  #concurrentFileWide = true;
  #console: (() => number) | null = null;
  #consoleAtStart = 0;
  /** How long the console was when a test began. */
  readonly #consoleMarks: {readonly length: number; readonly index: number}[] = [];
  #collection: Collection | null = null;
  #session: Session | null = null;
  #snapshots: (() => SnapshotChanges) | null = null;
  /** Tests that were begun here, in that order. */
  readonly #ran = new Set<Circus.TestEntry>();
  readonly #ended = new Set<Circus.TestEntry>();
  readonly #foreignBlocks = new Set<Circus.DescribeBlock>();
  /** The children of each block as the file defines them. */
  readonly #children = new Map<Circus.DescribeBlock, Circus.DescribeBlock['children']>();
  #discarded = false;

  constructor(options: SlicedFileOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  give(groups: readonly number[], last: boolean): void {
    this.#session?.give(groups, last);
  }

  /** What comes of this is not wanted any more. */
  discard(): void {
    this.#discarded = true;
    this.#session?.discard();
  }

  /** Puts itself before the environment's own handler of events. */
  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    this.#concurrentFileWide = circus.concurrentFileWide;
    const {console} = environment.global;
    if (typeof console?.getBuffer === 'function') this.#console = () => console.getBuffer?.()?.length ?? 0;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on the environment below
    const {handleTestEvent} = environment;
    environment.handleTestEvent = (event, state) => {
      const pass = () => handleTestEvent?.call(environment, event, state);
      // Circus does not wait for the events of a file's definition: they are passed on as they come.
      const decided = this.#handle(event, state);
      if (decided === undefined) return pass();
      return decided.then(mine => (mine ? pass() : undefined));
    };
  }

  /**
   * What there is to say of the tests that ran here besides their result; null: the file ran whole.
   *
   * @throws if the result is not that of our tests
   */
  slice(result: TestResult): Slice | null {
    const collection = this.#collection;
    if (collection === null || this.#snapshots === null) return null;
    const indexes = [...collection.places].filter(([test]) => this.#isOurs(test)).map(([, {index}]) => index);
    const expected = indexes.map(index => collection.tests[index]?.name);
    if (result.testResults.length !== indexes.length) {
      throw new Error(
        `jest-runner-xdist: ${result.testResults.length} results of ${indexes.length} tests: ${expected.join(', ')}`,
      );
    }
    const ran = [...this.#ran].map(test => collection.places.get(test)?.index ?? -1);
    return {
      tests: indexes,
      ran,
      console: (result.console ?? []).map((_, entry) => this.#testOfConsoleEntry(entry, ran[0] ?? -1)),
      loadMs: this.#loadMs,
      snapshot: this.#snapshots(),
    };
  }

  /** @returns undefined: nothing is to be decided; else whether the event is about something of ours */
  #handle(event: Circus.Event, state: Circus.State): Promise<boolean> | undefined {
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others pass as they come
    switch (event.name) {
      case 'setup':
        this.#expect = (event.runtimeGlobals as {expect?: Expect}).expect ?? null;
        return undefined;
      case 'run_start':
        return this.#open(state);
      case 'run_describe_start':
        return this.#session === null ? undefined : this.#blockStarts(event.describeBlock, this.#session);
      case 'run_describe_finish':
        return this.#foreignBlocks.has(event.describeBlock) ? Promise.resolve(false) : undefined;
      case 'test_start':
        return this.#session === null ? undefined : this.#testStarts(event.test, this.#session);
      case 'test_done':
      case 'test_skip':
      case 'test_todo':
        if (this.#session === null) return undefined;
        if (!this.#isOurs(event.test)) return Promise.resolve(false);
        this.#testEnds(event.test, this.#session);
        return undefined;
      case 'concurrent_tests_start':
      case 'concurrent_tests_end':
        return this.#session === null ? undefined : this.#concurrent(event.tests, this.#session);
      case 'run_finish':
        this.#restoreTree();
        return undefined;
      default:
        return undefined;
    }
  }

  async #open(state: Circus.State): Promise<boolean> {
    const {unit, order, send, now, listen} = this.#options;
    this.#snapshots = captureSnapshots(this.#expect?.getState().snapshotState);
    if (this.#snapshots === null) return true; // a Jest that we do not know: the file runs whole
    const collection = collect(state, {
      granularity: order.granularity,
      concurrentFileWide: this.#concurrentFileWide,
    });
    this.#collection = collection;
    const sizes = new Map<number, number>();
    for (const {group} of collection.tests) if (group !== null) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    this.#session = new Session({sizes, now, listen, send: progress => send({...progress, unit})});
    if (this.#discarded) this.#session.discard();
    this.#loadMs = now() - this.#startedAt;
    this.#consoleAtStart = this.#console?.() ?? 0;
    const same = collection.fingerprint === order.collected;
    const tests: readonly CollectedTest[] | null = same ? null : collection.tests;
    send({type: 'unit-opened', unit, ms: this.#loadMs, fingerprint: collection.fingerprint, tests});
    await this.#session.begun();
    return true;
  }

  async #blockStarts(block: Circus.DescribeBlock, session: Session): Promise<boolean> {
    const groups = this.#collection?.groupsIn.get(block) ?? new Set();
    if (block.parent === undefined) {
      // Some versions of circus start concurrent tests before they come to them: decided now or too late.
      const concurrent = this.#concurrentFileWide ? this.#concurrentGroups() : [];
      await session.decide(concurrent);
      this.#takeOutForeign(block, session);
      return true;
    }
    const {mine} = await session.decide(groups);
    this.#takeOutForeign(block, session);
    this.#takeOutForeignAfter(block, session);
    if (mine || this.#hasOwnUndealt(block)) return true;
    this.#foreignBlocks.add(block);
    return false;
  }

  async #concurrent(tests: readonly Circus.TestEntry[], session: Session): Promise<boolean> {
    const groups = tests.flatMap(test => this.#collection?.places.get(test)?.group ?? []);
    return (await session.decide(groups)).mine;
  }

  async #testStarts(test: Circus.TestEntry, session: Session): Promise<boolean> {
    const place = this.#collection?.places.get(test);
    if (place === undefined || this.#ran.has(test)) return true; // a retry
    const {group, index} = place;
    if (group === null) {
      if (!this.#isFirst) test.mode = 'skip';
      return this.#isFirst;
    }
    const {mine, waited} = await session.decide([group]);
    if (mine) this.#ran.add(test);
    else test.mode = 'skip';
    this.#takeOutForeignAfter(test, session);
    if (!mine) return false;
    const listened = await session.testStarts(group);
    // What a test waits for the parent is not the test's own time.
    if (waited + listened > 0) test.startedAt = Date.now();
    if (this.#console !== null) this.#consoleMarks.push({length: this.#console(), index});
    return true;
  }

  #testEnds(test: Circus.TestEntry, session: Session): void {
    if (this.#ended.has(test)) return;
    this.#ended.add(test);
    const group = this.#collection?.places.get(test)?.group ?? null;
    if (group !== null) session.testEnds(group);
  }

  get #isFirst(): boolean {
    return this.#options.order.collected === null;
  }

  #isOurs(test: Circus.TestEntry): boolean {
    const group = this.#collection?.places.get(test)?.group;
    if (group === undefined) return true; // circus has just made it an error of the test that defined it
    return group === null ? this.#isFirst : this.#ran.has(test);
  }

  /** Whether a block has tests that no worker runs and the first one reports. */
  #hasOwnUndealt(block: Circus.DescribeBlock): boolean {
    return (
      this.#isFirst &&
      block.children.some(child =>
        child.type === 'describeBlock'
          ? this.#hasOwnUndealt(child)
          : this.#collection?.places.get(child)?.group === null,
      )
    );
  }

  #concurrentGroups(): number[] {
    const groups: number[] = [];
    for (const [test, {group}] of this.#collection?.places ?? []) {
      if (test.concurrent && group !== null) groups.push(group);
    }
    return groups;
  }

  /** Whether it is known that nothing of this is ours. */
  #isForeign(child: Circus.TestEntry | Circus.DescribeBlock, session: Session): boolean {
    if (child.type === 'describeBlock') {
      for (const group of this.#collection?.groupsIn.get(child) ?? []) {
        if (session.owns(group) !== false) return false;
      }
      return !this.#hasOwnUndealt(child);
    }
    const group = this.#collection?.places.get(child)?.group;
    if (group === undefined) return false;
    return group === null ? !this.#isFirst : session.owns(group) === false && !this.#ran.has(child);
  }

  /** Takes out of a block, and all below it, what is known to be another worker's. */
  #takeOutForeign(block: Circus.DescribeBlock, session: Session): void {
    this.#remember(block);
    block.children = block.children.filter(child => !this.#isForeign(child, session));
    for (const child of block.children) if (child.type === 'describeBlock') this.#takeOutForeign(child, session);
  }

  /** Takes out what follows something in its block: circus is in the middle of these, and takes the next. */
  #takeOutForeignAfter(current: Circus.TestEntry | Circus.DescribeBlock, session: Session): void {
    const children = current.parent?.children ?? [];
    const at = children.indexOf(current);
    let end = at + 1;
    for (let child = children[end]; child !== undefined && this.#isForeign(child, session); child = children[end]) {
      end++;
    }
    children.splice(at + 1, end - at - 1);
  }

  #remember(block: Circus.DescribeBlock): void {
    if (!this.#children.has(block)) this.#children.set(block, block.children);
  }

  /** The blocks as the file defines them, with those tests that are ours. */
  #restoreTree(): void {
    for (const [block, children] of this.#children) {
      // A block that was taken out as a whole was never looked into.
      block.children = children.filter(child =>
        child.type === 'describeBlock' ? this.#children.has(child) : this.#isOurs(child),
      );
    }
  }

  #testOfConsoleEntry(entry: number, firstRun: number): number {
    if (this.#console === null) return firstRun;
    if (entry < this.#consoleAtStart) return -1;
    return this.#consoleMarks.findLast(({length}) => length <= entry)?.index ?? firstRun;
  }
}
