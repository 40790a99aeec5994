/**
 * Decides which tests of an open file this worker runs. The parent gives groups of tests while the file runs. If circus
 * reaches a test before the parent has decided which worker runs it, the test waits here.
 */
import {NEWS_EVERY_MS, type FromWorker} from '../../core/wire/workerMessages';
import type {Phases} from '../guard/phases';

/** After this time (ms) of tests without a pause, the worker reads the parent's messages. */
const LISTEN_EVERY_MS = 10;

export type SessionProgress = Omit<Extract<FromWorker, {type: 'tests-progress'}>, 'unit'>;

export interface SessionOptions {
  /** By group: the number of its tests. */
  readonly sizes: ReadonlyMap<number, number>;
  readonly send: (progress: SessionProgress) => void;
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** Hears when the session only waits for the parent. */
  readonly phases: Pick<Phases, 'waits' | 'goesOn'>;
  /** Resolves when the messages that have arrived are read. */
  readonly listen: () => Promise<void>;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #given = new Set<number>();
  /** The given groups of which no test has begun. */
  readonly #ahead = new Set<number>();
  readonly #left: Map<number, number>;
  readonly #groups: number;
  #frontier = 0;
  #last = false;
  #discarded = false;
  #wake: (() => void)[] = [];
  #done: (readonly [group: number, ms: number])[] = [];
  #running: number | null = null;
  /**
   * With this many groups ahead or fewer, the worker tells the parent what runs, so that more groups arrive in time.
   */
  #low = 0;
  #toldAt = 0;
  #listenedAt = 0;
  /** Concurrent tests that begin while the worker listens wait, too, so that none overtakes another. */
  #listening: Promise<number> | null = null;
  /** When the running group began. Moved forward by the time that the session waits. */
  #since: number;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#left = new Map(options.sizes);
    this.#groups = options.sizes.size;
    this.#since = options.now();
  }

  give(groups: readonly number[], last: boolean): void {
    for (const group of groups) {
      this.#given.add(group);
      this.#ahead.add(group);
      this.#frontier = group + 1;
    }
    this.#low = Math.ceil(groups.length / 2);
    this.#last ||= last;
    this.#wakeUp();
  }

  /** This worker runs no further group. */
  discard(): void {
    this.#discarded = true;
    this.#wakeUp();
  }

  /** Whether this worker runs the group; null: the parent has not decided yet. */
  owns(group: number): boolean | null {
    if (this.#discarded) return false;
    if (this.#given.has(group)) return true;
    return group < this.#frontier || this.#last ? false : null;
  }

  /**
   * Resolves when it is known whether this worker runs any of these groups.
   *
   * @returns `waited`: in ms
   */
  async decide(groups: Iterable<number>): Promise<{mine: boolean; waited: number}> {
    let waited = 0;
    for (;;) {
      const mine = this.#ownsAny(groups);
      if (mine !== null) return {mine, waited};
      waited += await this.#wait(true);
    }
  }

  /** Resolves when the parent has given this worker its first tests, or will give none. */
  async begun(): Promise<void> {
    while (this.#given.size === 0 && !this.#last && !this.#discarded) await this.#wait(false);
  }

  /** Whether it is known of at least one group that another worker runs it. */
  get hasForeign(): boolean {
    return this.#discarded || this.#frontier > this.#given.size || (this.#last && this.#given.size < this.#groups);
  }

  /**
   * A test of one of our groups is about to begin.
   *
   * @returns null: it begins at once; else a promise for how long (ms) it had to wait
   */
  testStarts(group: number): Promise<number> | null {
    const {now} = this.#options;
    const begins = this.#ahead.delete(group);
    this.#running = group;
    if (this.#last) return this.#listening;
    const time = now();
    const low = this.#ahead.size <= this.#low;
    if (begins && (low || time - this.#toldAt >= NEWS_EVERY_MS)) {
      this.#low = -1; // tell the parent once
      this.#tell();
    }
    if (low || time - this.#listenedAt >= LISTEN_EVERY_MS) this.#listening ??= this.#listen(time);
    return this.#listening;
  }

  /** A test of one of our groups has ended for the first time. */
  testEnds(group: number): void {
    const left = (this.#left.get(group) ?? 0) - 1;
    this.#left.set(group, left);
    if (left > 0) return;
    const time = this.#options.now();
    // A µs is precise enough, and the message is shorter.
    this.#done.push([group, Math.round((time - this.#since) * 1000) / 1000]);
    this.#since = time;
  }

  /** Whether circus has not reached some of the tests that the parent gave this worker. */
  get hasUnfinished(): boolean {
    return !this.#discarded && [...this.#given].some(group => (this.#left.get(group) ?? 0) > 0);
  }

  #ownsAny(groups: Iterable<number>): boolean | null {
    let decided = true;
    for (const group of groups) {
      const mine = this.owns(group);
      if (mine === true) return true;
      decided &&= mine === false;
    }
    return decided ? false : null;
  }

  async #wait(tell: boolean): Promise<number> {
    const start = this.#options.now();
    this.#running = null;
    if (tell) this.#tell();
    this.#options.phases.waits();
    await new Promise<void>(resolve => this.#wake.push(resolve));
    this.#options.phases.goesOn();
    const waited = this.#options.now() - start;
    this.#since += waited;
    this.#listenedAt = start + waited;
    return waited;
  }

  async #listen(time: number): Promise<number> {
    await this.#options.listen();
    this.#listening = null;
    this.#listenedAt = this.#options.now();
    this.#since += this.#listenedAt - time;
    return this.#listenedAt - time;
  }

  #tell(): void {
    this.#options.send({type: 'tests-progress', done: this.#done.splice(0), running: this.#running});
    this.#toldAt = this.#options.now();
  }

  #wakeUp(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
