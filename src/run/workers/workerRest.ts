/**
 * The rest of one worker between two runs of watch mode, on the parent's side; worker/rest is the worker's side. All
 * that the parent does only for resting workers is here and in keptWorkers.
 */
import {
  parseFromKeptWorker,
  type FromKeptWorker,
  type ToWorker,
  type WorkerSetup,
} from '../../core/wire/workerMessages';

/** Who hears of a worker that belongs to no run. */
export interface RestKeeper {
  /** The worker stays, and does nothing until it is prepared for another run. */
  rests(): void;
  /** The worker ends with the run, or does not serve the next one. @param why in words for the log */
  leaves(why: string): void;
  /** The worker was resting, and is dead. */
  gone(): void;
}

export interface WorkerRestOptions {
  readonly send: (order: ToWorker) => void;
  /** Lets the process end by itself. */
  readonly close: () => void;
  /** @param referenced whether the worker keeps Jest's process alive */
  readonly setReferenced: (referenced: boolean) => void;
  /**
   * From now on the run hears nothing of the worker, and only `onLost` is called when the process dies.
   *
   * @returns tells the run that its worker is closed
   */
  readonly leaveRun: (onLost: () => void) => () => void;
  /** The process stays longer than its run, and so must the server that it is connected to. @returns ends that */
  readonly holdLine: () => () => void;
}

/** How long (ms) a worker that has run a file may take to say whether it stays. The run waits for the answer. */
const ANSWER_WITHIN_MS = 2000;

/** How long (ms) a worker that has rested may take to be ready; a fresh one takes less. */
const READY_WITHIN_MS = 5000;

export class WorkerRest {
  readonly #options: WorkerRestOptions;
  /** null: the worker serves a run, and was not asked to rest. */
  #keeper: RestKeeper | null = null;
  /** The worker belongs to no run. */
  #resting = false;
  /** The worker has begun a file of this run. */
  #hasRun = false;
  #answerBy: NodeJS.Timeout | undefined;
  #whenReady: ((ready: boolean) => void) | null = null;
  #releaseLine: (() => void) | null = null;

  constructor(options: WorkerRestOptions) {
    this.#options = options;
  }

  /** Whether the worker was asked to rest, and serves no run since. */
  get begun(): boolean {
    return this.#keeper !== null;
  }

  /** The worker has begun a file of its run. */
  fileBegan(): void {
    this.#hasRun = true;
  }

  /** Asks the worker to rest. A worker that does not is closed. */
  begin(keeper: RestKeeper): void {
    this.#keeper = keeper;
    this.#options.send({type: 'rest'});
    // The worker may still be starting, for work that others have done meanwhile: the run does not wait for its start.
    if (!this.#hasRun) this.#settle(keeper);
    // The worker may be busy with what its last file has left behind.
    this.#answerWithin(ANSWER_WITHIN_MS);
  }

  /**
   * Prepares a resting worker for another run.
   *
   * @returns whether the worker is ready; a worker that is not is being closed, or dead
   */
  prepare(setup: WorkerSetup, environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.#options.send({type: 'run', setup, environment: Object.fromEntries(set)});
    this.#answerWithin(READY_WITHIN_MS);
    return new Promise(resolve => (this.#whenReady = resolve));
  }

  /** The worker serves a run again. */
  end(): void {
    this.#keeper = null;
    this.#options.setReferenced(true);
  }

  /** @returns whether the message is none for the run: it is about the rest, or comes too late for the run before */
  takes(message: unknown): boolean {
    const answer = parseFromKeptWorker(message);
    if (answer !== null) this.#hear(answer);
    return answer !== null || (this.#keeper !== null && this.#whenReady !== null);
  }

  /** The process is dead, or on its way out: no answer comes. */
  giveUp(): void {
    clearTimeout(this.#answerBy);
    this.#answer(false);
  }

  /** Nothing is left of the process, and the parent has read all that the process has left behind. */
  release(): void {
    this.#releaseLine?.();
  }

  #hear(answer: FromKeptWorker): void {
    const keeper = this.#keeper;
    if (keeper === null) return;
    if (answer.type === 'resting' && this.#whenReady !== null) return; // the worker has yet to read of the next run
    clearTimeout(this.#answerBy);
    switch (answer.type) {
      case 'leaving':
        this.#leave(answer.reason);
        return;
      case 'ready':
        this.#resting = this.#hasRun = false;
        this.#answer(true);
        return;
      case 'resting':
        if (!this.#resting) this.#settle(keeper);
        return;
    }
  }

  #settle(keeper: RestKeeper): void {
    const tellRun = this.#options.leaveRun(() => keeper.gone());
    this.#resting = true;
    this.#releaseLine ??= this.#options.holdLine();
    this.#options.setReferenced(false);
    keeper.rests();
    tellRun();
  }

  #answerWithin(ms: number): void {
    // A worker that an earlier run had no use for may not have answered yet.
    clearTimeout(this.#answerBy);
    this.#answerBy = setTimeout(() => this.#leave('it does not answer'), ms);
  }

  #answer(ready: boolean): void {
    this.#whenReady?.(ready);
    this.#whenReady = null;
  }

  #leave(why: string): void {
    this.#keeper?.leaves(why);
    this.#options.close();
  }
}
