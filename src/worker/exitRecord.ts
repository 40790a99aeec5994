/**
 * Leaves word of how this process ended: jest-worker tells the parent neither the exit code of a
 * worker nor the exception behind it. Written synchronously, as nothing else arrives from a process
 * that is on its way out; a process killed by a signal writes none, and its signal is known.
 */
import {writeFileSync} from 'node:fs';
import type {ExitRecord} from '../core/protocol';

export class ExitRecorder {
  readonly #path: string;
  #uncaught: string | null = null;
  #deadly: readonly unknown[] = [];

  constructor(path: string) {
    this.#path = path;
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

  /** The end is expected now; nothing is left behind. */
  expectExit(): void {
    process.off('uncaughtExceptionMonitor', this.#onException);
    process.off('exit', this.#onExit);
  }

  readonly #onException = (error: unknown): void => {
    const listeners: readonly unknown[] = process.listeners('uncaughtException');
    if (listeners.length > 0 && !listeners.some(listener => this.#deadly.includes(listener))) return;
    // Not `instanceof`: an error of a test file is of another realm.
    const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
    this.#uncaught = typeof stack === 'string' ? stack : String(error);
  };

  readonly #onExit = (code: number): void => {
    const record: ExitRecord = {code, uncaught: this.#uncaught};
    try {
      writeFileSync(this.#path, JSON.stringify(record));
    } catch {
      // The parent then says that the worker died without saying how.
    }
  };
}
