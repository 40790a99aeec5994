/**
 * Split files in projects with other environments, module kinds and transforms, with several projects, and in watch
 * mode.
 */
import type {AssertionResult} from '@jest/test-result';
import {IS_THOROUGH, onlyThorough, onEachLine, onLatestLine} from './project';
import {
  expectSplit,
  expectSplitSameAsStock,
  LOADERS,
  notesOf,
  PARALLEL,
  slowTests,
  splitFile,
  unitsOf,
  workersOf,
} from './splitting';
import {replace, WatchSession} from './watching';

const BASE = {transform: {}, cacheDirectory: '<rootDir>/.cache'};

onLatestLine('jsdom', async (_line, make) => {
  const project = make(
    splitFile(
      `beforeAll(() => { document.body.innerHTML = '<p>hi</p>'; });
      ${slowTests(12, 'expect(document.querySelector("p").textContent).toBe(i === 7 ? "ho" : "hi");')}`,
      {pragmas: '@can-split\n * @jest-environment jsdom'},
    ),
  );
  const {xdist} = await expectSplitSameAsStock(project);
  expect(xdist.json).toMatchObject({numPassedTests: 13, numFailedTests: 1});
});

const ENVIRONMENT = `
  const {appendFileSync} = require('fs');
  const {TestEnvironment} = require('jest-environment-node');
  module.exports = class extends TestEnvironment {
    constructor(config, context) { super(config, context); this.isSplit = context.testPath.endsWith('split.test.js'); }
    async handleTestEvent({name, test, describeBlock}, state) {
      if (name === 'test_start') await new Promise(resolve => setTimeout(resolve, 5));
      if (!this.isSplit || /^(setup|add_|start_describe|finish_describe|hook_)/.test(name)) return;
      const names = [];
      for (let at = test ?? describeBlock; at?.parent; at = at.parent) names.unshift(at.name);
      const what = [name, names.join(' ')];
      if (name === 'run_finish') {
        const walk = block => block.children.map(child => (child.type === 'describeBlock' ? walk(child) : child.name));
        what.push(walk(state.rootDescribeBlock).flat(9));
      }
      appendFileSync('notes', JSON.stringify({worker: process.env.XDIST_WORKER ?? 'stock', what}) + '\\n');
    }
  };`;

onEachLine(
  "a custom environment hears of its own worker's tests only, and of each test in one of them",
  async (_line, make) => {
    const project = make(
      {
        ...splitFile(`
        for (let block = 0; block < 9; block++) {
          describe('kept' + block, () => { beforeAll(() => {}); for (let i = 0; i < 2; i++) test('kept' + block + ' ' + i, () => pause(60)); });
        }
        describe('spread', () => { for (let i = 0; i < 6; i++) test('spread ' + i, async () => { await pause(); if (i === 5) throw new Error('no'); }); });
        test.skip('skipped', () => {});
        test.todo('todo');
      `),
        'environment.js': ENVIRONMENT,
      },
      {...BASE, testEnvironment: './environment.js'},
    );
    type Event = readonly [name: string, of: string, tests?: readonly string[]];
    const heard = () => notesOf(project).map(({worker, what}) => ({worker, event: what as unknown as Event}));
    await project.run(['-w', '2'], {runner: 'stock'});
    const stock = heard();
    project.reset();
    expectSplit(await project.run(['-w', '2'], {env: PARALLEL}));
    const xdist = heard();
    const ofTests = (all: typeof xdist) =>
      all
        .filter(({event: [name]}) => name.startsWith('test_'))
        .map(({event}) => JSON.stringify(event))
        .sort();
    expect(ofTests(xdist)).toEqual(ofTests(stock));
    const workers = [...new Set(xdist.map(({worker}) => worker))];
    for (const worker of workers) {
      const own = xdist.filter(note => note.worker === worker).map(({event}) => event);
      expect(own[0]?.[0]).toBe('run_start');
      const [finish, ...more] = own.filter(([name]) => name === 'run_finish');
      expect(more).toEqual([]);
      // Neither events nor the tree tell of the others' tests.
      const done = own
        .filter(([name]) => /^test_(done|skip|todo)$/.test(name))
        .map(([, of]) => of.split(' ').slice(-2).join(' '));
      expect([...(finish?.[2] ?? [])].sort()).toEqual(done.sort());
      const blocks = (name: string) => own.filter(event => event[0] === name).map(([, of]) => of);
      expect(blocks('run_describe_start')).toEqual(expect.arrayContaining(['']));
      expect([...blocks('run_describe_start')].sort()).toEqual([...blocks('run_describe_finish')].sort());
      for (const block of [...Array.from({length: 9}, (_, index) => `kept${index}`), 'spread']) {
        expect(blocks('run_describe_start').includes(block)).toBe(done.some(of => of.includes(block)));
      }
    }
  },
);

