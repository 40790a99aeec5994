/**
 * Finds the runtime that answers an `import()`: that of the test file in whose realm the call is made. V8 accepts only
 * one importer when it compiles a script, and a kept script runs in many realms.
 */
import vm from 'node:vm';

/** Jest's own importer. It gets all arguments that Node passes to us. */
export type Importer = (...args: unknown[]) => unknown;

/** `import(`, `import.defer(`, and either with a comment in between. */
const IMPORT_CALL = /\bimport\s*(?:[.(]|\/[*/])/;

/**
 * Whether Node calls importers at all: only with --experimental-vm-modules, and only then does `vm` have this class.
 */
export const ARE_ANSWERED = typeof (vm as {SyntheticModule?: unknown}).SyntheticModule === 'function';

/**
 * Whether an `import()` still reaches its importer in a script that V8 has read from stored code. Up to Node 21, it
 * does not, nor does an `import()` in a text that such a script passes to `eval`.
 */
export const SURVIVE_ON_DISK = !ARE_ANSWERED || Number.parseInt(process.versions.node, 10) >= 22;

export class Imports {
  /** A WeakMap, so that a realm's importers live no longer than the realm: they hold all modules of a test file. */
  readonly #importers = new WeakMap<object, Map<string, Importer>>();

  /**
   * Whether a module's own code calls `import()`. The runtime of the caller's realm has to answer such a call, even if
   * other test files have run since. For a text that a module passes to `eval`, the realm in which the module ran last
   * answers.
   */
  static calledIn(source: string): boolean {
    return ARE_ANSWERED && Imports.mentionedIn(source);
  }

  /** Whether the source contains an `import()`, in its own code or in a text that it may evaluate. */
  static mentionedIn(source: string): boolean {
    return IMPORT_CALL.test(source);
  }

  note(realm: object, filename: string, importer: Importer): void {
    if (!ARE_ANSWERED) return;
    let importers = this.#importers.get(realm);
    if (importers === undefined) {
      importers = new Map<string, Importer>();
      this.#importers.set(realm, importers);
    }
    importers.set(filename, importer);
  }

  /** @param realm the realm in which the module ran last */
  answer(realm: object | undefined, filename: string, args: unknown[]): unknown {
    const importer = realm && this.#importers.get(realm)?.get(filename);
    if (!importer) throw new Error(`jest-runner-xdist: nobody is left to answer an import() in ${filename}`);
    return importer(...args);
  }
}
