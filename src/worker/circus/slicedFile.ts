/**
 * Runs some of a file's tests. It follows jest-circus through the events that circus sends to the test environment, and
 * circus waits after each event. For each test it decides, as late as possible, whether this worker runs the test.
 * It skips a test of another worker and takes the test out of circus's tree, so that neither the file's result nor the
 * user's environment hears of it. A describe block without a test of ours runs none of its hooks.
 */
import type {TestResult} from '@jest/test-result';
import type {Circus} from '@jest/types';
import type {
  CollectedTest,
  FromWorker,
  Slice,
  SnapshotChanges,
  SplitOrder,
  WhenTakenBack,
} from '../../core/wire/workerMessages';
import {collect, type Collection, type Place} from './collection';
import {probe} from '../jestProbes';
import {Session} from './session';
import type {Journal} from '../guard/journal';
import {titlesOf, type Phases} from '../guard/phases';
import {Recorder} from './recorder';
import {SnapshotWatch} from './snapshots';
import {consoleOf, handleEvents, snapshotStateOf, type CircusFile, type TestEnvironment} from './testFramework';

export interface SlicedFileOptions {
  readonly unit: number;
  readonly order: SplitOrder;
  readonly journal: Journal;
  readonly phases: Phases;
  readonly send: (message: FromWorker) => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
  readonly listen: () => Promise<void>;
}

/** `currentConcurrentTestName`: the concurrent test that runs in this asynchronous context. */
type Expect = {getState(): {currentConcurrentTestName?: () => string | undefined}};

/** The global that tells jest-circus to retry a failed test at once, instead of at the end of its block. */
const RETRY_IMMEDIATELY = Symbol.for('RETRY_IMMEDIATELY');

type GroupedPlace = Place & {readonly group: number};

/** The outcome when all tests have run. It holds only objects of the worker's realm, to keep no file's realm alive. */
interface Outcome {
  /** The places of the tests in the result. */
  readonly tests: readonly number[];
  readonly ran: readonly number[];
}

export class SlicedFile implements CircusFile {
  readonly #options: SlicedFileOptions;
  readonly #startedAt: number;
  #loadMs = 0;
  #expect: Expect | null = null;
  #concurrentFileWide = true;
  #console: (() => number) | null = null;
  #retriesAtOnce: (() => boolean) | null = null;
  /** The test that circus will retry next. */
  #retried: Circus.TestEntry | null = null;
  #consoleAtStart = 0;
  /** The number of console entries when a test began, and the test's place. */
  readonly #consoleMarks: {readonly length: number; readonly index: number}[] = [];
  #collection: Collection | null = null;
  #session: Session | null = null;
  #recorder: Recorder | null = null;
  #snapshots: SnapshotChanges | null = null;
  #outcome: Outcome | null = null;
  /** The tests of this worker that circus has reached. */
  readonly #ours = new Set<Circus.TestEntry>();
  /** The places of the tests in `#ours` that were neither skipped nor todo, in the order in which they began. */
  readonly #ran = new Set<number>();
  readonly #ended = new Set<Circus.TestEntry>();
  /** The tests that run now. Concurrent tests are several. */
  readonly #active = new Set<Circus.TestEntry>();
  readonly #foreignBlocks = new Set<Circus.DescribeBlock>();
  /** The children of each block, as the file defines them. */
  readonly #children = new Map<Circus.DescribeBlock, Circus.DescribeBlock['children']>();
  #indivisible = false;
  #discarded = false;

