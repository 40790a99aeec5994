/**
 * A file in which a worker leaves word for this process, which has it open from before the worker starts: so it can be read even if a test
 * has emptied the temporary folder meanwhile.
 */
import {closeSync, fstatSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';

export class LeftWords {
  readonly #path: string;
  #file: number | null = null;

  /** @param reservedBytes filled with spaces: there a worker can write even if the disk is full by then */
  constructor(path: string, reservedBytes = 0) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'w+', 0o600);
      if (reservedBytes > 0) writeSync(this.#file, ' '.repeat(reservedBytes));
    } catch {
      // The worker then tries by itself; `read` looks at the path.
    }
  }

  /** '': there is nothing. */
  read(): string {
    try {
      return this.#readOpened() || readFileSync(this.#path, 'utf8');
    } catch {
      return '';
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #readOpened(): string {
    if (this.#file === null) return '';
    const bytes = Buffer.alloc(fstatSync(this.#file).size);
    const length = readSync(this.#file, bytes, 0, bytes.length, 0);
    return bytes.toString('utf8', 0, length);
  }
}
