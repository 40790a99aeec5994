/** The folder for data that later runs use. */
import type {Test} from '@jest/test-result';

/** If projects have different folders, picks the same one for any order of tests. '': there is no test. */
export function cacheDirectoryOf(tests: readonly Test[]): string {
  const [first = ''] = [...new Set(tests.map(({context}) => context.config.cacheDirectory))].sort();
  return first;
}
