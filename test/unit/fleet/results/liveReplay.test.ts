import type {Test, TestResult} from '@jest/test-result';
import type {CutOfFleet} from '../../../../src/core/fleet/fleetPlan';
import {isFailure} from '../../../../src/fleet/results/isFailure';
import {LiveReplay} from '../../../../src/fleet/results/liveReplay';
import type {FileResult} from '../../../../src/fleet/results/jobResult';
import {failedFile} from '../../../../src/fleet/results/resultWriter';
import type {ToldName} from '../../../../src/recording/lines';
import {RepoPaths} from '../../../../src/recording/repoPaths';
import {Reports} from '../../../../src/run/files/reports';
import {failure, fileResult, job, jobResult, ROOT, START, success, testAt, testEnd} from './jobResults';

const CUTS: readonly CutOfFleet[] = [{file: 2, parts: 2, given: {b: 2}}];

/** @param hear a listener of Jest's: it is awaited */
function live(hear: (name: string, path: string) => Promise<void> | void = () => undefined, cuts = CUTS) {
  const told: string[] = [];
  const errors: unknown[] = [];
  const results = new Map<string, TestResult>();
  const failures = new Set<number>();
  const reports = new Reports({
    emitter: {
      emit: async (name, payload) => {
        const [about, of] = payload as [Test | string, (TestResult & {message?: string; title?: string})?];
        const path = typeof about === 'string' ? about : about.path;
        const what = of?.testResults?.map(({fullName}) => fullName).join('+') ?? of?.message ?? of?.title;
        if (name === 'test-file-success') results.set(path, of as TestResult);
        if (isFailure({name: name as ToldName, told: of})) failures.add(Number(path.slice(ROOT.length + 1)[0]));
        told.push([name, path.slice(ROOT.length + 1, -'.test.js'.length), what].filter(one => one != null).join(' '));
        await hear(name, path);
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: error => errors.push(error),
  });
  const replay = new LiveReplay({
    tests: [testAt(0), testAt(1), testAt(2)],
    cuts,
    reports,
    paths: new RepoPaths(ROOT),
    maps: '/nowhere',
    toolsOf: () => ({mergeCoverage: () => ({}), mergeV8Coverage: () => [], slowTestThresholdS: 5}),
  });
  /** The files of which Jest was told that they fail: ascending. */
  const failed = () => [...failures].sort((a, b) => a - b);
  return {replay, told, errors, results, failed};
}

const whole = (file: number, ...titles: string[]) => {
  return jobResult(fileResult(file, [START, ...titles.map(testEnd), success(file, titles)]));
};

/** A part of file 2. */
function part(names: readonly string[], own: readonly number[], fields: Partial<FileResult> = {}, machine = 'm1') {
  const titles = own.map(place => names[place] ?? '?');
  const told = [START, ...titles.map(testEnd), ...(own.length > 0 ? [success(2, titles)] : [])];
  return {machine, files: [fileResult(2, told, {cut: {names, own, loadEntries: 0, unchecked: []}, ...fields})]};
}

test('files are told in the order in which they come, one after the other', async () => {
  let begun = 0;
  const {replay, failed, told} = live(async () => {
    expect(++begun).toBe(1); // nothing else is told meanwhile
    await new Promise(setImmediate);
    begun--;
  });
  await Promise.all([replay.take(job(1), whole(1, 'a')), replay.take(job(0), whole(0, 'b', 'c'))]);
  expect(told).toEqual([
    'test-file-start 1',
    'test-case-result 1 a',
    'test-file-success 1 a',
    'test-file-start 0',
    'test-case-result 0 b',
    'test-case-result 0 c',
    'test-file-success 0 b+c',
  ]);
  expect(replay.missing()).toEqual([2]);
  expect(failed()).toEqual([]);
});

test('a job may have several files', async () => {
  const {replay, told} = live();
  const files = [...whole(0, 'a').files, ...whole(1, 'b').files];
  await replay.take({...job(0), files: [0, 1]}, jobResult(...files));
  expect(told.filter(text => text.startsWith('test-file-success'))).toEqual([
    'test-file-success 0 a',
    'test-file-success 1 b',
  ]);
});

describe('a file that is cut', () => {
  it('is told when all its parts are there, in their order', async () => {
    const {replay, failed, told} = live();
    await replay.take(job(2, 2), part(['a', 'b'], [1]));
    expect(told).toEqual([]);
    expect(replay.missing()).toEqual([0, 1, 2]);
    await replay.take(job(0), whole(0, 'x'));
    await replay.take(job(2, 1), part(['a', 'b'], [0]));
    expect(told.slice(3)).toEqual([
      'test-file-start 2',
      'test-case-result 2 a',
      'test-case-result 2 b',
      'test-file-success 2 a+b',
    ]);
    expect(replay.missing()).toEqual([1]);
    expect(failed()).toEqual([]);
  });

  it('may have an empty part', async () => {
    const {replay, told} = live();
    await replay.take(job(2, 1), part(['a'], [0]));
    await replay.take(job(2, 2), part(['a'], []));
    expect(told).toEqual(['test-file-start 2', 'test-case-result 2 a', 'test-file-success 2 a']);
  });

  const ends = async (...parts: readonly ReturnType<typeof part>[]) => {
    const {replay, failed, told} = live();
    for (const [at, result] of parts.entries()) await replay.take(job(2, at + 1), result);
    expect(failed()).toEqual([2]);
    expect(told.filter(text => /file-(start|success)/.test(text))).toEqual(['test-file-start 2']);
    return told.at(-1);
  };

  it('fails if its parts have different lists of tests', async () => {
    expect(await ends(part(['a', 'b'], [0]), part(['a', 'c'], [1], {}, 'm2'))).toBe(
      'test-file-failure 2 2.test.js was cut over machines, and its tests are not the same in each of them ' +
        '(part 1 (machine m1) found 2 tests, part 2 (machine m2) found 2).\n' +
        '  - "b" (only in part 1 (machine m1))\n' +
        '  + "c" (only in part 2 (machine m2))\n' +
        'The tests of a file and their names must not depend on time, chance or the machine. ' +
        'The fleet remembers this: its next run does not cut the file.',
    );
  });

  it('fails if a test has no result, or two', async () => {
    expect(await ends(part(['a', 'b'], [0]), part(['a', 'b'], []))).toBe(
      'test-file-failure 2 No part has a result of these tests of 2.test.js:\n  "b"',
    );
    expect(await ends(part(['a', 'b'], [0, 1]), part(['a', 'b'], [1]))).toBe(
      'test-file-failure 2 More than one part ran these tests of 2.test.js (parts 1 and 2):\n  "b"',
    );
    const odd = part(['a', 'b'], [0, 1], {told: [START, success(2, ['a'])]});
    expect(await ends(odd, part(['a', 'b'], []))).toBe(
      'test-file-failure 2 2.test.js: part 1 (machine m1) has 1 results for 2 tests.',
    );
    expect(await ends(part([], []), part([], []))).toMatch('must contain at least one test.');
  });

  it('fails if a part has failed as a whole', async () => {
    const failed = {told: [START, failure('cannot load')], cut: null};
    expect(await ends(part(['a'], [0]), part(['a'], [], failed))).toBe('test-file-failure 2 cannot load');
    expect(await ends(part(['a'], [0], failed), part(['a'], []))).toBe('test-file-failure 2 cannot load');
  });

  it('fails if two machines ran all of it', async () => {
    const all = part(['a'], [0], {cut: null});
    expect(await ends(all, all)).toMatch('2.test.js has two results: part 1 (machine m1) ran all of it, and part 2');
  });
});

test('the files of a job that no machine can run fail', async () => {
  const {replay, failed, told} = live();
  const error = {message: 'it cost two machines', stack: '', type: 'Error'} as const;
  const lost = (...files: number[]) => ({machine: 'm1', files: files.map(file => failedFile(file, error, 0))});
  await replay.take({...job(0), files: [0, 1]}, lost(0, 1));
  await replay.take(job(2, 1), part(['a'], [0]));
  await replay.take(job(2, 2), lost(2));
  expect(told.filter(text => !text.startsWith('test-case'))).toEqual(
    [0, 1, 2].flatMap(file => [`test-file-start ${file}`, `test-file-failure ${file} it cost two machines`]),
  );
  expect(failed()).toEqual([0, 1, 2]);
  expect(replay.missing()).toEqual([]);
});

test('an error of a listener is reported, and the file goes on', async () => {
  const {replay, failed, told, errors} = live(name => {
    if (name === 'test-case-result') throw new Error('reporter');
  });
  await replay.take(job(0), whole(0, 'a', 'b'));
  await replay.take(job(1), whole(1, 'a'));
  expect(told).toHaveLength(7);
  expect(errors).toHaveLength(3);
  expect(failed()).toEqual([]);
});

test.each<[string, Partial<TestResult>]>([
  ['a test', {numFailingTests: 1}],
  ['a leak', {leaks: true}],
  ['no test', {testResults: []}],
  ['an error outside of tests', {testExecError: {message: 'no', stack: ''}}],
  ['a snapshot', {snapshot: {unmatched: 1, unchecked: 0} as never}],
  ['an obsolete snapshot', {snapshot: {unmatched: 0, unchecked: 1} as never}],
])('a file fails by %s', async (_, fields) => {
  const {replay, failed} = live();
  const {snapshot} = success(0, []).data as TestResult;
  const end = success(0, ['a'], {...fields, snapshot: {...snapshot, ...fields.snapshot}});
  await replay.take(job(0), jobResult(fileResult(0, [START, end])));
  expect(failed()).toEqual([0]);
});

describe('Jest is told nothing of a file', () => {
  const told = async (result: FileResult, message: string) => {
    const heard = live();
    await expect(heard.replay.take(job(0), jobResult(result))).rejects.toMatchObject({
      name: 'ResultError',
      message: expect.stringContaining(message) as string,
    });
    expect(heard.told).toEqual([]);
    expect(heard.replay.missing()).toContain(0);
    await heard.replay.take(job(1), whole(1, 'a')); // the others are told nevertheless
    expect(heard.told).toHaveLength(3);
  };

  it('whose result is that of another', async () => {
    const text = `Jest cannot be told "test-file-success" of ${ROOT}/0.test.js: it is the result of ${ROOT}/1.test.js.`;
    await told(fileResult(0, [START, success(1, ['a'])]), text);
  });

  it('whose result has a path outside of the root', async () => {
    const outside = success(0, ['a'], {testFilePath: '../0.test.js'});
    await told(fileResult(0, [START, outside]), 'the path "../0.test.js" leaves the repository');
  });

  it('whose coverage names a source that is missing', async () => {
    const covered = success(0, ['a'], {coverage: [['a.js', 'x', {}]] as never});
    await told(fileResult(0, [START, covered]), 'there is no source of coverage with the id "x"');
  });

  it('whose result is nested too deeply', async () => {
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as never;
    await told(fileResult(0, [START, success(0, ['a'], {openHandles: deep})]), 'test-file-success');
  });
});

test('no file and no part is told twice', async () => {
  const {replay, told} = live();
  await replay.take(job(0), whole(0, 'a'));
  await expect(replay.take(job(0), whole(0, 'a'))).rejects.toThrow('Job 0 has a second result of file 0.');
  expect(told).toHaveLength(3);
  await replay.take(job(2, 1), part(['a'], [0]));
  await expect(replay.take(job(2, 1), part(['a'], [0]))).rejects.toThrow('a second result of part 1 of file 2.');
  await expect(replay.take(job(2, 3), part(['a'], [0]))).rejects.toThrow('File 2 has no part 3.');
  await expect(replay.take(job(7), whole(7, 'a'))).rejects.toThrow('There is no file 7.');
});

test('a source of an unknown kind is refused', () => {
  expect(() => live().replay.addSource({type: 'source', id: 'x', source: {kind: 'y'}})).toThrow(
    'The source x cannot be used: a source has the unknown kind "y".',
  );
});
