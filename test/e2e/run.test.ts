/** The course of a run: the order of events, --bail, and a worker's environment variables. */
import {existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {IN_ORDER, onEachLine, onLatestLine, type Runner, TIMES_RECORDED} from './project';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

onEachLine(
  'events come in order: a file starts when it really starts, its tests follow, its result is last',
  async (_line, make) => {
    const body =
      'test("a", () => {}); test("b", async () => { await new Promise(resolve => setTimeout(resolve, 50)); });';
    const project = make({'1.test.js': body, '2.test.js': body, '3.test.js': body, '4.test.js': body});
    const {events} = await project.run(['-w', '2'], PARALLEL);
    expect(events[0]?.event).toBe('run-start');
    expect(events.at(-1)?.event).toBe('run-complete');
    for (const path of ['1.test.js', '2.test.js', '3.test.js', '4.test.js']) {
      expect(events.filter(event => event.path === path).map(({event}) => event)).toEqual([
        'file-start',
        'case-start',
        'case-result',
        'case-start',
        'case-result',
        'file-result',
      ]);
    }
    // With two workers, a third file cannot have started before one of the first two ended.
    let running = 0;
    for (const {event} of events) {
      if (event === 'file-start') running++;
      if (event === 'file-result') running--;
      expect(running).toBeLessThanOrEqual(2);
    }
  },
);

onEachLine('--bail ends the run in the middle, with its summary, timings, and no process left', async (line, make) => {
  const project = make(
    {
      'bad.test.js': `test("fails", () => { throw new Error("no"); }); // ${'the largest file begins first '.repeat(10)}`,
      'slow.test.js': 'test("slow", () => new Promise(resolve => setTimeout(resolve, 60000)), 70000);',
      'next.test.js': 'test("slow", () => new Promise(resolve => setTimeout(resolve, 60000)), 70000);',
      'teardown.js': 'module.exports = () => require("fs").writeFileSync("torn-down", "yes");',
    },
    {globalTeardown: './teardown.js'},
  );
  const timings = {...PARALLEL.env, XDIST_TIMINGS: 'timings.json'};
  const {exitCode, stderr, events} = await project.run(['-w', '2', '--bail', '--verbose=false'], {env: timings});
  expect(exitCode).toBe(1);
  expect(stderr).toContain('● fails');
  expect(stderr).toMatch(/Tests: +1 failed, 1 total/);
  expect(events.at(-1)).toMatchObject({event: 'run-complete', failed: 1});
  expect(project.exists('torn-down')).toBe(line === '30'); // Jest 29 leaves without it
  expect(project.read('timings.json')).toContain('"bad.test.js"');
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('--bail=2 goes on after the first failure', async (_line, make) => {
  const project = make({
    'a.test.js': 'test("fails", () => { throw new Error("no"); });',
    'b.test.js': 'test("passes", () => {});',
    'c.test.js': 'test("passes", () => {});',
  });
  const {exitCode, json} = await project.run(['-w', '2', '--bail=2'], PARALLEL);
  expect(exitCode).toBe(1);
  expect(json).toMatchObject({numTotalTests: 3, numFailedTests: 1});
});

onLatestLine('--bail in band', async (_line, make) => {
  const project = make({'a.test.js': 'test("fails", () => { throw new Error("no"); });'});
  const {exitCode, stderr} = await project.run(['-i', '--bail'], {env: {XDIST_TIMINGS: 'timings.json'}});
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Tests: +1 failed, 1 total/);
  expect(project.read('timings.json')).toContain('"a.test.js"');
  expect(project.readAll('.')).not.toHaveProperty([`timings.json.${process.pid}.inband`]);
});

onLatestLine('a worker knows its number, their count and the run, and so does a run in band', async (_line, make) => {
  const body = `test("a", () => require("fs").appendFileSync("seen", [process.env.JEST_WORKER_ID, process.env.XDIST_WORKER, process.env.XDIST_WORKER_COUNT, process.env.XDIST_RUN_ID].join(" ") + "\\n"));`;
  const project = make({'1.test.js': body, '2.test.js': body, '3.test.js': body});
  const seen = () =>
    project
      .read('seen')
      .trim()
      .split('\n')
      .map(line => line.split(' '));
  await project.run(['-w', '2'], PARALLEL);
  for (const [id, worker, count, run] of seen()) {
    expect(['1', '2']).toContain(id);
    expect(worker).toBe(`w${id}`);
    expect(count).toBe('2');
    expect(run).toBe(seen()[0]?.[3]);
  }
  project.reset();
  await project.run(['-i']);
  expect(seen().map(line => line.slice(0, 3))).toEqual(Array(3).fill(['1', 'w1', '1']));
});

onLatestLine("Jest's own guess runs few quick files in band; inBand: 'never' does not", async (_line, make) => {
  const project = make({'1.test.js': 'test("a", () => require("fs").writeFileSync("ppid", String(process.ppid)));'});
  expect((await project.run(['-w', '2'])).log).toHaveLength(0);
  expect((await project.run(['-w', '2'], PARALLEL)).log.length).toBeGreaterThan(0);
});

onLatestLine(
  'a reporter that throws at the end of files costs no result: the run goes on, fails, and tells of the error',
  async (_line, make) => {
    const project = make({
      ...Object.fromEntries([1, 2, 3, 4].map(number => [`${number}.test.js`, 'test("a", () => {});'])),
      'throws.js':
        'module.exports = class { onTestFileResult({path}) { if (!path.endsWith("4.test.js")) throw new Error("a broken reporter"); } };',
    });
    const {exitCode, stderr, json} = await project.run(['-w', '2', '--reporters=./throws.js'], PARALLEL);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({numPassedTestSuites: 4, numTotalTestSuites: 4});
    expect(stderr).toMatch(
      /a reporter threw an error when it was told of \d\.test\.js\. The run goes on; its exit code is 1\./,
    );
    expect(stderr.match(/Error: a broken reporter/g)).toHaveLength(1);
    expect(stderr).toMatch(/throws\.js:1:\d+/);
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine('a reporter that throws in band makes of the run what it makes of a stock run', async (_line, make) => {
  const project = make({
    ...Object.fromEntries([1, 2, 3].map(number => [`${number}.test.js`, 'test("a", () => {});'])),
    'inOrder.js': IN_ORDER,
    'throws.js':
      'module.exports = class { onTestFileResult({path}) { if (path.endsWith("1.test.js")) throw new Error("a broken reporter"); } };',
  });
  const run = async (runner: Runner) => {
    const args = ['-i', '--reporters=./throws.js', '--testSequencer=./inOrder.js'];
    const {exitCode, json} = await project.run(args, {runner});
    const files = json?.testResults.map(({name, status, message}) => [basename(name), status, message]);
    return {exitCode, files};
  };
  const ours = await run('xdist');
  expect(ours).toEqual(await run('stock'));
  expect(ours.files?.map(([, status]) => status).sort()).toEqual(['failed', 'passed', 'passed']);
});

onLatestLine(
  'reports of different files overlap: a slow reporter does not hold up those of other files',
  async (_line, make) => {
    const project = make({
      ...Object.fromEntries([1, 2, 3].map(number => [`${number}.test.js`, 'test("a", () => {});'])),
      // Each waits until all have come: one after the other they would wait for ever.
      'waits.js': `module.exports = class {
        constructor() { this.waiting = []; }
        onTestFileResult() {
          return new Promise(resolve => {
            this.waiting.push(resolve);
            if (this.waiting.length === 3) for (const end of this.waiting) end();
          });
        }
      };`,
    });
    for (const runner of ['stock', 'xdist'] as const) {
      const {exitCode, json} = await project.run(['-w', '2', '--reporters=./waits.js'], {...PARALLEL, runner});
      expect([exitCode, json?.numPassedTestSuites]).toEqual([0, 3]);
    }
  },
);

onLatestLine('a run tidies up after earlier ones that were killed, and after itself', async (_line, make) => {
  // A temporary folder of its own: other runs come and go in everybody's.
  const temporary = mkdtempSync(join(tmpdir(), 'xdist-tidy-'));
  const [left, others] = ['jest-runner-xdist-abcdef', 'xdist-20250101-results'].map(name => join(temporary, name)) as [
    string,
    string,
  ];
  for (const folder of [left, others]) {
    mkdirSync(folder, {recursive: true});
    utimesSync(folder, 1e9, 1e9);
  }
  const project = make({'1.test.js': 'test("a", () => {});', '2.test.js': 'test("a", () => {});'});
  const child = project.start(['-w', '2'], {env: {...PARALLEL.env, TMPDIR: temporary}});
  child.stdout?.resume();
  child.stderr?.resume();
  await new Promise(resolve => child.once('close', resolve));
  expect(existsSync(left)).toBe(false);
  expect(existsSync(others)).toBe(true);
  expect(readdirSync(temporary).filter(name => name.startsWith('jest-runner-xdist-'))).toEqual([]);
  rmSync(temporary, {recursive: true});
});

onLatestLine("restartWorkers: 'file' is not undone by Jest's guess to run in band", async (_line, make) => {
  const project = make({'1.test.js': 'test("a", () => {});'});
  expect((await project.run(['-w', '2'], {env: {XDIST_RESTART_WORKERS: 'file'}})).log.length).toBeGreaterThan(0);
});

onLatestLine('--bail while reports lag behind the workers, with a log, loses nothing', async (_line, make) => {
  const project = make({
    '1.test.js': 'test("passes", () => {});',
    '2.test.js': `test('fails', async () => {
      while (!require('fs').existsSync('reporting')) await new Promise(resolve => setTimeout(resolve, 10));
      throw new Error('the failure');
    }, 200_000);`,
    // The report of the first file takes until the second has failed.
    'slow.js': `const {writeFileSync} = require('fs');
      ${TIMES_RECORDED}
      const ended = () => times('unit-done');
      module.exports = class {
        async onTestFileResult() {
          writeFileSync('reporting', '');
          while (ended() < 2) await new Promise(resolve => setTimeout(resolve, 10));
        }
      };`,
  });
  const {exitCode, stderr} = await project.run(['-w', '2', '--bail', '--reporters=./slow.js'], PARALLEL);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('the failure');
  expect(stderr).toMatch(/Tests: +1 failed, 1 passed/);
  expect(stderr).not.toContain('EBADF');
});

onLatestLine(
  'a reporter that throws at the start of a file fails that file alone, as with the stock runner',
  async (_line, make) => {
    const project = make({
      '1.test.js': 'test("a", () => {});',
      '2.test.js': 'test("a", () => {});',
      '3.test.js': 'test("a", () => {});',
      'throws.js':
        'module.exports = class { onTestFileStart(test) { if (test.path.endsWith("2.test.js")) throw new Error("a broken reporter"); } };',
    });
    for (const runner of ['stock', 'xdist'] as const) {
      const {exitCode, json} = await project.run(['-w', '2', '--reporters=./throws.js'], {...PARALLEL, runner});
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({numPassedTestSuites: 2, numFailedTestSuites: 1, numTotalTestSuites: 3});
      expect(json?.testResults.find(({name}) => name.endsWith('2.test.js'))?.message).toContain('a broken reporter');
    }
  },
);

onLatestLine(
  'what a process that a test started prints after the workers are gone is still printed',
  async (_line, make) => {
    const project = make(
      {
        '1.test.js': `test('starts one', () => {
        require('child_process').spawn(process.execPath, ['prints.js'], {detached: true, stdio: ['ignore', 'inherit', 'inherit']}).unref();
      });`,
        '2.test.js': 'test("a", () => {});',
        'prints.js': `const {existsSync, writeFileSync} = require('fs');
          const timer = setInterval(() => {
            if (!existsSync('torn down')) return;
            clearInterval(timer);
            console.log('late out');
            console.error('late err');
            writeFileSync('printed', '');
          }, 10);`,
        'teardown.js': `const {existsSync, writeFileSync} = require('fs');
          const turn = () => new Promise(resolve => setTimeout(resolve, 10));
          module.exports = async () => {
            writeFileSync('torn down', '');
            while (!existsSync('printed')) await turn();
            await turn(); // what is in the pipe is read
          };`,
      },
      {globalTeardown: './teardown.js'},
    );
    const {stdout, stderr} = await project.run(['-w', '2'], PARALLEL);
    expect(stdout).toContain('late out');
    expect(stderr).toContain('late err');
  },
);

onLatestLine('no worker outlives a Jest that is ended from inside a report', async (_line, make) => {
  const project = make({
    '1.test.js': 'test("a", () => {});',
    '2.test.js':
      'test("slow", () => new Promise(resolve => setTimeout(resolve, 60000)), 70000); // the largest file begins first',
    'leaves.js': 'module.exports = class { onTestFileResult() { process.exit(5); } };',
  });
  expect((await project.run(['-w', '2', '--reporters=./leaves.js'], PARALLEL)).exitCode).toBe(5);
  expect(await project.leftProcesses()).toEqual([]);
});
