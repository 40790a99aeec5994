/** Whether a run's processes keep the code that they compile, and where. */
import {existsSync} from 'node:fs';
import {join} from 'node:path';
import type {Test} from '@jest/test-result';
import type {CompileCacheOrder} from '../../core/wire/workerMessages';
import type {RunOptions} from '../runOptions';
import {warn} from '../warn';
import {cacheDirectoryOf} from './cacheDirectory';
import {makePrivate} from './privateFolder';

export function compileCacheOf(
  tests: readonly Test[],
  {jest, globalConfig, options}: Pick<RunOptions, 'jest' | 'globalConfig' | 'options'>,
): CompileCacheOrder | null {
  if (!options.compileCache || tests.length === 0) return null;
  // V8 reports coverage as offsets in the source that it has compiled. Jest takes them as offsets in the module.
  if (globalConfig.collectCoverage && globalConfig.coverageProvider === 'v8') return null;
  if (!jest.capabilities.has('compileCache')) return null;
  const {runtime, core} = jest.modules;
  const folder = join(cacheDirectoryOf(tests), 'xdist-code');
  // Only the second run fills the cache: in many CIs nothing is kept between runs, and filling it would be a waste.
  const fillsNodesOwn = existsSync(folder);
  return {runtime, core, folder: usable(folder), fillsNodesOwn};
}

/** @returns the folder; null if another user may have written to it, or if we cannot write to it */
function usable(folder: string): string | null {
  let objection: string | null;
  try {
    objection = makePrivate(folder);
  } catch {
    return null; // the timings file in the same folder has the same problem and reports it
  }
  if (objection === null) return folder;
  warn(`the compile cache keeps nothing on disk: ${folder} is not used, as code from there is run: ${objection}.`);
  return null;
}
