import {spawnSync} from 'node:child_process';
import fs, {existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {FileRecord} from '../../../../src/core/plan/durations';
import {TimingsFile, type TimingsOptions} from '../../../../src/run/past/timings';
import {compileRings} from '../../compiledSources';
import {temporaryFolder} from '../temporaryFolder';

const record = (ms: number | null): Omit<FileRecord, 'at'> => ({ms, tests: {}, short: 0, end: 'passed'});

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
function loaded(folder: string, options?: Partial<TimingsOptions>): TimingsFile {
  const timings = timingsIn(folder, options);
  timings.load();
  return timings;
}

const ageLock = (folder: string, seconds: number) => {
  const lock = join(folder, 'timings.json.lock');
  writeFileSync(lock, '');
  const then = Date.now() / 1000 - seconds;
  utimesSync(lock, then, then);
};

test('what a run spends besides its files is saved once, and replaced if more of it is known later', () => {
  const folder = temporaryFolder();
  const before = timingsIn(folder);
  before.recordCosts({startMs: 1000, workers: 2, fixtures: new Map()});
  before.save();
  const timings = loaded(folder);
  const fixtures = new Map([['db.js', 5000]]);
  for (const known of [{fixtures: new Map()}, {fixtures}, {fixtures}]) {
    timings.recordCosts({startMs: 2000, workers: 2, ...known});
    timings.save();
  }
  expect(timings.costs).toMatchObject({startMs: [1000]}); // those of the runs before
  expect(loaded(folder).costs).toMatchObject({startMs: [1000, 2000], workers: [2, 2], fixtures: {'db.js': [5000]}});
});

test('a run in which no file began says nothing of the start', () => {
  const folder = temporaryFolder();
  const timings = timingsIn(folder);
  timings.recordCosts({startMs: null, workers: 2, fixtures: new Map()});
  timings.save();
  expect(readdirSync(folder)).toEqual([]);
});

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

  test('is made with its folder, and nothing else is left beside it', () => {
    const folder = temporaryFolder();
    const timings = timingsIn(folder, {path: 'deep/er/timings.json'});
    timings.record('a', record(5));
    timings.save();
    expect(readdirSync(join(folder, 'deep/er'))).toEqual(['timings.json']);
  });

  describe('on a disk without space', () => {
    afterEach(() => jest.restoreAllMocks());
    const saved = () => {
      const folder = temporaryFolder();
      const warnings: string[] = [];
      const timings = timingsIn(folder, {warn: text => warnings.push(text)});
      timings.record('a', record(5));
      timings.save();
      return {warnings, left: readdirSync(folder)};
    };

    test('is not written if Jest might lack what it takes', () => {
      jest.spyOn(fs, 'statfsSync').mockReturnValue({bavail: 1023, blocks: 10_000, bsize: 1024} as never);
      expect(saved()).toEqual({warnings: [expect.stringContaining('the disk is nearly full')], left: []});
    });

    test('leaves no part of it', () => {
      const {writeFileSync: write} = fs;
      jest.spyOn(fs, 'writeFileSync').mockImplementation((path, text) => {
        write(path, (text as string).slice(0, 5));
        throw new Error('ENOSPC');
      });
      expect(saved()).toEqual({warnings: [expect.stringContaining('ENOSPC')], left: []});
    });
  });

  test('is left as it was on a disk that is read-only, and the run goes on', () => {
    const folder = temporaryFolder();
    const before = timingsIn(folder);
    before.record('a', record(5));
    before.save();
    for (const name of ['openSync', 'writeFileSync', 'renameSync', 'rmSync'] as const) {
      jest.spyOn(fs, name).mockImplementation(() => {
        throw Object.assign(new Error('EROFS: read-only file system'), {code: 'EROFS'});
      });
    }
    const warn = jest.fn();
    const timings = loaded(folder, {warn});
    timings.markInBand('a')();
    timings.record('a', record(7));
    timings.save();
    expect(timings.get('a')).toMatchObject({ms: 7});
    expect(warn.mock.calls).toEqual([[expect.stringContaining('could not be written: EROFS')]]);
    jest.restoreAllMocks();
    expect(loaded(folder).get('a')).toMatchObject({ms: 5});
    expect(readdirSync(folder)).toEqual(['timings.json']);
  });

  test('is not written by a run that learnt nothing', () => {
    const folder = temporaryFolder();
    loaded(folder).save();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that can not be written costs a warning, not the run', () => {
    const warn = jest.fn();
    const timings = timingsIn(temporaryFolder({file: ''}), {path: 'file/timings.json', warn});
    timings.record('a', record(5));
    timings.markInBand('a')();
    timings.save();
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^the timings file .*file\/timings\.json could not be written: /)],
    ]);
  });
});

