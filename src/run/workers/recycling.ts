/**
 * Says which file took a worker over `workerIdleMemoryLimit`, so that another takes its place. Where
 * that happens to one worker after the other it is said a few times, and then only counted.
 */
import type {MemoryUse} from '../../core/wire/workerMessages';
import type {SlotNumber} from '../../core/plan/units';
import type {WorkerListener} from './workerHost';

/** So many are told one by one. */
const MOST_LINES = 5;

export interface RecyclingOptions {
  /** null: there is none. 0 asks for a new worker after each file, of which nothing need be said. */
  readonly limitBytes: number | null;
  /** The path of a unit's file, as it is to be shown. */
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

  /** Hears what a worker says on its way to `listener`. */
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

  /** To be called when the run has ended. */
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
      // Then it is no file's fault.
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

/** As Jest reads `workerIdleMemoryLimit`: a megabyte is a million bytes. */
function inMegabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e6).toPrecision(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}
