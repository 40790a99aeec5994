import {createRequire} from 'node:module';
import {globMatcher} from '../../../../src/run/jest/globs';
import type {RunningJest} from '../../../../src/run/jest/runningJest';

const jestUtil = createRequire(require.resolve('jest-runner'))('jest-util') as {
  globsToMatcher: RunningJest['globMatcher'];
};

const PATHS = ['a.test.js', 'slow/b.test.js', 'slow/deep/c.test.js', 'd.test.ts'];

/** Which of those paths in rootDir match. */
function matching(globs: readonly string[], rootDir = '/p'): string[] {
  const matches = globMatcher(globs, rootDir, {globMatcher: jestUtil.globsToMatcher});
  return PATHS.filter(path => matches(`${rootDir}/${path}`));
}

test('no glob matches nothing', () => {
  expect(matching([])).toEqual([]);
});

test('a glob is relative to rootDir; one that begins with ** matches whole paths', () => {
  expect(matching(['slow/*.js'])).toEqual(['slow/b.test.js']);
  expect(matching(['*.test.js', '**/deep/**'])).toEqual(['a.test.js', 'slow/deep/c.test.js']);
});

test.each(['<rootDir>/slow/**', './slow/**', 'slow/**', '/p/slow/**'])(
  'rootDir may be written in some way: %s',
  glob => {
    expect(matching([glob])).toEqual(['slow/b.test.js', 'slow/deep/c.test.js']);
  },
);

test.each(['!**/deep/**', '!<rootDir>/slow/deep/**', '!./slow/deep/*'])('a negated glob takes out again: %s', glob => {
  expect(matching(['slow/**', glob])).toEqual(['slow/b.test.js']);
});

test('what means something in a glob means nothing in the name of rootDir', () => {
  expect(matching(['slow/*.js'], '/p (copy) [1] {a}')).toEqual(['slow/b.test.js']);
});

test('paths of Windows match globs with slashes', () => {
  const matches = globMatcher(['slow/**'], 'C:\\p', {globMatcher: jestUtil.globsToMatcher});
  expect([matches('C:\\p\\slow\\b.test.js'), matches('C:\\p\\b.test.js')]).toEqual([true, false]);
});
