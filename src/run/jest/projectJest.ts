/** The Jest of a project as a command, for processes that no Jest has loaded. */
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';

/** What `jest --showConfig` printed. */
export interface ShownOutput {
  /** null: Jest printed no config. */
  readonly config: unknown;
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  /** Why Jest could not be started; null: it was. */
  readonly error: string | null;
}

/** The most bytes that Jest may print. */
const MOST_OUTPUT = 2 ** 30;

/**
 * @param from a file from which the package is looked for, as `require` looks for it
 * @returns the script of the command `jest`; null: there is none
 */
export function findJestCommand(from: string): string | null {
  const fromHere = createRequire(from);
  for (const name of ['jest', 'jest-cli']) {
    let manifest: string;
    try {
      manifest = fromHere.resolve(`${name}/package.json`);
    } catch {
      continue; // it is not installed here
    }
    const {bin} = JSON.parse(readFileSync(manifest, 'utf8')) as {bin?: string | Readonly<Record<string, string>>};
    const script = typeof bin === 'string' ? bin : bin?.jest;
    if (script !== undefined) return join(dirname(manifest), script);
  }
  return null;
}

/** @param args Jest's arguments, which may name the config */
export function showConfig(command: string, cwd: string, args: readonly string[]): ShownOutput {
  const {stdout, stderr, status, error} = spawnSync(process.execPath, [command, '--showConfig', ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
  });
  if (error !== undefined) return {config: null, stdout: '', stderr: '', status, error: error.message};
  // The config may print something as it is loaded.
  const start = stdout.search(/^\{\s*"configs"/m);
  return {config: start === -1 ? null : parsed(stdout.slice(start)), stdout, stderr, status, error: null};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
