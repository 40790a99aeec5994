/** A recording of a real run, as a reader sees it. */
import {readdirSync, readFileSync, statSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {gunzipSync} from 'node:zlib';
import {readRecording, type Recording, type RecordingLine} from '../../src/recording';
import {replay} from '../simulation/replay';
import {IS_THOROUGH, onEachLine, onLatestLine, type Files, type Project} from './project';
import {seeded} from '../seeded';

type LineOf<T extends RecordingLine['type']> = Extract<RecordingLine, {type: T}>;

function ofType<T extends RecordingLine['type']>({lines}: Pick<Recording, 'lines'>, type: T): LineOf<T>[] {
  return lines.filter((line): line is LineOf<T> => line.type === type);
}

/** The recordings in the cacheDirectory, the oldest first. */
function kept(project: Project): string[] {
  const [folder] = readdirSync(project.path('.cache')).filter(name => name.startsWith('xdist-recordings-'));
  if (folder === undefined) return [];
  const names = readdirSync(project.path(`.cache/${folder}`)).sort();
  return names.map(name => project.path(`.cache/${folder}/${name}`));
}

const DEFAULT = {XDIST_RECORDING: '{"keep": 2}'};

const FILES: Files = {
  'a.test.js':
    'test("passes", () => {}); describe("in", () => { test("fails", () => expect(1).toBe(2)); test.todo("later"); });',
  'dies.test.js': 'test("before", () => {}); test("dies", () => { console.error("last words"); process.exit(3); });',
  'c.test.js': 'test.skip("skipped", () => {});',
};

onEachLine('a run over workers is in its recording: tests, workers, deaths, verdict', async (_line, make) => {
  const project = make(FILES);
  await project.run(['-w', '2', '--seed', '7'], {env: {...DEFAULT, XDIST_IN_BAND: 'never'}});
  const [path = ''] = kept(project);
  const recording = readRecording(path);
  expect(recording).toMatchObject({
    problem: null,
    run: {level: 'default', jest: {seed: 7, maxWorkers: 2}, inBand: null, options: {inBand: {value: 'never'}}},
  });
  const [{files}] = ofType(recording, 'files') as [LineOf<'files'>];
  const fileOf = (name: string) => files.findIndex(file => file.path.endsWith(name));
  const ends = Object.fromEntries(ofType(recording, 'file').map(({file, status, tests}) => [file, {status, tests}]));
  expect(ends).toEqual({
    [fileOf('a.test.js')]: {status: 'failed', tests: {passed: 1, failed: 1, pending: 0, todo: 1}},
    [fileOf('dies.test.js')]: {status: 'failed', tests: {passed: 1, failed: 1, pending: 0, todo: 0}},
    [fileOf('c.test.js')]: {status: 'skipped', tests: {passed: 0, failed: 0, pending: 1, todo: 0}},
  });
  const tests = ofType(recording, 'share').flatMap(share => share.tests.map(test => [share.file, ...test.titles]));
  expect(tests).toEqual(
    expect.arrayContaining([
      [fileOf('a.test.js'), 'passes'],
      [fileOf('a.test.js'), 'in', 'fails'],
      [fileOf('dies.test.js'), 'before'],
      [fileOf('dies.test.js'), 'dies'],
      [fileOf('c.test.js'), 'skipped'],
    ]),
  );
  const [death] = ofType(recording, 'death');
  expect(death).toMatchObject({death: {kind: 'exit', code: 3}, pid: expect.any(Number) as number});
  expect(death?.stderr).toContain('last words');
  expect(ofType(recording, 'process').length).toBeGreaterThan(1);
  expect(recording.lines.at(-1)).toMatchObject({type: 'end', verdict: 'failed', failedOutside: false});
  expect(replay(recording.lines)).toMatchObject({difference: null, state: {finished: true}});
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

onLatestLine('a run in band leaves one, too, and only the last are kept', async (_line, make) => {
  const project = make({'a.test.js': 'test("passes", () => {});'});
  let runs: string[] = [];
  for (let run = 0; run < 3; run++) {
    await project.run(['-i'], {env: DEFAULT, keepsRecordings: true});
    runs = [...new Set([...runs, ...kept(project)])];
  }
  expect(runs).toHaveLength(3);
  const paths = kept(project);
  expect(paths).toEqual(runs.slice(1));
  const recording = readRecording(paths[1] ?? '');
  expect(recording).toMatchObject({problem: null, run: {inBand: 'asked'}});
  expect(ofType(recording, 'share')).toMatchObject([{file: 0, unit: null, slot: null, tests: [{titles: ['passes']}]}]);
  expect(recording.lines.at(-1)).toMatchObject({type: 'end', verdict: 'passed'});
  await project.run(['-i'], {env: {XDIST_RECORDING: 'false'}, keepsRecordings: true});
  expect(kept(project)).toEqual(paths);
});

onLatestLine('a run that bails has its last result and its end in it', async (_line, make) => {
  const project = make(FILES);
  await project.run(['-w', '2', '--bail'], {env: {...DEFAULT, XDIST_IN_BAND: 'never'}});
  const recording = readRecording(kept(project)[0] ?? '');
  expect(recording.problem).toBeNull();
  expect(recording.lines.at(-1)).toMatchObject({type: 'end', verdict: 'ended-early'});
  expect(ofType(recording, 'file').map(({status}) => status)).toContain('failed');
});

onLatestLine('a run that bails fails outside of its files, too, if a fixture cannot be taken down', async (_, make) => {
  const project = make({
    'db.js': 'exports.setup = () => 1; exports.teardown = () => { throw new Error("stays up"); };',
    'a.test.js': `/** @shared-fixture ./db.js */
      test('waits', () => { require('fs').writeFileSync('waits', ''); return new Promise(() => setInterval(() => {}, 1000)); }, 1e6);`,
    'b.test.js': `test('fails', async () => {
      while (!require('fs').existsSync('waits')) await new Promise(resolve => setTimeout(resolve, 10));
      throw new Error('no');
    }, 1e6);`,
  });
  await project.run(['-w', '2', '--bail'], {env: {...DEFAULT, XDIST_IN_BAND: 'never'}});
  const recording = readRecording(kept(project)[0] ?? '');
  expect(recording.lines.at(-1)).toMatchObject({type: 'end', verdict: 'ended-early', failedOutside: true});
});

onLatestLine('nothing of it is secret', async (_line, make) => {
  const secret = 'hunter2-of-the-test';
  const project = make(
    {
      'a.test.js': 'test("passes", () => {});',
      'b.test.js': 'test("passes", () => {});',
      'xdist.config.json': JSON.stringify({
        nodes: [{name: 'n', env: {TOKEN: secret, NODE_OPTIONS: `--title=${secret}`}, execArgv: [`--title=${secret}`]}],
      }),
    },
    {
      globals: {password: secret},
      testEnvironmentOptions: {url: `https://me:${secret}@localhost/`},
    },
  );
  for (const recording of ['{"keep": 1}', 'full.xdist']) {
    const env = {MY_TOKEN: secret, XDIST_RECORDING: recording, XDIST_IN_BAND: 'never'};
    const {exitCode} = await project.run(['-w', '2', '--env', 'node', `--globals={"token":"${secret}"}`], {env});
    expect(exitCode).toBe(0);
    const path = recording.startsWith('{') ? kept(project)[0] : project.path(recording);
    const text = gunzipSync(readFileSync(path ?? '')).toString();
    expect(text).toContain('"nodes":{"value":["n"]');
    expect(text).not.toContain(secret);
  }
});

onLatestLine('killed at any moment, it can be read to its last block', async (_line, make) => {
  const project = make(
    Object.fromEntries(
      Array.from({length: 30}, (_, index) => [`${index}.test.js`, 'test("a", () => {}); test("b", () => {});']),
    ),
  );
  const random = seeded(1);
  const isRecorded = () => project.exists('run.xdist') && statSync(project.path('run.xdist')).size > 0;
  for (let time = 0; time < (IS_THOROUGH ? 50 : 5); time++) {
    const output = await project.run(['-w', '2'], {
      env: {XDIST_IN_BAND: 'never'},
      // Any moment will do, from the first block on: nothing is expected of one.
      meanwhile: async jest => {
        const hasEnded = () => (jest.exitCode ?? jest.signalCode) !== null;
        while (!isRecorded() && !hasEnded()) await sleep(10);
        await sleep(random() * 1500);
        jest.kill('SIGKILL');
      },
    });
    const recording = readRecording(project.path('run.xdist'));
    if (output.signal === null) expect(recording.problem).toBeNull();
    else if (recording.problem !== null) expect(recording.problem).toMatch(/^The run has not ended, or was killed/);
    expect(ofType(recording, 'files')).toHaveLength(1);
  }
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a place that cannot be written costs one warning, and no result', async (_line, make) => {
  const project = make({'a.test.js': 'test("passes", () => {});', file: ''});
  const {exitCode, json, stderr} = await project.run(['-i'], {env: {XDIST_RECORDING: 'file/below/run.xdist'}});
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({numPassedTests: 1, success: true});
  expect(stderr.match(/the recording .* could not be written/g)).toHaveLength(1);
});
