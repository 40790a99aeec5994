/** Shared fixtures under Jest's own runner. A project enables them with three lines in place of our runner. */
import {IS_THOROUGH, onEachLine, onLatestLine, type Files, type JestOutput, type Project} from './project';
import {
  BY_STOCK,
  declares,
  expectPassed,
  fixture,
  messageOf,
  reads,
  run,
  STOCK,
  TWO_FILES,
  VALUE,
} from './stockFixtureRuns';

const TYPESCRIPT = {'^.+\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}}}]};

onEachLine('the value is the same under both runners, and set up once', async (_line, make) => {
  const project = make(TWO_FILES, STOCK);
  for (const runner of ['stock', 'xdist'] as const) {
    // Ours in band is another test's.
    for (const args of runner === 'stock' || IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']]) {
      const output = await run(project, args, {runner, env: {XDIST_IN_BAND: '"never"'}});
      expectPassed(output, 3);
      expect(output.done).toEqual(['set up db', 'took down db']);
    }
  }
});

/** Notes in LOG which processes Jest starts for us. */
const NOTES_STARTS: Files = {
  'preload.js': `
    const childProcess = require('child_process');
    const {spawn} = childProcess;
    childProcess.spawn = (...all) => {
      require('fs').appendFileSync('LOG', 'started ' + all[1].at(-1).split('/').at(-1) + '\\n');
      return spawn(...all);
    };`,
};
const preload = (project: Project) => ({nodeArgs: ['--require', project.path('preload.js')]});

onLatestLine('our runner starts nothing for these three', async (_line, make) => {
  const project = make(
    {
      ...NOTES_STARTS,
      'a.test.js': `
        test('has nothing', () => {
          expect(Reflect.ownKeys(globalThis)).not.toContain(Symbol.for('jest-runner-xdist.fixtures'));
          expect(process.env.XDIST_FIXTURES_SOCKET).toBeUndefined();
        });`,
    },
    STOCK,
  );
  const ours = await run(project, ['-i'], {runner: 'xdist', ...preload(project)});
  expectPassed(ours, 1);
  expect(ours.done).toEqual(['']);
  const stock = await run(project, ['-i'], {...BY_STOCK, ...preload(project)});
  expect(stock.done).toEqual(['started stockMain.js']);
});

onLatestLine('nothing is set up for files that do not ask', async (_line, make) => {
  const project = make(
    {'fixtures/db.js': fixture('db'), 'a.test.js': declares(['./fixtures/db'], 'test("a", () => {});')},
    STOCK,
  );
  const output = await run(project, []);
  expectPassed(output, 1);
  expect(output.done).toEqual(['']);
});

onLatestLine('a fixture in TypeScript, which needs another', async (_line, make) => {
  const project = make(
    {
      'fixtures/port.ts': `
        import {appendFileSync} from 'fs';
        export async function setup(): Promise<number> { appendFileSync('LOG', 'set up port\\n'); return 4711; }
        export function teardown(port: number): void { appendFileSync('LOG', 'took down port ' + port + '\\n'); }`,
      'fixtures/db.ts': `/** @shared-fixture ./port */
        import {appendFileSync} from 'fs';
        export const setup = ({fixtures, runId}: {fixtures: {'./port': number}; runId: string}) => {
          appendFileSync('LOG', 'set up db\\n');
          return {port: fixtures['./port'], same: runId === process.env.XDIST_RUN_ID};
        };
        export const teardown = (): void => appendFileSync('LOG', 'took down db\\n');`,
      'a.test.ts': `/** @shared-fixture ./fixtures/db */
        import {sharedFixture} from 'jest-runner-xdist/fixtures';
        import type * as Db from './fixtures/db';
        test('reads', () => expect(sharedFixture<typeof Db>('./fixtures/db')).toEqual({port: 4711, same: true}));`,
    },
    {...STOCK, transform: TYPESCRIPT},
  );
  for (const args of IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']]) {
    const output = await run(project, args);
    expectPassed(output, 1);
    expect(output.done).toEqual(['set up port', 'set up db', 'took down db', 'took down port 4711']);
  }
});

onLatestLine('two workers that ask at once share one setup', async (_line, make) => {
  const body = `
    const value = sharedFixture('./fixtures/slow');
    test('reads', () => expect(value).toEqual({is: 'slow'}));`;
  // The setup ends when both have a client that waits.
  const project = make(
    {
      'fixtures/slow.js': `
        const {readdirSync, readFileSync, appendFileSync} = require('fs');
        const clients = () => readdirSync('/proc').filter(pid => {
          try { return /^\\d+$/.test(pid) && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('stock/client.js') && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes(process.cwd()); } catch { return false; }
        });
        exports.setup = async () => {
          appendFileSync('LOG', 'set up slow\\n');
          while (clients().length < 2) await new Promise(resolve => setTimeout(resolve, 20));
          return {is: 'slow'};
        };`,
      'a.test.js': declares(['./fixtures/slow'], body),
      'b.test.js': declares(['./fixtures/slow'], body),
    },
    STOCK,
  );
  const output = await run(project, ['-w', '2']);
  expectPassed(output, 2);
  expect(output.done).toEqual(['set up slow']);
});

onLatestLine('with scope=worker, one for each worker', async (_line, make) => {
  const body = `
    const {existsSync, writeFileSync} = require('fs');
    writeFileSync('worker ' + process.env.JEST_WORKER_ID, '');
    test('reads', async () => {
      expect(sharedFixture('./fixtures/own')).toBe(Number(process.env.JEST_WORKER_ID));
      while (!existsSync('worker 1') || !existsSync('worker 2')) await new Promise(resolve => setTimeout(resolve, 20));
    }, 100_000);`;
  const files = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map(name => [`${name}.test.js`, declares(['./fixtures/own scope=worker'], body)]),
  );
  const project = make({'fixtures/own.js': fixture('own', 'worker'), ...files}, STOCK);
  const output = await run(project, ['-w', '2']);
  expectPassed(output, 4);
  expect(output.done).toEqual(['set up own', 'set up own', 'took down own', 'took down own']);
});

