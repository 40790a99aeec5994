/** Saves the `jest` object of a module that cannot reach it. */
import type {JestObjects} from './runtimeParts';

export class JestNeeds {
  /** Whether the class is patched. Until then, nobody reads `#without`. */
  #isReached = false;
  /**
   * The module that jest-runtime has just compiled, if the module does not need its `jest` object. jest-runtime asks
   * for that object next.
   */
  #without: string | null = null;

  /** Call this when jest-runtime has got a module's wrapper function. */
  compiled(filename: string, namesJest: boolean): void {
    if (this.#isReached) this.#without = namesJest ? null : filename;
  }

  /** Patches the class that makes `jest` objects. Call this with an instance from each runtime. */
  reach(objects: JestObjects): void {
    if (this.#isReached) return;
    this.#isReached = true;
    const prototype = Object.getPrototypeOf(objects) as JestObjects;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on objects of the class
    const original = prototype.jestObjectFor;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- `this` has another meaning in the function
    const needs = this;
    prototype.jestObjectFor = function (this: JestObjects, from: string): unknown {
      const isWithout = needs.#without === from;
      needs.#without = null;
      return isWithout ? undefined : original.call(this, from);
    };
  }
}
