/** Some workers do not end in time, or are ended because they hold too much memory. The report names the right file. */
import {IN_ORDER, IS_THOROUGH, longGrace, nodeOf, onEachLine, onLatestLine} from './project';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

const FORCE_EXITED = 'A worker process has failed to exit gracefully and has been force exited.';

/** All files in one worker, in the order of their names. */
const ONE_WORKER = {workerIdleMemoryLimit: '4GB', testSequencer: './sequencer.js'};

onLatestLine('what is left open is named with the file that has opened it', async (_line, make) => {
  const project = make(
    {
      'a.test.js': 'test("passes", () => { console.log("the first output of the worker"); });',
      'b.test.js': `test('listens', done => void require('net').createServer().listen(0, done));`,
      'c.test.js':
        'test("has timers", () => { setInterval(() => {}, 1000); setInterval(() => {}, 1000); setInterval(() => {}, 1000).unref(); });',
      'd.test.js': 'test("has a timer that ends before the worker", () => { setTimeout(() => {}, 1); });',
      'e.test.js': 'test("passes", () => { process.stderr.write("more output\\n"); });',
      'sequencer.js': IN_ORDER,
    },
    ONE_WORKER,
  );
  const {exitCode, stderr} = await project.run(['-w', '1'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).toContain(FORCE_EXITED);
  const told = stderr.split('\n').filter(line => line.startsWith('worker w'));
  expect(told).toEqual([
    expect.stringMatching(/^worker w1 \(pid \d+\): 1 TCPServerWrap still open since b\.test\.js$/),
    expect.stringMatching(/^worker w1 \(pid \d+\): 2 Timeout still open since c\.test\.js( or d\.test\.js)?$/),
  ]);
  expect(await project.leftProcesses()).toEqual([]);
  const stock = await project.run(['-w', '1'], {runner: 'stock'});
  expect(stock.stderr).toContain(FORCE_EXITED);
});

onLatestLine('a process of a test that keeps its worker alive is named, and ended with it', async (_line, make) => {
  const project = make({
    'child.js':
      'process.on("SIGTERM", () => {}); require("fs").writeFileSync("child runs", ""); setInterval(() => {}, 1000);',
    'sub/a.test.js': `test('starts a process', async () => {
      require('child_process').spawn(process.execPath, ['child.js']);
      while (!require('fs').existsSync('child runs')) await new Promise(resolve => setTimeout(resolve, 20));
    }, 600000);`,
  });
  const {exitCode, stderr} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^worker w1 \(pid \d+\): .*1 ProcessWrap still open since sub\/a\.test\.js$/m);
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a worker that loops after its last file is named with that file', async (_line, make) => {
  const project = make({
    'a.test.js':
      'const fs = require("fs"); test("leaves a trap", () => { setInterval(() => { if (fs.existsSync("reported")) for (;;); }, 1); });',
    'reports.js': 'module.exports = class { onTestFileResult() { require("fs").writeFileSync("reported", ""); } };',
  });
  const {exitCode, stderr} = await project.run(['-w', '2', '--reporters=./reports.js'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).toContain(FORCE_EXITED);
  expect(stderr).toMatch(
    /^worker w1 \(pid \d+\): busy after its last file, a\.test\.js, so it could not report what kept it$/m,
  );
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('nothing is said of workers that end', async (line, make) => {
  const files = {
    'a.test.js':
      'test("a", async () => { setTimeout(() => {}, 50); await fetch("http://127.0.0.1:9").catch(() => {}); });',
    'b.test.js': 'test("b", () => { setInterval(() => {}, 1000).unref(); });',
  };
  const project = make(files, longGrace(line));
  const {exitCode, stderr} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).not.toMatch(/force exited|^worker w|jest-runner-xdist:/m);
});

onLatestLine('nor of those in which a test has set an exit code', async (line, make) => {
  const reports = 'module.exports = class { onTestFileResult() { require("fs").writeFileSync("reported", ""); } };';
  const sources = [
    'test("a", () => { process.exitCode = 1; });',
    // Before its result is with Jest, the exit would be a failure of the file.
    'const fs = require("fs"); test("a", () => { setInterval(() => fs.existsSync("reported") && process.exit(3), 1); });',
  ];
  for (const source of sources) {
    const project = make({'a.test.js': source, 'reports.js': reports}, longGrace(line));
    for (const workerThreads of ['false', 'true']) {
      project.reset();
      const args = ['-w', '2', `--workerThreads=${workerThreads}`, '--reporters=default', '--reporters=./reports.js'];
      const {exitCode, stderr} = await project.run(args, PARALLEL);
      expect({exitCode, stderr: stderr.match(/force exited|^worker w.*|jest-runner-xdist:.*/gm)}).toEqual({
        exitCode: 0,
        stderr: null,
      });
    }
    expect(await project.leftProcesses()).toEqual([]);
  }
});

onEachLine(
  'of what a native addon keeps open the addon is named',
  async (_line, make) => {
    const project = make(
      {
        'a.test.js': 'test("passes", () => {});',
        'b.test.js': `test('watches', async () => { await require('@parcel/watcher').subscribe(__dirname, () => {}); });`,
        'c.test.js': 'test("passes", () => {});',
        'sequencer.js': IN_ORDER,
      },
      ONE_WORKER,
    );
    const {exitCode, stderr} = await project.run(['-w', '1'], PARALLEL);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(FORCE_EXITED);
    expect(stderr.split('\n').filter(line => line.startsWith('worker w'))).toEqual([
      expect.stringMatching(
        /^worker w1 \(pid \d+\): kept alive by something that Node does not list\. Native addons in it: \S+\/watcher\.node\. Its last files: a\.test\.js, b\.test\.js, c\.test\.js$/,
      ),
    ]);
  },
  ['30'], // its install has such an addon
);

/** Loaded into every process; `what` happens in the workers. */
const inWorkers = (what: string) => `
  const block = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  if (process.env.JEST_WORKER_ID !== undefined) { ${what} }`;

describe.each([
  [
    'exits slowly',
    `process.on('newListener', (event, listener) => {
       if (event !== 'exit' || listener === block) return;
       queueMicrotask(() => process.off('exit', block).on('exit', block)); // the last one
     });`,
  ],
  ['takes long to write what it has compiled', `require('module').flushCompileCache = block;`],
])('a worker that %s', (_what, how) => {
  onEachLine(
    'is no leak of its tests',
    async (_line, make) => {
      const project = make({'a.test.js': 'test("a", () => {});', 'slow.js': inWorkers(how)});
      const nodeArgs = ['--require', project.path('slow.js')];
      const {exitCode, stderr} = await project.run(['-w', '2'], {...PARALLEL, nodeArgs});
      expect(exitCode).toBe(0);
      expect(stderr).not.toMatch(/force exited|^worker w/m);
      expect(await project.leftProcesses()).toEqual([]);
    },
    ['30'],
  );
});

describe.each(IS_THOROUGH ? ([22, 24] as const) : ([24] as const))(
  'Node %i has written what it keeps of its modules',
  major => {
    onEachLine(
      'before its exit begins, for which its worker has little time',
      async (line, make) => {
        const project = make(
          {
            'a.test.js': 'test("a", () => {});',
            'environment.js': `
            const {existsSync, readdirSync} = require('fs');
            const folder = '.cache/xdist-code/node';
            const written = () => (existsSync(folder) ? readdirSync(folder, {recursive: true}).length : 0);
            process.on('exit', () => {
              const before = written();
              require('module').flushCompileCache();
              console.error('MODULES ' + (before > 100 ? 'many' : before) + ', then ' + (written() - before));
            });
            module.exports = require('jest-environment-jsdom');`,
          },
          {...longGrace(line), workerIdleMemoryLimit: '4GB', testEnvironment: './environment.js'},
        );
        // A cold run takes no time for it.
        for (const told of ['MODULES 0, then 0', 'MODULES many, then 0']) {
          const {exitCode, stderr} = await project.run(['-w', '1'], {...PARALLEL, execPath: nodeOf(major)});
          expect(exitCode).toBe(0);
          expect(stderr.match(/force exited|^worker w.*|MODULES.*/gm)).toEqual([told]);
        }
      },
      ['30'],
    );
  },
);

onLatestLine('threads that do not end are named, too', async (_line, make) => {
  const project = make(
    {'a.test.js': `test('listens', done => void require('net').createServer().listen(0, done));`},
    {workerThreads: true},
  );
  const {exitCode, stderr} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).toContain(FORCE_EXITED);
  expect(stderr).toMatch(/^worker w1 \(pid \d+\): 1 TCPServerWrap still open since a\.test\.js$/m);
});

/** Keeps so many megabytes of heap in a module that all files of a process share. */
const keeps = (megabytes: number) =>
  `test('keeps', () => { const fs = require('fs'); (fs.kept ??= []).push(Array.from({length: ${megabytes} * 20000}, (_, n) => [n])); });`;

onLatestLine('the file that takes its worker over workerIdleMemoryLimit is named', async (_line, make) => {
  const project = make(
    {
      'a.test.js': 'test("passes", () => {});',
      'big.test.js': keeps(300),
      'c.test.js': 'test("passes", () => {});',
      'sequencer.js': IN_ORDER,
    },
    {workerIdleMemoryLimit: '200MB', testSequencer: './sequencer.js'},
  );
  const {exitCode, stderr} = await project.run(['-w', '1'], PARALLEL);
  expect(exitCode).toBe(0);
  const told = stderr.split('\n').filter(line => line.includes('jest-runner-xdist:'));
  expect(told).toEqual([
    expect.stringMatching(
      /^jest-runner-xdist: worker w1 was retired after big\.test\.js: its heap of \d+ MB is over workerIdleMemoryLimit \(200 MB\); with this file its memory \(RSS\) grew from \d+ MB to \d+ MB\.$/,
    ),
  ]);
  const [before = NaN, after = NaN] = [...(told[0] ?? '').matchAll(/(\d+) MB/g)].slice(-2).map(([, mb]) => Number(mb));
  expect(after - before).toBeGreaterThan(100);
});

onLatestLine('a limit that every worker is over is told once', async (_line, make) => {
  const body = 'test("passes", () => {});';
  const project = make(
    {'1.test.js': body, '2.test.js': body, '3.test.js': body, '4.test.js': body},
    {workerIdleMemoryLimit: '1MB'},
  );
  const {exitCode, stderr} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr.split('\n').filter(line => line.includes('jest-runner-xdist:'))).toEqual([
    expect.stringMatching(/: worker w[12] was retired after [1-4]\.test\.js: its heap of .* and was before that file/),
    'jest-runner-xdist: 3 more workers were retired over workerIdleMemoryLimit (1 MB).',
  ]);
});

onEachLine(
  'nothing is said of a limit of 0, which asks for new workers',
  async (_line, make) => {
    const project = make({'1.test.js': 'test("a", () => {});', '2.test.js': 'test("a", () => {});'});
    const {exitCode, stderr} = await project.run(['-w', '2', '--workerIdleMemoryLimit=0'], PARALLEL);
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('jest-runner-xdist:');
  },
  ['30'], // Jest 29 does not take it
);
