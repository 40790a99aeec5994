/**
 * Gets hold of a file's environment between jest-runner and jest-circus. jest-runner loads the
 * framework with `require(config.testRunner)`: what it finds there is this, which lets every file pass
 * that runs whole. The config stays as it is: its hash is part of the transform cache's key.
 */
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {SlicedFile, TestEnvironment} from './slicedFile';

type TestFramework = (
  globalConfig: unknown,
  config: unknown,
  environment: TestEnvironment,
  ...rest: unknown[]
) => Promise<unknown>;

/** From this version on, `test.concurrent` runs block by block. */
const CONCURRENT_BY_BLOCK = {major: 30, minor: 2};

/** The file that is about to run; taken by the framework's next call. */
let next: SlicedFile | null = null;
const wrapped = new Set<string>();

/** The next file that the framework runs is this one. A framework that is not circus lets it run whole. */
export function expectFile(file: SlicedFile, testRunner: string): void {
  if (!wrapped.has(testRunner)) {
    wrapped.add(testRunner);
    try {
      wrap(testRunner);
    } catch {
      // What is wrong with it, jest-runner will say.
    }
  }
  next = file;
}

/** No file is expected any more: one that could not be loaded never came to the framework. */
export function expectNone(): void {
  next = null;
}

function wrap(testRunner: string): void {
  const {name, version} = packageOf(testRunner);
  if (name !== 'jest-circus') return;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const concurrentFileWide =
    major < CONCURRENT_BY_BLOCK.major || (major === CONCURRENT_BY_BLOCK.major && minor < CONCURRENT_BY_BLOCK.minor);
  const loaded = require(testRunner) as TestFramework | {readonly default: TestFramework};
  const framework = typeof loaded === 'function' ? loaded : loaded.default;
  // Not async: V8 would put it on the end of the stacks of failures.
  const ours: TestFramework = (globalConfig, config, environment, ...rest) => {
    const file = next;
    next = null;
    file?.attach(environment, {concurrentFileWide});
    return framework(globalConfig, config, environment, ...rest);
  };
  const cached = require.cache[require.resolve(testRunner)];
  if (cached !== undefined) cached.exports = {__esModule: true, default: ours};
}

function packageOf(file: string): {name: string; version: string} {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as {name: string; version: string};
  }
  return {name: '', version: ''};
}
