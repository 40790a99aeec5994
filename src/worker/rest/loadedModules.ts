/**
 * The modules that Node itself has loaded into this process: Jest's, and those that Jest loads for the user outside of
 * any test file, like transformers and test environments. What they keep is of the run in which they were loaded:
 * caches of files that have changed since, warnings that are printed once. So for the next run they are forgotten, and
 * those that read nothing of a project when they are loaded are loaded again at once, while nobody waits.
 */
import {subscribe} from 'node:diagnostics_channel';
import * as nodeModule from 'node:module';
import {epochMs} from '../../pristine/clock';
import {existsSync, statSync} from '../../pristine/fs';
import {dirname, join, sep} from '../../pristine/path';
import {statefulAddons} from '../leaks/addons';

/** Packages that read nothing but their own files and the environment when they are loaded: Jest's own, and what takes longest. */
const LOADED_AHEAD =
  /^(@jest\/.*|jest-(circus|docblock|each|environment-jsdom|environment-node|haste-map|leak-detector|matcher-utils|message-util|mock|regex-util|resolve|runner|runtime|snapshot|util|validate|worker)|expect|babel-jest|@babel\/core|typescript|jsdom)$/;

/** What Node 20 and 22 load when they come to the first ES module, and later ones when they start. */
const MODULE_LOADER = 'NativeModule internal/modules/esm/module_job';

/** Node 22 and later publish here each `import()` outside of the realms of test files. */
const IMPORT_CHANNEL = 'tracing:module.import:start';

/** Flags by which ES modules are imported before there is anybody to see it. */
const IMPORTS_AT_START = /--(import|(experimental-)?loader)\b/;

/** Where our own modules are: they are this process's, whatever it runs. */
const OWN_FOLDER = join(__dirname, '..', '..') + sep;

const {cache} = require;

type CachedModule = NonNullable<(typeof cache)[string]>;

export class LoadedModules {
  /** What the process cannot be without. */
  readonly #base: ReadonlySet<string> = new Set(Object.keys(cache));
  /** When the run began, or the process: what is loaded after that and has changed since may have been loaded as it was. */
  #since = epochMs() - process.uptime() * 1000;
  /** What was on disk when it was first looked at, for each path that what was loaded depends on. */
  readonly #stamps = new Map<string, string>();
  readonly #packages = new Map<string, string | null>();
  readonly #loaderAtStart = hasModuleLoader();
  #imported = IMPORTS_AT_START.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '));

  constructor() {
    subscribe(IMPORT_CHANNEL, () => (this.#imported = true));
  }

  /** Why what was loaded could not be loaded anew; null: it could. */
  objection(): string | null {
    if (this.#hasEsModules()) return 'an ES module was imported outside of the tests';
    // Compiled code cannot be loaded anew: what it keeps, it keeps.
    const [addon] = statefulAddons(Object.keys(cache));
    return addon === undefined ? null : `it has loaded ${addon}`;
  }

  /**
   * Remembers what is on disk of all that was loaded.
   *
   * @returns a path that has changed since the run began; null: none has
   */
  remember(): string | null {
    for (const path of Object.keys(cache)) {
      const stamp = this.#remember(path);
      if (stamp !== null && stamp.changedAt > this.#since && !path.startsWith(OWN_FOLDER)) return path;
      const description = this.#packageJson(dirname(path));
      if (description !== null) this.#remember(description);
      const installed = nodeModulesOf(path);
      if (installed !== null) this.#remember(installed);
    }
    return null;
  }

  /** A run begins. @returns a path that is not as it was remembered; null: there is none. Takes some µs a path. */
  changed(): string | null {
    for (const [path, stamp] of this.#stamps) if ((stampOf(path)?.text ?? '') !== stamp) return path;
    // Node remembers which package a file belongs to; a package.json may have come between.
    for (const [folder, description] of this.#packages) {
      if (nearestPackageJson(folder) !== description) return folder;
    }
    this.#since = epochMs();
    return null;
  }

  /**
   * Drops all modules but those without which this process is none, and loads again what can be loaded ahead.
   *
   * @param first what has to come before that
   */
  renew(first: () => void): void {
    const forgotten: string[] = [];
    for (const path of Object.keys(cache)) {
      if (this.#base.has(path) || path.startsWith(OWN_FOLDER) || path.endsWith('.node')) continue;
      forgotten.push(path);
      delete cache[path];
    }
    for (const kept of Object.values(cache) as CachedModule[]) {
      kept.children = kept.children.filter(child => cache[child.filename] === child);
    }
    forgetPaths();
    first();
    for (const path of forgotten) if (LOADED_AHEAD.test(packageName(path))) load(path);
  }

  /** ES modules cannot be forgotten, nor what one of them has imported. */
  #hasEsModules(): boolean {
    if (!this.#loaderAtStart) return hasModuleLoader();
    return this.#imported || (Object.values(cache) as CachedModule[]).some(isEsModule);
  }

  #remember(path: string): {readonly changedAt: number} | null {
    if (this.#stamps.has(path)) return null;
    const stamp = stampOf(path);
    this.#stamps.set(path, stamp?.text ?? '');
    return stamp;
  }

  #packageJson(folder: string): string | null {
    const known = this.#packages.get(folder);
    if (known !== undefined) return known;
    const path = nearestPackageJson(folder);
    this.#packages.set(folder, path);
    return path;
  }
}

/** A process that does not say counts as one that has it. */
function hasModuleLoader(): boolean {
  const {moduleLoadList} = process as {readonly moduleLoadList?: readonly string[]};
  return moduleLoadList?.includes(MODULE_LOADER) ?? true;
}

/** Whether it was loaded by `require`, and is an ES module. */
function isEsModule(module: CachedModule): boolean {
  return Object.getOwnPropertySymbols(module).some(({description}) => description === 'kRequiredModuleSymbol');
}

/** What cannot be loaded fails where it is needed, as it would in a fresh process. */
function load(path: string): void {
  try {
    require(path);
  } catch {
    delete cache[path];
  }
}

/** Node's memory of where modules were found. What it keeps of single folders it looks at only beside the module cache. */
function forgetPaths(): void {
  const {_pathCache: paths} = nodeModule as unknown as {readonly _pathCache?: Record<string, string>};
  if (paths !== undefined) for (const key of Object.keys(paths)) delete paths[key];
}

/** The name of the package that a file is installed in; '': it is in none. */
function packageName(path: string): string {
  const within = path.split(`${sep}node_modules${sep}`).at(-1);
  if (within === undefined || within === path) return '';
  const [first = '', second = ''] = within.split(sep);
  return first.startsWith('@') ? `${first}/${second}` : first;
}

/** The folder into which a file's package was installed: it changes when packages come and go. */
function nodeModulesOf(path: string): string | null {
  const at = path.lastIndexOf(`${sep}node_modules${sep}`);
  return at === -1 ? null : path.slice(0, at + `${sep}node_modules`.length);
}

function nearestPackageJson(folder: string): string | null {
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
