/** Spares the `jest` object of a module that cannot reach it. */
import type {JestObjects} from './runtimeParts';

export class JestNeeds {
  /** Until then, nobody takes what was noted. */
  #isReached = false;
  /** The module that jest-runtime has just had compiled, if it does without. It asks for the module's object next. */
  #without: string | null = null;

  /** jest-runtime has a module's function. */
  compiled(filename: string, namesJest: boolean): void {
    if (this.#isReached) this.#without = namesJest ? null : filename;
  }

  /** Changes the class of an object that makes `jest` objects; to be called with one of each runtime. */
  reach(objects: JestObjects): void {
    if (this.#isReached) return;
    this.#isReached = true;
    const prototype = Object.getPrototypeOf(objects) as JestObjects;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called on objects of the class
    const original = prototype.jestObjectFor;
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- `this` is another in the function
    const needs = this;
    prototype.jestObjectFor = function (this: JestObjects, from: string): unknown {
      const isWithout = needs.#without === from;
      needs.#without = null;
      return isWithout ? undefined : original.call(this, from);
    };
  }
}
