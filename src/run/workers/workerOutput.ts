/** Passes on the output of workers, as the stock runner does, and keeps the end of standard error as evidence. */
import {PassThrough, type Readable} from 'node:stream';

/** The number of bytes of a worker's standard error that the tail keeps. */
const TAIL_BYTES = 8 * 1024;
/** The maximum number of lines that a text shows. */
const TAIL_LINES = 30;

/**
 * One pipe for all workers. With a separate pipe for each worker, process.stdout would warn about too many listeners
 * from the eleventh worker on.
 */
export class SharedOutput {
  readonly #through = new PassThrough();
  #open = 0;
  #closed = false;

  constructor(destination: NodeJS.WritableStream) {
    this.#through.setMaxListeners(0);
    this.#through.pipe(destination, {end: false});
  }

  add(stream: Readable): void {
    this.#open++;
    stream.once('end', () => {
      this.#open--;
      this.#endIfDone();
    });
    stream.pipe(this.#through, {end: false});
  }

  /** No more streams come. Existing streams continue, because a process that a test has started may live on. */
  close(): void {
    this.#closed = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#closed && this.#open === 0) this.#through.end();
  }
}

/** Keeps the last lines of a stream. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer | string) => this.#add(Buffer.from(chunk)));
  }

  /** Whether the kept output, which is more than `text` shows, matches a pattern. */
  matches(pattern: RegExp): boolean {
    return pattern.test(Buffer.concat(this.#chunks).toString('utf8'));
  }

  /** The lines to show. */
  text(): string {
    const text = Buffer.concat(this.#chunks).subarray(-TAIL_BYTES).toString('utf8').trimEnd();
    return text
      .split('\n')
      .slice(-TAIL_LINES)
      .join('\n')
      .replace(/^(?:[^\S\n]*\n)+/, '');
  }

  #add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes - (this.#chunks[0]?.length ?? 0) >= TAIL_BYTES) {
      this.#bytes -= this.#chunks.shift()?.length ?? 0;
    }
  }
}
