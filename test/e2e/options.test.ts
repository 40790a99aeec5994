/** The sources of options, and the messages for mistakes in them. */
import {basename} from 'node:path';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {onEachLine, onLatestLine, type Files, type JestOutput} from './project';

const TESTS: Files = {'a.test.js': 'test("a", () => {});', 'b.test.js': 'test("b", () => {});'};

function planOf({log}: JestOutput): SchedulePlan | undefined {
  return log.flatMap(line => ('plan' in line ? [line.plan] : []))[0];
}

onLatestLine('options stand in a file, and the environment wins over them', async (_line, make) => {
  const project = make({
    ...TESTS,
    'xdist.config.ts':
      'const options: {maxScheduleChunk: number; inBand: "never"} = {maxScheduleChunk: 7, inBand: "never"};\nexport default options;',
  });
  const output = await project.run(['-w', '2'], {
    env: {XDIST_MAX_SCHEDULE_CHUNK: '3', XDIST_WATERMARK: '{"low": 1, "high": 2}'},
  });
  expect(planOf(output)).toMatchObject({maxScheduleChunk: 3, watermark: {low: 1, high: 2}});
});

onLatestLine('files ask by their place, and an entry that cannot be had is named', async (_line, make) => {
  const project = make({
    'a.test.js': '/** @worker-group mine */\ntest("a", () => {});',
    'db/b.test.js': 'test("b", () => {});',
    'net/c.test.js': 'test("c", () => require("fs").writeFileSync("ran", ""));',
    'xdist.config.json': JSON.stringify({
      inBand: 'never',
      files: [
        {match: '**', workerGroup: 'all', canSplit: true},
        {match: 'db/**', resources: ['gpu:2'], serial: true},
        {match: 'net/**', sharedFixtures: ['./gone']},
      ],
      resources: {gpu: 2},
    }),
  });
  const output = await project.run(['-w', '2']);
  expect(planOf(output)?.units.map(({file: {path}, constraints}) => [basename(path), constraints])).toEqual(
    expect.arrayContaining([
      ['a.test.js', expect.objectContaining({workerGroup: 'mine', serial: false, resources: []})],
      ['b.test.js', expect.objectContaining({workerGroup: 'all', serial: true, resources: [{name: 'gpu', amount: 2}]})],
    ]),
  );
  expect(output.json).toMatchObject({numPassedTests: 2, numRuntimeErrorTestSuites: 1});
  expect(output.stderr).toContain(
    `xdist.config.json, "files[2]"  there is no module of the shared fixture "./gone". Tried: ${project.path('gone')} as it is`,
  );
  expect(project.exists('ran')).toBe(false);
});

onEachLine(
  'options in the runner entry of the Jest config',
  async (_line, make) => {
    const project = make(
      {...TESTS, 'xdist.config.json': '{"maxScheduleChunk": 7, "maxWorkerRestarts": 2}'},
      {runner: ['xdist', {maxScheduleChunk: 4, inBand: 'never'}]},
    );
    const output = await project.run(['-w', '2'], {runner: 'config'});
    expect(planOf(output)).toMatchObject({maxScheduleChunk: 4, maxWorkerRestarts: 2});
  },
  ['30'],
);

onLatestLine('a mistake is one clear error before any test runs, and Jest exits non-zero', async (_line, make) => {
  const project = make({
    ...TESTS,
    'a.test.js': 'test("a", () => require("fs").writeFileSync("ran", ""));',
    'xdist.config.json': '{"maxWorkerRestart": 2}',
  });
  const {exitCode, stderr} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'sometimes'}});
  expect(stderr).toMatch(/xdist\.config\.json: unknown option "maxWorkerRestart"\. Did you mean "maxWorkerRestarts"\?/);
  expect(stderr).toMatch(
    /environment variable XDIST_IN_BAND: "inBand" must be one of "auto", "never", got "sometimes"/,
  );
  expect(stderr).not.toMatch(/^\s+at .*jest-runner-xdist/m);
  expect(exitCode).toBe(1);
  expect(project.exists('ran')).toBe(false);
});

