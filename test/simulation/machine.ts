/**
 * The cores of a simulated machine: whoever computes shares them with all others that do, evenly, and no one gets more
 * than one. In virtual time.
 */

/** The remaining work of one computation. */
interface Job {
  leftMs: number;
  readonly done: () => void;
}

export interface MachineClock {
  now(): number;
  at(time: number, run: () => void): void;
}

export class Machine {
  readonly #cores: number;
  readonly #clock: MachineClock;
  readonly #jobs = new Set<Job>();
  #at = 0;
  #idleMs = 0;
  /** Changes whenever the jobs change, so that an outdated timer for the next job's end does nothing. */
  #version = 0;

  constructor(cores: number, clock: MachineClock) {
    this.#cores = cores;
    this.#clock = clock;
  }

  /** The idle time of all cores so far, in ms. */
  get idleMs(): number {
    this.#pass();
    return this.#idleMs;
  }

  /**
   * Computes work that takes this long (ms) on a core of its own.
   *
   * @returns a function that stops the computation early
   */
  compute(ms: number, done: () => void): () => void {
    this.#pass();
    const job = {leftMs: ms, done};
    this.#jobs.add(job);
    this.#expect();
    return () => {
      this.#pass();
      this.#jobs.delete(job);
      this.#expect();
    };
  }

  #pace(): number {
    return Math.min(1, this.#cores / Math.max(1, this.#jobs.size));
  }

  /** Subtracts the work that has been done since the last change. */
  #pass(): void {
    const ms = this.#clock.now() - this.#at;
    this.#at += ms;
    this.#idleMs += ms * Math.max(0, this.#cores - this.#jobs.size);
    for (const job of this.#jobs) job.leftMs -= ms * this.#pace();
  }

  #expect(): void {
    const version = ++this.#version;
    const [next] = [...this.#jobs].sort((a, b) => a.leftMs - b.leftMs);
    if (next === undefined || next.leftMs === Infinity) return;
    this.#clock.at(this.#clock.now() + Math.max(0, next.leftMs) / this.#pace(), () => {
      if (version !== this.#version) return;
      this.#pass();
      this.#jobs.delete(next);
      this.#expect();
      next.done();
    });
  }
}
