/** When a worker dies, the report names the test or hook that ran. All other tests get their real results. */
import {expectOutcomes, messageOf, sourcesOf, statuses, type FileCases} from './outcomes';
import {IS_THOROUGH, onLatestLine, type Files} from './project';
import {expectSplit, notesOf, slowTests, splitFile} from './splitting';

const PARALLEL = {XDIST_IN_BAND: 'never'};
const KILL = 'process.kill(process.pid, "SIGKILL"); for (;;);';

/** Jest 29 calls concurrent tests before it begins with the first of them. */
const UNTIL = `const fs = require('fs'); const begun = () => expect.getState().currentTestName !== undefined;
  const until = async holds => { while (!holds()) await new Promise(resolve => setTimeout(resolve, 20)); };`;

/** `flaky` waits for its second try when the worker dies. */
const RETRIED = `jest.retryTimes(1); const fs = require('fs');
  test('flaky', () => { if (!fs.existsSync('tried')) { fs.writeFileSync('tried', ''); throw new Error('once'); } });
  test('fails', () => { throw new Error('always'); });
  test('dies', () => { ${KILL} }); test('last', () => {});`;

const KINDS: FileCases = {
  'load.test.js': {
    source: `require('fs').appendFileSync('loads', 'x'); ${KILL} test('a', () => {});`,
    statuses: {},
    says: [
      /died while it loaded this test file: it was killed by signal SIGKILL/,
      /The previous worker died the same way/,
    ],
  },
  'beforeAll.test.js': {
    source: `test('one', () => {});
      describe('block', () => { beforeAll(() => { ${KILL} }); test('two', () => {}); test.skip('skipped', () => {}); test('three', () => {}); });
      test('four', () => {});`,
    statuses: {
      one: 'passed',
      'block two': 'failed',
      'block skipped': 'pending',
      'block three': 'failed',
      four: 'passed',
    },
    says: [/● block › two\n\n {4}The worker process died while a beforeAll hook of "block" ran/],
  },
  'topBeforeAll.test.js': {
    source: `beforeAll(() => { ${KILL} }); test('one', () => {}); test.todo('later'); test('two', () => {});`,
    statuses: {one: 'failed', later: 'todo', two: 'failed'},
    says: [/died while a beforeAll hook of the file ran/],
  },
  'afterAll.test.js': {
    source: `describe('block', () => { afterAll(() => { ${KILL} }); test('one', () => {}); }); test('two', () => {});`,
    statuses: {'block one': 'passed', two: 'passed'},
    says: [/● Test suite failed to run\n\n {4}The worker process died while an afterAll hook of "block" ran/],
  },
  'beforeEach.test.js': {
    source: `beforeEach(() => { if (expect.getState().currentTestName === 'two') { ${KILL} } });
      test('one', () => {}); test('two', () => {}); test('three', () => {});`,
    statuses: {one: 'passed', two: 'failed', three: 'passed'},
    says: [/● two\n\n {4}The worker process died while this test's beforeEach hook ran/],
  },
  'retry.test.js': {
    source: `jest.retryTimes(2); let tries = 0;
      test('one', () => {}); test('dies', () => { if (++tries === 1) throw new Error('first'); ${KILL} }); test('two', () => {});`,
    statuses: {one: 'passed', dies: 'failed', two: 'passed'},
    says: [/● dies/],
  },
  'concurrent.test.js': {
    // The other two run when it dies.
    source: `${UNTIL}
      test.concurrent('one', () => until(() => fs.existsSync('died')));
      test.concurrent('dies', async () => { await until(() => begun() && fs.existsSync('two')); fs.writeFileSync('died', ''); ${KILL} });
      test.concurrent('two', async () => { fs.appendFileSync('two', 'x'); await until(() => fs.existsSync('died')); });
      test('three', () => {});`,
    statuses: {one: 'passed', dies: 'failed', two: 'passed', three: 'passed'},
    says: [/● dies\n\n {4}The worker process died while this test ran/],
  },
  'diesTwice.test.js': {
    // Those that may have done it end in a worker that dies once more, and keep their result.
    source: `${UNTIL} const {exit} = process; afterAll(() => exit(3));
      test.concurrent('one', async () => { fs.writeFileSync('one runs', ''); await until(() => fs.existsSync('dies')); });
      test.concurrent('dies', async () => { await until(() => begun() && fs.existsSync('one runs')); fs.writeFileSync('dies', ''); ${KILL} });
      test('last', () => {});`,
    statuses: {one: 'passed', dies: 'failed', last: 'passed'},
    says: [/● dies/],
  },
  'together.test.js': {
    source: `const pause = ms => new Promise(resolve => setTimeout(resolve, ms)); let running = 0;
      const run = async () => { running++; await pause(100); if (running > 1) { ${KILL} } };
      test.concurrent('one', run); test.concurrent('two', run); test('three', () => {});`,
    statuses: {one: 'passed', two: 'passed', three: 'passed'},
    says: [
      /● Test suite failed to run[^]*while these tests ran at the same time[^]*"one", "two"[^]*one at a time, and no worker died/,
    ],
  },
  'every.test.js': {
    source: `for (const n of [1, 2, 3, 4]) test('dies ' + n, () => { ${KILL} });`,
    statuses: {'dies 1': 'failed', 'dies 2': 'failed', 'dies 3': 'failed', 'dies 4': 'failed'},
    says: [/● dies 4\n\n {4}The worker process died while this test ran/],
  },
  'retried.test.js': {
    // A test that has failed and is to be retried has not ended.
    source: RETRIED,
    statuses: {flaky: 'passed', fails: 'failed', dies: 'failed', last: 'passed'},
    says: [/● fails/],
  },
  'others.test.js': {
    source: `const fs = require('fs'); const again = fs.existsSync('loaded'); fs.writeFileSync('loaded', '');
      test('one', () => {}); test('dies', () => { ${KILL} }); test(again ? 'new' : 'old', () => {});`,
    statuses: {one: 'passed', dies: 'failed', old: 'failed'},
    says: [
      /● old\n\n {4}This test was not run: the file's worker died, and its rest could not be run: .*it has other tests/,
    ],
  },
  'skips.test.js': {
    source: `test.skip('no', () => {}); test('dies', () => { ${KILL} }); test.skip('nor this', () => {}); test.todo('later');`,
    statuses: {no: 'pending', dies: 'failed', 'nor this': 'pending', later: 'todo'},
    says: [/● dies/],
  },
};

onLatestLine(
  'every kind of death in a file has its crash item; every other test has its result',
  async (_line, make) => {
    const project = make(sourcesOf(KINDS));
    const output = await project.run(['-w', '2'], {env: PARALLEL});
    expect(output.exitCode).toBe(1);
    expectOutcomes(output, KINDS);
    for (const [file, {statuses: expected}] of Object.entries(KINDS)) {
      const results = output.events.filter(({event, path}) => event === 'case-result' && path === file);
      const reported = Object.values(expected).filter(status => status !== 'pending').length;
      expect({[file]: results.length}).toEqual({[file]: reported});
    }
    expect(output.events.filter(({event}) => event === 'file-result')).toHaveLength(Object.keys(KINDS).length);
    expect(project.read('loads')).toBe('xx'); // tried once more, and no more
    expect(project.read('two')).toBe('xx'); // one of those that may have done it: run once more, alone
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine("onCrash: 'fail-file' keeps what had ended, and runs nothing more of the file", async (_line, make) => {
  const project = make({
    'xdist.config.json': '{"onCrash": "fail-file"}',
    'dies.test.js': `test('one', () => {}); test('dies', () => { ${KILL} });
      test('two', () => require('fs').writeFileSync('ran', '')); test.skip('three', () => {});`,
    'retried.test.js': RETRIED,
    'ok.test.js': 'test("ok", () => {});',
  });
  const output = await project.run(['-w', '2'], {env: PARALLEL});
  const retried = statuses(output, 'retried.test.js');
  expect(retried).toEqual({flaky: 'failed', fails: 'failed', dies: 'failed', last: 'failed'});
  expect(messageOf(output, 'retried.test.js')).toMatch(/● flaky\n\n {4}once/);
  expect(statuses(output, 'dies.test.js')).toEqual({one: 'passed', dies: 'failed', two: 'failed', three: 'pending'});
  expect(messageOf(output, 'dies.test.js')).toMatch(
    /● two\n\n {4}This test was not run: the file's worker died \(it was killed by signal SIGKILL\), and onCrash is 'fail-file'/,
  );
  expect(project.exists('ran')).toBe(false);
  expect(statuses(output, 'ok.test.js')).toEqual({ok: 'passed'});
});

onLatestLine('console, failures and notes of a file that two workers ran stand as if one had', async (_line, make) => {
  const project = make({
    'dies.test.js': `console.log('loading');
      test('one', () => { console.log('in one'); }); test('dies', () => { console.log('in dies'); ${KILL} });
      test('fails', () => { console.log('in fails'); expect(1).toBe(2); });`,
    'ok.test.js': 'test("ok", () => {});',
  });
  const output = await project.run(['-w', '2', '--coverage'], {env: PARALLEL});
  const message = messageOf(output, 'dies.test.js');
  expect(message).toMatch(/● dies[^]*The coverage data of that process is lost\.[^]*● fails[^]*toBe\(expected\)/);
  expect(message).toMatch(/● fails[^]*another worker ran the rest: this test ran in worker w[12]/);
  const result = output.events.find(({event, path}) => event === 'file-result' && path === 'dies.test.js');
  const {console: entries} = result?.result as {console: {message: string}[]};
  expect(entries.map(entry => entry.message)).toEqual(['loading', 'in one', 'in fails']);
});

const SNAPSHOTS: Files = {
  'a.test.js': `
    const isOld = process.env.VALUE === 'old';
    test('first', () => { expect({value: process.env.VALUE}).toMatchSnapshot(); expect(1).toMatchSnapshot('hinted'); });
    test('inline', () => { expect({a: 1}).toMatchInlineSnapshot(); });
    test('ends early', () => {
      if (isOld) return expect('kept').toMatchSnapshot();
      if (process.env.LAST === 'throw') throw new Error('no death');
      ${KILL}
    });
    if (isOld) test('gone', () => { expect('gone').toMatchSnapshot(); });
    test('last', () => { expect([process.env.VALUE]).toMatchSnapshot(); });`,
  'b.test.js': 'test("ok", () => {});',
};

onLatestLine(
  'the snapshots of a file whose worker died are what they are where the test just throws',
  async (_line, make) => {
    const saved: Record<string, unknown>[] = [];
    for (const [runner, LAST] of [
      ['stock', 'throw'],
      ['xdist', 'die'],
    ] as const) {
      const project = make(SNAPSHOTS);
      const states: Record<string, unknown> = {};
      const run = async (name: string, VALUE: string, ...args: string[]) => {
        const {json} = await project.run(['-w', '2', ...args], {runner, env: {...PARALLEL, VALUE, LAST}});
        states[name] = {
          external: project.read('__snapshots__/a.test.js.snap'),
          inline: project.read('a.test.js'),
          counts: json?.snapshot && {...json.snapshot, uncheckedKeysByFile: json.snapshot.uncheckedKeysByFile.length},
        };
      };
      await run('old', 'old');
      await run('ci', 'new', '--ci');
      if (IS_THOROUGH) await run('new', 'new');
      await run('update', 'new', '-u');
      if (IS_THOROUGH) {
        project.reset();
        await run('written', 'new');
      }
      saved.push(states);
    }
    expect(saved[1]).toEqual(saved[0]);
  },
);

onLatestLine(
  'a split file goes on when one of its workers dies; a hook that kills is found out on one worker',
  async (_line, make) => {
    const project = make({
      ...splitFile(slowTests(24, `if (i === 5 || i === 15) { ${KILL} }`)),
      'hook.test.js': `/** @can-split */ for (const n of [0, 1, 2]) test('hook ' + n, () => {}); describe('block', () => { beforeAll(() => { ${KILL} }); test('in it', () => {}); });`,
    });
    const output = await project.run(['-w', '3'], {env: PARALLEL});
    expectSplit(output);
    const split = statuses(output, 'split.test.js');
    expect(Object.keys(split).sort()).toEqual(Array.from({length: 24}, (_, i) => `slow ${i}`).sort());
    expect(Object.entries(split).filter(([, status]) => status !== 'passed')).toEqual([
      ['slow 5', 'failed'],
      ['slow 15', 'failed'],
    ]);
    // What had ended in a worker that died is not run again.
    const ran = notesOf(project).filter(({what}) => what.startsWith('slow'));
    expect(new Set(ran.map(({what}) => what)).size).toBe(24);
    expect(ran.length).toBeLessThanOrEqual(24);
    const hook = statuses(output, 'hook.test.js');
    expect(hook).toMatchObject({'hook 0': 'passed', 'hook 1': 'passed', 'hook 2': 'passed', 'block in it': 'failed'});
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine('-u after a death: the snapshots of tests that did not run stay', async (_line, make) => {
  const source = `
    test('one', () => expect('one').toMatchSnapshot());
    (process.env.DIES ? test.skip : test)('two', () => expect('two').toMatchSnapshot());
    test('three', () => { expect('three').toMatchSnapshot(); if (process.env.DIES) { ${KILL} } });`;
  const project = make({'a.test.js': source, 'b.test.js': 'test("ok", () => {});'});
  await project.run(['-w', '2'], {env: PARALLEL});
  const before = project.read('__snapshots__/a.test.js.snap');
  for (const args of [['-u'], ...(IS_THOROUGH ? [['-u', '-t', 'three'], ['--ci']] : [])]) {
    const {json} = await project.run(['-w', '2', ...args], {env: {...PARALLEL, DIES: '1'}});
    expect(json?.snapshot).toMatchObject({filesRemoved: 0, unchecked: 0});
    expect(project.read('__snapshots__/a.test.js.snap')).toBe(before);
  }
  const failFile = {...PARALLEL, DIES: '1', XDIST_ON_CRASH: 'fail-file'};
  await project.run(['-w', '2', '-u'], {env: failFile});
  expect(project.read('__snapshots__/a.test.js.snap')).toBe(before);
});

onLatestLine("a file that nobody can follow is run once, and its worker's death is the file's", async (_line, make) => {
  const project = make({
    'runner.js': `module.exports = async (globalConfig, config, environment, runtime, path) => {
      require('fs').appendFileSync('runs', 'x'); process.kill(process.pid, 'SIGKILL'); for (;;);
    };`,
    'jest.config.json': JSON.stringify({
      projects: [
        {displayName: 'own', testMatch: ['<rootDir>/own.test.js'], testRunner: '<rootDir>/runner.js', transform: {}},
        {displayName: 'usual', testMatch: ['<rootDir>/usual*.test.js'], transform: {}},
      ],
    }),
    'own.test.js': '// nothing that is read',
    'usual1.test.js': 'test("ok", () => {});',
    'usual2.test.js': 'test("ok", () => {});',
  });
  const output = await project.run(['-w', '2'], {env: PARALLEL});
  expect(project.read('runs')).toBe('x');
  expect(messageOf(output, 'own.test.js')).toMatch(
    /The worker process that ran this test file died: it was killed by signal SIGKILL/,
  );
});
