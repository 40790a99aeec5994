/**
 * Paths that are the same in each checkout of a repository: relative to its root, with forward slashes. A recording
 * holds only such paths, so that another machine can read it.
 */
import {existsSync} from 'node:fs';
import {dirname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

/** Stands for the root in a stack frame, and in a source map. */
const ROOT = '<root>';

const FILE_URL = 'file://';

/** A line of a stack, with the place of a call at its end. */
const FRAME = /^\s*at .*:\d+:\d+\)?\s*$/;

/**
 * The root of the repository that contains the folder. Without a repository, or if some of the paths are outside of it:
 * the deepest folder that contains the folder and all paths.
 *
 * @param folder the run's rootDir
 * @param paths absolute paths that must be below the root
 */
export function findRoot(folder: string, paths: readonly string[]): string {
  let root = repositoryOf(folder) ?? folder;
  for (const path of paths) while (!isBelow(path, root) && dirname(root) !== root) root = dirname(root);
  return root;
}

function repositoryOf(folder: string): string | null {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return null;
  }
}

function isBelow(path: string, root: string): boolean {
  return isWithin(relative(root, path));
}

/** @param from a path relative to a folder @returns whether it is that of the folder or of something in it */
function isWithin(from: string): boolean {
  return from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}

/** Whether a recorded path stays below the root, on every system. */
export function isRepoPath(path: string): boolean {
  if (path === '') return true;
  if (path.startsWith('/') || /[\0\\]|^[a-z]:/i.test(path)) return false;
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..');
}

export class RepoPaths {
  readonly root: string;

  /** @param root absolute path of the repository's root in this checkout */
  constructor(root: string) {
    this.root = root;
  }

  /** @returns the recorded form of an absolute path; null: the path is outside of the root */
  toRecorded(path: string): string | null {
    if (!isAbsolute(path)) return null;
    const from = relative(this.root, path);
    return isWithin(from) ? from.replaceAll(sep, '/') : null;
  }

  /**
   * @returns the absolute path in this checkout
   * @throws {RangeError} if the path leaves the root
   */
  fromRecorded(path: string): string {
    if (!isRepoPath(path)) throw new RangeError(`the path ${JSON.stringify(path)} leaves the repository`);
    return path === '' ? this.root : join(this.root, ...path.split('/'));
  }

  /** Replaces the root in the stack frames of a text. All other lines are the user's own and stay as they are. */
  framesToRecorded(text: string): string {
    if (!text.includes(this.root)) return text;
    return text
      .split('\n')
      .map(line => {
        if (!line.includes(this.root) || !FRAME.test(line)) return line;
        return line.replaceAll(`${this.root}${sep}`, `${ROOT}/`);
      })
      .join('\n');
  }

  framesFromRecorded(text: string): string {
    if (!text.includes(ROOT)) return text;
    return text
      .split('\n')
      .map(line =>
        line.includes(`${ROOT}/`) && FRAME.test(line) ? line.replaceAll(`${ROOT}/`, `${this.root}${sep}`) : line,
      )
      .join('\n');
  }

  /**
   * The recorded form of a source that a source map names: an absolute path, a file URL, or a path relative to the map.
   * The last stays as it is, and so does what is outside of the root.
   */
  sourceToRecorded(source: string): string {
    const url = source.startsWith(FILE_URL);
    const path = this.toRecorded(url ? pathOfUrl(source) : source);
    return path === null ? source : `${url ? FILE_URL : ''}${ROOT}/${path}`;
  }

  /**
   * @param from absolute path of the file to which the source map belongs
   * @throws {RangeError} if the source is outside of the root
   */
  sourceFromRecorded(source: string, from: string): string {
    const url = source.startsWith(FILE_URL);
    const marked = url ? source.slice(FILE_URL.length) : source;
    const path = this.fromMarked(marked);
    if (path !== null) return url ? pathToFileURL(path).href : path;
    // Programs that read source maps drop the scheme of a URL.
    const target = resolve(dirname(from), marked.replace(/^[a-z][a-z\d+.-]+:\/*/i, ''));
    if (url || !isBelow(target, this.root)) {
      throw new RangeError(`the source ${JSON.stringify(source)} of a source map is outside of the repository`);
    }
    return source;
  }

  /**
   * @returns the absolute path; null: the text does not begin with the mark of the root
   * @throws {RangeError} if the path leaves the root
   */
  fromMarked(text: string): string | null {
    return text.startsWith(`${ROOT}/`) ? this.fromRecorded(text.slice(ROOT.length + 1)) : null;
  }
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return ''; // of another host
  }
}
