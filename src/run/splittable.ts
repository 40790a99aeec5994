/** Decides which files of a run may be split. */
import {readFileSync} from 'node:fs';
import type {Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import {MODES} from '../core/plan/dist';
import {whyWhole, type FileRules} from '../core/rules/fileRules';
import type {Dist} from '../core/rules/options';
import type {Granularity} from '../core/plan/units';
import {warn} from './warn';

const INLINE_SNAPSHOTS = 'it has inline snapshots, and they may be written into it (see --ci)';

export type Splittable = ReadonlyMap<Test, Granularity>;

export interface SplittableOptions {
  readonly globalConfig: Config.GlobalConfig;
  readonly dist: Dist;
  /** false: the run has at most one worker. */
  readonly severalWorkers: boolean;
  /** Whether Jest has the parts that merge the slices of a file. Called only if a file may be split. */
  readonly canMerge: () => boolean;
  readonly rulesOf: (test: Test) => FileRules;
}

/** @returns the files that may be split; all others run whole */
export function findSplittable(
  tests: readonly Test[],
  {globalConfig, dist, severalWorkers, canMerge, rulesOf}: SplittableOptions,
): Splittable {
  if (!MODES[dist].splits || !severalWorkers || runsWhole(globalConfig)) return new Map();
  const splittable = new Map<Test, Granularity>();
  for (const test of tests) {
    const rules = rulesOf(test);
    if (rules.canSplit === null) continue;
    const why = whyWhole(rules) ?? (writesInlineSnapshots(test.path, globalConfig) ? INLINE_SNAPSHOTS : null);
    if (why === null) splittable.set(test, rules.canSplit);
    else if (globalConfig.verbose === true) warn(`${test.path} runs whole: ${why}.`);
  }
  return splittable.size > 0 && canMerge() ? splittable : new Map();
}

/** Whether the run splits no file at all. */
function runsWhole({runInBand, detectOpenHandles, collectTests, randomize}: Config.GlobalConfig): boolean {
  // With `randomize`, Jest shuffles a block's tests when it reaches the block, so two workers see different orders.
  return runInBand || detectOpenHandles || collectTests === true || randomize === true;
}

/** Jest writes inline snapshots into the test file. Two workers would overwrite each other's snapshots. */
function writesInlineSnapshots(path: string, {updateSnapshot}: Config.GlobalConfig): boolean {
  if (updateSnapshot === 'none') return false;
  try {
    return readFileSync(path, 'utf8').includes('InlineSnapshot');
  } catch {
    return false; // the run of the file will report the error
  }
}
