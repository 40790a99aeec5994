/** Shared fixtures, as a user sees them: set up once, and available to the files that declare them. */
import {fixture, fixtureLog, testFile, usersOf} from './fixtureProject';
import {messageOf, resultOf, statuses} from './outcomes';
import {IN_ORDER, onEachLine, onLatestLine} from './project';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};
const DB = fixture('db', {value: `{url: 'there'}`});

describe.each([
  ['over workers', ['-w', '2'], PARALLEL],
  ['in band', ['-i'], {env: {}}],
] as const)('%s', (_, args, options) => {
  const define = args[0] === '-i' ? onLatestLine : onEachLine;
  define(
    'a fixture is set up once, for all files that declare it, and taken down when they have ended',
    async (_line, make) => {
      const project = make({
        'db.js': DB,
        ...usersOf('./db', 6),
        'split.test.js': testFile(
          ['@can-split', '@shared-fixture ./db.js'],
          `for (let i = 0; i < 20; i++) test('t' + i, () => { expect(sharedFixture('./db').url).toBe('there'); });`,
        ),
        'other.test.js': 'test("other", () => {});',
      });
      const {exitCode, json, stderr} = await project.run(args, options);
      expect(stderr).toContain('Tests:       27 passed, 27 total');
      expect(exitCode).toBe(0);
      expect(json?.numTotalTestSuites).toBe(8);
      expect(fixtureLog(project)).toEqual(['db up', 'db down']);
      expect(await project.leftProcesses()).toEqual([]);
    },
  );

  onLatestLine('a fixture gets the values of those that it needs, which go down after it', async (_line, make) => {
    const project = make({
      'fixtures/network.js': fixture('network', {value: `{net: 7}`}),
      'fixtures/db.js': fixture('db', {
        needs: ['./network'],
        value: `{url: 'db:' + context.fixtures['./network'].net, has: Object.keys(context).sort(), runId: context.runId, rootDir: context.rootDir}`,
      }),
      'a.test.js': testFile(
        ['@shared-fixture ./fixtures/db.js'],
        `test('finds it', () => {
          expect(sharedFixture('./fixtures/db')).toEqual({
            url: 'db:7', has: ['fixtures', 'rootDir', 'runId', 'worker'], runId: process.env.XDIST_RUN_ID, rootDir: __dirname,
          });
          expect(() => sharedFixture('./fixtures/network')).toThrow('does not declare the shared fixture ./fixtures/network');
        });`,
      ),
      'b.test.js': 'test("other", () => {});',
    });
    const {exitCode, stderr} = await project.run(args, options);
    expect(stderr).toContain('Tests:       2 passed, 2 total');
    expect(exitCode).toBe(0);
    expect(fixtureLog(project)).toEqual(['network up', 'db up', 'db down', 'network down']);
  });

  onLatestLine('what cannot be set up fails each test of the files that need it, and no other', async (_line, make) => {
    const body = `test('one', () => {}); describe('d', () => { beforeAll(() => { throw new Error('a hook ran'); }); test('two', () => {}); }); test.skip('three', () => {});`;
    const project = make({
      'throws.js': fixture('throws', {setup: `throw new TypeError('no disk');`}),
      'exits.js': fixture('exits', {setup: `console.error('the last words'); process.exit(3);`}),
      'value.js': fixture('value', {value: `{pool: {connect() {}}}`}),
      'needs.js': fixture('needs', {needs: ['./throws']}),
      'none.js': 'exports.teardown = () => {};',
      'broken.js': 'exports.setup = () => {};\nconst = 1;',
      'throws.test.js': testFile(['@shared-fixture ./throws.js'], body),
      'throws2.test.js': testFile(['@shared-fixture ./throws.js'], body),
      'exits.test.js': testFile(['@shared-fixture ./exits.js'], body),
      'value.test.js': testFile(['@shared-fixture ./value.js'], body),
      'needs.test.js': testFile(['@shared-fixture ./needs.js'], body),
      'none.test.js': testFile(['@shared-fixture ./none.js'], body),
      'broken.test.js': testFile(['@shared-fixture ./broken.js'], body),
      'load.test.js': testFile(['@shared-fixture ./throws.js'], `sharedFixture('./throws'); ${body}`),
      'other.test.js': 'test("other", () => {});',
    });
    const output = await project.run(args, options);
    expect(output.exitCode).toBe(1);
    const failed = {one: 'failed', 'd two': 'failed', three: 'pending'};
    const cases = {
      throws: /Shared fixture throws\.js could not be set up: no disk[^]*at .*throws\.js:/,
      throws2: /Shared fixture throws\.js could not be set up: no disk/,
      exits: /Shared fixture exits\.js could not be set up:[^]*exit[^]*3[^]*the last words/,
      value: /Shared fixture value\.js could not be set up:[^]*value\.pool\.connect is a function/,
      needs: /Shared fixture throws\.js could not be set up: no disk/,
      none: /Shared fixture none\.js could not be set up:[^]*setup/,
      broken: /Shared fixture broken\.js could not be set up:[^]*broken\.js:2[^]*const = 1;/,
    };
    for (const [name, says] of Object.entries(cases)) {
      expect([name, statuses(output, `/${name}.test.js`)]).toEqual([name, failed]);
      expect(messageOf(output, `/${name}.test.js`)).toMatch(says);
      expect(messageOf(output, `/${name}.test.js`)).not.toContain('a hook ran');
    }
    expect(messageOf(output, '/load.test.js')).toMatch(/Test suite failed to run[^]*no disk/);
    expect(statuses(output, '/other.test.js')).toEqual({other: 'passed'});
    expect(output.json).toMatchObject({numFailedTests: 14, numPendingTests: 7, numPassedTests: 1});
    // Never tried again.
    expect(fixtureLog(project).filter(line => line === 'throws up')).toHaveLength(1);
    expect(fixtureLog(project)).not.toContain('needs up');
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('what cannot be taken down fails the run, and is shown', async (_line, make) => {
    const project = make({
      'db.js': fixture('db', {value: `{url: 'there'}`, teardown: `throw new Error('still in use');`}),
      ...usersOf('./db', 2),
      'other.test.js': 'test("other", () => {});',
    });
    const {exitCode, json, stderr} = await project.run(args, options);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({success: false, numPassedTests: 3, numFailedTests: 0, numRuntimeErrorTestSuites: 1});
    expect(stderr).toMatch(/Test suite failed to run[^]*Shared fixture db\.js could not be taken down: still in use/);
    expect(fixtureLog(project)).toEqual(['db up']);
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('a hang ends with the time-out, in setup and in teardown', async (_line, make) => {
    const project = make({
      // As an endless loop does it keeps the process from hearing anything, but it takes no processor.
      'blocks.js': fixture('blocks', {setup: `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`}),
      'waits.js': fixture('waits', {teardown: `await new Promise(resolve => setTimeout(resolve, 1e8));`}),
      'blocks.test.js': testFile(['@shared-fixture ./blocks.js'], `test('one', () => {});`),
      'waits.test.js': testFile(['@shared-fixture ./waits.js'], `test('one', () => {});`),
      'other.test.js': 'test("other", () => {});',
    });
    const output = await project.run(args, {
      env: {...options.env, XDIST_FIXTURE_TIMEOUT: '3s'},
    });
    expect(output.exitCode).toBe(1);
    expect(messageOf(output, '/blocks.test.js')).toMatch(/blocks\.js could not be set up:[^]*3 s[^]*fixtureTimeout/);
    expect(statuses(output, '/waits.test.js')).toEqual({one: 'passed'});
    expect(messageOf(output, '/waits.test.js')).toMatch(/waits\.js could not be taken down:[^]*3 s[^]*fixtureTimeout/);
    expect(await project.leftProcesses()).toEqual([]);
  });
});

onLatestLine('files that begin after a fixture has died fail with that', async (_line, make) => {
  const use = (body: string) =>
    testFile(['@shared-fixture ./db.js'], `test('uses it', async () => { ${body} }, 600_000);`);
  const project = make(
    {
      'db.js': fixture('db', {
        setup: `setInterval(() => { if (require('fs').existsSync('die')) { console.error('the last words'); process.exit(7); } }, 20);`,
        value: `{pid: process.pid}`,
      }),
      'a.test.js': use(`
        require('fs').writeFileSync('die', '');
        const lives = () => { try { process.kill(sharedFixture('./db').pid, 0); return true; } catch { return false; } };
        while (lives()) await new Promise(resolve => setTimeout(resolve, 20));`),
      // No test can see that Jest has heard of the end. The host tells of it before another fixture's process is up.
      'a2.test.js': testFile(['@shared-fixture ./other.js'], 'test("other", () => {});'),
      'other.js': fixture('other'),
      'b.test.js': use(''),
      'sequencer.js': IN_ORDER,
    },
    {testSequencer: './sequencer.js'},
  );
  const output = await project.run(['-i']);
  expect(statuses(output, '/a.test.js')).toEqual({'uses it': 'passed'});
  expect(statuses(output, '/b.test.js')).toEqual({'uses it': 'failed'});
  expect(messageOf(output, '/b.test.js')).toMatch(
    /Shared fixture db\.js is gone: its process ended by itself: it exited with code 7\.[^]*the last words/,
  );
});

onLatestLine('it is set up before the first file that needs it, while others run', async (_line, make) => {
  const project = make({
    'db.js': fixture('db', {
      value: `{url: 'there'}`,
      // Another file has to run for it to come up.
      setup: `while (!require('fs').existsSync('other ran')) await new Promise(resolve => setTimeout(resolve, 20));`,
    }),
    ...usersOf('./db', 2),
    'other.test.js': `test('other', () => require('fs').writeFileSync('other ran', ''));`,
  });
  const {exitCode} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(fixtureLog(project)).toEqual(['db up', 'db down']);
});

onLatestLine(
  'it is taken down before other files have ended, and not set up where nobody runs that needs it',
  async (_line, make) => {
    const project = make({
      'db.js': fixture('db', {value: `{url: 'there'}`}),
      ...usersOf('./db', 2),
      'other.test.js': `test('other', async () => {
      const fs = require('fs');
      while (!(fs.existsSync('fixtures.log') && fs.readFileSync('fixtures.log', 'utf8').includes('db down'))) await new Promise(resolve => setTimeout(resolve, 20));
    }, 600000);`,
    });
    expect((await project.run(['-w', '2'], PARALLEL)).exitCode).toBe(0);
    project.reset();
    const output = await project.run(['-w', '2', 'user9', '--passWithNoTests'], PARALLEL);
    expect(output.exitCode).toBe(0);
    expect(fixtureLog(project)).toEqual([]);
  },
);

onLatestLine(
  'one of scope worker is set up once for each worker that needs it, and goes with it',
  async (_line, make) => {
    const project = make({
      'db.js': fixture('db', {value: `{worker: context.worker}`}),
      ...Object.fromEntries(
        Array.from({length: 8}, (_, index) => [
          `user${index}.test.js`,
          testFile(
            ['@shared-fixture ./db.js scope=worker'],
            `test('is this worker\\'s', async () => {
            expect(sharedFixture('./db')).toEqual({worker: Number(process.env.JEST_WORKER_ID)});
            require('fs').appendFileSync('workers', process.env.JEST_WORKER_ID + '\\n');
            await new Promise(resolve => setTimeout(resolve, 100));
          });`,
          ),
        ]),
      ),
    });
    expect((await project.run(['-w', '2'], PARALLEL)).exitCode).toBe(0);
    const workers = [...new Set(project.read('workers').trim().split('\n'))].sort();
    const log = fixtureLog(project);
    expect(log.filter(line => line.endsWith(' up')).sort()).toEqual(workers.map(worker => `db of ${worker} up`));
    expect(log.filter(line => line === 'db down')).toHaveLength(workers.length);
    expect(log.slice(-1)).toEqual(['db down']);
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine('fixtures outlive the workers that die of a test, and those of a worker do not', async (_line, make) => {
  const dies = `test('before', () => {}); test('dies', () => process.kill(process.pid, 'SIGKILL')); test('after', () => { sharedFixture('./FILE'); });`;
  const project = make({
    'run.js': fixture('run'),
    'own.js': fixture('own'),
    'a.test.js': testFile(['@shared-fixture ./run.js'], dies.replace('FILE', 'run')),
    'b.test.js': testFile(['@shared-fixture ./own.js scope=worker'], dies.replace('FILE', 'own')),
  });
  const output = await project.run(['-w', '2'], PARALLEL);
  for (const file of ['/a.test.js', '/b.test.js']) {
    expect(statuses(output, file)).toEqual({before: 'passed', dies: 'failed', after: 'passed'});
  }
  const log = fixtureLog(project);
  expect(log.filter(line => line.startsWith('run '))).toEqual(['run up', 'run down']);
  expect(log.filter(line => /^own .*up$/.test(line))).toHaveLength(2);
  expect(log.filter(line => line === 'own down')).toHaveLength(2);
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine(
  'what is wrong with a declaration fails the files concerned, before anything runs',
  async (_line, make) => {
    const project = make({
      'fixtures/a.js': fixture('a', {needs: ['./b']}),
      'fixtures/b.js': fixture('b', {needs: ['./a.js']}),
      'fixtures/ok.js': fixture('ok', {value: `{url: 'there'}`}),
      'cycle.test.js': testFile(['@shared-fixture ./fixtures/a'], `test('one', () => {});`),
      'missing.test.js': testFile(['@can-split', '@shared-fixture ./fixtures/nowhere'], `test('one', () => {});`),
      'run.test.js': testFile(['@shared-fixture ./fixtures/ok'], `test('one', () => {});`),
      'worker.test.js': testFile(['@shared-fixture ./fixtures/ok.js scope=worker'], `test('one', () => {});`),
      'resource.test.js': testFile(['@resource gpu:3'], `test('one', () => {});`),
      'other.test.js': 'test("other", () => {});',
    });
    const output = await project.run(['-w', '2'], {env: {...PARALLEL.env, XDIST_RESOURCES: '{"gpu": 2}'}});
    expect(output.exitCode).toBe(1);
    expect(messageOf(output, '/cycle.test.js')).toMatch(/fixtures\/a\.js -> fixtures\/b\.js -> fixtures\/a\.js/);
    expect(messageOf(output, '/missing.test.js')).toMatch(/missing\.test\.js:3 [^]*fixtures\/nowhere/);
    expect(messageOf(output, '/worker.test.js')).toMatch(/run\.test\.js:2[^]*|worker\.test\.js:2/);
    expect(messageOf(output, '/resource.test.js')).toMatch(/resource\.test\.js:2 [^]*asks for 3[^]*"gpu"[^]*2/);
    expect(statuses(output, '/other.test.js')).toEqual({other: 'passed'});
    expect(output.json?.numTotalTests).toBe(1);
    expect(fixtureLog(project)).toEqual([]);
  },
);

onLatestLine('the option files declares for folders what pragmas declare for files', async (_line, make) => {
  const project = make({
    'xdist.config.js': `module.exports = {
      files: [{match: 'db/**', sharedFixtures: ['./fixtures/db'], resources: ['gpu'], workerGroup: 'db', hardTimeout: '1m'}],
    };`,
    'fixtures/db.js': DB,
    'db/a.test.js': testFile(
      [],
      `test('finds it', () => { expect(sharedFixture('../fixtures/db.js')).toEqual({url: 'there'}); });`,
    ),
    'db/b.test.js': testFile(
      [],
      `test('finds it', () => { expect(sharedFixture('./fixtures/db')).toEqual({url: 'there'}); });`,
    ),
    'other.test.js': testFile(
      [],
      `test('does not', () => { expect(() => sharedFixture('./fixtures/db')).toThrow('does not declare'); });`,
    ),
  });
  const output = await project.run(['-w', '2'], PARALLEL);
  expect(output.stderr).toContain('Tests:       3 passed, 3 total');
  expect(fixtureLog(project)).toEqual(['db up', 'db down']);
});

onLatestLine('a fixture is an ES module, or a TypeScript module', async (_line, make) => {
  const reads = (path: string) =>
    testFile([`@shared-fixture ${path}`], `test('reads', () => expect(sharedFixture('${path}').url).toBe('there'));`);
  const project = make(
    {
      'es.mjs': `export const setup = async () => ({url: 'there'}); export const teardown = () => {};`,
      'typed.ts': `export async function setup(): Promise<{url: string}> { return {url: 'there' as string}; }`,
      'a.test.js': reads('./es.mjs'),
      'b.test.js': reads('./typed.ts'),
    },
    {transform: {'\\.ts$': ['@swc/jest', {}]}},
  );
  const {exitCode, stderr} = await project.run(['-w', '2'], PARALLEL);
  expect(stderr).toContain('2 passed, 2 total');
  expect(exitCode).toBe(0);
});

onLatestLine('one project or several, a fixture is one', async (_line, make) => {
  const project = make(
    {'db.js': DB, ...usersOf('./db', 2), 'sequencer.js': IN_ORDER},
    {
      projects: [
        {displayName: 'x', transform: {}},
        {displayName: 'y', transform: {}},
      ],
    },
  );
  const {exitCode, json} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(json?.numPassedTests).toBe(4);
  expect(resultOf(json, 'user0.test.js')?.status).toBe('passed');
  expect(fixtureLog(project)).toEqual(['db up', 'db down']);
});
