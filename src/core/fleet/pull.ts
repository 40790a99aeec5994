/**
 * When a machine of a fleet takes jobs, which of them it begins, and which it gives back. A state machine without a
 * clock: the caller says what happens and when, and asks. The rules are those of a worker on one machine
 * (core/schedule/watermarks), one level up. docs/design/fleet-policy.md gives the reasons.
 */
import {HOLD_NOTHING_ABOVE_MS, UNKNOWN_MS} from '../schedule';

export interface Watermarks {
  /** In ms of expected work for each worker. */
  readonly low: number;
  readonly high: number;
}

/**
 * The leases of the machine's own workers take up to 200 ms for each of them. The rest of the low mark covers a take
 * over the world, about 50 ms. A refill up to the high mark is several takes at the same time.
 */
const WATERMARKS: Watermarks = {low: 250, high: 500};

/** No machine holds more than this part of what is left for each worker of the fleet. From pytest-xdist. */
const SHARE_HELD = 1 / 4;

/** With so many takes under way, 50 ms for each of them allow more than 1000 jobs per second. */
const MOST_TAKES = 64;

/** A job that begins here within this time (ms) stays here: giving it back and taking it elsewhere takes as long. */
const KEEP_WITHIN_MS = 100;

/**
 * Of two jobs that may each have cost a machine, the later one waits at most so long (ms) for the end of the first one
 * while workers are idle. If the machine dies in that time, the other one does not look guilty.
 */
const ASIDE_MS = 10_000;

export interface PulledJob {
  readonly id: string;
  /** In one worker, in ms; null: unknown. */
  readonly expectedMs: number | null;
  /** Whether it has a serial file: nothing else runs on this machine at the same time. */
  readonly serial: boolean;
  /** Whether a lease of it has ended: it may have cost a machine. */
  readonly suspect: boolean;
}

interface Held extends PulledJob {
  readonly takenAt: number;
  /** Whether its files were given to the run. */
  isGiven: boolean;
  /** When (ms) it began; null: it has not begun. */
  begunAt: number | null;
}

export class Pull {
  readonly #watermarks: Watermarks;
  readonly #workers: number;
  /** How many workers run something: several may run the tests of one job. */
  #busy = 0;
  /** In the order in which they were taken. */
  readonly #held = new Map<string, Held>();
  #toBegin: string[] = [];
  /** How many takes are under way. */
  #asked = 0;
  /** How many of these began before the queue last said that a job waits: what they find says nothing new. */
  #outdated = 0;
  /** The expected duration (ms) of the job that was taken last: the next one is hardly longer. */
  #lastMs: number | null | undefined = undefined;
  /** What is left (ms) for each worker of the fleet. */
  #restMs = Infinity;
  #refilling = false;
  #queueIsEmpty = false;
  #othersAreOutOfWork = false;
  readonly #ended = {jobs: 0, ms: 0};

  /** @param workers how many workers the machine has */
  constructor(workers: number, watermarks: Watermarks = WATERMARKS) {
    this.#workers = workers;
    this.#watermarks = watermarks;
  }

  /** So many workers run something now. */
  setBusy(workers: number): void {
    this.#busy = workers;
  }

  /** @param ms the expected work of all jobs that are not completed, divided by the workers of all machines */
  setRest(ms: number): void {
    this.#restMs = ms;
  }

  /** A take begins. It ends with `took`, `foundNothing` or `dropped`. */
  asked(): void {
    this.#asked++;
  }

  took(job: PulledJob, now: number): void {
    this.#answered();
    this.#lastMs = job.expectedMs;
    this.#held.set(job.id, {...job, takenAt: now, isGiven: false, begunAt: null});
    this.#giveToRun(now);
  }

