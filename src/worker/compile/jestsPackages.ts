/**
 * The names of Jest's own packages, found by following the dependencies of the running Jest. A name alone is not
 * enough: `jest-extended`, `jest-when` and many others are not part of Jest.
 */
import {existsSync, readText, realpathSync} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';

/** The names that Jest's packages have. Other dependencies of Jest (Babel, chalk) are not Jest's own. */
const SHAPE = /^(?:jest-.|@jest\/|expect$|pretty-format$)/;

interface Declared {
  readonly name: string;
  /** The folder of the package that declares the dependency. */
  readonly by: string;
}

export class JestsPackages {
  readonly #names = new Set(['@jest/core']);
  /** Declared dependencies that have not been read yet. To read all takes about 3 ms, and most lookups end early. */
  readonly #unread: Declared[];

  /** @param core a file of the running Jest's @jest/core */
  constructor(core: string) {
    this.#unread = [{name: '@jest/core', by: dirname(core)}];
  }

  has(name: string): boolean {
    if (!SHAPE.test(name)) return false;
    while (!this.#names.has(name)) {
      const next = this.#unread.shift();
      if (next === undefined) return false;
      this.#read(next);
    }
    return true;
  }

  #read({name, by}: Declared): void {
    const found = packageNear(by, name);
    if (found === null) return;
    for (const needed of found.needs) {
      if (!SHAPE.test(needed) || this.#names.has(needed)) continue;
      this.#names.add(needed);
      this.#unread.push({name: needed, by: found.folder});
    }
  }
}

/**
 * Finds a package the way Node does.
 *
 * @returns null if the package is missing, or not in a folder (Yarn's Plug'n'Play)
 */
function packageNear(from: string, name: string): {folder: string; needs: string[]} | null {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    const path = join(folder, 'package.json');
    // `existsSync` is far cheaper than an exception.
    if (existsSync(path)) return {folder: realpathSync.native(folder), needs: needsIn(path)};
    if (at === dirname(at)) return null;
  }
}

function needsIn(path: string): string[] {
  try {
    const {dependencies} = JSON.parse(readText(path)) as {dependencies?: object};
    return Object.keys(dependencies ?? {});
  } catch {
    return []; // the file is damaged, or another process is replacing it
  }
}
