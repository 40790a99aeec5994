/** Finds the modules of the shared fixtures that files declare, and what these declare themselves. */
import {readFileSync, realpathSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, dirname, isAbsolute, join, relative, resolve} from 'node:path';
import type {FileRules, RuleProblem} from '../core/fileRules';
import {buildFixtureGraph, type FixtureGraph, type FixtureModule, type FixtureUse} from '../core/fixtureGraph';
import {FIXTURE_PRAGMAS, NO_PRAGMAS, parsePragmas, type DocblockParser, type FixtureRequest} from '../core/pragmas';
import {warn} from './warn';

export interface FixturePlaces {
  readonly docblock: DocblockParser;
  readonly rootDir: string;
  /** Told of pragmas without effect; standard error unless it is given. */
  readonly warn?: (text: string) => void;
}

/** What of Jest's Test is used. */
export interface DeclaringFile {
  readonly path: string;
  readonly context: {readonly config: {readonly id: string}};
}

/** @param problems what is known to be wrong with the files: those that have any take no part in the graph */
export function findFixtures<File extends DeclaringFile>(
  rules: ReadonlyMap<File, FileRules>,
  problems: ReadonlyMap<File, readonly RuleProblem[]>,
  places: FixturePlaces,
): FixtureGraph<File> {
  const {rootDir} = places;
  const modules = new FixtureModules(places);
  const files = [...rules].map(([test, {sharedFixtures}]) => {
    const {uses, problems: missing} = modules.find(
      sharedFixtures.map(({from, ...asked}) => ({...asked, folder: from === 'file' ? dirname(test.path) : rootDir})),
    );
    const known = problems.get(test) ?? [];
    return [test, {configId: test.context.config.id, uses, problems: [...known, ...missing]}] as const;
  });
  return buildFixtureGraph(new Map(files), modules.all);
}

/** A fixture as it is asked for, with where that stands and what its path is relative to. */
type Asked = FixtureRequest & {readonly place: string; readonly folder: string};

type Found = Pick<FixtureUse, 'found' | 'path'>;

const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.tsx', '.jsx'];

class FixtureModules {
  readonly all = new Map<string, FixtureModule>();
  readonly #docblock: DocblockParser;
  readonly #rootDir: string;
  readonly #warn: (text: string) => void;
  /** What was found, or why nothing was: the files of a folder often ask for the same. */
  readonly #known = new Map<string, Found | string>();

  constructor({docblock, rootDir, warn: tell = warn}: FixturePlaces) {
    this.#docblock = docblock;
    this.#rootDir = rootDir;
    this.#warn = tell;
  }

  find(requests: readonly Asked[]): {uses: FixtureUse[]; problems: RuleProblem[]} {
    const uses: FixtureUse[] = [];
    const problems: RuleProblem[] = [];
    for (const {place, path: written, scope, folder} of requests) {
      const key = `${folder}\0${written}`;
      const found = this.#known.get(key) ?? findModule(written, folder);
      this.#known.set(key, found);
      if (typeof found === 'string') {
        problems.push({place, message: found});
      } else {
        uses.push({...found, place, written, scope});
        if (!this.all.has(found.path)) this.#read(found.path);
      }
    }
    return {uses, problems};
  }

  #read(path: string): void {
    const title = relative(this.#rootDir, path);
    // Known before those that it names are read: they may name it.
    this.all.set(path, {title, uses: [], problems: []});
    const {pragmas, errors, warnings} = this.#pragmasOf(path);
    for (const {line, message} of warnings) this.#warn(`${path}:${line}: ${message}`);
    const {uses, problems} = this.find(
      pragmas.sharedFixtures.map(({line, ...asked}) => ({...asked, place: `${path}:${line}`, folder: dirname(path)})),
    );
    const malformed = errors.map(({line, message}) => ({place: `${path}:${line}`, message}));
    this.all.set(path, {title, uses, problems: [...malformed, ...problems]});
  }

  #pragmasOf(path: string): ReturnType<typeof parsePragmas> {
    try {
      return parsePragmas(readFileSync(path, 'utf8'), this.#docblock, FIXTURE_PRAGMAS);
    } catch {
      return {pragmas: NO_PRAGMAS, errors: [], warnings: []}; // loading it will say what is wrong
    }
  }
}

/** @returns why there is none, where there is none */
function findModule(written: string, folder: string): Found | string {
  if (!/^\.\.?(?:[\\/]|$)/.test(written) && !isAbsolute(written)) return findPackage(written, folder);
  const target = resolve(folder, written);
  const file = [
    target,
    ...EXTENSIONS.map(extension => target + extension),
    ...EXTENSIONS.map(extension => join(target, `index${extension}`)),
  ].find(isFile);
  if (file !== undefined) return {found: [target, file], path: realpathSync.native(file)};
  return (
    `there is no module of the shared fixture "${written}". Tried: ${target} as it is; with ${EXTENSIONS.join(', ')} ` +
    `behind it; and ${join(target, 'index')} with each of these.`
  );
}

/** By Node's own resolution: from where a `require` in that folder would find it. */
function findPackage(name: string, folder: string): Found | string {
  const nodeRequire = createRequire(join(folder, 'fixture.js'));
  try {
    const file = nodeRequire.resolve(name);
    if (!isAbsolute(file)) return `the shared fixture "${name}" is a part of Node itself, which has no setup().`;
    return {found: [file], path: realpathSync.native(file)};
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const tried = (nodeRequire.resolve.paths(name) ?? []).filter(path => basename(path) === 'node_modules');
    return (
      `there is no module of the shared fixture "${name}": ${reason}. Tried: ${tried.join(', ')}. ` +
      `A file of your own begins with "./" or "../".`
    );
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