onLatestLine('fake timers, for all files and left on by a test', async (_line, make) => {
  const body = `
    const {setTimeout: later} = require('timers/promises');
    const wait = async () => { while (loaders() < 2) await later(10); await later(30); };
    for (let i = 0; i < 14; i++) test('t' + i, async () => {
      jest.useFakeTimers();
      const called = jest.fn();
      setTimeout(called, 100000);
      jest.advanceTimersByTime(100000);
      expect(called).toHaveBeenCalledTimes(1);
      await wait();
    });`;
  for (const config of [{fakeTimers: {enableGlobally: true}}, ...(IS_THOROUGH ? [{}] : [])]) {
    const {xdist} = await expectSplitSameAsStock(make(splitFile(body), {...BASE, ...config}));
    expect(xdist.json?.numPassedTests).toBe(16);
  }
});

onLatestLine('an ESM test file', async (_line, make) => {
  const project = make(
    {
      'sum.mjs': 'export const sum = (a, b) => a + b;',
      'other1.test.mjs': 'test("other 1", () => {});',
      'other2.test.mjs': 'test("other 2", () => {});',
      'split.test.mjs': `/** @can-split */
        import {appendFileSync, readFileSync} from 'node:fs';
        import {jest} from '@jest/globals';
        import {sum} from './sum.mjs';
        const me = process.env.XDIST_WORKER ?? 'stock';
        await Promise.resolve();
        ${LOADERS}
        for (let i = 0; i < 14; i++) test('t' + i, async () => {
          while (loaders() < 2) await new Promise(resolve => setTimeout(resolve, 10));
          await new Promise(resolve => setTimeout(resolve, 25));
          expect(sum(i, 1)).toBe(i === 4 ? 0 : i + 1);
          expect(typeof jest.fn).toBe('function');
        });
        // ${'the largest file runs first '.repeat(10)}`,
    },
    {...BASE, testMatch: ['**/*.test.mjs']},
  );
  const nodeArgs = ['--experimental-vm-modules', '--no-warnings'];
  const seen: unknown[] = [];
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const output = await project.run(['-w', '2'], {runner, nodeArgs, env: PARALLEL});
    if (runner === 'xdist') expectSplit(output, 'split.test.mjs');
    seen.push(
      output.json?.testResults
        .flatMap(({assertionResults}) => assertionResults.map(({fullName, status}) => `${status} ${fullName}`))
        .sort(),
    );
  }
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[0]).toContain('failed t4');
});