describe('what a run learnt', () => {
  test('is what it answers, before what earlier runs left', () => {
    const folder = temporaryFolder();
    const first = timingsIn(folder);
    first.record('a', record(5));
    first.record('b', record(6));
    first.save();
    const second = loaded(folder);
    second.record('a', record(50));
    expect([second.get('a')?.ms, second.get('b')?.ms, second.get('c')]).toEqual([50, 6, null]);
  });

  test('is still answered once it is saved', () => {
    const timings = timingsIn(temporaryFolder());
    timings.record('a', record(5));
    timings.save();
    expect(timings.get('a')?.ms).toBe(5);
  });

  test('is added to what is there', () => {
    const folder = temporaryFolder();
    for (const [runId, key] of [
      ['1', 'a'],
      ['2', 'b'],
    ] as const) {
      const timings = timingsIn(folder, {runId});
      timings.record(key, record(5));
      timings.save();
    }
    const next = loaded(folder);
    expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([5, 5]);
  });

  test('is not lost when several runs save at once', () => {
    const folder = temporaryFolder();
    const module = JSON.stringify(join(compileRings('run'), 'run/past/timings.js'));
    const save = `
      const {TimingsFile} = require(${module});
      const {workerData: runId} = require('node:worker_threads');
      const timings = new TimingsFile({path: 'timings.json', rootDir: ${JSON.stringify(folder)}, cacheDirectory: '', runId, warn: text => { throw new Error(text); }});
      for (let i = 0; i < 50; i++) { timings.record(runId + i, {ms: i, tests: {}, short: 0, end: 'passed'}); timings.save(); }`;
    const threads = `const {Worker} = require('node:worker_threads'); for (const workerData of 'abcd') new Worker(${JSON.stringify(save)}, {eval: true, workerData});`;
    const {status, stderr} = spawnSync(process.execPath, ['-e', threads], {encoding: 'utf8'});
    expect({status, stderr}).toEqual({status: 0, stderr: ''});
    const next = loaded(folder);
    const lost = [...'abcd'].flatMap(run => Array.from({length: 50}, (_, i) => run + i)).filter(key => !next.get(key));
    expect(lost).toEqual([]);
  });

  test('is folded into the one file by the next run that saves', () => {
    const folder = temporaryFolder();
    ageLock(folder, 0);
    const first = timingsIn(folder, {runId: '1'});
    first.record('a', record(5));
    first.save();
    ageLock(folder, 3600);
    const second = timingsIn(folder, {runId: '2'});
    second.record('b', record(6));
    second.save();
    expect(readdirSync(folder)).toEqual(['timings.json']);
    const next = loaded(folder);
    expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([5, 6]);
  });
});

describe('the lock', () => {
  test('of another run leaves a part beside the file, which the next run reads', () => {
    const folder = temporaryFolder();
    ageLock(folder, 20);
    const timings = timingsIn(folder, {runId: '1'});
    timings.record('a', record(5));
    timings.save();
    expect(readdirSync(folder).sort()).toEqual(['timings.json.1.1.part', 'timings.json.lock']);
    expect(loaded(folder).get('a')?.ms).toBe(5);
  });

  test('of a run that is gone is taken over', () => {
    const folder = temporaryFolder();
    ageLock(folder, 31);
    const timings = timingsIn(folder);
    timings.record('a', record(5));
    timings.save();
    expect(readdirSync(folder)).toEqual(['timings.json']);
  });
});

