/** What a machine with the secret may write, sealed as it should be: the others believe no more than they must. */
import {brotliCompressSync} from 'node:zlib';
import type {JobResult} from '../../../src/fleet/results/jobResult';
import {LiveReplay} from '../../../src/fleet/results/liveReplay';
import {encodeResult} from '../../../src/fleet/results/resultBytes';
import {ResultStore} from '../../../src/fleet/resultStore';
import {RepoPaths} from '../../../src/recording/repoPaths';
import {testFleet} from './machines';
import {fileResult, job, jobResult, ROOT, START, success, testAt} from './results/jobResults';

const PLAN = 'plan-a';

/** Another machine takes over what this one stored. */
async function told(stored: JobResult | Buffer): Promise<unknown> {
  const {join} = testFleet();
  const [hostile, machine] = [await join('1'), await join('2')];
  const planned = job(0);
  const place = {key: hostile.names.result(PLAN, planned.id, 'token'), kind: 'result'} as const;
  const bytes = Buffer.isBuffer(stored) ? stored : encodeResult(stored);
  await hostile.values.put({...place, about: [PLAN, planned.id, 'token']}, bytes);
  const heard: string[] = [];
  const report = (name: string) => () => {
    heard.push(name);
    return Promise.resolve();
  };
  const replay = new LiveReplay({
    tests: [testAt(0)],
    cuts: [],
    reports: {
      fileStarted: report('start'),
      jestEvent: report('event'),
      fileSucceeded: report('success'),
      fileFailed: report('failure'),
    },
    paths: new RepoPaths(ROOT),
    maps: '/nowhere',
    toolsOf: () => {
      throw new Error('no file is cut');
    },
  });
  try {
    const result = await new ResultStore(machine).get({plan: PLAN, job: planned, token: 'token', failed: false});
    await replay.take(planned, result);
    return heard;
  } catch (error) {
    expect(heard).toEqual([]);
    return (error as Error).message;
  }
}

const withPath = (testFilePath: string) => jobResult(fileResult(0, [START, success(0, ['a'], {testFilePath})]));

test('the result of the file that the job has is told', async () => {
  expect(await told(withPath('0.test.js'))).toEqual(['start', 'success']);
});

test.each([
  ['../outside.test.js', /leaves the repository/],
  ['/etc/passwd', /leaves the repository/],
  ['a/../../outside.test.js', /leaves the repository/],
  ['other.test.js', /it is the result of .*other\.test\.js/],
])('a result of %s is not told', async (path, text) => {
  expect(await told(withPath(path))).toMatch(text);
});

test('coverage of a file outside of the repository is not told', async () => {
  const coverage = [['../outside.js', null, {}]] as never;
  expect(await told(jobResult(fileResult(0, [START, success(0, ['a'], {coverage})])))).toMatch(/cannot be told/);
});

test('a result of another file, a bomb and random bytes are not told', async () => {
  expect(await told(jobResult(fileResult(1, [START, success(1, ['a'])])))).toMatch(/is one of other files/);
  const bomb = brotliCompressSync(Buffer.alloc(64 * 2 ** 20));
  const head = (size: number) => Buffer.from([size >>> 24, (size >> 16) & 255, (size >> 8) & 255, size & 255]);
  expect(await told(Buffer.concat([head(100), bomb]))).toMatch(/is damaged/);
  expect(await told(Buffer.concat([head(2 ** 31), bomb]))).toMatch(/is too large/);
  expect(await told(Buffer.from('random bytes'))).toMatch(/is too large|is damaged/);
});
