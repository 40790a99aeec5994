/** Where what later runs may use is kept. */
import type {Test} from '@jest/test-result';

/** Projects may have several: always the same one, whichever test comes first today. '': there is no test. */
export function cacheDirectoryOf(tests: readonly Test[]): string {
  const [first = ''] = [...new Set(tests.map(({context}) => context.config.cacheDirectory))].sort();
  return first;
}
