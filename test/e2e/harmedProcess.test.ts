/** Test files may harm the process that they share with us. The results are the stock runner's, or name the harm. */
import {messageOf, statuses} from './outcomes';
import {onEachLine, onLatestLine, type Files} from './project';

const PARALLEL = {XDIST_IN_BAND: 'never'};
const ALONE = {...PARALLEL, XDIST_HARD_TIMEOUT: '60s'};
/** They run in one worker, in the order of their paths. */
const together = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([path, source]) => [path, `/** @worker-group one */\n${source}`]));

const passing = (name: string) => `test('${name}', () => {});`;

const THROWN: Readonly<Record<string, readonly [source: string, says: RegExp]>> = {
  'symbol.test.js': ['throw Symbol("why");', /^ {4}thrown: Symbol\(why\)$/m],
  'object.test.js': ['throw {reason: "nope"};', /^ {4}thrown: Object \{\n {6}"reason": "nope",/m],
  'bigint.test.js': ['throw 12n;', /^ {4}thrown: 12n$/m],
  'stack.test.js': [
    'Error.prepareStackTrace = () => { throw new Error("prep"); }; throw new Error("orig");',
    /^ {4}orig\n\n {4}Its stack cannot be read, as that throws: prep$/m,
  ],
};

onLatestLine('what is thrown at the top of a file is shown, whatever it is', async (_line, make) => {
  const files = Object.fromEntries(Object.entries(THROWN).map(([file, [source]]) => [file, source]));
  const project = make({...files, 'ok.test.js': passing('ok')});
  const output = await project.run(['-w', '2'], {env: ALONE});
  for (const [file, [, says]] of Object.entries(THROWN)) expect(messageOf(output, file)).toMatch(says);
  expect(statuses(output, 'ok.test.js')).toEqual({ok: 'passed'});
});

onLatestLine('mocks of `fs` that a file leaves behind fail no later file', async (_line, make) => {
  const mocks = ['readFileSync', 'openSync'];
  const project = make(
    together({
      'a.test.js': `const fs = require('fs'); const path = require('path');
        test('a', () => {
          for (const name of ${JSON.stringify(mocks)}) fs[name] = () => { throw new Error('left behind: ' + name); };
          path.relative = () => { throw new Error('left behind: relative'); };
        });`,
      'b.test.js': passing('b'),
      'lib.js': 'module.exports = 1;',
      'c.test.js': `test('c', () => expect(require('./lib.js')).toBe(1));`,
    }),
  );
  const output = await project.run(['-w', '2'], {env: ALONE});
  expect(output.stderr).not.toContain('left behind');
  expect(output.exitCode).toBe(0);
  expect(output.json?.numPassedTests).toBe(3);
});

onEachLine(
  'a file may close a standard stream',
  async (_line, make) => {
    const close = (fd: number) => `require('fs').closeSync(${fd});`;
    const project = make(
      together({
        'a.test.js': `test('a', () => { ${close(0)} }); test('a after', () => {});`,
        'b.test.js': `test('b', () => { ${close(1)} }); test('b after', () => {});`,
        // Longer than the second between two heartbeats of the watchdog. No test can see a heartbeat, so this one sleeps.
        'c.test.js': `test('c', () => { ${close(2)} }); test('c after', () => new Promise(resolve => setTimeout(resolve, 1500)));`,
      }),
    );
    const output = await project.run(['-w', '2'], {env: ALONE});
    expect(output.stderr).not.toMatch(/died|SIGABRT/);
    expect(output.json).toMatchObject({numPassedTests: 6, numFailedTestSuites: 0});
  },
  ['30'],
);

onEachLine(
  'a clock that tells fractions of a millisecond fails nothing, and a death has its crash item',
  async (_line, make) => {
    const project = make({
      'clock.js': 'const {now} = Date; Date.now = () => now() + 0.25;',
      'a.test.js': `test('a', () => {}); test('dies', () => { process.kill(process.pid, 'SIGKILL'); for (;;); });`,
      'b.test.js': passing('b'),
    });
    const NODE_OPTIONS = `--require ${JSON.stringify(project.path('clock.js'))}`;
    const output = await project.run(['-w', '2'], {env: {...ALONE, NODE_OPTIONS}});
    expect(statuses(output, 'a.test.js')).toEqual({a: 'passed', dies: 'failed'});
    expect(statuses(output, 'b.test.js')).toEqual({b: 'passed'});
  },
  ['30'],
);

onLatestLine('a clock that is set while a test runs puts nothing into the timings', async (_line, make) => {
  const project = make(
    {
      // jest-circus subtracts this from the time of day at the test's end.
      'environment.js': `const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          handleTestEvent({name, test}) {
            if (name === 'test_start') test.startedAt += {forth: -45 * 60_000, back: 45 * 60_000}[test.name] ?? 0;
          }
        };`,
      'a.test.js': `${passing('forth')} ${passing('back')}`,
      'b.test.js': passing('b'),
    },
    {testEnvironment: './environment.js'},
  );
  const output = await project.run(['-w', '2'], {env: {...ALONE, XDIST_TIMINGS: 'timings.json'}});
  expect(output.exitCode).toBe(0);
  const durations = output.json?.testResults.flatMap(file => file.assertionResults.map(({duration}) => duration ?? 0));
  expect(durations).toHaveLength(3);
  for (const ms of durations ?? []) expect(Math.abs(ms)).toBeLessThan(40 * 60_000);
  const timings = JSON.parse(project.read('timings.json')) as {files: Record<string, {tests: Record<string, number>}>};
  for (const ms of Object.values(timings.files['a.test.js']?.tests ?? {})) expect(ms).toBeLessThan(40 * 60_000);
});

onEachLine(
  'a test that cuts its worker off from Jest is blamed, with the call',
  async (_line, make) => {
    const project = make({
      'a.test.js': `test('one', () => {});
        test('disconnects', () => { process.disconnect(); });
        test('two', () => {});`,
      'b.test.js': `const fs = require('fs');
        test('closes', () => { fs.closeSync(Number(process.env.NODE_CHANNEL_FD ?? 3)); });`,
      'c.test.js': passing('c'),
    });
    const output = await project.run(['-w', '2'], {env: ALONE});
    expect(statuses(output, 'a.test.js')).toEqual({one: 'passed', disconnects: 'failed', two: 'passed'});
    expect(messageOf(output, 'a.test.js')).toMatch(
      /● disconnects\n[^]*died while this test ran[^]*> 2 \|[^]*Error: process\.disconnect\(\) was called/,
    );
    expect(messageOf(output, 'a.test.js')).not.toContain('jest-runner-xdist');
    expect(messageOf(output, 'b.test.js')).toContain('File descriptor 3 was closed, as fs.closeSync(3) does.');
    expect(statuses(output, 'c.test.js')).toEqual({c: 'passed'});
  },
  ['30'],
);

onLatestLine("with frozen intrinsics the outcome is the stock runner's", async (_line, make) => {
  const project = make({'a.test.js': passing('a'), 'b.test.js': passing('b')});
  const env = {...ALONE, NODE_OPTIONS: '--frozen-intrinsics'};
  const stock = await project.run(['-w', '2'], {env, runner: 'stock'});
  const ours = await project.run(['-w', '2'], {env});
  expect(ours.exitCode).toBe(stock.exitCode);
  for (const file of ['a.test.js', 'b.test.js']) {
    expect(messageOf(ours, file)).toBe(messageOf(stock, file));
    expect(statuses(ours, file)).toEqual(statuses(stock, file));
  }
});

onLatestLine("none of our functions is in what Node prints of an environment's error", async (_line, make) => {
  const project = make(
    {
      'environment.js': `const {TestEnvironment} = require('jest-environment-node');
        module.exports = class extends TestEnvironment {
          async handleTestEvent({name}) { if (name === 'add_test') throw new Error('of the environment'); }
        };`,
      'a.test.js': passing('a'),
      'b.test.js': passing('b'),
    },
    {testEnvironment: './environment.js'},
  );
  const {stderr} = await project.run(['-w', '2'], {env: ALONE});
  expect(stderr).toContain('of the environment');
  expect(stderr).not.toMatch(/at .*jest-runner-xdist/);
});
