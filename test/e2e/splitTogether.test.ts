/** Tests of a split file that stay together: concurrent tests, and the tests of a block that is retried. */
import {onEachLine, onLatestLine} from './project';
import {expectSplitSameAsStock, notesOf, slowTests, splitFile} from './splitting';

onEachLine(
  'a block that is retried as a whole stays together',
  async (_line, make) => {
    const project = make(
      splitFile(`
      describe('retried', () => {
        jest.retryTimes(3, {entireDescribe: true});
        let attempt = 0;
        beforeAll(() => { attempt++; note('retried: beforeAll'); });
        test('first', async () => { note('retried'); await pause(); });
        test('second', async () => { note('retried'); await pause(); expect(attempt).toBe(3); });
        test('third', async () => { note('retried'); await pause(); });
      });
      describe('retried, and fails all the same', () => {
        jest.retryTimes(1, {entireDescribe: true});
        for (let i = 0; i < 6; i++) test('in vain ' + i, async () => { note('in vain'); await pause(120); if (i === 4) throw new Error('always'); });
      });
      ${slowTests(14)}
    `),
    );
    const {xdist} = await expectSplitSameAsStock(project);
    expect(xdist.json).toMatchObject({numFailedTests: 1});
    for (const [what, times] of [
      ['retried', 9],
      ['retried: beforeAll', 3],
      ['in vain', 12],
    ] as const) {
      const notes = notesOf(project).filter(note => note.what === what);
      expect(notes).toHaveLength(times);
      expect(new Set(notes.map(({worker}) => worker)).size).toBe(1);
    }
  },
  ['30'],
);

onEachLine(
  'test.concurrent: all of the file together with Jest 29, those of a block with Jest 30',
  async (line, make) => {
    const concurrent = (name: string) => `describe('${name}', () => {
    for (let i = 0; i < 4; i++) test.concurrent('concurrent ' + i, async () => { note('${name}'); await pause(50); if (i === 2) throw failure; });
    ${slowTests(5, '', `beside ${name}`)}
  });`;
    const project = make(
      splitFile(`
    const failure = new Error('no');
    ${concurrent('one')} ${concurrent('two')} ${concurrent('three')}
    test.concurrent.each([1, 2])('each %i', async n => { note('four'); await pause(); if (n === 2) throw failure; });
    test.concurrent.skip('skipped', async () => {});
  `),
      {transform: {}, cacheDirectory: '<rootDir>/.cache', maxConcurrency: 2},
    );
    const {xdist} = await expectSplitSameAsStock(project);
    expect(xdist.json).toMatchObject({numFailedTests: 4, numPendingTests: 1});
    const workers = (name: string) => notesOf(project).flatMap(({what, worker}) => (what === name ? [worker] : []));
    for (const [name, times] of [
      ['one', 4],
      ['two', 4],
      ['three', 4],
      ['four', 2],
    ] as const) {
      expect(workers(name)).toHaveLength(times);
      expect(new Set(workers(name)).size).toBe(1);
    }
    const all = new Set(['one', 'two', 'three', 'four'].flatMap(workers));
    if (line === '29') expect(all.size).toBe(1);
    else expect(all.size).toBeGreaterThan(1);
  },
);

onLatestLine('test.concurrent with -t, hooks, and a beforeAll that fails', async (_line, make) => {
  const project = make(
    splitFile(`
      const failure = new Error('no');
      beforeEach(() => note('beforeEach'));
      describe('beforeAll fails', () => {
        beforeAll(() => { throw failure; });
        test.concurrent('slow, concurrent', async () => { await pause(); });
        test('slow', () => pause());
      });
      describe('concurrent', () => {
        test.concurrent('slow', async () => { await pause(); throw failure; });
        test.concurrent('left out', async () => { throw failure; });
        test.concurrent.failing('slow, and expected to fail', async () => { await pause(); throw failure; });
      });
      ${slowTests(14)}
    `),
  );
  await expectSplitSameAsStock(project, ['-t', 'slow']);
});
