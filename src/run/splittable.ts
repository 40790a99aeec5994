/** Which files of a run may have their tests spread over workers: by what they ask for, and what speaks against it. */
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
  /** false: there is one worker at the most. */
  readonly severalWorkers: boolean;
  /** Whether the parts of Jest are there that merge what several workers make of a file. Asked if a file is to be split. */
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

/** Runs in which no file is split, whatever it says. */
function runsWhole({runInBand, detectOpenHandles, collectTests, randomize}: Config.GlobalConfig): boolean {
  // `randomize` shuffles a block's tests as it comes to it: two workers would not see the same order.
  return runInBand || detectOpenHandles || collectTests === true || randomize === true;
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
