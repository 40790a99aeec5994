/**
 * When a machine of a fleet takes jobs, which of them it begins, and which it gives back. A state machine without a
 * clock: the caller says what happens and when, and asks. The rules are those of a worker on one machine
 * (core/schedule/watermarks), one level up. docs/design/fleetPolicy.md gives the reasons.
 */
import {HOLD_NOTHING_ABOVE_MS, UNKNOWN_MS} from '../schedule';

export interface Watermarks {
  /** In ms of expected work for each worker. */
  readonly low: number;
  readonly high: number;
}

/**
 * The workers' own leases take up to 200 ms for each worker. What is left covers a take over the world, about 50 ms. A
 * refill up to the high mark is several takes at the same time.
 */
const WATERMARKS: Watermarks = {low: 250, high: 500};

/** A job that begins here within this time (ms) stays here: giving it back and taking it elsewhere takes as long. */
const KEEP_WITHIN_MS = 100;

export interface PulledJob {
  readonly id: string;
  /** In one worker, in ms; null: unknown. */
  readonly expectedMs: number | null;
  /** Whether it has a serial file: nothing else runs on this machine at the same time. */
  readonly serial: boolean;
  /** Whether it has cost a machine (see `stories`). */
  readonly suspect: boolean;
}

interface Held extends PulledJob {
  /** When (ms) it began; null: it has not begun. */
  readonly begunAt: number | null;
}

export class Pull {
  readonly #watermarks: Watermarks;
  #workers: number;
  #busy: number | null = null;
  /** In the order in which they were taken. */
  readonly #held = new Map<string, Held>();
  /** How many takes are under way. */
  #asked = 0;
  /** The expected duration of the job that was taken last: the next one is hardly longer. undefined: none was. */
  #lastMs: number | null | undefined = undefined;
  #refilling = false;
  #queueIsEmpty = false;
  #othersAreOutOfWork = false;
  readonly #ended = {jobs: 0, ms: 0};

  /** @param workers how many workers the machine has */
  constructor(workers: number, watermarks: Watermarks = WATERMARKS) {
    this.#workers = workers;
    this.#watermarks = watermarks;
  }

  /** @param busy how many run something; null: unknown, each job that has begun counts for one */
  setWorkers(workers: number, busy: number | null): void {
    this.#workers = workers;
    this.#busy = busy;
  }

  /** A take begins. It ends with `took`, `foundNothing` or `failed`. */
  asked(): void {
    this.#asked++;
  }

  took(job: PulledJob): void {
    this.#asked--;
    this.#lastMs = job.expectedMs;
    this.#held.set(job.id, {...job, begunAt: null});
  }

  foundNothing(): void {
    this.#asked--;
    this.#queueIsEmpty = true;
  }

  /** The take found a job that is not for this machine to run, such as one that has cost two machines. */
  failed(): void {
    this.#asked--;
  }

  /** The queue says that a job waits. */
  available(): void {
    this.#queueIsEmpty = false;
  }

  /** A worker has begun a file of the job. */
  began(id: string, now: number): void {
    const job = this.#held.get(id);
    if (job !== undefined && job.begunAt === null) this.#held.set(id, {...job, begunAt: now});
  }

  /** The job has ended here: it is completed, given back, or its lease is lost. */
  ended(id: string, now: number): void {
    const job = this.#held.get(id);
    this.#held.delete(id);
    if (job === undefined || job.begunAt === null) return;
    this.#ended.jobs++;
    this.#ended.ms += now - job.begunAt;
  }

