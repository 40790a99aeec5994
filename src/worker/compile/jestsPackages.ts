/**
 * The names of Jest's own packages, as the running Jest's packages declare each other. A name alone does not tell: `jest-extended`, `jest-when`
 * and many others are other people's.
 */
import {existsSync, readText, realpathSync} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';

/** What Jest's packages are called. Others that they need (Babel's, chalk) are not Jest's. */
const SHAPE = /^(?:jest-.|@jest\/|expect$|pretty-format$)/;

interface Declared {
  readonly name: string;
  /** The folder of the package that needs it. */
  readonly by: string;
}

export class JestsPackages {
  readonly #names = new Set(['@jest/core']);
  /** Declared, and not read so far: all of them take some 3 ms, and most names that are asked for come early. */
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

/** As Node looks for it. @returns null: it is not there, or not in folders (Yarn's Plug'n'Play) */
function packageNear(from: string, name: string): {folder: string; needs: string[]} | null {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    const path = join(folder, 'package.json');
    // To look first is far cheaper than an exception.
    if (existsSync(path)) return {folder: realpathSync.native(folder), needs: needsIn(path)};
    if (at === dirname(at)) return null;
  }
}

function needsIn(path: string): string[] {
  try {
    const {dependencies} = JSON.parse(readText(path)) as {dependencies?: object};
    return Object.keys(dependencies ?? {});
  } catch {
    return []; // it is damaged, or being replaced
  }
}
