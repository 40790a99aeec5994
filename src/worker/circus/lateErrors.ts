/**
 * Errors that code of an ended file throws while another file runs, from a timer or promise that outlived its tests.
 * jest-circus fails the running test with such an error. We change only the error's text, to name the file it comes
 * from.
 */
import {relative} from '../../pristine/path';

/** The lines of a stack that follow its message. */
const CALLS = /\n\s+at /;

export class LateErrors {
  /** Jest's folder. Jest prints paths relative to it. */
  readonly #folder = process.cwd();
  readonly #ended = new Set<string>();
  #running: string | null = null;

  /** A file begins, so the previous file has ended. */
  fileBegins(path: string): void {
    if (this.#running !== null) this.#ended.add(this.#running);
    this.#ended.delete(path); // the file runs again
    this.#running = path;
  }

  /** @param error any thrown value that only jest-circus has caught */
  explain(error: unknown): void {
    try {
      this.#explain(error);
    } catch {
      // The error cannot be read or changed, so it stays as it is.
    }
  }

  #explain(error: unknown): void {
    if (this.#ended.size === 0 || typeof error !== 'object' || error === null) return;
    const {stack} = error as {readonly stack?: unknown};
    if (typeof stack !== 'string') return;
    const mentions = (path: string) => stack.includes(`${path}:`);
    if (this.#running === null || mentions(this.#running)) return;
    const source = [...this.#ended].findLast(mentions);
    if (source === undefined) return;
    const path = relative(this.#folder, source);
    const note = `\n\nThis error comes from ${path}, which had ended in this process when it was thrown.`;
    const calls = CALLS.exec(stack)?.index ?? stack.length;
    // The note goes behind the message: for Node's assertions, Jest replaces exactly the message with its own text.
    (error as {stack: string}).stack = stack.slice(0, calls) + note + stack.slice(calls);
  }
}