  foundNothing(): void {
    if (!this.#answered()) this.#queueIsEmpty = true;
  }

  /** The take has brought a job that does not run here, such as one that has cost several machines; or it failed. */
  dropped(): void {
    this.#answered();
  }

  /** The queue says that a job waits. It may say so before a take that has found nothing returns. */
  available(): void {
    this.#queueIsEmpty = false;
    this.#outdated = this.#asked;
  }

  /** @returns the ids of the jobs whose files the run may have from now on; each is returned once */
  toBegin(now: number): string[] {
    this.#giveToRun(now);
    const ids = this.#toBegin.filter(id => this.#held.has(id));
    this.#toBegin = [];
    return ids;
  }

  /** A worker has begun a file of the job. */
  began(id: string, now: number): void {
    const job = this.#held.get(id);
    if (job !== undefined) job.begunAt ??= now;
  }

  /** The machine holds the job no longer: it is completed, given back, or its lease is lost. */
  ended(id: string, now: number): void {
    const job = this.#held.get(id);
    this.#held.delete(id);
    if (job !== undefined && job.begunAt !== null) {
      this.#ended.jobs++;
      this.#ended.ms += now - job.begunAt;
    }
    this.#giveToRun(now);
  }

  /** Whether to begin another take. Ask again after each `asked`: several takes may be under way. */
  wantsMore(now: number): boolean {
    if (this.#queueIsEmpty || this.#asked >= MOST_TAKES || this.#isSerial()) return false;
    const surplus = this.#next().length + this.#asked - this.#idle();
    if (surplus < 0) return true;
    this.#refilling = this.#wantsSurplus(surplus, now, this.#watermarks[this.#refilling ? 'high' : 'low']);
    return this.#refilling;
  }

  /** How many workers have nothing to run, and the queue has nothing for them: the machine is hungry. */
  hungryWorkers(): number {
    return this.#queueIsEmpty && !this.#isSerial() ? Math.max(0, this.#idle() - this.#next().length) : 0;
  }

  /** @returns the ids of held jobs that others should have, the last taken first. None of them has begun. */
  toGiveBack(now: number, {othersAreOutOfWork}: {readonly othersAreOutOfWork: boolean}): string[] {
    this.#othersAreOutOfWork = othersAreOutOfWork;
    if (!othersAreOutOfWork) return [];
    const freeAt = this.#freeAt(now);
    const back: string[] = [];
    for (const job of this.#waiting()) {
      // A serial job begins when all workers are free.
      const wait = job.serial ? maxOf(freeAt) : minOf(freeAt);
      if (wait > KEEP_WITHIN_MS || !job.isGiven) back.push(job.id);
      else if (job.serial) freeAt.fill(wait + this.#expectedMs(job));
      else freeAt[freeAt.indexOf(wait)] = wait + this.#expectedMs(job);
    }
    return back.reverse();
  }

  /** @returns whether the answer to a take is outdated */
  #answered(): boolean {
    this.#asked--;
    const isOutdated = this.#outdated > 0;
    if (isOutdated) this.#outdated--;
    return isOutdated;
  }

  /** Gives all jobs to the run, but the suspects one at a time. */
  #giveToRun(now: number): void {
    for (const job of this.#held.values()) {
      if (!job.isGiven && (!job.suspect || this.#mayBeginSuspect(job, now))) {
        job.isGiven = true;
        this.#toBegin.push(job.id);
      }
    }
  }

  #mayBeginSuspect({takenAt}: Held, now: number): boolean {
    if (![...this.#held.values()].some(({suspect, isGiven}) => suspect && isGiven)) return true;
    return now - takenAt >= ASIDE_MS && this.#queueIsEmpty && this.#idle() > this.#next().length;
  }

  /** Whether to hold a job that no idle worker takes. */
  #wantsSurplus(surplus: number, now: number, mark: number): boolean {
    if (this.#othersAreOutOfWork || this.#lastMs === undefined) return false;
    const next = this.#lastMs ?? this.#meanMs();
    // As a worker does: it holds nothing behind a long job, and no long job.
    if (next !== null && next > HOLD_NOTHING_ABOVE_MS) return false;
    if (minOf(this.#freeAt(now)) > HOLD_NOTHING_ABOVE_MS) return false;
    if (this.#lastMs === null) return surplus < this.#workers;
    const aheadMs = this.#next().reduce((sum, job) => sum + this.#expectedMs(job), this.#asked * this.#lastMs);
    return aheadMs < Math.min(mark, this.#restMs * SHARE_HELD) * this.#workers;
  }

  /** Whether a serial job has the machine to itself, or will have it next. */
  #isSerial(): boolean {
    return [...this.#held.values()].some(({serial}) => serial);
  }

  /** The jobs that have not begun. */
  #waiting(): Held[] {
    return [...this.#held.values()].filter(({begunAt}) => begunAt === null);
  }

  /** The jobs that begin when a worker is free. */
  #next(): Held[] {
    return this.#waiting().filter(({isGiven}) => isGiven);
  }

  #begun(): Held[] {
    return [...this.#held.values()].filter(({begunAt}) => begunAt !== null);
  }

  #idle(): number {
    return Math.max(0, this.#workers - this.#busy);
  }

  /** For each worker, in how many ms it is expected to be free. */
  #freeAt(now: number): number[] {
    const begun = this.#begun();
    const left = begun.map(job => this.#leftMs(job, now)).sort((a, b) => b - a);
    const longest = left[0] ?? 0;
    const busy = begun.some(({serial}) => serial) ? this.#workers : Math.max(this.#busy, left.length);
    return Array.from({length: this.#workers}, (_, worker) => (worker < busy ? (left[worker] ?? longest) : 0));
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

function minOf(all: readonly number[]): number {
  return all.reduce((least, one) => Math.min(least, one), Infinity);
}

function maxOf(all: readonly number[]): number {
  return all.reduce((most, one) => Math.max(most, one), 0);
}