  /**
   * Whether the files of a held job may be given to workers. Of two jobs that have each cost a machine, only one runs
   * at a time: if this machine dies, too, the other one must not look guilty.
   */
  mayBegin(id: string): boolean {
    const job = this.#held.get(id);
    if (job === undefined || job.begunAt !== null || !job.suspect) return job !== undefined;
    const first = [...this.#held.values()].find(({suspect}) => suspect);
    return first === job || (this.#othersCannotHelp() && this.#idle() > this.#beginnable().length);
  }

  /** Whether to begin another take. Ask again after each `asked`: several takes may be under way. */
  wantsMore(now: number): boolean {
    if (this.#queueIsEmpty || this.#asked >= this.#workers || this.#isAlone()) return false;
    const waiting = this.#waiting();
    const surplus = waiting.length + this.#asked - this.#idle();
    if (surplus < 0) return true;
    this.#refilling &&= this.#wantsSurplus(waiting, surplus, now, this.#watermarks.high);
    this.#refilling ||= this.#wantsSurplus(waiting, surplus, now, this.#watermarks.low);
    return this.#refilling;
  }

  /** Whether this machine has workers for which the queue had nothing. */
  isHungry(): boolean {
    return this.idleWorkers() > 0;
  }

  /** How many workers the machine has for which the queue had nothing. */
  idleWorkers(): number {
    return this.#queueIsEmpty && !this.#isAlone() ? Math.max(0, this.#idle() - this.#waiting().length) : 0;
  }

  /** @returns the ids of held jobs that others should have, the last taken first. None of them has begun. */
  toGiveBack(now: number, {othersAreOutOfWork}: {readonly othersAreOutOfWork: boolean}): string[] {
    this.#othersAreOutOfWork = othersAreOutOfWork;
    if (!othersAreOutOfWork) return [];
    const freeAt = this.#freeAt(now);
    const back: string[] = [];
    for (const job of this.#waiting()) {
      // A serial job begins when all workers are free.
      const wait = job.serial ? Math.max(...freeAt) : Math.min(...freeAt);
      if (wait > KEEP_WITHIN_MS || !this.mayBegin(job.id)) back.push(job.id);
      else if (job.serial) freeAt.fill(wait + this.#expectedMs(job));
      else freeAt[freeAt.indexOf(wait)] = wait + this.#expectedMs(job);
    }
    return back.reverse();
  }

  /** Whether to hold a job that no idle worker takes. */
  #wantsSurplus(waiting: readonly Held[], surplus: number, now: number, mark: number): boolean {
    if (this.#othersAreOutOfWork || this.#lastMs === undefined) return false;
    const next = this.#lastMs ?? this.#meanMs();
    // As a worker does: it holds nothing behind a long job, and no long job.
    if (next !== null && next > HOLD_NOTHING_ABOVE_MS) return false;
    if (Math.min(...this.#freeAt(now)) > HOLD_NOTHING_ABOVE_MS) return false;
    if (this.#lastMs === null) return surplus < this.#workers;
    const aheadMs = waiting.reduce((sum, job) => sum + this.#expectedMs(job), 0) + this.#asked * this.#lastMs;
    return aheadMs < mark * this.#workers;
  }

  /** Whether a serial job has the machine to itself, or is about to. */
  #isAlone(): boolean {
    return [...this.#held.values()].some(({serial}) => serial);
  }

  #waiting(): Held[] {
    return [...this.#held.values()].filter(({begunAt}) => begunAt === null);
  }

  #begun(): Held[] {
    return [...this.#held.values()].filter(({begunAt}) => begunAt !== null);
  }

  /** Those of the waiting jobs that need no second look: they have cost no machine. */
  #beginnable(): Held[] {
    return this.#waiting().filter(({suspect}) => !suspect);
  }

  #othersCannotHelp(): boolean {
    return this.#queueIsEmpty && !this.#othersAreOutOfWork;
  }

  #idle(): number {
    return Math.max(0, this.#workers - (this.#busy ?? this.#begun().length));
  }

  /** For each worker, in how many ms it is expected to be free. */
  #freeAt(now: number): number[] {
    const left = this.#begun()
      .map(job => this.#leftMs(job, now))
      .sort((a, b) => b - a);
    const busy = Math.min(this.#workers, Math.max(this.#busy ?? 0, left.length));
    return Array.from({length: this.#workers}, (_, worker) => (worker < busy ? (left[worker] ?? left[0] ?? 0) : 0));
  }

  /** A job that takes longer than expected is taken to go on for as long as it has been late. */
  #leftMs(job: Held, now: number): number {
    return Math.abs(this.#expectedMs(job) - (now - (job.begunAt ?? now)));
  }

  #expectedMs({expectedMs}: PulledJob): number {
    return expectedMs ?? this.#meanMs() ?? UNKNOWN_MS;
  }

  #meanMs(): number | null {
    return this.#ended.jobs === 0 ? null : this.#ended.ms / this.#ended.jobs;
  }
}
