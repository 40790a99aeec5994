/**
 * Keeps a file's journal by the events of jest-circus: what begins, what has ended, and all that a
 * parent would want to know of it if the process went no further.
 */
import type {AssertionResult, TestResult} from '@jest/test-result';
import type {Circus} from '@jest/types';
import {now} from './clock';
import type {Collection} from './collection';
import type {Journal} from './journal';
import {titlesOf, type Phases} from './phases';
import type {SnapshotWatch} from './snapshots';

type ConsoleEntries = NonNullable<TestResult['console']>;

/** How often (ms) the process's memory is looked at. */
const MEMORY_EVERY_MS = 1000;

const readRss = process.memoryUsage.rss.bind(process.memoryUsage);
const {now: wallClock} = Date;

export interface RecorderOptions {
  readonly journal: Journal;
  readonly phases: Phases;
  /** All entries of the file's console so far; null: it keeps none. */
  readonly console: (() => readonly unknown[] | undefined | null) | null;
}

export class Recorder {
  readonly #options: RecorderOptions;
  #collection: Collection | null = null;
  #snapshots: SnapshotWatch | null = null;
  /** Tests that have ended, and whose result Jest is about to tell: their places, by name. */
  readonly #ended = new Map<string, number[]>();
  #consoleTold = 0;
  #rss = 0;
  #rssAt = -Infinity;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** The file is loaded. */
  opened(collection: Collection, snapshots: SnapshotWatch | null, ms: number): void {
    this.#collection = collection;
    this.#snapshots = snapshots;
    const {listing, listed: tests} = collection;
    const file = snapshots?.file ?? null;
    this.#options.journal.write({type: 'opened', listing, tests, ms, console: this.#newConsole(), snapshots: file});
  }

  /** Something of ours happens. */
  note(event: Circus.Event, state: Circus.State): void {
    const collection = this.#collection;
    if (collection === null) return;
    const {journal, phases} = this.#options;
    phases.note(event, state, collection);
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the others say nothing of what runs
    switch (event.name) {
      case 'test_started': {
        const place = collection.places.get(event.test);
        if (place !== undefined) {
          journal.write({type: 'test', place: place.index, at: wallClock(), rss: this.#memory()});
        }
        return;
      }
      case 'test_done':
      case 'test_todo': {
        const place = collection.places.get(event.test);
        if (place === undefined) return;
        const name = collection.tests[place.index]?.name ?? '';
        const waiting = this.#ended.get(name);
        if (waiting === undefined) this.#ended.set(name, [place.index]);
        else waiting.push(place.index);
        return;
      }
      case 'hook_start': {
        const {type: hook, parent} = event.hook;
        if (hook !== 'beforeAll' && hook !== 'afterAll') return;
        const range = collection.rangeOf.get(parent);
        if (range !== undefined) journal.write({type: 'hook', hook, titles: titlesOf(parent), ...range});
        return;
      }
      case 'hook_success':
      case 'hook_failure':
        if (event.hook.type === 'beforeAll' || event.hook.type === 'afterAll') journal.write({type: 'hook-ended'});
        return;
      case 'run_finish':
        journal.write({type: 'finished'});
        return;
    }
  }

  /** Jest tells of one of the file's tests, right after its event. */
  told(name: string, payload: unknown): void {
    if (name !== 'test-case-result' || !Array.isArray(payload)) return;
    const result = payload[1] as AssertionResult & {readonly startedAt?: number | null};
    const place = this.#ended.get(result.fullName)?.shift();
    if (place === undefined) return;
    const {startedAt, ...rest} = result;
    this.#options.journal.write({
      type: 'ended',
      place,
      // The name that the same time has in a file's result, where it has one.
      result: startedAt === undefined ? rest : {...rest, startAt: startedAt},
      console: this.#newConsole(),
      snapshots: this.#snapshots?.news() ?? null,
    });
  }

  /** Nothing of the file is held any more: a leak detector may be looking. */
  release(): void {
    this.#collection = null;
    this.#snapshots = null;
  }

  #newConsole(): ConsoleEntries {
    const entries = this.#options.console?.() ?? [];
    const news = entries.slice(this.#consoleTold);
    this.#consoleTold = entries.length;
    return news as ConsoleEntries;
  }

  #memory(): number {
    const time = now();
    if (time - this.#rssAt >= MEMORY_EVERY_MS) {
      this.#rss = readRss();
      this.#rssAt = time;
    }
    return this.#rss;
  }
}
