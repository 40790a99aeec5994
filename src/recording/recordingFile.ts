/**
 * Writes a recording while its run goes on. If the process is killed, the file can be read up to its last block.
 *
 * Synchronous, because Jest ends its process inside of a report (`--bail`) and from a key (watch mode), and the end of
 * a recording matters most then.
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import {encodeBlock} from './blocks';
import type {RecordingLine} from './lines';

/** The lines of a block have about this many characters: enough to compress well, and little to lose. */
const BLOCK_CHARACTERS = 256 * 1024;

/** After this long (ms), a block is written although it is short. */
const FLUSH_AFTER_MS = 1000;

export class RecordingFile {
  readonly path: string;
  readonly #onFailure: (error: Error) => void;
  readonly #flushAtExit = () => this.flush();
  /** null: the file is closed, or could not be written. */
  #descriptor: number | null;
  #lines: string[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param path replaced if it exists
   * @param onFailure called once, with the reason why the recording ends here
   */
  constructor(path: string, onFailure: (error: Error) => void) {
    this.path = path;
    this.#onFailure = onFailure;
    this.#descriptor = null;
    try {
      this.#descriptor = openSync(path, 'w', 0o600);
      process.on('exit', this.#flushAtExit);
    } catch (error) {
      onFailure(error as Error);
    }
  }

  append(line: RecordingLine): void {
    if (this.#descriptor === null) return;
    let text: string;
    try {
      text = `${JSON.stringify(line)}\n`;
    } catch (error) {
      return this.#fail(error as Error); // V8 cannot hold a text of this length
    }
    this.#lines.push(text);
    this.#characters += text.length;
    if (this.#characters >= BLOCK_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS).unref();
  }

  /** Writes all lines so far. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#descriptor === null || this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#characters = 0;
    try {
      const block = encodeBlock(lines.join(''));
      for (let written = 0; written < block.length;) {
        written += writeSync(this.#descriptor, block, written, block.length - written);
      }
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  close(): void {
    this.flush();
    this.#end();
  }

  #fail(error: Error): void {
    this.#end();
    this.#onFailure(error);
  }

  #end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    process.off('exit', this.#flushAtExit);
    const descriptor = this.#descriptor;
    this.#descriptor = null;
    try {
      if (descriptor !== null) closeSync(descriptor);
    } catch {
      // What was written is written.
    }
  }
}
