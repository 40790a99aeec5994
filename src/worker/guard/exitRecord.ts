/**
 * Writes the exit record: how this process ended. jest-worker tells the parent neither a worker's exit code nor the
 * exception behind it. The write is synchronous, because an exiting process completes no other write. A process that a
 * signal kills writes no record, but the parent learns the signal.
 */
import {EXIT_RECORD_BYTES, type ExitRecord} from '../../core/wire/workerMessages';
import {fstatSync, ftruncateSync, openSync, writeSync, writeText} from '../../pristine/fs';
import {stackOfThrown} from '../thrown';

// Taken now, because test files may mock it.
const exit = process.exit.bind(process);

/** How many characters of an exception are written if the disk is full and only the reserved bytes are left. */
const SHORT_EXCEPTION = 600;

interface OpenFile {
  readonly descriptor: number;
  readonly ino: number;
}

export class ExitRecorder {
  readonly #path: string;
  /** Opened at once, because a test may empty the temporary folder; null: the file does not exist. */
  readonly #file: OpenFile | null;
  #uncaught: string | null = null;
  #deadly: readonly unknown[] = [];
  #expected = false;
  #explain: () => string | null = () => null;
  #beforeExit: () => void = () => undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = open(path);
    process.on('uncaughtExceptionMonitor', this.#onException);
    process.on('exit', this.#onExit);
  }

  /**
   * Declares that the present listeners for uncaught exceptions end the process. While tests run, jest-circus replaces
   * them with its own, and an exception only fails a test.
   */
  listenersAreDeadly(): void {
    this.#deadly = process.listeners('uncaughtException');
  }

  /** Ends the process because it cannot go on. Does nothing if the parent expects the process to end. */
  leave(why: Error): void {
    if (this.#expected) return;
    this.#uncaught = stackOfThrown(why);
    exit(1);
  }

  /** @param explain returns a text to put before the exception that ends the process; null: none */
  explainWith(explain: () => string | null): void {
    this.#explain = explain;
  }

  /** @param act is called when the process exits unexpectedly; it must not throw */
  beforeExit(act: () => void): void {
    this.#beforeExit = act;
  }

  /** The parent now expects the process to end, so no record is needed. */
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
    this.#beforeExit();
    const record: ExitRecord = {code, uncaught: this.#uncaught};
    try {
      this.#write(record);
    } catch {
      // The parent then says that it does not know how the worker died.
    }
  };

  #write(record: ExitRecord): void {
    const text = JSON.stringify(record);
    // A test may have closed the file, and another file may have its descriptor.
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

/** @returns false: the disk is full, and not all bytes are written */
function writeWhole(descriptor: number, bytes: Buffer): boolean {
  try {
    return writeSync(descriptor, bytes, 0, bytes.length, 0) === bytes.length;
  } catch {
    return false;
  }
}
