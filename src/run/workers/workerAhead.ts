/** The parent's side of a worker that starts ahead of its run. worker/ahead is the worker's side. */
import {parseAheadNews, type AheadNews, type ToWorker, type WorkerSetup} from '../../core/wire/workerMessages';

export interface WorkerAheadOptions {
  /** Whether the worker serves a run from its start. */
  readonly serves: boolean;
  readonly send: (order: ToWorker) => void;
  /** Lets the process end by itself. */
  readonly close: () => void;
  readonly onNews: (news: AheadNews) => void;
}

/** How long (ms) a worker that was started ahead of its run may take to be ready; a new one takes less. */
const READY_WITHIN_MS = 5000;

export class WorkerAhead {
  readonly #options: WorkerAheadOptions;
  #serves: boolean;
  #readyBy: NodeJS.Timeout | undefined;
  #whenReady: ((ready: boolean) => void) | null = null;

  constructor(options: WorkerAheadOptions) {
    this.#options = options;
    this.#serves = options.serves;
  }

  /** Whether the worker's run has begun. */
  get serves(): boolean {
    return this.#serves;
  }

  /** The run begins. @returns whether the worker is ready; a worker that is not is being closed, or dead */
  prepare(setup: WorkerSetup, environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.#options.send({type: 'run', setup, environment: Object.fromEntries(set)});
    this.#readyBy = setTimeout(() => {
      this.#options.onNews({type: 'leaving', reason: 'it does not answer'});
      this.#options.close();
    }, READY_WITHIN_MS);
    return new Promise(resolve => (this.#whenReady = resolve));
  }

  /** The worker serves its run from now on. */
  serve(): void {
    this.#serves = true;
  }

  /** @returns whether the run ignores the message: it is ahead news, or comes from the file that warms the worker up */
  takes(message: unknown): boolean {
    const news = parseAheadNews(message);
    if (news === null) return !this.#serves;
    if (this.#serves && news.type !== 'loaded') return true; // a test file has sent it
    this.#options.onNews(news);
    if (news.type === 'leaving') this.#options.close();
    if (news.type === 'ready') this.#answer(true);
    return true;
  }

  /** The process is dead, or on its way out: no answer comes. */
  giveUp(): void {
    this.#answer(false);
  }

  #answer(ready: boolean): void {
    clearTimeout(this.#readyBy);
    this.#whenReady?.(ready);
    this.#whenReady = null;
  }
}
