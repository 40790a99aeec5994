/** Times whole runs of the `jest` command on a generated suite. Two or more ways of running the suite take turns. */
import {spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {JestLine} from '../test/e2e/project';
import {median} from './statistics';

export const INSTALLS = join(__dirname, '..', 'test', 'e2e', 'installs');

/** A folder with the packages that a suite needs, Jest and ours among them. */
export interface Install {
  readonly folder: string;
  readonly line: JestLine;
  /** The exact versions of Node and Jest that produced the figures. */
  readonly label: string;
}

/** @param name the name of a folder with an install */
export function installed(line: JestLine, name: string): Install {
  const folder = join(INSTALLS, name);
  const manifest = join(folder, 'node_modules', 'jest', 'package.json');
  if (!existsSync(manifest)) throw new Error('Run `node test/e2e/install.mjs` first.');
  const {version} = JSON.parse(readFileSync(manifest, 'utf8')) as {version: string};
  return {folder, line, label: `Node ${process.versions.node}, Jest ${version}`};
}

export type Files = Readonly<Record<string, string>>;

/** One way of running a suite. */
export interface Side {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files to run instead of the suite's own. */
  readonly files?: Files;
  /** Default: Jest's default reporter. */
  readonly reporters?: readonly string[];
  /** Whether tests of the suite fail on purpose. */
  readonly fails?: boolean;
}

export interface Suite {
  readonly name: string;
  readonly files: Files;
  readonly rounds: number;
}

/** The order of turns, ABBA: a trend from run to run then affects all names equally. */
export function* turns<Name>(names: readonly Name[], rounds: number): Generator<Name> {
  for (let round = 0; round < rounds; round++) yield* round % 2 === 0 ? names : [...names].reverse();
}

/**
 * Runs every side once, so that transforms and durations are known. Then all sides take turns.
 *
 * @returns the median of each side, in seconds
 */
export function timeInTurn<Name extends string>(
  install: Install,
  suite: Suite,
  sides: Readonly<Record<Name, Side>>,
): Record<Name, number> {
  const names = Object.keys(sides) as Name[];
  const runs = new Map(names.map(name => [name, prepare(install, `${suite.name} ${name}`, suite.files, sides[name])]));
  const times = new Map(names.map(name => [name, [] as number[]]));
  for (const {run} of runs.values()) run();
  for (const name of turns(names, suite.rounds)) times.get(name)?.push(runs.get(name)!.run());
  for (const {folder} of runs.values()) rmSync(folder, {recursive: true, force: true});
  return Object.fromEntries(names.map(name => [name, median(times.get(name) ?? [])])) as Record<Name, number>;
}

/** Runs a suite once, without any earlier run. */
export function runOnce(install: Install, {name, files}: Pick<Suite, 'name' | 'files'>, side: Side): void {
  const {folder, run} = prepare(install, name, files, side);
  try {
    run();
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** A suite in its own folder, with the command that starts `jest` there. */
export interface PreparedSuite {
  readonly folder: string;
  /** The arguments for Node. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Writes a suite to the folder in which it runs. */
export function prepareSuite(install: Install, name: string, suite: Files, side: Side): PreparedSuite {
  const folder = join(install.folder, 'run', `bench-${name.replace(/\W+/g, '-')}`);
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  const files = {
    'package.json': '{"name": "bench"}',
    'jest.config.json': JSON.stringify({transform: {}, cacheDirectory: '<rootDir>/.cache'}),
    ...(side.files ?? suite),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    writeFileSync(join(folder, path), text);
  }
  const environment = {
    ...Object.fromEntries(
      Object.entries(process.env).filter(([variable]) => !/^(JEST_|XDIST_|NODE_ENV$|npm_)/.test(variable)),
    ),
    ...side.env,
  };
  const jest = join(install.folder, 'node_modules', 'jest', 'bin', 'jest.js');
  const reporters = (side.reporters ?? ['default']).map(name => `--reporters=${name}`);
  return {folder, command: [jest, ...reporters, ...side.args], environment};
}

function prepare(install: Install, name: string, suite: Files, side: Side): {folder: string; run: () => number} {
  const {folder, command, environment} = prepareSuite(install, name, suite, side);
  const run = () => {
    const start = performance.now();
    const {status} = spawnSync(process.execPath, command, {cwd: folder, stdio: 'ignore', env: environment});
    if (status !== (side.fails === true ? 1 : 0)) throw new Error(`${name}: Jest has ended with ${String(status)}`);
    return (performance.now() - start) / 1000;
  };
  return {folder, run};
}
