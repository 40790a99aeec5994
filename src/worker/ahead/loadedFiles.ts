/**
 * Watches the files of the modules that Node has loaded into this process. Node reads a module and its package.json
 * once, so this process would not notice a later change.
 */
import {epochMs} from '../../pristine/clock';
import {existsSync, statSync} from '../../pristine/fs';
import {dirname, join, sep} from '../../pristine/path';

/** The folder of our own modules. The process began with them. */
const OWN_FOLDER = join(__dirname, '..', '..') + sep;

export class LoadedFiles {
  /**
   * When the process began (ms since the epoch). After a later change, Node may have loaded the old or the new file.
   */
  readonly #since = epochMs() - process.uptime() * 1000;
  /** By path that a module depends on: the state of the file when it was first checked. */
  readonly #stamps = new Map<string, string>();
  /** By folder with modules: the package.json that describes them; null: there is none. */
  readonly #descriptions = new Map<string, string | null>();

  /**
   * Remembers the files of all modules that are loaded by now.
   *
   * @returns a path that has changed since the process began; null: none has
   */
  remember(): string | null {
    for (const path of Object.keys(require.cache)) {
      const stamp = this.#remember(path);
      if (stamp !== null && stamp.changedAt > this.#since && !path.startsWith(OWN_FOLDER)) return path;
      const description = this.#descriptionOf(dirname(path));
      if (description !== null) this.#remember(description);
      const installed = nodeModulesOf(path);
      if (installed !== null) this.#remember(installed);
    }
    return null;
  }

  /** @returns a path that has changed since it was remembered; null: none has. Takes some µs per path. */
  changed(): string | null {
    for (const [path, stamp] of this.#stamps) if ((stampOf(path)?.text ?? '') !== stamp) return path;
    // Node remembers which package a file belongs to. A new package.json may be nearer.
    for (const [folder, description] of this.#descriptions) {
      if (nearestDescription(folder) !== description) return folder;
    }
    return null;
  }

  #remember(path: string): {readonly changedAt: number} | null {
    if (this.#stamps.has(path)) return null;
    const stamp = stampOf(path);
    this.#stamps.set(path, stamp?.text ?? '');
    return stamp;
  }

  #descriptionOf(folder: string): string | null {
    const known = this.#descriptions.get(folder);
    if (known !== undefined) return known;
    const path = nearestDescription(folder);
    this.#descriptions.set(folder, path);
    return path;
  }
}

/** @returns the node_modules folder that a file's package was installed into: it changes when packages come and go */
function nodeModulesOf(path: string): string | null {
  const at = path.lastIndexOf(`${sep}node_modules${sep}`);
  return at === -1 ? null : path.slice(0, at + `${sep}node_modules`.length);
}

function nearestDescription(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'package.json');
    if (existsSync(path)) return path;
    if (at === dirname(at)) return null;
  }
}

function stampOf(path: string): {readonly text: string; readonly changedAt: number} | null {
  const stats = statSync(path, {throwIfNoEntry: false});
  if (stats === undefined) return null;
  const {ino, size, mtimeMs, ctimeMs} = stats;
  return {text: `${ino} ${size} ${mtimeMs} ${ctimeMs}`, changedAt: ctimeMs};
}
