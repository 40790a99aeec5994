/**
 * Errors that one file throws while another runs: a timer or a promise that outlived its tests. jest-circus takes
 * them for failures of the running test, and so they stay; but their text names the file that they come from.
 */
import {relative} from '../../pristine/path';

/** The lines of a stack that follow its message. */
const CALLS = /\n\s+at /;

export class LateErrors {
  /** Jest's: what it prints is relative to that. */
  readonly #folder = process.cwd();
  readonly #ended = new Set<string>();
  #running: string | null = null;

  /** The file that ran before, if there was one, has ended. */
  fileBegins(path: string): void {
    if (this.#running !== null) this.#ended.add(this.#running);
    this.#ended.delete(path); // it runs once more
    this.#running = path;
  }

  /** @param error that nothing but jest-circus has caught; anything may have been thrown */
  explain(error: unknown): void {
    try {
      this.#explain(error);
    } catch {
      // An error that does not let itself be read, or changed, is told as it is.
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
    // The message stays: of Node's own assertions Jest prints a text of its own in its place, and the rest of the stack.
    (error as {stack: string}).stack = stack.slice(0, calls) + note + stack.slice(calls);
  }
}