onlyThorough('ts-jest, with stacks that point into the sources', async (_line, make) => {
  const text = splitFile(
    `interface Unused {\n  x: number;\n}\n\n${slowTests(12, '\nif (i === 6) {\n  const text: string = "typed";\n  throw new Error(text);\n}\n')}`,
  )['split.test.js'];
  const project = make(
    {
      'split.test.ts': (text ?? '')
        .replace('let end;', 'let end: number;')
        .replace('note = what', 'note = (what: string)')
        .replace('sleep = ms', 'sleep = (ms: number)'),
      'other1.test.ts': 'test("other 1", () => {});',
      'other2.test.ts': 'test("other 2", () => {});',
      'tsconfig.json':
        '{"compilerOptions": {"module": "commonjs", "target": "es2020", "strict": true, "esModuleInterop": true, "types": ["jest"], "ignoreDeprecations": "6.0", "isolatedModules": true}}',
    },
    {
      cacheDirectory: '<rootDir>/.cache',
      transform: {'\\.ts$': ['ts-jest', {diagnostics: false}]},
      testMatch: ['**/*.test.ts'],
    },
  );
  const seen: unknown[] = [];
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const output = await project.run(['-w', '2'], {runner, env: PARALLEL});
    if (runner === 'xdist') expectSplit(output, 'split.test.ts');
    const failures = output.json?.testResults.flatMap(({assertionResults}) =>
      assertionResults.filter(({status}) => status === 'failed').map(({failureMessages}) => failureMessages?.join('')),
    );
    expect(failures).toHaveLength(1);
    seen.push([output.json?.numPassedTests, /split\.test\.ts:\d+:\d+/.exec(failures?.[0] ?? '')?.[0]]);
  }
  expect(seen[1]).toEqual(seen[0]);
});

for (const [name, config] of [
  ['worker threads, and injectGlobals: false', {workerThreads: true, injectGlobals: false}],
  ['a worker for each file', {workerIdleMemoryLimit: 1000}],
] as const) {
  onLatestLine(name, async (_line, make) => {
    const body = slowTests(14, 'console.log(i); if (i === 4) throw new Error("no");');
    const globals = 'injectGlobals' in config ? 'const {test} = require("@jest/globals");' : '';
    const project = make(splitFile(`${globals} ${body}`), {...BASE, ...config});
    await expectSplitSameAsStock(project, ['--silent']);
  });
}

onLatestLine('two projects that run one path: two files, both split', async (_line, make) => {
  const config = (name: string) => ({
    ...BASE,
    displayName: {name, color: 'blue'},
    globals: {NAME: name},
    testMatch: ['<rootDir>/*.test.js'],
  });
  const project = make(
    splitFile(`
      test('of ' + NAME, () => {}); // the two projects need not define the same tests
      ${slowTests(20, 'note(NAME);')}
      if (NAME === 'b') test('only in b', async () => { await pause(); throw new Error('in b'); });
    `),
    {projects: [config('a'), config('b')]},
  );
  const {xdist} = await expectSplitSameAsStock(project, [], {workers: 3});
  expect(xdist.json).toMatchObject({numTotalTests: 47, numFailedTests: 1, numTotalTestSuites: 6});
  expect(unitsOf(xdist.log)).toHaveLength(2);
  const names = notesOf(project).map(({what}) => what);
  for (const name of ['a', 'b']) expect(names.filter(what => what === name)).toHaveLength(20);
  const cases = xdist.events.filter(({event, path}) => event === 'case-result' && path === 'split.test.js');
  expect(cases.filter(({result}) => (result as AssertionResult).fullName === 'slow 3')).toHaveLength(2);
});

onLatestLine('watch mode: the file is split in each run', async (_line, make) => {
  const body = (extra: string) => splitFile(`${slowTests(14)} ${extra}`);
  const project = make(body(''));
  const session = new WatchSession(project, ['-w', '2', '--verbose']);
  await session.untilRun();
  replace(project, 'split.test.js', body('test("one more", () => {});')['split.test.js'] ?? '');
  const rerun = await session.untilRun();
  expect(rerun).toContain('one more');
  expect(rerun).toMatch(/Tests: +17 passed, 17 total/);
  await session.leave();
  const runs = project.runsRecorded();
  expect(runs).toHaveLength(2);
  for (const run of runs) expect(workersOf(run).length).toBeGreaterThan(1);
  expect(await project.leftProcesses()).toEqual([]);
});
