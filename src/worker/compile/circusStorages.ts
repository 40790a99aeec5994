/**
 * From 30.4 on, jest-circus keeps the running test in an AsyncLocalStorage, and makes a new one for each test file. Up
 * to Node 23, a storage that has been used stays in a list as long as the process lives. Each later promise then
 * carries the values of all listed storages, including those of earlier files. We therefore disable the storages of
 * earlier files.
 */
import asyncHooks from 'node:async_hooks';

/** From Node 24 on, there is no such list. */
const ARE_LISTED = Number.parseInt(process.versions.node, 10) < 24;

const OF_CIRCUS = /[\\/]jest-circus[\\/]build[\\/][^\\/]+$/;

export class CircusStorages {
  readonly #made: asyncHooks.AsyncLocalStorage<unknown>[] = [];
  readonly #forCircus: typeof asyncHooks;

  constructor() {
    const made = this.#made;
    const Storage = class AsyncLocalStorage extends asyncHooks.AsyncLocalStorage<unknown> {
      constructor(...given: ConstructorParameters<typeof asyncHooks.AsyncLocalStorage>) {
        super(...given);
        made.push(this);
      }
    };
    this.#forCircus = {...asyncHooks, AsyncLocalStorage: Storage as typeof asyncHooks.AsyncLocalStorage};
  }

  /** @returns the async_hooks module for a file; null if the file gets Node's own */
  forFile(path: string | null): typeof asyncHooks | null {
    return ARE_LISTED && path !== null && OF_CIRCUS.test(path) ? this.#forCircus : null;
  }

  /**
   * Call this when the next test file begins. Until then, code that the last file has left running could still ask to
   * which test it belongs.
   */
  fileBegins(): void {
    for (const storage of this.#made.splice(0)) storage.disable();
  }
}
