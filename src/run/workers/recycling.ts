/**
 * Warns about files that took a worker over `workerIdleMemoryLimit`, so that the worker retired. Prints the first few
 * and counts the others. (The worker itself decides to retire; the scheduler replaces it.)
 */
import type {MemoryUse} from '../../core/wire/workerMessages';
import type {SlotNumber} from '../../core/plan/units';
import type {WorkerListener} from './workerHost';

/** The number of workers that get their own line. */
const MOST_LINES = 5;

export interface RecyclingOptions {
  /** null: there is no limit. 0: the user wants a new worker after each file, so there are no warnings. */
  readonly limitBytes: number | null;
  /** The path of a unit's file to print. */
  readonly pathOf: (unit: number) => string;
  readonly warn: (text: string) => void;
}

export class Recycling {
  readonly #options: RecyclingOptions;
  #lines = 0;
  #saidOfFresh = false;
  #counted = 0;

  constructor(options: RecyclingOptions) {
    this.#options = options;
  }

  /** @returns a listener that watches for retiring workers and then calls `listener` */
  hearing(slot: SlotNumber, listener: WorkerListener): WorkerListener {
    return {
      ...listener,
      message: message => {
        if (message.type === 'unit-done' && message.memory !== undefined) {
          this.#note(slot, this.#options.pathOf(message.unit), message.memory);
        }
        listener.message(message);
      },
    };
  }

  /** The run has ended. Prints how many more workers retired. */
  end(): void {
    const {limitBytes, warn} = this.#options;
    if (limitBytes === null || this.#counted === 0) return;
    warn(
      this.#counted === 1
        ? `1 more worker was retired over workerIdleMemoryLimit (${inMegabytes(limitBytes)}).`
        : `${this.#counted} more workers were retired over workerIdleMemoryLimit (${inMegabytes(limitBytes)}).`,
    );
  }

  #note(slot: SlotNumber, path: string, {heap, rss}: MemoryUse): void {
    const {limitBytes, warn} = this.#options;
    if (limitBytes === null || limitBytes === 0) return;
    const limit = `workerIdleMemoryLimit (${inMegabytes(limitBytes)})`;
    const start = `worker w${slot} was retired after ${path}: its heap of ${inMegabytes(heap.after)} is over ${limit}`;
    if (heap.before > limitBytes) {
      // A fresh worker is over the limit, so no file is to blame.
      if (this.#saidOfFresh) this.#counted++;
      else warn(`${start}, and was before that file began (${inMegabytes(heap.before)}).`);
      this.#saidOfFresh = true;
    } else if (this.#lines === MOST_LINES) {
      this.#counted++;
    } else {
      this.#lines++;
      const grown = `its memory (RSS) grew from ${inMegabytes(rss.before)} to ${inMegabytes(rss.after)}`;
      warn(`${start}; with this file ${grown}.`);
    }
  }
}

/** As in Jest's `workerIdleMemoryLimit`, a megabyte is a million bytes. */
function inMegabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e6).toPrecision(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}
