/** From its second file on, a worker loads Jest's own modules in a shorter way. No test file can tell. */
import {cacheProject, expectSameInEachState, SEEING, statesOf, thrice} from './compileCacheRuns';
import type {Files} from './project';

/** Modules that reach the `jest` object in each way that there is, and one that does not. */
const REACHING: Files = {
  'none.js': 'exports.seen = 1;\n',
  'word.js': 'exports.seen = [typeof jest.fn, jest === require("@jest/globals").jest];\n',
  'arrow.js': 'exports.seen = (() => typeof arguments[5].fn)();\n',
  'text.js': 'exports.seen = eval("typeof je" + "st.fn");\n',
  'escaped.js': 'exports.seen = typeof je\\u0073t.fn;\n',
  'braces.js': 'exports.seen = typeof \\u{6a}est.fn;\n',
  'spread.js': 'exports.seen = Object.keys({...jest}).includes("fn");\n',
  'count.js': 'exports.seen = arguments.length;\n',
};

const FILES: Files = {
  ...SEEING,
  ...REACHING,
  '__mocks__/graceful-fs.js': 'module.exports = "a manual mock";\n',
  'own.serializer.js': 'exports.test = value => value === "own"; exports.print = () => "printed by us";\n',
  ...thrice(
    'inside',
    String.raw`const {seen} = require('./seen');
const path = require('path');
const {name} = path.parse(__filename);
const short = text => text.split('node_modules').pop();
test('nothing is left of the file before', () => {
  seen('left', [expect.left, require('expect').expect.left, Object.left, [].left, require('pretty-format').left, require('chalk').left]);
  expect.left = require('expect').expect.left = Object.left = name;
  Array.prototype.left = name;
  require('pretty-format').left = name;
  delete Array.prototype.left;
});
test("Jest's modules are of this realm, and one instance", () => {
  const {expect: fromPackage, JestAssertionError} = require('expect');
  let thrown;
  try { expect(1).toBe(2); } catch (error) { thrown = error; }
  seen('realm', [thrown instanceof Error, thrown instanceof JestAssertionError, fromPackage === require('expect').expect, String(thrown)]);
});
test('mocks of modules that Jest itself uses', () => {
  jest.doMock('pretty-format', () => ({format: () => 'mocked'}));
  jest.doMock('expect', () => 'mocked');
  seen('mocked', [require('pretty-format').format({}), require('expect'), require('graceful-fs'), jest.requireActual('expect').expect === expect]);
  expect({a: [1]}).toMatchInlineSnapshot('{"a": [1]}'.slice(0, 0) || undefined);
});
test('the registries', () => {
  const before = require('./none');
  seen('cache', Object.keys(require.cache).map(key => path.basename(key)).sort());
  jest.resetModules();
  jest.isolateModules(() => seen('isolated', require('./none') === before));
  seen('after', [require('./none') === before, Object.keys(require.cache).map(key => path.basename(key)).sort()]);
  seen('children', module.children.map(({id, loaded, parent, paths}) => [path.basename(id), loaded, parent === module, paths.length]));
});
test('who reaches the jest object', () => {
  for (const each of ${JSON.stringify(Object.keys(REACHING))}) seen(each, require('./' + each).seen);
});
test('failures have the same stack', () => {
  expect({a: name.length}).toEqual({a: 'other'});
});
test('snapshots', () => {
  expect.addSnapshotSerializer(require('./own.serializer'));
  expect('own').toMatchInlineSnapshot();
});
test('what is loaded late', async () => {
  await expect(Promise.reject(new Error('late'))).rejects.toThrow('late');
  expect(() => expect(() => { throw new Error('b'); }).toThrow('a')).toThrow();
});`,
  ),
};

describe.each(['29', '30'] as const)('Jest %s', line => {
  it.each([
    {where: 'a worker', environment: 'node', inOrder: 'in a worker'},
    {where: "Jest's own process", environment: 'node', inOrder: 'in band'},
    {where: 'a worker, in jsdom', environment: 'jsdom', inOrder: 'in a worker'},
  ] as const)('in $where, no file sees that', async ({environment, inOrder}) => {
    const project = cacheProject(line, `lean-${environment}-${inOrder.length}`, FILES, {testEnvironment: environment});
    const args = ['--ci'];
    const {json} = await expectSameInEachState(project, args, {inOrder, outputs: ['seen'], states: statesOf(line)});
    expect(json).toMatchObject({numTotalTests: 24, numRuntimeErrorTestSuites: 0});
  });
});
