/** Passes on what workers write, as the stock runner does, and keeps the end of it as evidence. */
import {PassThrough, type Readable} from 'node:stream';

/** Bytes of a worker's standard error that are kept. */
const TAIL_BYTES = 8 * 1024;
/** Lines of them that are shown. */
const TAIL_LINES = 30;

/**
 * One pipe for all workers: with one of its own for each, process.stdout would warn of too many
 * listeners from the eleventh worker on.
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

  /** No more streams come. What those that are there still say is passed on: a process that a test has started may live on. */
  close(): void {
    this.#closed = true;
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#closed && this.#open === 0) this.#through.end();
  }
}

/** The last lines that came out of a stream. */
export class OutputTail {
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer | string) => this.#add(Buffer.from(chunk)));
  }

  /** Whether it is in what is kept, which is more than what is shown. */
  matches(pattern: RegExp): boolean {
    return pattern.test(Buffer.concat(this.#chunks).toString('utf8'));
  }

  /** What is shown. */
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
