/** Finds the places where a project's options stand, and reads them. */
import {existsSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import type {OptionSource} from '../core/config';
import {OptionsError} from '../core/config';

/** In the order in which they are looked for; a project has one. */
export const CONFIG_FILES = ['js', 'cjs', 'mjs', 'ts', 'json'].map(extension => `xdist.config.${extension}`);

/** The key of package.json that may hold options. */
export const PACKAGE_KEY = 'jest-runner-xdist';

/**
 * The options that stand in files of `rootDir`: the key of package.json, then `xdist.config.*`, which
 * wins over it.
 *
 * @throws {OptionsError} where a file cannot be loaded, or there are two of them
 */
export async function readOptionFiles(rootDir: string): Promise<OptionSource[]> {
  const found = CONFIG_FILES.filter(name => existsSync(join(rootDir, name)));
  if (found.length > 1) throw new OptionsError([`${found.join(' and ')} are both in ${rootDir}: keep one of them.`]);
  const sources: OptionSource[] = [];
  if (packageHasKey(rootDir)) {
    sources.push({name: `the key "${PACKAGE_KEY}" of package.json`, value: await load(rootDir, 'package.json')});
  }
  if (found[0] !== undefined) sources.push({name: found[0], value: await load(rootDir, found[0])});
  return sources;
}

/** Nearly every project has a package.json, and few have the key. */
function packageHasKey(rootDir: string): boolean {
  try {
    return Object.hasOwn(JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8')) as object, PACKAGE_KEY);
  } catch {
    return false; // none, or one that npm and Jest complain about
  }
}

async function load(rootDir: string, name: string): Promise<unknown> {
  const path = join(rootDir, name);
  try {
    if (name.endsWith('.json')) {
      const parsed = JSON.parse(readFileSync(path, 'utf8')) as unknown;
      return name === 'package.json' ? (parsed as Record<string, unknown>)[PACKAGE_KEY] : parsed;
    }
    // jiti: Node 20 reads no TypeScript by itself, and a watch run must see a file that has changed.
    const {createJiti} = await import('jiti');
    return await createJiti(__filename, {moduleCache: false, fsCache: false}).import(path, {default: true});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OptionsError([`${relative(process.cwd(), path) || name} cannot be loaded: ${reason}`]);
  }
}
