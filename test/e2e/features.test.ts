/** Each feature that works with the stock runner works the same with ours. */
import {expectSameAsStock} from './parity';
import {onEachLine, onLatestLine, type Files} from './project';

/** A number of small files: enough for workers to have something to do. */
function manyFiles(count: number, body: (index: number) => string = () => ''): Files {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [
      `t${index}.test.js`,
      `test('a${index}', () => {}); test('b${index}', () => {});${body(index)}`,
    ]),
  );
}

onLatestLine('projects with configs of their own, and two projects over the same file', async (_line, make) => {
  const config = (name: string, folders: readonly string[]) => ({
    transform: {},
    cacheDirectory: '<rootDir>/.cache',
    // Jest colours a name that says nothing else by the runner's.
    displayName: {name, color: 'blue'},
    globals: {NAME: name},
    testMatch: folders.map(folder => `<rootDir>/${folder}/**/*.test.js`),
  });
  const project = make(
    {
      'a/only-a.test.js': 'test("in a", () => expect(NAME).toBe("a"));',
      'b/only-b.test.js': 'test("in b", () => expect(NAME).toBe("b"));',
      'shared/both.test.js': 'test("in " + NAME, () => expect(NAME).not.toBe("c"));',
    },
    {projects: [config('a', ['a', 'shared']), config('b', ['b', 'shared']), config('c', ['shared'])]},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '3']);
  expect(xdist.json).toMatchObject({numTotalTestSuites: 5, numFailedTests: 1});
});

onLatestLine('-t in a shard, and --randomize with a seed', async (_line, make) => {
  const random = Array.from({length: 8}, (_, index) => `test('r${index}', () => {});`).join('\n');
  const args = ['-w', '2', '-t', 'r\\d', '--shard=1/2', '--randomize', '--seed=4', '--showSeed'];
  const {xdist} = await expectSameAsStock(make(manyFiles(5, () => random)), args);
  expect(xdist.json).toMatchObject({numTotalTestSuites: 3, numPassedTests: 24, numPendingTests: 6});
  const order = xdist.json?.testResults[0]?.assertionResults.map(({title}) => title);
  expect(order).not.toEqual([...(order ?? [])].sort());
});

onLatestLine('--findRelatedTests', async (_line, make) => {
  const project = make({
    'src/a.js': 'exports.a = 1;',
    'a1.test.js': 'test("a", () => expect(require("./src/a").a).toBe(1));',
    'a2.test.js': 'test("a", () => expect(require("./src/a").a).toBe(1));',
    'b.test.js': 'test("b", () => {});',
  });
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--findRelatedTests', 'src/a.js']);
  expect(xdist.json?.numTotalTestSuites).toBe(2);
});

onLatestLine('--onlyFailures', async (_line, make) => {
  const project = make(
    manyFiles(4, index => (index % 2 === 0 ? '' : 'test("fails", () => { throw new Error("no"); });')),
  );
  const {xdist} = await expectSameAsStock(project, ['-i', '--onlyFailures'], {
    before: async (_project, run) => {
      await run(['-w', '2']);
    },
    inBand: true,
  });
  expect(xdist.json?.numTotalTestSuites).toBe(2);
});

onEachLine(
  '--collectTests',
  async (_line, make) => {
    const {xdist} = await expectSameAsStock(make(manyFiles(3)), ['-w', '2', '--collectTests']);
    expect(JSON.stringify(xdist.json)).toContain('a2');
  },
  ['30'],
);

onLatestLine('--detectOpenHandles', async (_line, make) => {
  const project = make({
    'a.test.js': 'test("leaves a server", done => { require("net").createServer().listen(0, done); });',
    ...manyFiles(2),
  });
  const {xdist} = await expectSameAsStock(project, ['--detectOpenHandles', '--forceExit'], {inBand: true});
  expect(xdist.stderr).toContain('TCPSERVERWRAP');
});

onLatestLine('--detectLeaks and --logHeapUsage', async (_line, make) => {
  const project = make({
    ...manyFiles(2),
    'leak.test.js': 'test("leaks", () => { require("fs").kept = () => globalThis; });',
  });
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--detectLeaks', '--logHeapUsage'], {
    nodeArgs: ['--expose-gc'],
  });
  expect(xdist.stderr).toContain('Your test suite is leaking memory');
  expect(xdist.stderr).toMatch(/\(\d+ MB heap size\)/);
});

