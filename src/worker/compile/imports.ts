/**
 * Who answers an `import()`: the runtime of the test file in whose realm it is called. A script is told at its making, and one
 * that is kept is run in many.
 */
import vm from 'node:vm';

/** Jest's own answer; what Node hands to it is handed on. */
export type Importer = (...args: unknown[]) => unknown;

/** `import(`, `import.defer(`, and either with a comment in between. */
const IMPORT_CALL = /\bimport\s*(?:[.(]|\/[*/])/;

/** Node asks nobody unless it was started with --experimental-vm-modules; only then it has this class. */
export const ARE_ANSWERED = typeof (vm as {SyntheticModule?: unknown}).SyntheticModule === 'function';

/**
 * Whether an `import()` is answered in a script that V8 has made of what another process has left: up to Node 21 it is not, nor
 * one in what that hands to `eval`.
 */
export const SURVIVE_ON_DISK = !ARE_ANSWERED || Number.parseInt(process.versions.node, 10) >= 22;

export class Imports {
  /** As long as a realm is there, so are its importers; not longer: they hold all of a test file's modules. */
  readonly #importers = new WeakMap<object, Map<string, Importer>>();

  /**
   * Whether a module's own code calls `import()`: it has to be answered in the realm of the caller, even when other test files have run since.
   * What a module may hand to `eval` cannot be known; that is answered where the module was run last.
   */
  static calledIn(source: string): boolean {
    return ARE_ANSWERED && Imports.mentionedIn(source);
  }

  /** Whether there is one in it, or in a text that it may evaluate. */
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

  /** @param realm where the module was run last */
  answer(realm: object | undefined, filename: string, args: unknown[]): unknown {
    const importer = realm && this.#importers.get(realm)?.get(filename);
    if (!importer) throw new Error(`jest-runner-xdist: nobody is left to answer an import() in ${filename}`);
    return importer(...args);
  }
}
