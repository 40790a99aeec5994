import {aheadModules} from '../../../../src/worker/ahead/aheadModules';

const inPackage = (name: string) => `/project/node_modules/${name}/index.js`;

test('modules of Jest, and of what its own transformers and environments need, are loaded ahead, in their order', () => {
  const names = [
    'jest-util',
    '@jest/transform',
    'expect',
    '@babel/core',
    '@babel/preset-env',
    'typescript',
    'ts-jest',
    'jsdom',
    'babel-jest',
    'babel-plugin-istanbul',
    'jest-environment-jsdom',
    '@swc/jest',
  ];
  expect(aheadModules(names.map(inPackage))).toEqual(names.map(inPackage));
});

test('modules that may read the project are not: the user’s own, and those of other packages', () => {
  const others = [
    'jest-extended',
    'jest-environment-mine',
    'babel-plugin-macros',
    'my-typescript',
    'typescript-eslint',
  ];
  const own = ['/project/transformer.js', '/project/packages/ts-jest/index.js'];
  expect(aheadModules([...others.map(inPackage), ...own])).toEqual([]);
});

test('nor are compiled addons', () => {
  expect(aheadModules(['/project/node_modules/@swc/core/swc.node'])).toEqual([]);
});

test('the package of a nested module counts', () => {
  const nested = '/project/node_modules/mine/node_modules/typescript/lib/typescript.js';
  const other = '/project/node_modules/ts-jest/node_modules/semver/index.js';
  expect(aheadModules([nested, other])).toEqual([nested]);
});
