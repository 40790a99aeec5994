/**
 * Starts plain Node processes with our compiled sources. In the process of a unit test, Jest's runtime is already
 * active.
 */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {compileRings, type CompiledRing} from './compiledSources';
import {temporaryFolder} from './run/temporaryFolder';

export interface Surroundings {
  /** By name, in the folder where it runs. */
  readonly files?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly nodeArguments?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * Makes what runs a script, in which `ours(name)` is a module of the ring, and which returns what the script's function
 * returns, or resolves with.
 *
 * @param others what the ring's modules import
 */
export function ownProcesses(ring: CompiledRing, ...others: readonly CompiledRing[]) {
  const compiled = join(compileRings(ring, ...others), ring);
  return (script: string, surroundings: Surroundings = {}): unknown => {
    const {files = {}, folder = temporaryFolder(files), nodeArguments = [], environment = {}} = surroundings;
    const code = `
    const ours = name => require(${JSON.stringify(compiled)} + '/' + name + '.js');
    (async () => {${script}\n})().then(value => console.log('\\n' + JSON.stringify(value)));`;
    const {stdout, stderr, status} = spawnSync(process.execPath, [...nodeArguments, '-e', code], {
      cwd: folder,
      encoding: 'utf8',
      env: {...process.env, NODE_OPTIONS: '--no-warnings', NODE_V8_COVERAGE: undefined, ...environment},
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout.slice(stdout.trimEnd().lastIndexOf('\n'))) as unknown;
  };
}