onLatestLine('--forceExit and tests that leave handles open', async (_line, make) => {
  const project = make(manyFiles(3, () => 'setInterval(() => {}, 1000);'));
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--forceExit']);
  expect(xdist.exitCode).toBe(0);
  expect(xdist.stderr).toContain('A worker process has failed to exit gracefully');
});

onLatestLine('workerIdleMemoryLimit gives a fresh worker for each file when it is tiny', async (_line, make) => {
  const project = make(
    manyFiles(4, () => 'test("pid", () => require("fs").appendFileSync("pids", process.pid + "\\n"));'),
    {workerIdleMemoryLimit: 1000},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '1']);
  expect(xdist.exitCode).toBe(0);
  expect(new Set(project.read('pids').trim().split('\n')).size).toBe(4);
});

onLatestLine('maxWorkers as a number; globalSetup and globalTeardown', async (_line, make) => {
  const notesId =
    'test("id", () => require("fs").appendFileSync("ids", process.env.JEST_WORKER_ID + process.env.XDIST_WORKER + process.env.XDIST_WORKER_COUNT + "\\n"));';
  const readsSetup = 'test("env", () => expect(process.env.FROM_SETUP).toBe("yes"));';
  const project = make(
    {
      ...manyFiles(6, () => notesId + readsSetup),
      'setup.js': 'module.exports = async () => { process.env.FROM_SETUP = "yes"; globalThis.kept = 1; };',
      'teardown.js':
        'module.exports = async () => { require("fs").writeFileSync("torn-down", String(globalThis.kept)); };',
    },
    {globalSetup: './setup.js', globalTeardown: './teardown.js'},
  );
  const {xdist} = await expectSameAsStock(project, ['--maxWorkers=3']);
  expect(xdist.exitCode).toBe(0);
  const ids = new Set(project.read('ids').trim().split('\n'));
  expect([...ids].every(id => ['1w13', '2w23', '3w33'].includes(id))).toBe(true);
  expect(project.read('torn-down')).toBe('1');
});

onLatestLine('workerThreads', async (_line, make) => {
  const project = make(
    manyFiles(
      4,
      () =>
        'test("id", () => expect(["1", "2"]).toContain(process.env.JEST_WORKER_ID)); test("thread", () => expect(require("worker_threads").isMainThread).toBe(false));',
    ),
    {workerThreads: true},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.exitCode).toBe(0);
});

onLatestLine('what tests write to stdout and stderr themselves', async (_line, make) => {
  const project = make(
    manyFiles(
      3,
      index =>
        `test("writes", () => { process.stdout.write("out ${index}\\n"); process.stderr.write("err ${index}\\n"); });`,
    ),
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '2'], {interleaved: true});
  for (const index of [0, 1, 2]) {
    expect(xdist.stdout).toContain(`out ${index}`);
    expect(xdist.stderr).toContain(`err ${index}`);
  }
});

onLatestLine('colours, where the terminal has them', async (_line, make) => {
  const project = make({...manyFiles(2), 'colour.test.js': 'test("fails", () => expect(1).toBe(2));'});
  const {xdist} = await expectSameAsStock(project, ['-w', '2'], {env: {FORCE_COLOR: '1'}});
  expect(xdist.stderr).toContain('\u001B[31m');
  expect(xdist.json?.testResults.some(({message}) => message.includes('\u001B[32m'))).toBe(true);
});

onLatestLine('a test sequencer of the project, whose order is kept', async (_line, make) => {
  const project = make(
    {
      ...manyFiles(6, index => `test("order", () => require("fs").appendFileSync("order", "${index}"));`),
      'sequencer.js':
        'const Sequencer = require("@jest/test-sequencer").default; module.exports = class extends Sequencer { sort(tests) { return [...tests].sort((a, b) => (a.path < b.path ? 1 : -1)); } };',
    },
    {testSequencer: './sequencer.js', workerIdleMemoryLimit: '1GB'},
  );
  const {xdist} = await expectSameAsStock(project, ['-w', '1']);
  expect(xdist.exitCode).toBe(0);
  expect(project.read('order')).toBe('543210');
});
