/** Failures in a split file: the same ones as with the stock runner, with the same words. */
import {onEachLine, onLatestLine} from './project';
import {
  expectSplit,
  expectSplitSameAsStock,
  notesByWorker,
  notesOf,
  PARALLEL,
  slowTests,
  splitFile,
  testsOf,
} from './splitting';

const BASE = {transform: {}, cacheDirectory: '<rootDir>/.cache'};

onEachLine('hooks that fail: the same tests fail, with the same words', async (_line, make) => {
  const project = make(
    splitFile(`
    beforeEach(() => { if (expect.getState().currentTestName === 'slow 3') throw new Error('before slow 3'); });
    afterEach(() => { if (/slow [45]$/.test(expect.getState().currentTestName)) throw new Error('after ' + expect.getState().currentTestName); });
    describe('beforeAll fails', () => { beforeAll(() => { throw new Error('in beforeAll'); }); test('a', () => {}); test('b', () => {}); });
    describe('afterAll fails', () => { afterAll(() => { throw new Error('in afterAll'); }); test('a', pause); test('b', pause); });
    ${slowTests(16)}
  `),
  );
  const {xdist} = await expectSplitSameAsStock(project);
  expect(xdist.json?.numFailedTests).toBe(5);
  expect(testsOf(xdist).find(({title}) => title === 'slow 3')?.status).toBe('failed');
  expect(xdist.stderr).toContain('in afterAll');
});

onLatestLine('an afterAll of the file that fails in every worker is told once', async (_line, make) => {
  const project = make(splitFile(`afterAll(() => { throw new Error('in afterAll'); }); ${slowTests(14)}`));
  const {xdist} = await expectSplitSameAsStock(project);
  expect(xdist.exitCode).toBe(1);
  const message = xdist.json?.testResults.find(({name}) => name.endsWith('split.test.js'))?.message ?? '';
  expect(message.match(/Test suite failed to run/g)).toHaveLength(1);
});

onLatestLine('a beforeAll of the file that fails in one worker fails the tests of that worker', async (_line, make) => {
  const project = make(
    splitFile(`
    beforeAll(() => {
      try { openSync('first', 'wx'); } catch { throw new Error('not twice'); }
    });
    ${slowTests(16)}
  `),
  );
  const xdist = await project.run(['-w', '2'], {env: PARALLEL});
  expectSplit(xdist);
  expect(xdist.exitCode).toBe(1);
  const ran = notesOf(project).map(({what}) => what);
  const [worker, ...more] = new Set(notesOf(project).map(note => note.worker));
  expect(more).toEqual([]);
  expect(ran.length).toBeGreaterThan(0);
  expect(ran.length).toBeLessThan(16);
  const tests = testsOf(xdist);
  expect(tests.map(({title}) => title)).toEqual(Array.from({length: 16}, (_, index) => `slow ${index}`));
  for (const {title, status, failureMessages} of tests) {
    expect(status).toBe(ran.includes(title) ? 'passed' : 'failed');
    if (status === 'passed') continue;
    expect(failureMessages?.join()).toMatch(/not twice[^]*This file was split: .* worker w[12]/);
    expect(failureMessages?.join()).not.toContain(`worker ${worker}`);
  }
  expect(xdist.json).toMatchObject({
    numPassedTests: ran.length + 2,
    numFailedTests: 16 - ran.length,
    numFailedTestSuites: 1,
    numRuntimeErrorTestSuites: 0,
  });
});

