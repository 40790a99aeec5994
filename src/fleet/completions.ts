/** The jobs of a round that have ended, in the order in which the server accepted their results. */
import {setTimeout as sleep} from 'node:timers/promises';
import type {JobQueue} from './engine/engine';
import {FleetError} from './fleetError';

/** What to say if the order of the completions is not whole. */
export const UNTOLD =
  "the fleet's server has completed jobs, and does not tell which. Did somebody delete events of the queue?";

/** So often, at intervals of so many ms, the server may say that more jobs are completed, and tell of no new one. */
const MOST_LOOKS = 10;
const LOOK_EVERY_MS = 1000;

/** A job that has ended. */
export interface Completion {
  readonly job: string;
  /** What the machine that ran it has stored: the accepted value, sealed. */
  readonly value: Buffer;
}

export class Completions {
  readonly #queue: JobQueue;
  readonly #heard: Completion[] = [];
  readonly #known = new Set<string>();
  #onChange: (() => void)[] = [];
  /** Called when a job waits that may not have waited before. */
  onAvailable: () => void = () => undefined;

  constructor(queue: JobQueue) {
    this.#queue = queue;
    queue.follow({
      completed: (job, value) => {
        if (this.#known.has(job)) return; // a job ends once
        this.#known.add(job);
        this.#heard.push({job, value});
        for (const listener of this.#onChange.splice(0)) listener();
      },
      available: () => this.onAvailable(),
    });
  }

  get count(): number {
    return this.#heard.length;
  }

  has(job: string): boolean {
    return this.#known.has(job);
  }

  /** Waits for the completion of that index. @param ended rejects if the run ends before @returns in order */
  async at(index: number, ended: Promise<never>): Promise<Completion> {
    for (;;) {
      const found = this.#heard[index];
      if (found !== undefined) return found;
      await Promise.race([this.#change(), ended]);
    }
  }

  /** All that had ended when this was called. */
  async soFar(ended: Promise<never>): Promise<readonly Completion[]> {
    const {completed} = await this.#queue.counts();
    let looks = 0;
    while (this.count < completed) {
      const before = this.count;
      await Promise.race([this.#change(), sleep(LOOK_EVERY_MS, undefined, {ref: false}), ended]);
      if (this.count > before) looks = 0;
      else if (++looks >= MOST_LOOKS) throw new FleetError(UNTOLD);
      // While the server is away, this waits.
      else await this.#queue.counts();
    }
    return this.#heard;
  }

  /** Resolves when the next job has ended. */
  #change(): Promise<void> {
    return new Promise(resolve => this.#onChange.push(resolve));
  }
}
