/**
 * The AsyncLocalStorages in which jest-circus keeps, from 30.4 on, which test is running: it makes one for each test file. Up to Node 23 one that has
 * been used is in a list for as long as the process lives, and each promise made from then on carries its value: of all files before, too.
 */
import asyncHooks from 'node:async_hooks';

/** From Node 24 on there is no list. */
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

  /** @returns the async_hooks that a file gets; null: Node's */
  forFile(path: string | null): typeof asyncHooks | null {
    return ARE_LISTED && path !== null && OF_CIRCUS.test(path) ? this.#forCircus : null;
  }

  /** The next test file begins: until then, what the last one has left running could ask which of its tests it is of. */
  fileBegins(): void {
    for (const storage of this.#made.splice(0)) storage.disable();
  }
}
