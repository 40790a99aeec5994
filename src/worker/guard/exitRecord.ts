/**
 * Leaves word of how this process ended: jest-worker tells the parent neither the exit code of a
 * worker nor the exception behind it. Written synchronously, as nothing else arrives from a process
 * that is on its way out; a process killed by a signal writes none, and its signal is known.
 */
import {EXIT_RECORD_BYTES, type ExitRecord} from '../../core/wire/workerMessages';
import {fstatSync, ftruncateSync, openSync, writeSync, writeText} from '../../pristine/fs';
import {stackOfThrown} from '../thrown';

// Test files may mock it.
const exit = process.exit.bind(process);

/** So many characters of an exception are written where there is no space but the reserved one. */
const SHORT_EXCEPTION = 600;

interface OpenFile {
  readonly descriptor: number;
  readonly ino: number;
}

export class ExitRecorder {
  readonly #path: string;
  /** Opened now: a test may empty the temporary folder. null: it is not there. */
  readonly #file: OpenFile | null;
  #uncaught: string | null = null;
  #deadly: readonly unknown[] = [];
  #expected = false;
  #explain: () => string | null = () => null;

  constructor(path: string) {
    this.#path = path;
    this.#file = open(path);
    process.on('uncaughtExceptionMonitor', this.#onException);
    process.on('exit', this.#onExit);
  }

  /**
   * From here on, the listeners there are for exceptions end the process. While tests run, jest-circus
   * puts its own in their place, and an exception is no more than a failed test.
   */
  listenersAreDeadly(): void {
    this.#deadly = process.listeners('uncaughtException');
  }

  /** Ends the process, which cannot go on; unless its end is expected. */
  leave(why: Error): void {
    if (this.#expected) return;
    this.#uncaught = stackOfThrown(why);
    exit(1);
  }

  /** @param explain what there is to say of the process with any exception that ends it */
  explainWith(explain: () => string | null): void {
    this.#explain = explain;
  }

  /** The end is expected now; nothing is left behind. */
  expectExit(): void {
    this.#expected = true;
    process.off('uncaughtExceptionMonitor', this.#onException);
    process.off('exit', this.#onExit);
  }

  readonly #onException = (error: unknown): void => {
    const listeners: readonly unknown[] = process.listeners('uncaughtException');
    if (listeners.length > 0 && !listeners.some(listener => this.#deadly.includes(listener))) return;
    const explanation = this.#explain();
    this.#uncaught = explanation === null ? stackOfThrown(error) : `${explanation}\n${stackOfThrown(error)}`;
  };

  readonly #onExit = (code: number): void => {
    const record: ExitRecord = {code, uncaught: this.#uncaught};
    try {
      this.#write(record);
    } catch {
      // The parent then says that the worker died without saying how.
    }
  };

  #write(record: ExitRecord): void {
    const text = JSON.stringify(record);
    // A test may have closed the file, and its number be another's.
    if (this.#file === null || !isStill(this.#file)) {
      writeText(this.#path, text);
      return;
    }
    const {descriptor} = this.#file;
    if (writeWhole(descriptor, Buffer.from(text))) return;
    const {code, uncaught} = record;
    const short = JSON.stringify({code, uncaught: uncaught?.slice(0, SHORT_EXCEPTION) ?? null});
    const bytes = Buffer.alloc(EXIT_RECORD_BYTES, ' ');
    bytes.write(short);
    writeWhole(descriptor, bytes);
    ftruncateSync(descriptor, EXIT_RECORD_BYTES);
  }
}

function open(path: string): OpenFile | null {
  try {
    const descriptor = openSync(path, 'r+');
    return {descriptor, ino: fstatSync(descriptor).ino};
  } catch {
    return null;
  }
}

function isStill({descriptor, ino}: OpenFile): boolean {
  try {
    return fstatSync(descriptor).ino === ino;
  } catch {
    return false;
  }
}

/** @returns whether all of it is written: the disk may be full */
function writeWhole(descriptor: number, bytes: Buffer): boolean {
  try {
    return writeSync(descriptor, bytes, 0, bytes.length, 0) === bytes.length;
  } catch {
    return false;
  }
}
