/** Whether a run's processes keep the code that they compile, and where. */
import {join} from 'node:path';
import type {Test} from '@jest/test-result';
import type {CompileCacheOrder} from '../core/protocol';
import {cacheDirectoryOf} from './cacheDirectory';
import type {RunOptions} from './run';
import {warn} from './warn';

/** The versions of jest-runtime of which we know how they compile a module. */
const KNOWN_VERSIONS = /^(?:29\.7|30\.[0-5])\./;

export function compileCacheOf(
  tests: readonly Test[],
  {jest, globalConfig, options}: Pick<RunOptions, 'jest' | 'globalConfig' | 'options'>,
): CompileCacheOrder | null {
  if (!options.compileCache || tests.length === 0) return null;
  // V8 tells coverage in places of the source that it has compiled, and Jest takes these for places of the module.
  if (globalConfig.collectCoverage && globalConfig.coverageProvider === 'v8') return null;
  if (!KNOWN_VERSIONS.test(jest.version)) {
    if (globalConfig.verbose === true) {
      warn(`the compile cache is off: how Jest ${jest.version} compiles modules is not known to this version.`);
    }
    return null;
  }
  const {runtime, core} = jest.modules;
  return {runtime, core, folder: join(cacheDirectoryOf(tests), 'xdist-code')};
}
