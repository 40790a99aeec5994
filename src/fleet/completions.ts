/** The jobs of a round that have ended, in the order in which the server accepted their results. */
import type {JobQueue} from './engine/engine';

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
      await Promise.race([new Promise<void>(resolve => this.#onChange.push(resolve)), ended]);
    }
  }

  /** All that had ended when this was called. */
  async soFar(ended: Promise<never>): Promise<readonly Completion[]> {
    const {completed} = await this.#queue.counts();
    if (completed > 0) await this.at(completed - 1, ended);
    return this.#heard;
  }
}
