/**
 * The cores of a virtual machine. What computes on them shares them evenly: if there are too few, the computing of all
 * slows down, and their waiting does not.
 */
import type {TimerQueue} from './timers';

/** Work that takes `ms` while the cores suffice. */
export interface Work {
  readonly ms: number;
  /** The CPU time of it, in ms, in all threads. If it is more than `ms`, all of `ms` is computing. */
  readonly cpuMs: number;
}

export const NO_WORK: Work = {ms: 0, cpuMs: 0};

interface Job {
  /** How much of its `ms` is left. */
  leftMs: number;
  /** How many cores it keeps busy while the cores suffice. */
  readonly cores: number;
  readonly done: () => void;
}

/** A pace is computed in so many halvings of an interval: to a thousandth. */
const HALVINGS = 10;

export class Cores {
  readonly #count: number;
  readonly #timers: Pick<TimerQueue, 'at'>;
  readonly #now: () => number;
  readonly #jobs = new Set<Job>();
  /** Until when the jobs were moved on, in ms. */
  #at = 0;
  #pace = 1;
  /** Counts the changes: what was expected before one does not happen. */
  #version = 0;

  constructor(count: number, timers: Pick<TimerQueue, 'at'>, now: () => number) {
    this.#count = count;
    this.#timers = timers;
    this.#now = now;
  }

  /** @returns what stops the work before its end */
  run({ms, cpuMs}: Work, done: () => void): () => void {
    this.#moveOn();
    const job: Job = {leftMs: ms, cores: ms > 0 ? cpuMs / ms : 0, done};
    this.#jobs.add(job);
    this.#expect();
    return () => {
      this.#moveOn();
      if (this.#jobs.delete(job)) this.#expect();
    };
  }

  #moveOn(): void {
    const ms = this.#now() - this.#at;
    this.#at += ms;
    for (const job of this.#jobs) job.leftMs -= ms * speedOf(job, this.#pace);
  }

  #expect(): void {
    this.#pace = this.#paceNow();
    const version = ++this.#version;
    let next: Job | null = null;
    let inMs = Infinity;
    for (const job of this.#jobs) {
      const ms = Math.max(0, job.leftMs) / speedOf(job, this.#pace);
      if (ms < inMs) [next, inMs] = [job, ms];
    }
    if (next === null) return;
    const first = next;
    this.#timers.at(this.#at + inMs, () => {
      if (version !== this.#version) return;
      this.#moveOn();
      this.#jobs.delete(first);
      this.#expect();
      first.done();
    });
  }

  /** The speed of computing at which the jobs keep no more cores busy than there are: 1 if they suffice. */
  #paceNow(): number {
    const used = (pace: number) => [...this.#jobs].reduce((sum, job) => sum + job.cores * speedOf(job, pace), 0);
    if (used(1) <= this.#count) return 1;
    let [low, high] = [0, 1];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (used(middle) > this.#count) high = middle;
      else low = middle;
    }
    return high;
  }
}

/** How fast a job proceeds when computing has this pace: its waiting is not slowed down. */
function speedOf({cores}: Job, pace: number): number {
  const computing = Math.min(1, cores);
  return 1 / (1 - computing + computing / pace);
}
