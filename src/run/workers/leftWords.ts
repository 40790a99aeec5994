/**
 * A file that a worker writes for its parent. The parent opens the file before the worker starts, so the parent can read
 * it even if a test has emptied the temporary folder.
 */
import {closeSync, fstatSync, openSync, readFileSync, readSync, writeSync} from 'node:fs';

export class LeftWords {
  readonly #path: string;
  #file: number | null = null;

  /** @param reservedBytes filled with spaces, so that a worker can write so many bytes when the disk is full */
  constructor(path: string, reservedBytes = 0) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'w+', 0o600);
      if (reservedBytes > 0) writeSync(this.#file, ' '.repeat(reservedBytes));
    } catch {
      // The worker creates the file then, and `read` reads it by its path.
    }
  }

  /** @returns '': the worker has written nothing */
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