onLatestLine('a Jest that a test starts inherits our variables and does not trip over them', async (_line, make) => {
  const project = make(
    {
      'outer.test.js': `test('runs Jest', () => {
      const {spawnSync} = require('child_process');
      for (const args of [['-w', '2'], ['-w', '2', '--workerThreads'], ['-i']]) {
        const {status, stderr} = spawnSync(process.execPath, ['../../../node_modules/jest/bin/jest.js', ...args, '--reporters=default'], {
          cwd: 'inner', encoding: 'utf8', env: {...process.env, XDIST_NODE: 'n', XDIST_IN_BAND: 'never'},
        });
        expect(stderr).toMatch(/Tests: +2 passed, 2 total/);
        expect(status).toBe(0);
      }
    }, 100000);`,
      'other.test.js': 'test("a", () => {});',
      'inner/package.json': '{"name": "inner"}',
      'inner/jest.config.json': '{"transform": {}, "runner": "xdist"}',
      // A node of the run around is none of this one's.
      'inner/a.test.js': 'test("a", () => expect(process.env.XDIST_NODE).toBeUndefined());',
      'inner/b.test.js': 'test("b", () => {});',
    },
    {testPathIgnorePatterns: ['/inner/']},
  );
  const {json} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never'}});
  expect(json?.testResults.map(({message}) => message).join('')).toBe('');
  expect(json?.success).toBe(true);
  // The inner runs do not write to the recording that the outer one was asked for.
  const [files, ...others] = project.recorded().filter(({type}) => type === 'files');
  expect(files).toMatchObject({files: [{}, {}]});
  expect(others).toEqual([]);
});

onLatestLine("restartWorkers: 'file' gives every file a worker of its own", async (_line, make) => {
  const body =
    'test("pid", () => require("fs").appendFileSync("pids", process.pid + process.env.JEST_WORKER_ID + "\\n"));';
  const project = make(Object.fromEntries(Array.from({length: 5}, (_, index) => [`${index}.test.js`, body])));
  const {json} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never', XDIST_RESTART_WORKERS: 'file'}});
  expect(json).toMatchObject({success: true, numPassedTests: 5});
  expect(new Set(project.lines('pids')).size).toBe(5);
});

onLatestLine('a mistake is found before the tests of another runner run, too', async (_line, make) => {
  const project = make(
    {
      'a/a.test.js': 'test("a", () => require("fs").writeFileSync("ran", ""));',
      'b/b.test.js': 'test("b", () => {});',
      'xdist.config.json': '{"inBand": 1}',
    },
    {
      projects: ['a', 'b'].map(name => ({
        transform: {},
        displayName: name,
        testMatch: [`<rootDir>/${name}/*.test.js`],
        ...(name === 'b' && {runner: 'xdist'}),
      })),
    },
  );
  const {exitCode, stderr} = await project.run([], {runner: 'config'});
  expect(exitCode).toBe(1);
  expect(stderr).toContain('xdist.config.json: "inBand" must be one of "auto", "never", got 1.');
  expect(project.exists('ran')).toBe(false);
});

onLatestLine("options in the rootDir of a project are told of: only the run's count", async (_line, make) => {
  // Each project looks for the reporters of the command line in its own rootDir.
  const recorder = 'module.exports = class {};';
  const project = make(
    {
      'a/a.test.js': 'test("a", () => {});',
      'b/b.test.js': 'test("b", () => {});',
      'a/.recorder.js': recorder,
      'b/.recorder.js': recorder,
      'a/xdist.config.json': '{"inBand": 1}',
      'xdist.config.json': '{"inBand": "never"}',
    },
    {projects: ['a', 'b'].map(name => ({transform: {}, rootDir: `<rootDir>/${name}`, displayName: name}))},
  );
  const {exitCode, stderr} = await project.run(['-w', '2']);
  expect(exitCode).toBe(0);
  expect(stderr.match(/jest-runner-xdist: .*/g)).toEqual([
    `jest-runner-xdist: ${project.path('a/xdist.config.json')} has no effect: the options of a run are in ` +
      `xdist.config.* in ${project.folder}, the run's rootDir.`,
  ]);
});