describe('a corrupt file', () => {
  test.each(['', '{"version": 2, "fil', '{"version": 99, "files": {}}'])(
    'that reads %p is ignored with one warning',
    text => {
      const warn = jest.fn();
      const timings = loaded(temporaryFolder({'timings.json': text}), {warn});
      expect(warn.mock.calls).toEqual([
        [expect.stringMatching(/^the timings file .*timings\.json is ignored, and will be written anew: ./)],
      ]);
      expect(timings.get('a')).toBeNull();
    },
  );

  test('is written anew by the run', () => {
    const folder = temporaryFolder({'timings.json': '{"version'});
    const timings = timingsIn(folder, {warn: () => undefined});
    timings.record('a', record(5));
    timings.save();
    expect(loaded(folder).get('a')?.ms).toBe(5);
  });

  test('does not keep the parts of other runs from being read', () => {
    const part = JSON.stringify({version: 2, files: {a: {...record(5), at: Date.now()}}});
    const folder = temporaryFolder({'timings.json': '{', 'timings.json.1.part': part});
    expect(loaded(folder, {warn: () => undefined}).get('a')?.ms).toBe(5);
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

  test('is taken away where the disk is full and only a part of it was written', () => {
    const folder = temporaryFolder();
    const {writeFileSync: write} = fs;
    jest.spyOn(fs, 'writeFileSync').mockImplementation(path => {
      write(path, '');
      throw Object.assign(new Error('ENOSPC'), {code: 'ENOSPC'});
    });
    const unmark = timingsIn(folder).markInBand('a.test.js');
    jest.restoreAllMocks();
    expect(readdirSync(folder)).toEqual([]);
    unmark();
  });

  test('means nothing while its process lives', () => {
    const folder = temporaryFolder();
    timingsIn(folder).markInBand('a.test.js');
    const mark = join(folder, markOf(process.ppid));
    renameSync(join(folder, markOf(process.pid)), mark);
    expect(loaded(folder).get('a.test.js')).toBeNull();
    expect(existsSync(mark)).toBe(true);
  });

  test('is of an earlier run if it has our own process id, as every Jest in a container may have', () => {
    const folder = temporaryFolder();
    timingsIn(folder).markInBand('a.test.js');
    expect(loaded(folder).get('a.test.js')).toMatchObject({end: 'died'});
  });

  test('tells of a death once its process is gone, and is taken away when that is on disk', () => {
    const {folder, mark} = folderWithDeadMark('a.test.js');
    const timings = loaded(folder);
    expect(timings.get('a.test.js')).toMatchObject({end: 'died'});
    expect(existsSync(mark)).toBe(true);
    timings.save();
    expect(existsSync(mark)).toBe(false);
  });

  test('costs the file none of its durations', () => {
    const {folder} = folderWithDeadMark('a.test.js');
    const before = timingsIn(folder);
    before.record('a.test.js', {ms: 500, tests: {slow: 400}, short: 3, end: 'passed'});
    before.save();
    expect(loaded(folder).get('a.test.js')).toMatchObject({ms: 500, tests: {slow: 400}, short: 3, end: 'died'});
  });

  test('is remembered by later runs, too', () => {
    const {folder} = folderWithDeadMark('a.test.js');
    loaded(folder).save();
    expect(loaded(folder).get('a.test.js')).toMatchObject({end: 'died'});
  });

  test('that says nothing is taken away without blaming anything', () => {
    const {folder, mark} = folderWithDeadMark('');
    loaded(folder);
    expect(existsSync(mark)).toBe(false);
  });
});

test('two saves of one run while another holds the lock lose nothing', () => {
  const folder = temporaryFolder();
  ageLock(folder, 0);
  const timings = timingsIn(folder);
  timings.record('a', record(1));
  timings.save();
  timings.record('b', record(2));
  timings.save();
  const next = loaded(folder);
  expect([next.get('a')?.ms, next.get('b')?.ms]).toEqual([1, 2]);
});

test('a corrupt file is warned of once, though it is read again to be rewritten', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'timings.json'), '{');
  const warnings: string[] = [];
  const timings = loaded(folder, {warn: text => warnings.push(text)});
  timings.record('a', record(1));
  timings.save();
  expect(warnings).toHaveLength(1);
  expect(loaded(folder).get('a')?.ms).toBe(1);
});

test('a read-only one writes nothing', () => {
  const folder = temporaryFolder();
  const timings = loaded(folder, {readOnly: true});
  timings.record('a.test.js', record(1));
  timings.save();
  expect(readdirSync(folder)).toEqual([]);
  expect(timings.get('a.test.js')).toMatchObject({ms: 1});
});
