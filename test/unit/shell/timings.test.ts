import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {FileRecord} from '../../../src/core/durations';
import {TimingsFile, type TimingsOptions} from '../../../src/shell/timings';
import {temporaryFolder} from './temporaryFolder';

const record = (ms: number | null): Omit<FileRecord, 'at'> => ({ms, tests: {}, end: 'passed'});

/** A run's view of the timings file in a folder; a warning that is not expected fails the test. */
function timingsIn(folder: string, options: Partial<TimingsOptions> = {}): TimingsFile {
  return new TimingsFile({
    path: 'timings.json',
    rootDir: folder,
    cacheDirectory: folder,
    runId: 'run',
    warn: text => {
      throw new Error(`unexpected warning: ${text}`);
    },
    ...options,
  });
}

/** What a next run finds. */
async function loaded(folder: string, options?: Partial<TimingsOptions>): Promise<TimingsFile> {
  const timings = timingsIn(folder, options);
  await timings.load();
  return timings;
}

const ageLock = (folder: string, seconds: number) => {
  const lock = join(folder, 'timings.json.lock');
  writeFileSync(lock, '');
  const then = Date.now() / 1000 - seconds;
  utimesSync(lock, then, then);
};

describe('the file', () => {
  test('stands where the option says, relative to rootDir', () => {
    expect(timingsIn('/project', {path: 'perf/times.json'}).path).toBe('/project/perf/times.json');
  });

  test("stands in Jest's cache where the option says nothing, one for each rootDir", () => {
    const [a, b] = ['/a', '/b'].map(rootDir => timingsIn('', {path: null, rootDir, cacheDirectory: '/cache'}).path);
    expect(dirname(a!)).toBe('/cache');
    expect(a).toMatch(/xdist-timings-[0-9a-f]{16}\.json$/);
    expect(a).not.toBe(b);
  });

  test('is made with its folder, and nothing else is left beside it', async () => {
    const folder = temporaryFolder();
    const timings = timingsIn(folder, {path: 'deep/er/timings.json'});
    timings.record('a', record(5));
    await timings.save();
    expect(readdirSync(join(folder, 'deep/er'))).toEqual(['timings.json']);
  });

  test('is not written by a run that learnt nothing', async () => {
    const folder = temporaryFolder();
    await (await loaded(folder)).save();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that can not be written costs a warning, not the run', async () => {
    const warn = jest.fn();
    const timings = timingsIn(temporaryFolder({file: ''}), {path: 'file/timings.json', warn});
    timings.record('a', record(5));
    timings.markInBand('a')();
    await timings.save();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^the timings file .*file\/timings\.json could not be written: /)],
    ]);
  });
});

describe('what a run learnt', () => {
  test('is what it answers, before what earlier runs left', async () => {
    const folder = temporaryFolder();
    const first = timingsIn(folder);
    first.record('a', record(5));
    first.record('b', record(6));
    await first.save();
    const second = await loaded(folder);
    second.record('a', record(50));
    expect([second.get('a')?.ms, second.get('b')?.ms, second.get('c')]).toEqual([50, 6, null]);
  });

  test('is still answered once it is saved', async () => {
    const timings = timingsIn(temporaryFolder());
    timings.record('a', record(5));
    await timings.save();
    expect(timings.get('a')?.ms).toBe(5);
  });

  test('is added to what is there', async () => {
    const folder = temporaryFolder();
    for (const [runId, key] of [
      ['1', 'a'],
      ['2', 'b'],
    ] as const) {
      const timings = timingsIn(folder, {runId});
      timings.record(key, record(5));
      await timings.save();
    }
    const next = await loaded(folder);
    expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([5, 5]);
  });

  test('is not lost when several runs save at once', async () => {
    const folder = temporaryFolder();
    const runs = ['1', '2', '3', '4'].map(runId => timingsIn(folder, {runId}));
    runs.forEach((run, index) => run.record(`file ${index}`, record(index)));
    await Promise.all(runs.map(run => run.save()));
    const next = await loaded(folder);
    expect(runs.map((_, index) => next.get(`file ${index}`)?.ms)).toEqual([0, 1, 2, 3]);
  });

  test('is folded into the one file by the next run that saves', async () => {
    const folder = temporaryFolder();
    ageLock(folder, 0);
    const first = timingsIn(folder, {runId: '1'});
    first.record('a', record(5));
    await first.save();
    ageLock(folder, 3600);
    const second = timingsIn(folder, {runId: '2'});
    second.record('b', record(6));
    await second.save();
    expect(readdirSync(folder)).toEqual(['timings.json']);
    const next = await loaded(folder);
    expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([5, 6]);
  });
});

