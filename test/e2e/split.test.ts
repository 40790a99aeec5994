/** A file whose tests are spread over workers: its hooks, and all kinds of tests, as with the stock runner. */
import {onEachLine, onLatestLine} from './project';
import {expectSplitSameAsStock, notesByWorker, notesOf, slowTests, splitFile, testsOf, workersOf} from './splitting';

const HOOKS = `
beforeAll(() => note('file: beforeAll'));
afterAll(() => note('file: afterAll'));
beforeEach(() => note('beforeEach'));
afterEach(() => note('afterEach'));
describe('kept', () => {
  beforeAll(() => note('kept: beforeAll'));
  afterAll(() => note('kept: afterAll'));
  ${slowTests(5, '', 'kept test')}
  describe('below', () => { ${slowTests(2, '', 'kept below test')} });
});
describe('free', () => {
  beforeEach(() => note('free: beforeEach'));
  describe('below', () => { ${slowTests(9, '', 'free test')} });
});
describe('with skipped tests only', () => {
  beforeAll(() => note('never'));
  test.skip('skipped', () => {});
});
describe('with a todo', () => {
  beforeAll(() => note('todo: beforeAll'));
  test.todo('todo');
});
`;

const count = (notes: readonly string[] = [], wanted: string) => notes.filter(what => what === wanted).length;
const testsIn = (notes: readonly string[] = [], name = '') =>
  notes.filter(what => what.startsWith(name) && /test \d+$/.test(what));

onLatestLine(
  'hooks: those of the file once a worker, a block with hooks of its own stays together',
  async (_line, make) => {
    const project = make(splitFile(HOOKS));
    const {xdist} = await expectSplitSameAsStock(project);
    const byWorker = notesByWorker(project);
    expect(Object.keys(byWorker).sort()).toEqual(workersOf(xdist.log));
    for (const notes of Object.values(byWorker)) {
      const tests = testsIn(notes).length;
      expect(tests).toBeGreaterThan(0);
      expect(count(notes, 'file: beforeAll')).toBe(1);
      expect(count(notes, 'file: afterAll')).toBe(1);
      expect(notes[0]).toBe('file: beforeAll');
      expect(notes.at(-1)).toBe('file: afterAll');
      expect(count(notes, 'beforeEach')).toBe(tests);
      expect(count(notes, 'afterEach')).toBe(tests);
      expect(count(notes, 'free: beforeEach')).toBe(testsIn(notes, 'free').length);
    }
    const kept = Object.values(byWorker).filter(notes => testsIn(notes, 'kept').length > 0);
    expect(kept).toHaveLength(1);
    expect(testsIn(kept[0], 'kept')).toHaveLength(7);
    const all = notesOf(project).map(({what}) => what);
    expect(count(all, 'kept: beforeAll')).toBe(1);
    expect(count(all, 'kept: afterAll')).toBe(1);
    expect(count(all, 'never')).toBe(0);
    // The stock runner runs them, too.
    expect(count(all, 'todo: beforeAll')).toBe(1);
    expect(new Set(testsIn(all)).size).toBe(16);
    expect(testsIn(all)).toHaveLength(16);
  },
);

onLatestLine(
  'hooks under `@can-split each`: those of a block once in each worker that runs a test of it',
  async (_line, make) => {
    const blocks = `
    beforeAll(() => note('file: beforeAll'));
    describe('spread', () => {
      beforeAll(() => note('spread: beforeAll'));
      afterAll(() => note('spread: afterAll'));
      ${slowTests(10, '', 'spread test')}
      describe('below', () => {
        beforeAll(() => note('below: beforeAll'));
        ${slowTests(6, '', 'below test')}
      });
    });
    describe('last', () => {
      beforeAll(() => note('last: beforeAll'));
      test('the only test 0', () => note('last test 0'));
    });`;
    const project = make(splitFile(blocks, {pragmas: '@can-split each'}));
    await expectSplitSameAsStock(project);
    const byWorker = notesByWorker(project);
    expect(Object.values(byWorker).filter(notes => testsIn(notes, 'spread').length > 0).length).toBeGreaterThan(1);
    for (const notes of Object.values(byWorker)) {
      const [spread, below, last] = ['spread', 'below', 'last'].map(name => testsIn(notes, name).length) as [
        number,
        number,
        number,
      ];
      expect(count(notes, 'file: beforeAll')).toBe(1);
      expect(count(notes, 'spread: beforeAll')).toBe(spread + below > 0 ? 1 : 0);
      expect(count(notes, 'spread: afterAll')).toBe(spread + below > 0 ? 1 : 0);
      expect(count(notes, 'below: beforeAll')).toBe(below > 0 ? 1 : 0);
      expect(count(notes, 'last: beforeAll')).toBe(last);
    }
  },
);

