/** One project with a bit of everything, run by both runners. */
import {expectSameAsStock} from './parity';
import {IS_THOROUGH, onEachPlatform, type Platform} from './project';

/** Node 20, the oldest, and Node 24, which people run. */
const LATEST_ON_EACH_NODE: readonly Platform[] = [{line: '30'}, {line: '30', node: 24}];
const EACH_LINE_AND_NODE: readonly Platform[] = IS_THOROUGH
  ? [...LATEST_ON_EACH_NODE, {line: '29'}, {line: '29', node: 24}, {line: '30', node: 22}, {line: '30', node: 26}]
  : [...LATEST_ON_EACH_NODE, {line: '29'}];

const FILES = {
  'src/sum.js': 'exports.sum = (a, b) => a + b;\nexports.unused = () => 1;\n',
  'passing.test.js': `
    const {sum} = require('./src/sum');
    describe('sum', () => {
      test('adds', () => expect(sum(1, 2)).toBe(3));
      test.each([[1, 1, 2], [2, 2, 4]])('%i + %i', (a, b, c) => expect(sum(a, b)).toBe(c));
      test.todo('subtracts');
      test.skip('divides', () => {});
      test.concurrent('later', async () => { await 1; });
    });
    test('has no name clash', () => expect.hasAssertions === undefined);
    test('has no name clash', () => {});
  `,
  'failing.test.js': `
    class Custom extends Error { constructor() { super('custom'); this.name = 'Custom'; this.extra = {deep: [1, undefined, NaN]}; } }
    test('differs', () => expect({a: 1, b: [1, 2]}).toEqual({a: 2, b: [1, 3]}));
    test('throws a string', () => { throw 'a string'; });
    test('throws custom', () => { throw new Custom(); });
    test('has a cause', () => { throw new Error('outer', {cause: new Error('inner')}); });
    test('throws null', () => { throw null; });
    test('rejects', () => Promise.reject(new AggregateError([new Error('one'), new Error('two')], 'many')));
    test('times out', done => {}, 20);
    test.failing('is known to fail', () => { throw new Error('known'); });
    describe('hooks', () => { beforeAll(() => { throw new Error('in beforeAll'); }); test('never', () => {}); });
    describe('after', () => { afterAll(() => { throw new Error('in afterAll'); }); test('runs', () => {}); });
  `,
  'retried.test.js': `
    jest.retryTimes(2);
    let tries = 0;
    test('third time lucky', () => { if (++tries < 3) throw new Error('try ' + tries); });
    test('never', () => { throw new Error('never'); });
  `,
  'snapshot.test.js': `
    test('new one', () => expect({a: 1}).toMatchSnapshot());
    test('stored', () => expect('stored').toMatchSnapshot());
    test('changed', () => expect('is').toMatchSnapshot());
  `,
  '__snapshots__/snapshot.test.js.snap':
    '// Jest Snapshot v1, https://goo.gl/fbAQLP\n\nexports[`changed 1`] = `"was"`;\n\nexports[`gone 1`] = `"gone"`;\n\nexports[`stored 1`] = `"stored"`;\n',
  'syntax.test.js': 'test("broken", () => {\n  const = 1;\n});\n',
  'throws.test.js': 'test("never", () => {});\nthrow new Error("while loading");\n',
  'missing.test.js': 'require("./not-there");\n',
  'empty.test.js': '// no test in here\n',
  'environment.test.js': '/** @jest-environment ./not-an-environment.js */\ntest("never", () => {});\n',
  'skipped.test.js': 'describe.skip("all", () => { test("a", () => {}); test("b", () => {}); });\n',
  'only.test.js': 'test("a", () => {}); test.only("b", () => {}); test("c", () => {});\n',
  'console.test.js': `
    console.log('an object', {a: [1, 2]});
    test('logs', () => { console.warn('a warning'); console.error(new Error('an error')); });
  `,
  'late.test.js':
    'test("a", async () => { await new Promise(resolve => setTimeout(resolve, 30)); console.log("done"); });\n',
};

onEachPlatform(
  'a project with a bit of everything gives the same in every field and event',
  async (_line, make) => {
    const {xdist} = await expectSameAsStock(make(FILES), ['-w', '3'], {outputs: ['__snapshots__']});
    expect(xdist.exitCode).toBe(1);
    expect(xdist.json?.numTotalTests).toBeGreaterThan(25);
    expect(xdist.json?.numRuntimeErrorTestSuites).toBe(6);
  },
  EACH_LINE_AND_NODE,
);

onEachPlatform(
  'the same in band',
  async (_line, make) => {
    await expectSameAsStock(make(FILES), ['-i'], {outputs: ['__snapshots__'], inBand: true});
  },
  LATEST_ON_EACH_NODE,
);

onEachPlatform(
  'the same verbose, with coverage',
  async (_line, make) => {
    const args = ['--collectCoverageFrom=src/**', '--coverageReporters=json', '--coverageReporters=text'];
    await expectSameAsStock(make(FILES), ['-w', '2', '--verbose', '--coverage', ...args], {
      outputs: ['coverage', '__snapshots__'],
      interleaved: true,
    });
  },
  EACH_LINE_AND_NODE,
);
