/**
 * Keeps a file's journal from the events of jest-circus: what begins, what has ended, and everything else that the
 * parent needs if the process dies.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import type {Circus} from '@jest/types';
import {monotonicMs} from '../../pristine/clock';
import {residentBytes} from '../../pristine/memory';
import type {Collection} from './collection';
import type {JournalRecord} from '../../core/wire/journal';
import type {Journal} from '../guard/journal';
import {titlesOf, type Phases} from '../guard/phases';
import type {SnapshotWatch} from './snapshots';
import {TestDurations} from './testDurations';
import {consoleOf, type TestEnvironment} from './testFramework';

type ConsoleEntries = NonNullable<TestResult['console']>;

/** How often (ms) to measure the process's memory. */
const MEMORY_EVERY_MS = 1000;

/** The global in which jest-circus stores the argument of `jest.retryTimes`. */
const RETRY_TIMES = Symbol.for('RETRY_TIMES');

export interface RecorderOptions {
  readonly journal: Journal;
  readonly phases: Phases;
  readonly environment: TestEnvironment;
  /**
   * Whether the end of a test may be written together with what follows. Not if something else than the next test or
   * hook may follow, such as a wait or the user's code.
   */
  readonly holdsEnds: boolean;
}

export class Recorder {
  readonly #journal: Journal;
  readonly #phases: Phases;
  /** null: the file has ended, and no reference into its realm may be kept. */
  #environment: TestEnvironment | null;
  readonly #holdsEnds: boolean;
  readonly #durations = new TestDurations();
  #collection: Collection | null = null;
  #snapshots: SnapshotWatch | null = null;
  /** The places of the tests that run. Concurrent tests are several. */
  readonly #running = new Set<number>();
  /** By name: the places of tests that have ended and whose results Jest has not yet reported. */
  readonly #ended = new Map<string, {readonly place: number; readonly willRetry: boolean}[]>();
  #consoleTold = 0;
  #rss = 0;
  #rssAt = -Infinity;

  constructor({journal, phases, environment, holdsEnds}: RecorderOptions) {
    this.#journal = journal;
    this.#phases = phases;
    this.#environment = environment;
    this.#holdsEnds = holdsEnds;
  }

  /** The file is loaded. */
  opened(collection: Collection, snapshots: SnapshotWatch | null, ms: number): void {
    this.#collection = collection;
    this.#snapshots = snapshots;
    this.#phases.testsListed();
    const {listing, listed: tests} = collection;
    const file = snapshots?.file ?? null;
    this.#journal.write({type: 'opened', listing, tests, ms, console: this.#newConsole(), snapshots: file});
  }

  /** The test has waited for the parent. */
  waited(test: Circus.TestEntry): void {
    this.#durations.waited(test);
  }

  /**
   * Records an event of one of our tests. An error here must not fail a test, so the file goes on without a journal.
   */
  note(event: Circus.Event, state: Circus.State): void {
    try {
      this.#note(event, state);
    } catch {
      this.#journal.skip();
    }
  }

  /** Jest reports one of the file's tests, right after the event. */
  told(name: string, payload: unknown): void {
    try {
      this.#told(name, payload);
    } catch {
      this.#journal.skip();
    }
  }

  /** Drops all references into the file's realm, because Jest's leak detector may be looking for them. */
  release(): void {
    this.#collection = null;
    this.#snapshots = null;
    this.#environment = null;
  }

  #note(event: Circus.Event, state: Circus.State): void {
    const collection = this.#collection;
    if (collection === null) return;
    if ('hook' in event && event.hook === collection.jestsOwnHook) return; // each test has it, and it takes no time
    const journal = this.#journal;
    this.#phases.note(event, state, collection);
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- no other event says what runs
    switch (event.name) {
      case 'test_start':
        this.#durations.starts(event.test);
        return;
      case 'test_started': {
        const place = collection.places.get(event.test);
        if (place !== undefined) {
          this.#running.add(place.index);
          journal.write({type: 'test', place: place.index, at: Math.round(monotonicMs()), rss: this.#memory()});
        }
        return;
      }
      case 'test_done':
      case 'test_todo': {
        this.#durations.ended(event.test);
        const place = collection.places.get(event.test);
        if (place === undefined) return;
        const name = collection.tests[place.index]?.name ?? '';
        const end = {place: place.index, willRetry: this.#willRetry(event.test)};
        const waiting = this.#ended.get(name);
        if (waiting === undefined) this.#ended.set(name, [end]);
        else waiting.push(end);
        return;
      }
      case 'hook_start': {
        const {type: hook, parent} = event.hook;
        const range = collection.rangeOf.get(parent);
        if (range !== undefined) journal.write({type: 'hook', hook, titles: titlesOf(parent), ...range});
        return;
      }
      case 'hook_success':
      case 'hook_failure':
        journal.write({type: 'hook-ended'});
        return;
      case 'run_finish':
        journal.write({type: 'finished'});
        return;
    }
  }

  #told(name: string, payload: unknown): void {
    if (name !== 'test-case-result' || !Array.isArray(payload)) return;
    const result = payload[1] as AssertionResult & {readonly startedAt?: number | null};
    const end = this.#ended.get(result.fullName)?.shift();
    if (end === undefined) return;
    this.#running.delete(end.place);
    const {startedAt, ...rest} = result;
    const record: JournalRecord = {
      type: 'ended',
      ...end,
      // A file's result calls the same time `startAt`.
      result: startedAt === undefined ? rest : {...rest, startAt: startedAt},
      console: this.#newConsole(),
      snapshots: this.#snapshots?.takeActivity() ?? null,
    };
    if (this.#holdsEnds && this.#running.size === 0 && !end.willRetry) this.#journal.hold(record);
    else this.#journal.write(record);
  }

  #newConsole(): ConsoleEntries {
    const entries = (this.#environment && consoleOf(this.#environment)?.()) ?? [];
    const newEntries = entries.slice(this.#consoleTold);
    this.#consoleTold = entries.length;
    return newEntries as ConsoleEntries;
  }

  /** Whether jest-circus will run the failed test again (`jest.retryTimes`). */
  #willRetry({errors, invocations}: Circus.TestEntry): boolean {
    const times = this.#environment?.global[RETRY_TIMES];
    return errors.length > 0 && invocations <= Number(times ?? 0);
  }

  #memory(): number {
    const time = monotonicMs();
    if (time - this.#rssAt >= MEMORY_EVERY_MS) {
      this.#rss = residentBytes();
      this.#rssAt = time;
    }
    return this.#rss;
  }
}
