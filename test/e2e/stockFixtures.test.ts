/** Shared fixtures under Jest's own runner, by the three lines that a project puts in place of ours. */
import type {ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {
  IS_THOROUGH,
  onEachLine,
  onLatestLine,
  type Files,
  type JestOutput,
  type MakeProject,
  type Project,
  type RunOptions,
} from './project';
import {WatchSession} from './watching';

/** The three lines. */
const STOCK = {
  globalSetup: 'jest-runner-xdist/fixtures/globalSetup',
  globalTeardown: 'jest-runner-xdist/fixtures/globalTeardown',
  setupFiles: ['jest-runner-xdist/fixtures/setup'],
};

const TYPESCRIPT = {'^.+\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}}}]};

/** Whether the next run is by Jest's own runner, whatever else the project's config says. */
const BY_STOCK: RunOptions = {runner: 'stock'};

/** Notes in LOG what is done to it, and lives in a process of its own as long as it is up. */
const fixture = (name: string, value = `{is: '${name}'}`, pragmas = '') => `/**
${pragmas} */
const note = what => require('fs').appendFileSync('LOG', what + ' ${name}\\n');
exports.setup = async ({fixtures, worker}) => { note('set up'); return ${value}; };
exports.teardown = async () => note('took down');
`;

/** A test file that declares fixtures. */
const declares = (fixtures: readonly string[], body: string) => `/**
${fixtures.map(text => ` * @shared-fixture ${text}\n`).join('')} */
const {sharedFixture} = require('jest-runner-xdist/fixtures');
${body}
`;

const reads = (path: string, value: unknown) =>
  declares([path], `test('reads', () => expect(sharedFixture('${path}')).toStrictEqual(${JSON.stringify(value)}));`);

function log(project: Project): string[] {
  return project.exists('LOG') ? project.read('LOG').trim().split('\n') : [];
}

/** What was done to the fixtures in one run. */
async function run(
  project: Project,
  args: readonly string[],
  options: RunOptions = BY_STOCK,
): Promise<JestOutput & {readonly done: readonly string[]}> {
  project.write('LOG', '');
  const output = await project.run(args, options);
  expect(await project.leftProcesses()).toEqual([]);
  return {...output, done: log(project)};
}

/** A failed one shows what Jest has said. */
function expectPassed({exitCode, json, stderr}: JestOutput, tests: number): void {
  if (exitCode !== 0) throw new Error(stderr);
  expect(json).toMatchObject({numPassedTests: tests, numTotalTests: tests, success: true});
}

function messageOf(output: JestOutput, file: string): string {
  return output.json?.testResults.find(({name}) => name.endsWith(file))?.message ?? '';
}

/** A terminal signals all that is in the process group of what runs in it. */
function pressCtrlC(project: Project, jest: ChildProcess): void {
  const groupOf = (pid: number) =>
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[2];
  const pids = project.processes().map(line => parseInt(line));
  const group = groupOf(jest.pid ?? 0);
  for (const pid of pids.filter(one => groupOf(one) === group)) process.kill(pid, 'SIGINT');
}

/** They outlive a Jest that was killed. */
function killStockWorkers(project: Project): void {
  const workers = project.processes().filter(line => line.includes('processChild'));
  for (const line of workers) process.kill(parseInt(line), 'SIGKILL');
}

const VALUE = {url: 'http://127.0.0.1:4711', list: [1, {deep: null}]};

const TWO_FILES: Files = {
  'fixtures/db.js': fixture('db', JSON.stringify(VALUE)),
  'a.test.js': reads('./fixtures/db', VALUE),
  'test/b.test.js': reads('../fixtures/db.js', VALUE),
  'none.test.js': 'test("has none", () => {});',
};

onEachLine('the value is the same under both runners, and set up once', async (_line, make) => {
  const project = make(TWO_FILES, STOCK);
  for (const args of [['-i'], ['-w', '2']]) {
    for (const runner of ['stock', 'xdist'] as const) {
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
  for (const args of [['-i'], ['-w', '2']]) {
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
  const expectRead = async (make: MakeProject, body: string, config: object = {}) => {
    const project = make(
      {
        'fixtures/db.js': fixture('db'),
        'a.test.js': declares(['./fixtures/db'], body),
        'own.js': "module.exports = {real: () => 'real'};",
      },
      {...STOCK, ...config},
    );
    for (const args of IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']]) expectPassed(await run(project, args), 1);
  };
  const READS = "test('reads', () => expect(sharedFixture('./fixtures/db')).toStrictEqual({is: 'db'}));";

  onLatestLine('mocks of the modules that are needed', (_line, make) =>
    expectRead(
      make,
      `jest.mock('fs'); jest.mock('path'); jest.mock('net'); jest.mock('child_process'); jest.mock('node:child_process');
       jest.spyOn(jest.requireActual('child_process'), 'spawnSync').mockReturnValue({stdout: ''});
       ${READS}`,
    ),
  );

  onLatestLine('automock', (_line, make) =>
    expectRead(make, `expect(require('./own').real()).toBeUndefined(); ${READS}`, {automock: true}),
  );

  onLatestLine('no globals of Jest', (_line, make) =>
    expectRead(make, `const {test, expect} = require('@jest/globals'); ${READS}`, {injectGlobals: false}),
  );

  onLatestLine('jsdom', (_line, make) => expectRead(make, READS, {testEnvironment: 'jsdom'}));

  onLatestLine('fake timers, a folder that is gone, no environment variables', (_line, make) =>
    expectRead(
      make,
      `test('reads', () => {
         jest.useFakeTimers();
         process.env = {};
         process.execPath = '/none';
         const gone = __dirname + '/gone ' + process.pid;
         require('fs').mkdirSync(gone);
         process.chdir(gone);
         require('fs').rmdirSync(gone);
         const value = sharedFixture('./fixtures/db');
         process.chdir(__dirname);
         expect(value).toStrictEqual({is: 'db'});
       });`,
    ),
  );

  onLatestLine('jest-jasmine2', (_line, make) => expectRead(make, READS, {testRunner: 'jest-jasmine2'}));

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

  onLatestLine('a value of some megabytes', async (_line, make) => {
    const project = make(
      {
        'fixtures/large.js': "exports.setup = () => 'é'.repeat(3_000_000);",
        'a.test.js': declares(
          ['./fixtures/large'],
          "test('reads', () => expect(sharedFixture('./fixtures/large')).toHaveLength(3_000_000));",
        ),
      },
      STOCK,
    );
    expectPassed(await run(project, []), 1);
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
    ['circle.test.js', 'shared fixtures need each other in a circle'],
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

describe('everything is taken down, and no process is left behind,', () => {
  const HANGS = declares(
    ['./fixtures/b'],
    `sharedFixture('./fixtures/b');
     test('hangs', async () => { require('fs').writeFileSync('hangs', ''); await new Promise(resolve => setTimeout(resolve, 150_000)); }, 200_000);`,
  );
  const FILES: Files = {
    'fixtures/a.js': fixture('a'),
    'fixtures/b.js': fixture('b', '1', ' * @shared-fixture ./a\n'),
    'a.test.js': HANGS,
    'b.test.js': 'test("b", () => {});',
  };
  const DONE = ['set up a', 'set up b', 'took down b', 'took down a'];

  const ends: readonly [string, NodeJS.Signals, (project: Project, jest: ChildProcess) => void][] = [
    ['when Jest was killed', 'SIGKILL', (_project, jest) => void jest.kill('SIGKILL')],
    ['after Ctrl-C', 'SIGINT', pressCtrlC],
  ];
  for (const [when, signal, end] of ends) {
    onLatestLine(when, async (_line, make) => {
      const project = make(FILES, STOCK);
      for (const args of [['-i'], ['-w', '2']]) {
        project.reset();
        const output = await project.run(args, {
          ...BY_STOCK,
          meanwhile: async jest => {
            await project.untilThere(jest, 'hangs');
            const exited = new Promise(resolve => jest.once('exit', resolve));
            end(project, jest);
            await exited;
            killStockWorkers(project);
          },
        });
        expect(output.signal).toBe(signal);
        expect(await project.leftProcesses()).toEqual([]);
        expect(log(project)).toEqual(DONE);
      }
    });
  }

  onLatestLine('when Jest is killed while a test waits for a setup', async (_line, make) => {
    const project = make(
      {
        'fixtures/slow.js': `${fixture('slow')}
          exports.setup = async () => {
            note('sets up');
            while (!require('fs').existsSync('go on')) await new Promise(resolve => setTimeout(resolve, 20));
            note('set up');
          };`,
        'a.test.js': reads('./fixtures/slow', null),
      },
      STOCK,
    );
    const {signal} = await project.run(['-i'], {
      ...BY_STOCK,
      meanwhile: async jest => {
        await project.untilThere(jest, 'LOG');
        jest.kill('SIGKILL');
        await new Promise(resolve => jest.once('exit', resolve));
        project.write('go on', '');
      },
    });
    expect(signal).toBe('SIGKILL');
    expect(await project.leftProcesses()).toEqual([]);
    expect(log(project)).toEqual(['sets up slow', 'set up slow', 'took down slow']);
  });

  onLatestLine('with --bail, where Jest calls no globalTeardown', async (_line, make) => {
    const project = make(
      {
        ...FILES,
        'a.test.js': declares(['./fixtures/b'], "test('fails', () => expect(sharedFixture('./fixtures/b')).toBe(2));"),
      },
      STOCK,
    );
    const output = await run(project, ['-i', '--bail']);
    expect(output.exitCode).toBe(1);
    expect(output.done).toEqual(DONE);
  });

  onLatestLine('after each run of watch mode', async (_line, make) => {
    const project = make({...TWO_FILES, 'd.test.js': 'test("d", () => {});'}, STOCK);
    const session = new WatchSession(project, ['-w', '2'], 'stock');
    await session.untilRun();
    project.write('d.test.js', 'test("another", () => {});');
    expect(await session.untilRun()).toMatch(/Tests: +4 passed, 4 total/);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
    expect(log(project)).toEqual(['set up db', 'took down db', 'set up db', 'took down db']);
  });
});

onLatestLine('when the process that looks after fixtures is killed, tests and the run fail', async (_line, make) => {
  const project = make(
    {
      'fixtures/db.js': fixture('db'),
      'a.test.js': declares(
        ['./fixtures/db'],
        `test('reads', () => {
           for (const pid of require('fs').readdirSync('/proc').filter(name => /^\\d+$/.test(name))) {
             try {
               const {readFileSync, readlinkSync} = require('fs');
               if (readlinkSync('/proc/' + pid + '/cwd') === process.cwd() && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('stockMain')) process.kill(pid, 'SIGKILL');
             } catch {}
           }
           sharedFixture('./fixtures/db');
         });`,
      ),
    },
    STOCK,
  );
  const output = await run(project, ['-i']);
  expect(output.exitCode).toBe(1);
  expect(output.stderr).toContain('the process that looks after all shared fixtures cannot be asked: it is gone.');
  expect(output.stderr).toContain(
    'the process that looks after all shared fixtures is gone: it was killed by signal SIGKILL.',
  );
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

onLatestLine('without a globalTeardown, Jest ends as ever, and all is taken down after it', async (_line, make) => {
  const {globalTeardown: _, ...others} = STOCK;
  const project = make(TWO_FILES, others);
  for (const args of [['-i'], ['-w', '2']]) {
    const output = await run(project, args);
    expectPassed(output, 3);
    expect(output.done).toEqual(['set up db', 'took down db']);
    expect(output.stderr).not.toContain('did not exit');
  }
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
           ${jest}], {stdio: 'pipe'});
           ${jest}, '--runner=xdist'], {stdio: 'pipe'});
         }, 100_000);`,
      ),
      'inner.js': reads('./fixtures/db', VALUE),
      'inner.json': JSON.stringify({...STOCK, transform: {}, testMatch: ['**/inner.js']}),
    },
    STOCK,
  );
  const inner = ['set up db', 'took down db'];
  for (const runner of ['stock', 'xdist'] as const) {
    const output = await run(project, ['-i', '--testTimeout=100000', 'outer'], {runner});
    expectPassed(output, 1);
    expect(output.done).toEqual(['set up db', ...inner, ...inner, 'took down db']);
  }
});