const KINDS = `
jest.retryTimes(2, {logErrorsBeforeRetry: true});
test.each([1, 2, 3])('each %i', async n => { await pause(); expect(n).not.toBe(2); });
describe.each([['a'], ['b']])('block %s', name => {
  test('in it', async () => { await pause(); expect(name).toBe('a'); });
});
describe('the same name', () => {
  test('twice', async () => { note('twice 1'); await pause(); throw new Error('the first of them'); });
  test.skip('skipped', () => {});
  test('twice', async () => { note('twice 2'); await pause(); throw new Error('the second of them'); });
});
test.todo('is to be done');
describe.skip('skipped', () => { test('with its block', () => {}); });
test.failing('is expected to fail', async () => { await pause(); throw new Error('expected'); });
test.failing('is expected to fail, and passes', async () => { await pause(); });
let attempts = 0;
test('passes at the second attempt', async () => { note('attempt'); await pause(); if (++attempts < 2) throw new Error('attempt ' + attempts); });
test('fails at every attempt', async () => { note('every attempt'); await pause(); throw new Error('always'); });
test('has an error of several parts', async () => { await pause(); expect({a: 1, b: [1, 2]}).toEqual({a: 1, b: [1, 3]}); });
test('calls back', done => { setTimeout(done, 25); });
test('takes too long', () => new Promise(() => {}), 120);
test('says how many assertions', () => { expect.assertions(2); expect(1).toBe(1); });
${slowTests(10)}
test('throws what is no error', async () => { await pause(); throw 'a string'; });
test('defines a test', () => { test('inside', () => {}); });
`;

onEachLine('all kinds of tests, and all kinds of failures', async (_line, make) => {
  const project = make(splitFile(KINDS));
  const {xdist} = await expectSplitSameAsStock(project, [], {workers: 3});
  expect(xdist.exitCode).toBe(1);
  expect(xdist.json).toMatchObject({numPendingTests: 2, numTodoTests: 1});
  const all = notesOf(project);
  expect(new Set(all.filter(({what}) => what.startsWith('twice')).map(({worker}) => worker)).size).toBe(1);
  for (const [what, attempts] of [
    ['attempt', 2],
    ['every attempt', 3],
  ] as const) {
    expect(all.filter(note => note.what === what)).toHaveLength(attempts);
  }
  // Only the note is ours; it is there, once for each failed test.
  const failed = testsOf(xdist).filter(({status}) => status === 'failed');
  for (const {failureMessages} of failed)
    expect(failureMessages?.join('').match(/This file was split: /g)).toHaveLength(1);
});

onLatestLine('-t, and test.only', async (_line, make) => {
  const project = make(
    splitFile(`
    describe('hooked', () => { beforeAll(() => note('hooked')); test('a', () => {}); });
    describe('other', () => { beforeAll(() => note('other')); test('slow at last', async () => { await pause(); }); });
    ${slowTests(24)}
  `),
  );
  const {xdist} = await expectSplitSameAsStock(project, ['-t', 'slow \\d*[13579]$|at last']);
  expect(xdist.json).toMatchObject({numPassedTests: 13, numPendingTests: 15});
  const only = make(
    splitFile(`
    describe('hooked', () => { beforeAll(() => note('hooked')); test('a', () => {}); });
    ${slowTests(3, '', 'not me')}
    describe.only('these', () => { ${slowTests(12)} test.skip('not this', () => {}); });
    test.only('and this', async () => { note('and this'); await pause(); });
  `),
  );
  const {xdist: withOnly} = await expectSplitSameAsStock(only);
  expect(withOnly.json).toMatchObject({numPassedTests: 15, numPendingTests: 5});
  const all = [...notesOf(project), ...notesOf(only)].map(({what}) => what);
  expect(all.filter(what => what === 'other')).toHaveLength(1);
  expect(all.filter(what => what === 'hooked' || what.startsWith('not me'))).toEqual([]);
});