onLatestLine(
  'tests that depend on each other fail with a note of what ran before them in the worker',
  async (_line, make) => {
    const project = make(
      splitFile(`
    let ran = 0;
    for (let i = 0; i < 18; i++) test('test ' + i, async () => { note('test ' + i); await pause(); expect(ran++).toBe(i); });
  `),
    );
    const stock = await project.run(['-w', '2'], {runner: 'stock'});
    expect(stock.exitCode).toBe(0);
    project.reset();
    const xdist = await project.run(['-w', '2'], {env: PARALLEL});
    expectSplit(xdist);
    expect(xdist.exitCode).toBe(1);
    const byWorker = notesByWorker(project);
    let failed = 0;
    for (const {title, status, failureMessages} of testsOf(xdist)) {
      const [worker = '', names = []] = Object.entries(byWorker).find(([, tests]) => tests.includes(title)) ?? [];
      const before = names.slice(0, names.indexOf(title));
      const isAlone = before.length === Number(title.slice(5));
      expect([title, status]).toEqual([title, isAlone ? 'passed' : 'failed']);
      if (isAlone) continue;
      failed++;
      const note =
        before.length === 0
          ? `This file was split: this test ran in worker ${worker}, as the first of the file's tests there.`
          : `This file was split: this test ran in worker ${worker}, after ${before.length} of the file's other tests: ${before
              .slice(-3)
              .map(name => `"${name}"`)
              .join(', ')}${before.length > 3 ? ` (and ${before.length - 3} before)` : ''}.`;
      expect(failureMessages?.join('\n')).toContain(note);
      expect(xdist.stderr).toContain(note);
    }
    expect(failed).toBeGreaterThan(0);
  },
);

onLatestLine('titles and errors that look like parts of a report, in colour', async (_line, make) => {
  const project = make(
    splitFile(`
      describe('a › b', () => { test('● c', async () => { await pause(); throw new Error('  ● d › e\\n\\n  ● a › b › ● c'); }); });
      test('line\\nbreak', async () => { await pause(); throw new Error('x'); });
      test('\\u001b[31mred\\u001b[0m', async () => { await pause(); throw new Error('\\u001b[32mgreen'); });
      test('Test suite failed to run', async () => { await pause(); throw new Error('no\\n\\n  ● Test suite failed to run\\n\\n'); });
      test('', async () => { await pause(); throw new Error(''); });
      test('throws null', async () => { await pause(); throw null; });
      test('has a cause', async () => { await pause(); throw new Error('outer', {cause: new Error('inner')}); });
      test('has several', async () => { await pause(); throw new AggregateError([new Error('1'), new Error('2')], 'both'); });
      ${slowTests(10)}
    `),
  );
  const {xdist} = await expectSplitSameAsStock(project, [], {env: {FORCE_COLOR: '1'}});
  expect(xdist.json?.numFailedTests).toBe(8);
});

onLatestLine('mistakes: tests and hooks in tests, hooks that fail twice, missing assertions', async (_line, make) => {
  const project = make(
    splitFile(`
      ${slowTests(10)}
      test('hook inside', async () => { await pause(); beforeEach(() => {}); });
      test('describe inside', async () => { await pause(); describe('x', () => { test('y', () => {}); }); });
      test('test inside', async () => { await pause(); test('z', () => {}); });
      describe('afterEach', () => {
        afterEach(async () => { throw new Error('one'); });
        afterEach(() => { throw new Error('two'); });
        test('passes', () => pause());
        test('fails, too', async () => { await pause(); throw new Error('three'); });
      });
      describe('empty', () => {});
      describe('', () => { test('in a block without a name', () => pause()); });
      test('no assertions', async () => { await pause(); expect.hasAssertions(); });
      test('unhandled', async () => { await pause(); Promise.reject(new Error('unhandled')); await pause(); });
      test('uncaught', async () => { await pause(); setTimeout(() => { throw new Error('uncaught'); }, 5); await pause(60); });
    `),
  );
  await expectSplitSameAsStock(project, ['--verbose'], {interleaved: true});
});

onLatestLine('retries and hooks from setupFilesAfterEnv, and the places of tests', async (_line, make) => {
  const project = make(
    {
      ...splitFile(`
        test('passes at the second attempt', async () => { await pause(); expect(++attempts).toBe(2); });
        ${slowTests(12, 'if (i % 5 === 0) throw new Error("always " + i)')}
      `),
      'setup.js':
        'globalThis.attempts = 0; jest.retryTimes(1); beforeAll(() => { globalThis.ready = true; }); afterEach(() => { if (!ready) throw new Error("not ready"); });',
    },
    {...BASE, setupFilesAfterEnv: ['./setup.js'], testLocationInResults: true},
  );
  const {xdist} = await expectSplitSameAsStock(project);
  expect(xdist.json?.numFailedTests).toBe(3);
});
