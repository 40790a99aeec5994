/** Finds and reads the files that contain a project's options. */
import {existsSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import type * as ConfigModule from '../core/rules/config';
import type {OptionSource} from '../core/rules/config';
import {DEFAULT_OPTIONS, type ResolvedOptions} from '../core/rules/resolvedOptions';

/** The names of the config file, of which a project has at most one. */
export const CONFIG_FILES = ['js', 'cjs', 'mjs', 'ts', 'json'].map(extension => `xdist.config.${extension}`);

/** The key of package.json that may contain options. */
export const PACKAGE_KEY = 'jest-runner-xdist';

/**
 * Resolves the options from `sources` and from this process's environment.
 *
 * @throws {OptionsError}
 */
export function resolveFoundOptions(sources: readonly OptionSource[]): ResolvedOptions {
  const given = sources.some(({value}) => typeof value !== 'object' || value === null || Object.keys(value).length > 0);
  if (!given && !Object.keys(process.env).some(name => name.startsWith('XDIST_'))) return DEFAULT_OPTIONS;
  return configModule().resolveOptions(sources, process.env);
}

/** Loaded only if there are options to check. Most projects have none, and loading the checks takes 10 ms. */
function configModule(): typeof ConfigModule {
  return require('../core/rules/config') as typeof ConfigModule;
}

/**
 * Reads the options in the files of `rootDir`: the key of package.json, then `xdist.config.*`, which overrides it.
 *
 * @throws {OptionsError} if a file cannot be loaded, or if there are two config files
 */
export function readOptionFiles(rootDir: string): OptionSource[] {
  const found = CONFIG_FILES.filter(name => existsSync(join(rootDir, name)));
  if (found.length > 1)
    throw new (configModule().OptionsError)([`${found.join(' and ')} are both in ${rootDir}: keep one of them.`]);
  const sources: OptionSource[] = [];
  if (packageHasKey(rootDir)) {
    sources.push({name: `the key "${PACKAGE_KEY}" of package.json`, value: load(rootDir, 'package.json')});
  }
  if (found[0] !== undefined) sources.push({name: found[0], value: load(rootDir, found[0])});
  return sources;
}

/**
 * Finds the config files that have no effect: those of projects whose rootDir is not the run's.
 *
 * @param rootDir of the run
 */
export function ignoredConfigFiles(projectDirs: readonly string[], rootDir: string): string[] {
  return [...new Set(projectDirs)]
    .filter(folder => folder !== rootDir)
    .flatMap(folder => CONFIG_FILES.map(name => join(folder, name)))
    .filter(path => existsSync(path));
}

/** A cheap check: nearly every project has a package.json, but few have the key. */
function packageHasKey(rootDir: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as object, PACKAGE_KEY);
  } catch {
    return false; // no package.json, or an invalid one, about which npm and Jest complain
  }
}

function load(rootDir: string, name: string): unknown {
  const path = join(rootDir, name);
  try {
    if (name.endsWith('.json')) {
      const parsed = JSON.parse(readFileSync(path, 'utf8')) as unknown;
      return name === 'package.json' ? (parsed as Record<string, unknown>)[PACKAGE_KEY] : parsed;
    }
    // jiti, because Node 20 cannot load TypeScript, and a run in watch mode must see a changed file.
    const {createJiti} = require('jiti') as typeof import('jiti');
    // Synchronous, because options are checked while Jest constructs its runners, before any of them runs a test.
    const loaded: unknown = createJiti(__filename, {moduleCache: false, fsCache: false, interopDefault: true})(path);
    return isModule(loaded) ? loaded.default : loaded;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new (configModule().OptionsError)([`${relative(process.cwd(), path) || name} cannot be loaded: ${reason}`]);
  }
}

function isModule(loaded: unknown): loaded is {default: unknown} {
  return typeof loaded === 'object' && loaded !== null && 'default' in loaded;
}
