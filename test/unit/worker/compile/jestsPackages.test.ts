import {symlinkSync, mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {JestsPackages} from '../../../../src/worker/compile/jestsPackages';
import {temporaryFolder} from '../../run/temporaryFolder';

const CORE = 'node_modules/@jest/core/build/index.js';

const declares = (...names: readonly string[]) =>
  JSON.stringify({dependencies: Object.fromEntries(names.map(name => [name, '1']))});

function packagesIn(files: Readonly<Record<string, string>>): JestsPackages {
  return new JestsPackages(join(temporaryFolder(files), CORE));
}

const HOISTED = {
  'node_modules/@jest/core/package.json': declares('jest-config', 'chalk', '@jest/types'),
  'node_modules/jest-config/package.json': declares('jest-circus', 'jest-config'),
  'node_modules/jest-circus/package.json': declares('expect', 'jest-each'),
  'node_modules/expect/package.json': declares('jest-matcher-utils'),
  'node_modules/chalk/package.json': declares('jest-of-chalk'),
  'node_modules/jest-extended/package.json': declares('expect', 'jest-diff'),
};

test.each(['@jest/core', 'jest-config', '@jest/types', 'jest-circus', 'expect', 'jest-each', 'jest-matcher-utils'])(
  '%s is declared by a package of Jest',
  name => {
    expect(packagesIn(HOISTED).has(name)).toBe(true);
  },
);

test.each(['jest-extended', 'jest-diff', 'jest-when', 'chalk', 'jest-of-chalk', '@jest/other', 'jest', 'expected', ''])(
  '%j is none of them',
  name => {
    const packages = packagesIn(HOISTED);
    expect(packages.has(name)).toBe(false);
    expect(packages.has('jest-matcher-utils')).toBe(true);
  },
);

test('a package may have its own copy of what it needs', () => {
  const packages = packagesIn({
    'node_modules/@jest/core/package.json': declares('jest-config'),
    'node_modules/@jest/core/node_modules/jest-config/package.json': declares('jest-circus'),
    'node_modules/jest-config/package.json': declares('jest-older'),
  });
  expect(packages.has('jest-circus')).toBe(true);
  expect(packages.has('jest-older')).toBe(false);
});

test("links are followed, as in pnpm's layout", () => {
  const folder = temporaryFolder({
    'store/core/node_modules/@jest/core/package.json': declares('jest-config'),
    'store/config/node_modules/jest-config/package.json': declares('jest-circus'),
    'store/circus/node_modules/jest-circus/package.json': declares('expect'),
  });
  const link = (target: string, path: string) => {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    symlinkSync(join(folder, target), join(folder, path), 'junction');
  };
  link('store/config/node_modules/jest-config', 'store/core/node_modules/jest-config');
  link('store/circus/node_modules/jest-circus', 'store/config/node_modules/jest-circus');
  expect(new JestsPackages(join(folder, 'store/core', CORE)).has('expect')).toBe(true);
});

test('the running Jest has those that it loads for each test file', () => {
  const packages = new JestsPackages(require.resolve('@jest/core', {paths: [require.resolve('jest')]}));
  const loaded = ['jest-circus', 'jest-each', 'jest-snapshot', 'jest-message-util', 'expect', 'pretty-format'];
  expect(loaded.filter(name => !packages.has(name))).toEqual([]);
});

test('where there is no package there is no name', () => {
  expect(packagesIn({}).has('jest-circus')).toBe(false);
  expect(packagesIn({'node_modules/@jest/core/package.json': '{'}).has('jest-circus')).toBe(false);
  expect(packagesIn({'node_modules/@jest/core/package.json': 'null'}).has('jest-circus')).toBe(false);
});