onLatestLine('the option `files` counts, where it stands in a file', async (_line, make) => {
  const project = make(
    {
      'fixtures/db.js': fixture('db'),
      'xdist.config.js': "module.exports = {files: [{match: 'a.*', sharedFixtures: ['./fixtures/db.js']}]};",
      'a.test.js': `
        const {sharedFixture} = require('jest-runner-xdist/fixtures');
        test('reads', () => expect(sharedFixture('./fixtures/db')).toEqual({is: 'db'}));`,
    },
    STOCK,
  );
  expectPassed(await run(project, []), 1);
  project.write('xdist.config.js', 'module.exports = {fil: []};');
  const {exitCode, stderr} = await run(project, []);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('xdist.config.js: unknown option "fil". Did you mean "files"?');
  expect(stderr).not.toContain('stockHost.js');
});

describe('whatever a test file puts in place:', () => {
  const READS = "test('reads', () => expect(sharedFixture('../fixtures/db')).toStrictEqual({is: 'db'}));";

  /** By the folder of a project: its test file's text, and its config. */
  const PLACES: Readonly<Record<string, readonly [body: string, config: object]>> = {
    'mocks of the modules that are needed': [
      `jest.mock('fs'); jest.mock('path'); jest.mock('net'); jest.mock('child_process'); jest.mock('node:child_process');
       jest.spyOn(jest.requireActual('child_process'), 'spawnSync').mockReturnValue({stdout: ''});
       ${READS}`,
      {},
    ],
    automock: [`expect(require('../own').real()).toBeUndefined(); ${READS}`, {automock: true}],
    'no globals of Jest': [`const {test, expect} = require('@jest/globals'); ${READS}`, {injectGlobals: false}],
    jsdom: [READS, {testEnvironment: 'jsdom'}],
    'jest-jasmine2': [READS, {testRunner: 'jest-jasmine2'}],
    'fake timers, a folder that is gone, no environment variables': [
      `test('reads', () => {
         jest.useFakeTimers();
         process.env = {};
         process.execPath = '/none';
         const gone = __dirname + '/gone ' + process.pid;
         const before = process.cwd();
         require('fs').mkdirSync(gone);
         process.chdir(gone);
         require('fs').rmdirSync(gone);
         const value = sharedFixture('../fixtures/db');
         process.chdir(before); // Jest may run in this process
         expect(value).toStrictEqual({is: 'db'});
       });`,
      {},
    ],
    'a value of some megabytes': [
      "test('reads large', () => expect(sharedFixture('../fixtures/large')).toHaveLength(3_000_000));",
      {},
    ],
  };

  onLatestLine(Object.keys(PLACES).join('; '), async (_line, make) => {
    const tests = Object.entries(PLACES).map(([folder, [body]]) => [
      `${folder}/a.test.js`,
      declares([body.includes('large') ? '../fixtures/large' : '../fixtures/db'], body),
    ]);
    const projects = Object.entries(PLACES).map(([folder, [, config]]) => ({
      ...STOCK,
      transform: {},
      displayName: folder,
      testMatch: [`<rootDir>/${folder}/*.test.js`],
      ...config,
    }));
    const project = make(
      {
        ...(Object.fromEntries(tests) as Files),
        'fixtures/db.js': fixture('db'),
        'fixtures/large.js': "exports.setup = () => 'é'.repeat(3_000_000);",
        'own.js': "module.exports = {real: () => 'real'};",
      },
      {projects},
    );
    for (const args of IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']])
      expectPassed(await run(project, args), tests.length);
  });

  onLatestLine('options for Node that are meant for tests', async (_line, make) => {
    const project = make({...TWO_FILES, 'preload.js': "console.log('loaded');"}, STOCK);
    const env = {NODE_OPTIONS: `--require ${project.path('preload.js')}`};
    expectPassed(await run(project, ['-w', '2'], {...BY_STOCK, env}), 3);
  });

  onLatestLine('an ES module', async (_line, make) => {
    const project = make(
      {
        'fixtures/db.js': fixture('db'),
        'a.test.mjs': `/** @shared-fixture ./fixtures/db */
          import {sharedFixture} from 'jest-runner-xdist/fixtures';
          const value = sharedFixture('./fixtures/db');
          test('reads', () => expect(value).toStrictEqual({is: 'db'}));`,
      },
      {...STOCK, testMatch: ['**/*.mjs']},
    );
    const nodeArgs = ['--experimental-vm-modules', '--no-warnings'];
    expectPassed(await run(project, ['-i'], {...BY_STOCK, nodeArgs}), 1);
  });
});

onLatestLine('in setupFilesAfterEnv there are values, in setupFiles an error says so', async (_line, make) => {
  const use = "const {sharedFixture} = require('jest-runner-xdist/fixtures');";
  const project = make(
    {
      ...TWO_FILES,
      'after.js': `${use} if (!expect.getState().testPath.includes('none')) globalThis.after = sharedFixture(expect.getState().testPath.includes('b.test') ? '../fixtures/db' : './fixtures/db');`,
      'before.js': `${use} sharedFixture('./fixtures/db');`,
    },
    {...STOCK, setupFilesAfterEnv: ['./after.js']},
  );
  expectPassed(await run(project, []), 3);
  const early = make(
    {...TWO_FILES, 'before.js': `${use} sharedFixture('./fixtures/db');`},
    {...STOCK, setupFiles: [...STOCK.setupFiles, './before.js']},
  );
  const output = await run(early, ['-i']);
  expect(messageOf(output, 'a.test.js')).toContain('there are none in `setupFiles`');
});

onLatestLine('a setup that fails is told to whoever asks, once tried', async (_line, make) => {
  const project = make(
    {
      'fixtures/db.js':
        "exports.setup = () => { require('fs').appendFileSync('LOG', 'tried\\n'); throw new Error('no port is free'); };",
      'a.test.js': declares(
        ['./fixtures/db'],
        "test('reads', () => sharedFixture('./fixtures/db')); test('does not', () => {});",
      ),
      'b.test.js': reads('./fixtures/db', 1),
    },
    STOCK,
  );
  const output = await run(project, ['-w', '2']);
  expect(output).toMatchObject({exitCode: 1, json: {numFailedTests: 2, numPassedTests: 1}});
  for (const file of ['a.test.js', 'b.test.js']) {
    expect(messageOf(output, file)).toContain('Shared fixture fixtures/db.js could not be set up: no port is free');
    expect(messageOf(output, file)).toContain('fixtures/db.js:1:');
  }
  expect(output.done).toEqual(['tried']);
});

onLatestLine('what cannot be had is told as under our runner', async (_line, make) => {
  const project = make(
    {
      'fixtures/a.js': fixture('a', '1', ' * @shared-fixture ./b\n'),
      'fixtures/b.js': fixture('b', '1', ' * @shared-fixture ./a\n'),
      'circle.test.js': reads('./fixtures/a', 1),
      'missing.test.js': reads('./fixtures/none', 1),
      'malformed.test.js': declares(['./fixtures/a twice'], "test('reads', () => sharedFixture('./fixtures/a'));"),
    },
    STOCK,
  );
  const [stock, xdist] = [await run(project, ['-i']), await run(project, ['-i'], {runner: 'xdist'})];
  const problem = (output: JestOutput, file: string) => /^ +(\/.*)$/m.exec(messageOf(output, file))?.[1];
  for (const [file, text] of [
    ['circle.test.js', 'shared fixtures need each other in a cycle'],
    ['missing.test.js', 'there is no module of the shared fixture "./fixtures/none"'],
    ['malformed.test.js', '@shared-fixture ./fixtures/a twice'],
  ] as const) {
    expect(problem(stock, file)).toContain(text);
    expect(problem(stock, file)).toBe(problem(xdist, file));
  }
  expect(stock.done).toEqual(['']);
});

onLatestLine('all that fixtures print is printed', async (_line, make) => {
  const project = make(
    {
      'fixtures/loud.js': `
        exports.setup = () => { console.log('s'.repeat(300_000)); console.error('set up'); };
        exports.teardown = () => { console.error('taken down'); console.log('t'.repeat(300_000)); };`,
      'a.test.js': reads('./fixtures/loud', null),
    },
    STOCK,
  );
  const output = await run(project, ['--detectOpenHandles']);
  expectPassed(output, 1);
  expect(output.stdout.replace(/[^st]/g, '')).toHaveLength(600_000);
  expect(output.stderr).toContain('set up\n');
  expect(output.stderr).toContain('taken down\n');
  expect(output.stderr).not.toContain('open handle');
});

onLatestLine('a teardown that fails fails the run, and the others are taken down', async (_line, make) => {
  const project = make(
    {
      'fixtures/a.js': fixture('a'),
      'fixtures/b.js': `${fixture('b')}exports.teardown = () => { note('took down'); throw new Error('it is still in use'); };`,
      'a.test.js': declares(
        ['./fixtures/a', './fixtures/b'],
        "test('reads', () => { sharedFixture('./fixtures/a'); sharedFixture('./fixtures/b'); });",
      ),
    },
    STOCK,
  );
  const {exitCode, stderr, done, json} = await run(project, []);
  expect({exitCode, json}).toEqual({exitCode: 1, json: null});
  expect(stderr).toContain('Shared fixture fixtures/b.js could not be taken down: it is still in use');
  expect(stderr).toContain('1 passed');
  expect(stderr).not.toContain('currentRun.js');
  expect([...done].sort()).toEqual(['set up a', 'set up b', 'took down a', 'took down b']);
});

onLatestLine("projects' own hooks call ours: there is one host for all", async (_line, make) => {
  const inFolder = (displayName: string) => ({
    transform: {},
    displayName,
    testMatch: [`<rootDir>/${displayName}/*.test.js`],
    globalSetup: `<rootDir>/${displayName}/before.js`,
    globalTeardown: `<rootDir>/${displayName}/after.js`,
    setupFiles: STOCK.setupFiles,
  });
  const before = "module.exports = async (...all) => require('jest-runner-xdist/fixtures/globalSetup')(...all);";
  const after = "module.exports = async () => require('jest-runner-xdist/fixtures/globalTeardown')();";
  const project = make(
    {
      ...NOTES_STARTS,
      ...Object.fromEntries(
        ['a', 'b'].flatMap(name => [
          [`${name}/before.js`, before],
          [`${name}/after.js`, after],
          [`${name}/a.test.js`, reads('../fixtures/db', VALUE)],
        ]),
      ),
      'fixtures/db.js': fixture('db', JSON.stringify(VALUE)),
    },
    {projects: [inFolder('a'), inFolder('b')]},
  );
  const output = await run(project, ['-i'], {...BY_STOCK, ...preload(project)});
  expectPassed(output, 2);
  expect(output.done).toEqual(['started stockMain.js', 'started host.js', 'set up db', 'took down db']);
});

onLatestLine('several projects share what is up', async (_line, make) => {
  const inFolder = (displayName: string) => ({
    ...STOCK,
    transform: {},
    displayName,
    testMatch: [`<rootDir>/${displayName}/*.test.js`],
  });
  const project = make(
    {
      'fixtures/db.js': fixture('db', JSON.stringify(VALUE)),
      'a/a.test.js': reads('../fixtures/db', VALUE),
      'b/b.test.js': reads('../fixtures/db', VALUE),
    },
    {projects: [inFolder('a'), inFolder('b')]},
  );
  const output = await run(project, ['-w', '2']);
  expectPassed(output, 2);
  expect(output.done).toEqual(['set up db', 'took down db']);
});

onLatestLine('a Jest that a test starts has fixtures of its own', async (_line, make) => {
  const jest = `require('child_process').execFileSync(process.execPath, [require.resolve('jest/package.json') + '/../bin/jest.js', '-i', '--config', __dirname + '/inner.json'`;
  const project = make(
    {
      'fixtures/db.js': fixture('db', JSON.stringify(VALUE)),
      'outer.test.js': declares(
        ['./fixtures/db'],
        `test('reads, and starts others', () => {
           sharedFixture('./fixtures/db');
           for (const args of JSON.parse(process.env.INNER)) ${jest}, ...args], {stdio: 'pipe'});
         }, 100_000);`,
      ),
      'inner.js': reads('./fixtures/db', VALUE),
      'inner.json': JSON.stringify({...STOCK, transform: {}, testMatch: ['**/inner.js']}),
    },
    STOCK,
  );
  const [byStock, byXdist] = [[], ['--runner=xdist']];
  for (const [runner, others] of [
    ['stock', IS_THOROUGH ? [byStock, byXdist] : [byStock]],
    ['xdist', IS_THOROUGH ? [byStock, byXdist] : [byXdist]],
  ] as const) {
    const env = {INNER: JSON.stringify(others)};
    const output = await run(project, ['-i', '--testTimeout=100000', 'outer'], {runner, env});
    expectPassed(output, 1);
    expect(output.done).toEqual(['set up db', ...others.flatMap(() => ['set up db', 'took down db']), 'took down db']);
  }
});
