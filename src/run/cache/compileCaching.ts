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
  // V8 tells coverage in places of the source that it has compiled, and Jest takes these for places of the module.
  if (globalConfig.collectCoverage && globalConfig.coverageProvider === 'v8') return null;
  if (!jest.capabilities.has('compileCache')) return null;
  const {runtime, core} = jest.modules;
  const folder = join(cacheDirectoryOf(tests), 'xdist-code');
  // Where nothing is kept from run to run, as in many a CI, it would be filled for nobody: the second run fills it.
  const fillsNodesOwn = existsSync(folder);
  return {runtime, core, folder: usable(folder), fillsNodesOwn};
}

/** null: what is there may be somebody else's, or nothing can be kept there. */
function usable(folder: string): string | null {
  let objection: string | null;
  try {
    objection = makePrivate(folder);
  } catch {
    return null; // the timings file, which is kept beside it, is told of
  }
  if (objection === null) return folder;
  warn(`the compile cache keeps nothing on disk: ${folder} is not used, as code from there is run: ${objection}.`);
  return null;
}
