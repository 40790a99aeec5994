/** Which files of a run may have their tests spread over workers: by pragma or by option, and what speaks against it. */
import {readFileSync} from 'node:fs';
import {posix} from 'node:path';
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {ResolvedOptions} from '../core/options';
import type {FilePragmas} from '../core/pragmas';
import type {Granularity} from '../core/units';
import type {RunningJest} from './runningJest';
import {warn} from './warn';

export type Splittable = ReadonlyMap<Test, Granularity>;

export interface SplittableOptions {
  readonly jest: RunningJest;
  readonly globalConfig: Config.GlobalConfig;
  readonly options: ResolvedOptions;
  readonly pragmasOf: (test: Test) => FilePragmas;
}

/** @returns the files that may be split; all others run whole */
export function findSplittable(tests: readonly Test[], split: SplittableOptions): Splittable {
  const {globalConfig, pragmasOf} = split;
  if (runsWhole(globalConfig)) return new Map();
  const matches = globMatcher(split);
  const splittable = new Map<Test, Granularity>();
  for (const test of tests) {
    const granularity = pragmasOf(test).canSplit ?? (matches(test.path) ? 'tests' : null);
    if (granularity === null) continue;
    if (writesInlineSnapshots(test.path, globalConfig)) {
      if (globalConfig.verbose === true) {
        warn(`${test.path} runs whole: it has inline snapshots, and they may be written into it (see --ci).`);
      }
      continue;
    }
    splittable.set(test, granularity);
  }
  return splittable;
}

/** Runs in which no file is split, whatever it says. */
function runsWhole({runInBand, maxWorkers, detectOpenHandles, collectTests, randomize}: Config.GlobalConfig): boolean {
  // `randomize` shuffles a block's tests as it comes to it: two workers would not see the same order.
  return runInBand || maxWorkers <= 1 || detectOpenHandles || collectTests === true || randomize === true;
}

/** As Jest reads `testMatch`: on the whole path; what begins with neither `**` nor a folder's full path is in rootDir. */
function globMatcher({
  jest,
  globalConfig: {rootDir},
  options: {canSplit},
}: SplittableOptions): (path: string) => boolean {
  if (canSplit.length === 0) return () => false;
  const matches = jest.globMatcher(canSplit.map(glob => absoluteGlob(glob, rootDir)));
  return path => matches(path.replaceAll('\\', '/'));
}

function absoluteGlob(glob: string, rootDir: string): string {
  const [, not = '', pattern = ''] = /^(!?)(.*)$/s.exec(glob) ?? [];
  if (pattern.startsWith('**') || posix.isAbsolute(pattern)) return glob;
  // A folder's name may have characters that mean something in a glob.
  const root = rootDir.replaceAll('\\', '/').replace(/[$()*+?[\]^{|}!]/g, '\\$&');
  return not + posix.join(root, pattern.replace(/^<rootDir>\//, ''));
}

/** Jest writes them into the test file at the place of the call: two workers would undo each other's. */
function writesInlineSnapshots(path: string, {updateSnapshot}: Config.GlobalConfig): boolean {
  if (updateSnapshot === 'none') return false;
  try {
    return readFileSync(path, 'utf8').includes('InlineSnapshot');
  } catch {
    return false; // running it will say what is wrong
  }
}