  constructor(options: SlicedFileOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** Whether the parent no longer wants the outcome. */
  get discarded(): boolean {
    return this.#discarded;
  }

  give(groups: readonly number[], last: boolean): void {
    this.#session?.give(groups, last);
  }

  discard(): void {
    this.#discarded = true;
    this.#session?.discard();
  }

  /**
   * Handles events before the environment's own handler does. If the environment does not allow that, the file runs
   * whole.
   */
  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    this.#concurrentFileWide = circus.concurrentFileWide;
    const entries = consoleOf(environment);
    this.#console = entries && (() => entries()?.length ?? 0);
    this.#retriesAtOnce = () => Boolean(environment.global[RETRY_IMMEDIATELY]);
    const {journal, phases} = this.#options;
    phases.codeBegins();
    this.#recorder = new Recorder({journal, phases, environment, holdsEnds: false});
    const follows = handleEvents(environment, (event, state, pass) => {
      // The user's environment may take tests out of the file before they are listed.
      if (event.name === 'run_start') return Promise.resolve(pass()).then(() => this.#open(state));
      // Pass the events of a file's definition on at once, because circus does not wait for their handlers.
      const decided = this.#handle(event, state);
      if (decided === undefined) return pass();
      return decided.then(mine => (mine ? pass() : undefined));
    });
    if (!follows) journal.skip();
  }

  told(name: string, payload: unknown): void {
    this.#recorder?.told(name, payload);
  }

  /**
   * What the parent needs besides the result of the tests that ran here; null: the file ran whole.
   *
   * @throws if the result is not that of our tests
   */
  slice(result: TestResult): Slice | null {
    if (this.#outcome === null || this.#snapshots === null) return null;
    const {tests, ran} = this.#outcome;
    if (result.testResults.length !== tests.length) {
      throw new Error(`jest-runner-xdist: there are ${result.testResults.length} results of ${tests.length} tests`);
    }
    const console = this.#placesOfConsole(result.console?.length ?? 0, tests[0] ?? -1);
    return {tests, ran, console, loadMs: this.#loadMs, snapshot: this.#snapshots};
  }

  /** @returns undefined: there is nothing to decide; else whether the event is about one of our tests or blocks */
  #handle(event: Circus.Event, state: Circus.State): Promise<boolean> | undefined {
    const session = this.#session;
    if (event.name === 'setup') {
      this.#expect = (event.runtimeGlobals as {expect?: Expect}).expect ?? null;
      return undefined;
    }
    if (session === null) return undefined;
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others pass as they come
    switch (event.name) {
      case 'run_describe_start':
        return this.#blockStarts(event.describeBlock, session);
      case 'run_describe_finish':
        return this.#foreignBlocks.has(event.describeBlock) ? Promise.resolve(false) : undefined;
      case 'test_start':
        this.#recorder?.note(event, state);
        return this.#testStarts(event.test, session, state);
      case 'test_started': {
        const place = this.#collection?.places.get(event.test);
        if (place !== undefined) this.#ran.add(place.index);
        this.#recorder?.note(event, state);
        return undefined;
      }
      case 'test_retry':
        this.#retried = event.test;
        return undefined;
      case 'test_done':
      case 'test_skip':
      case 'test_todo':
        this.#active.delete(event.test);
        if (!this.#isOurs(event.test)) return Promise.resolve(false);
        this.#testEnds(event.test, session);
        this.#recorder?.note(event, state);
        return undefined;
      case 'test_fn_start':
      case 'test_fn_success':
      case 'test_fn_failure':
      case 'hook_start':
      case 'hook_success':
      case 'hook_failure':
        this.#recorder?.note(event, state);
        return undefined;
      case 'concurrent_tests_start':
      case 'concurrent_tests_end':
        return this.#concurrent(event.tests, session);
      case 'run_finish':
        this.#recorder?.note(event, state);
        this.#recorder?.release();
        this.#finish(session);
        return undefined;
      default:
        return undefined;
    }
  }

  async #open(state: Circus.State): Promise<void> {
    const {unit, order, send, now, listen} = this.#options;
    const snapshots = probe('circusState', state)
      ? SnapshotWatch.of(snapshotStateOf(this.#expect), writesInline => this.#snapshotMatches(writesInline))
      : null;
    if (snapshots === null) {
      // The file runs whole, without a journal. The rest of a file whose worker died cannot run like that.
      if (order.resumes !== null)
        throw new Error('The private parts of this Jest differ from those that the runner knows.');
      this.#options.journal.skip();
      return;
    }
    const collection = collect(state, {
      granularity: order.granularity,
      grouping: order.grouping,
      concurrentFileWide: this.#concurrentFileWide,
      leaveOut: new Set(order.resumes?.leaveOut),
    });
    if (order.resumes !== null && order.resumes.listing !== collection.listing) {
      throw new Error('Loaded again, it has other tests than it had at first.');
    }
    snapshots.capture({
      when: test => this.#whenTakenBack(test),
      onSave: changes => {
        this.#snapshots = changes;
        snapshots.release();
      },
    });
    this.#collection = collection;
    const sizes = new Map<number, number>();
    for (const {group} of collection.tests) if (group !== null) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    this.#session = new Session({
      sizes,
      now,
      listen,
      phases: this.#options.phases,
      send: progress => send({...progress, unit}),
    });
    if (this.#discarded) this.#session.discard();
    this.#loadMs = now() - this.#startedAt;
    this.#recorder?.opened(collection, snapshots, this.#loadMs);
    this.#consoleAtStart = this.#console?.() ?? 0;
    const {fingerprint} = collection;
    const tests: readonly CollectedTest[] | null = fingerprint === order.collected ? null : collection.tests;
    send({type: 'unit-opened', unit, ms: this.#loadMs, fingerprint, tests});
    await this.#session.begun();
  }

  async #blockStarts(block: Circus.DescribeBlock, session: Session): Promise<boolean> {
    const groups = this.#collection?.groupsIn.get(block) ?? new Set();
    if (block.parent === undefined) {
      // Some versions of circus start all concurrent tests now, so this is the last chance to decide about them.
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

  #testStarts(test: Circus.TestEntry, session: Session, state: Circus.State): Promise<boolean> | undefined {
    const place = this.#collection?.places.get(test);
    if (place === undefined) return undefined;
    if (this.#ours.has(test)) {
      this.#active.add(test); // a retry
      return undefined;
    }
    const {group} = place;
    if (group === null) {
      if (this.#isFirst && !place.leftOut) return undefined;
      test.mode = 'skip';
      return Promise.resolve(false);
    }
    if (session.owns(group) !== true) return this.#decide(test, {...place, group}, session, state);
    // The path of most tests, so it must be fast.
    const waits = this.#ourTestStarts(test, {...place, group}, session);
    return waits === null ? undefined : waits.then(() => true);
  }

  async #decide(test: Circus.TestEntry, place: GroupedPlace, session: Session, state: Circus.State): Promise<boolean> {
    // During the wait, code that an earlier test left behind may throw. Circus would fail this test with the error, and
    // the error would be lost if another worker runs this test. Without a running test, it becomes an error of the
    // file.
    const running = state.currentlyRunningTest === test;
    if (running) state.currentlyRunningTest = null;
    const {mine} = await session.decide([place.group]);
    if (!mine) {
      test.mode = 'skip';
      this.#takeOutForeignAfter(test, session);
      return false;
    }
    await this.#ourTestStarts(test, place, session);
    if (running) state.currentlyRunningTest = test;
    this.#recorder?.waited(test);
    return true;
  }

  /** @returns null: the test begins at once */
  #ourTestStarts(test: Circus.TestEntry, {group, index}: GroupedPlace, session: Session): Promise<void> | null {
    this.#ours.add(test);
    this.#active.add(test);
    this.#takeOutForeignAfter(test, session);
    const begins = () => {
      if (this.#console !== null) this.#consoleMarks.push({length: this.#console(), index});
    };
    const listening = session.testStarts(group);
    if (listening === null) {
      begins();
      return null;
    }
    return listening.then(() => {
      this.#recorder?.waited(test);
      begins();
    });
  }

  #snapshotMatches(writesInline: boolean): void {
    if (writesInline) {
      // The source file of the inline snapshot may be another than the test file, so nobody could know before.
      this.#isIndivisible('it writes inline snapshots.', true);
    } else if (this.#active.size === 0 && this.#expect?.getState().currentConcurrentTestName?.() === undefined) {
      // Jest names such a snapshot after the test before it, which may be another worker's.
      this.#isIndivisible('it compares with a snapshot in a beforeAll or afterAll hook.', false);
    }
  }

  /**
   * Circus retries a test at once or when the test's block has ended. A retried block takes back snapshots at its end,
   * which is now.
   */
  #whenTakenBack(test: unknown): WhenTakenBack {
    const retried = this.#retried;
    const range = retried && this.#collection?.rangeOf.get(retried.parent);
    if (test !== retried || !retried || !range || this.#retriesAtOnce?.() !== false) {
      return {after: [...this.#ran].at(-1) ?? -1, deferred: null};
    }
    const place = this.#collection?.places.get(retried)?.index ?? 0;
    return {after: range.to - 1, deferred: {depth: titlesOf(retried.parent).length, place}};
  }

  #isIndivisible(reason: string, anew: boolean): void {
    // The rest of a file whose worker died can never run as a whole file.
    if (this.#indivisible || this.#discarded || this.#options.order.resumes !== null) return;
    this.#indivisible = true;
    this.#options.send({type: 'unit-indivisible', unit: this.#options.unit, reason, anew});
  }

  #testEnds(test: Circus.TestEntry, session: Session): void {
    if (this.#ended.has(test)) return;
    this.#ended.add(test);
    const group = this.#collection?.places.get(test)?.group ?? null;
    if (group !== null) session.testEnds(group);
  }

  /** All tests have run. Drops all references into the file's realm, because Jest's leak detector may look for them. */
  #finish(session: Session): void {
    this.#restoreTree();
    const places = [...(this.#collection?.places ?? [])];
    const tests = places.filter(([test]) => this.#isOurs(test)).map(([, {index}]) => index);
    if (session.hasUnfinished) {
      this.#isIndivisible('its environment takes tests out while it runs.', true);
    }
    this.#outcome = {tests, ran: [...this.#ran]};
    this.#collection = null;
    this.#session = null;
    this.#expect = null;
    this.#console = null;
    this.#retriesAtOnce = null;
    this.#retried = null;
    for (const held of [this.#ours, this.#ended, this.#active, this.#foreignBlocks, this.#children]) held.clear();
  }

  get #isFirst(): boolean {
    return this.#options.order.collected === null;
  }

  #isOurs(test: Circus.TestEntry): boolean {
    const place = this.#collection?.places.get(test);
    if (place === undefined) return true; // a test defined it while running, which circus makes that test's error
    return place.group === null ? this.#reports(place) : this.#ours.has(test);
  }

  /** Whether this worker reports a test that no worker runs. */
  #reports({group, leftOut}: Place): boolean {
    return group === null && !leftOut && this.#isFirst;
  }

  /** Whether a block has tests that no worker runs and this worker reports. */
  #hasOwnUndealt(block: Circus.DescribeBlock): boolean {
    return (
      this.#isFirst &&
      block.children.some(child => {
        if (child.type === 'describeBlock') return this.#hasOwnUndealt(child);
        const place = this.#collection?.places.get(child);
        return place !== undefined && this.#reports(place);
      })
    );
  }

  #concurrentGroups(): number[] {
    const groups: number[] = [];
    for (const [test, {group}] of this.#collection?.places ?? []) {
      if (test.concurrent && group !== null) groups.push(group);
    }
    return groups;
  }

  /** Whether it is known that the test or block contains nothing of ours. */
  #isForeign(child: Circus.TestEntry | Circus.DescribeBlock, session: Session): boolean {
    if (child.type === 'describeBlock') {
      for (const group of this.#collection?.groupsIn.get(child) ?? []) {
        if (session.owns(group) !== false) return false;
      }
      return !this.#hasOwnUndealt(child);
    }
    const place = this.#collection?.places.get(child);
    if (place === undefined) return false;
    const {group} = place;
    return group === null ? !this.#reports(place) : session.owns(group) === false && !this.#ours.has(child);
  }

  /** Takes tests and blocks of other workers out of a block and its descendants, as far as they are known. */
  #takeOutForeign(block: Circus.DescribeBlock, session: Session): void {
    this.#remember(block);
    block.children = block.children.filter(child => !this.#isForeign(child, session));
    for (const child of block.children) if (child.type === 'describeBlock') this.#takeOutForeign(child, session);
  }

  /** Takes out what follows `current` in its block. Circus is iterating over the block, and would reach that next. */
  #takeOutForeignAfter(current: Circus.TestEntry | Circus.DescribeBlock, session: Session): void {
    if (!session.hasForeign) return;
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

  /** Restores the blocks as the file defines them, but with only our tests. */
  #restoreTree(): void {
    for (const [block, children] of this.#children) {
      // `#children` lacks a block that was taken out as a whole.
      block.children = children.filter(child =>
        child.type === 'describeBlock' ? this.#children.has(child) : this.#isOurs(child),
      );
    }
  }

  /** @returns for each entry of the console the place of the test it belongs to. Both are in order. */
  #placesOfConsole(entries: number, firstTest: number): number[] {
    let mark = -1;
    return Array.from({length: entries}, (_, entry) => {
      while ((this.#consoleMarks[mark + 1]?.length ?? Infinity) <= entry) mark++;
      if (entry < this.#consoleAtStart) return -1;
      return this.#consoleMarks[mark]?.index ?? firstTest;
    });
  }
}
