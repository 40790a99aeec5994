/**
 * The folder for data that later runs use. If projects have different folders, picks the same one for any order of
 * tests. '': there is no test.
 */
export function cacheDirectoryOf(
  tests: readonly {readonly context: {readonly config: {readonly cacheDirectory: string}}}[],
): string {
  const [first = ''] = [...new Set(tests.map(({context}) => context.config.cacheDirectory))].sort();
  return first;
}