describe('the lock', () => {
  test('of another run leaves a part beside the file, which the next run reads', async () => {
    const folder = temporaryFolder();
    ageLock(folder, 20);
    const timings = timingsIn(folder, {runId: '1'});
    timings.record('a', record(5));
    await timings.save();
    expect(readdirSync(folder).sort()).toEqual(['timings.json.1.1.part', 'timings.json.lock']);
    expect((await loaded(folder)).get('a')?.ms).toBe(5);
  });

  test('of a run that is gone is taken over', async () => {
    const folder = temporaryFolder();
    ageLock(folder, 31);
    const timings = timingsIn(folder);
    timings.record('a', record(5));
    await timings.save();
    expect(readdirSync(folder)).toEqual(['timings.json']);
  });
});

describe('a corrupt file', () => {
  test.each(['', '{"version": 1, "fil', '{"version": 99, "files": {}}'])(
    'that reads %p is ignored with one warning',
    async text => {
      const warn = jest.fn();
      const timings = await loaded(temporaryFolder({'timings.json': text}), {warn});
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^the timings file .*timings\.json is ignored, and will be written anew: ./)],
      ]);
      expect(timings.get('a')).toBeNull();
    },
  );

  test('is written anew by the run', async () => {
    const folder = temporaryFolder({'timings.json': '{"version'});
    const timings = timingsIn(folder, {warn: () => undefined});
    timings.record('a', record(5));
    await timings.save();
    expect((await loaded(folder)).get('a')?.ms).toBe(5);
  });

  test('does not keep the parts of other runs from being read', async () => {
    const part = JSON.stringify({version: 1, files: {a: {...record(5), at: Date.now()}}});
    const folder = temporaryFolder({'timings.json': '{', 'timings.json.1.part': part});
    expect((await loaded(folder, {warn: () => undefined})).get('a')?.ms).toBe(5);
  });
});

describe('the mark of a file that runs in band', () => {
  const markOf = (pid: number | undefined) => `timings.json.${pid}.inband`;

  /** A folder with the mark of a process that is gone. */
  function folderWithDeadMark(key: string): {folder: string; mark: string} {
    const folder = temporaryFolder();
    timingsIn(folder).markInBand(key);
    const mark = join(folder, markOf(spawnSync(process.execPath, ['--version']).pid));
    renameSync(join(folder, markOf(process.pid)), mark);
    return {folder, mark};
  }

  test('stands there while the file runs', () => {
    const folder = temporaryFolder();
    const unmark = timingsIn(folder).markInBand('a.test.js');
    expect(readFileSync(join(folder, markOf(process.pid)), 'utf8')).toBe('a.test.js');
    unmark();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('means nothing while its process lives', async () => {
    const folder = temporaryFolder();
    timingsIn(folder).markInBand('a.test.js');
    const mark = join(folder, markOf(process.ppid));
    renameSync(join(folder, markOf(process.pid)), mark);
    expect((await loaded(folder)).get('a.test.js')).toBeNull();
    expect(existsSync(mark)).toBe(true);
  });

  test('is of an earlier run if it has our own process id, as every Jest in a container may have', async () => {
    const folder = temporaryFolder();
    timingsIn(folder).markInBand('a.test.js');
    expect((await loaded(folder)).get('a.test.js')).toMatchObject({end: 'died'});
  });

  test('tells of a death once its process is gone, and is taken away when that is on disk', async () => {
    const {folder, mark} = folderWithDeadMark('a.test.js');
    const timings = await loaded(folder);
    expect(timings.get('a.test.js')).toMatchObject({end: 'died'});
    expect(existsSync(mark)).toBe(true);
    await timings.save();
    expect(existsSync(mark)).toBe(false);
  });

  test('costs the file none of its durations', async () => {
    const {folder} = folderWithDeadMark('a.test.js');
    const before = timingsIn(folder);
    before.record('a.test.js', {ms: 500, tests: {slow: 400}, end: 'passed'});
    await before.save();
    expect((await loaded(folder)).get('a.test.js')).toMatchObject({ms: 500, tests: {slow: 400}, end: 'died'});
  });

  test('is remembered by later runs, too', async () => {
    const {folder} = folderWithDeadMark('a.test.js');
    await (await loaded(folder)).save();
    expect((await loaded(folder)).get('a.test.js')).toMatchObject({end: 'died'});
  });

  test('that says nothing is taken away without blaming anything', async () => {
    const {folder, mark} = folderWithDeadMark('');
    await loaded(folder);
    expect(existsSync(mark)).toBe(false);
  });
});

test('two saves of one run while another holds the lock lose nothing', async () => {
  const folder = temporaryFolder();
  ageLock(folder, 0);
  const timings = timingsIn(folder);
  timings.record('a', record(1));
  await timings.save();
  timings.record('b', record(2));
  await timings.save();
  const next = await loaded(folder);
  expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([1, 2]);
});

test('a corrupt file is warned of once, though it is read again to be rewritten', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'timings.json'), '{');
  const warnings: string[] = [];
  const timings = await loaded(folder, {warn: text => warnings.push(text)});
  timings.record('a', record(1));
  await timings.save();
  expect(warnings).toHaveLength(1);
  expect((await loaded(folder)).get('a')?.ms).toBe(1);
});
