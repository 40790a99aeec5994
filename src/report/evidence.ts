/** The texts of failures, from the results that Jest gives its reporters. */
import type {AggregatedResult} from '@jest/test-result';
import type {Evidence} from './reportModel';

export function evidenceOf({testResults}: Pick<AggregatedResult, 'testResults'>): Evidence {
  // A recording has paths from the root of the repository, which these ones end with.
  const byName = new Map<string, {path: string; messages: readonly string[]}[]>();
  const add = (path: string, titles: readonly string[], messages: readonly string[]) => {
    const key = JSON.stringify(titles);
    const known = byName.get(key);
    const one = {path: path.replaceAll('\\', '/'), messages};
    if (known === undefined) byName.set(key, [one]);
    else known.push(one);
  };
  for (const {testFilePath, testExecError, failureMessage, testResults: tests} of testResults) {
    if (testExecError != null && failureMessage) add(testFilePath, [], [failureMessage]);
    for (const {status, ancestorTitles, title, failureMessages} of tests) {
      if (status === 'failed') add(testFilePath, [...ancestorTitles, title], failureMessages);
    }
  }
  return {
    of: (path, titles) =>
      byName.get(JSON.stringify(titles))?.find(one => one.path === path || one.path.endsWith(`/${path}`))?.messages ??
      [],
  };
}
