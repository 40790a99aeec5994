import type {AssertionResult, TestResult} from '@jest/test-result';
import type {FileRecord} from '../../../../src/core/plan/durations';
import type {MergeTools} from '../../../../src/core/results/merge';
import type {CollectedTest, FromWorker, Slice, UnitOutcome} from '../../../../src/core/wire/workerMessages';
import {costsOf, OpenFiles, type OpenFilesOptions} from '../../../../src/run/files/openFiles';
import {jestTest, testResult} from '../jestTests';

const UNIT = 5;
const tests = (...names: readonly string[]): CollectedTest[] => names.map((name, group) => ({name, group}));
const record = (past: Readonly<Record<string, number>>, ms: number | null = 100): FileRecord => ({
  at: 0,
  ms,
  tests: past,
  end: 'passed',
});

type Opened = Extract<FromWorker, {type: 'unit-opened'}>;
type Done = Extract<FromWorker, {type: 'unit-done'}>;

const opened = (found: readonly CollectedTest[] | null, fingerprint = 'f00', unit = UNIT): Opened => ({
  type: 'unit-opened',
  unit,
  ms: 20,
  fingerprint,
  tests: found,
});

const done = (outcome: UnitOutcome, slice: Slice | null = null, unit = UNIT): Done => ({
  type: 'unit-done',
  unit,
  ms: 1,
  retiring: false,
  outcome,
  slice,
});
const failure = (message: string): UnitOutcome => ({type: 'error', error: {message, stack: 'at a.js', type: 'Error'}});
const failed = (message: string) => done(failure(message));

/** The end of a share of these tests, by place. */
function share(places: Readonly<Record<number, string>>): Done {
  const ran = Object.keys(places).map(Number);
  const testResults = Object.values(places).map((title): AssertionResult => ({
    ancestorTitles: [],
    duration: 10,
    failureDetails: [],
    failureMessages: [],
    fullName: title,
    numPassingAsserts: 0,
    status: 'passed',
    title,
  }));
  const result: TestResult = {...testResult({}), testResults, numPassingTests: ran.length};
  return done({type: 'result', result}, {tests: ran, ran, console: [], loadMs: 3, snapshot: null});
}

function openFiles(options: Partial<OpenFilesOptions> = {}) {
  const warnings: string[] = [];
  const tools: MergeTools = {
    mergeCoverage: () => ({}),
    mergeV8Coverage: () => [],
    saveSnapshots: () => ({fileDeleted: false, unchecked: 0, uncheckedKeys: []}),
    slowTestThresholdS: 5,
  };
  const files = new OpenFiles({
    testOf: unit => jestTest(`/${unit}.test.js`),
    pastOf: () => null,
    mergeTools: () => tools,
    warn: text => warnings.push(text),
    ...options,
  });
  /** Merges; the names of the tests of the result, or the message of the error. */
  const merged = () => {
    const {outcome} = files.merge(UNIT, files.close(UNIT));
    return outcome.type === 'result' ? outcome.result.testResults.map(({title}) => title) : outcome.error.message;
  };
  return {files, warnings, merged};
}

describe('a file that is opened', () => {
  test('is known by the fingerprint of its first worker, until it has ended', () => {
    const {files, merged} = openFiles();
    expect(files.fingerprint(UNIT)).toBeNull();
    files.opened(1, opened(tests('a')));
    files.opened(2, opened(null, 'f00'));
    expect(files.fingerprint(UNIT)).toBe('f00');
    expect(files.fingerprint(UNIT + 1)).toBeNull();
    files.ended(1, share({0: 'a'}));
    expect(merged()).toEqual(['a']);
    expect(files.fingerprint(UNIT)).toBeNull();
  });

  test('for the first time gives what its tests are expected to take, from the record of that file', () => {
    const pastOf = jest.fn(() => record({a: 20}));
    const {files} = openFiles({pastOf});
    expect(files.opened(1, opened(tests('a', 'b')))).toEqual([20, 1]);
    expect(pastOf.mock.calls).toEqual([[UNIT]]);
  });

  test('once more with the same tests gives nothing new', () => {
    const {files, warnings} = openFiles();
    files.opened(1, opened(tests('a', 'b')));
    expect(files.opened(2, opened(null))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('that cannot be shared is a warning, once', () => {
    const {files, warnings} = openFiles();
    files.indivisible(UNIT, 'it says so.');
    expect(warnings).toEqual([]);
    files.opened(1, opened(tests('a')));
    files.indivisible(UNIT, 'it says so.');
    files.indivisible(UNIT, 'it says so.');
    expect(warnings).toEqual([`/${UNIT}.test.js runs whole, on one worker: it says so.`]);
  });

  test('once more with other tests is a warning that names both workers', () => {
    const {files, warnings} = openFiles();
    files.opened(3, opened(tests('a', 'now 1')));
    expect(files.opened(1, opened(tests('a', 'now 2'), 'ba4'))).toBeNull();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^\/5\.test\.js runs whole, on one worker: its tests are not the same/);
    expect(warnings[0]).toContain('- "now 1" (only in w3)');
    expect(warnings[0]).toContain('+ "now 2" (only in w1)');
    expect(files.fingerprint(UNIT)).toBe('f00');
  });

  test('as a known one, but has been given up meanwhile, gives nothing, and is not open', () => {
    const {files, warnings} = openFiles();
    expect(files.opened(2, opened(null))).toBeNull();
    expect([files.fingerprint(UNIT), warnings]).toEqual([null, []]);
  });

  test('has nothing to do with another one', () => {
    const {files, warnings} = openFiles();
    files.opened(1, opened(tests('a'), 'f00', 1));
    expect(files.opened(2, opened(tests('b'), 'f01', 2))).toEqual([null]);
    expect([files.fingerprint(1), files.fingerprint(2), warnings]).toEqual(['f00', 'f01', []]);
  });
});

describe('a worker that could not open a file that another one has open', () => {
  test('is a warning with its error', () => {
    const {files, warnings} = openFiles();
    files.opened(2, opened(tests('a')));
    files.ended(1, failed('listen EADDRINUSE'));
    expect(warnings).toEqual([
      expect.stringMatching(/^\/5\.test\.js runs whole, on one worker: w2 has loaded it, and w1 could not\.\n/),
    ]);
    expect(warnings[0]).toContain('  | listen EADDRINUSE\n');
  });

  test('does not spoil the result of the others', () => {
    const {files, merged} = openFiles();
    files.opened(2, opened(tests('a')));
    files.ended(1, failed('listen EADDRINUSE'));
    files.ended(2, share({0: 'a'}));
    expect(merged()).toEqual(['a']);
  });

  test('is no news where nobody has it open: it has failed like any other file', () => {
    const {files, warnings} = openFiles();
    files.ended(1, failed('no such module'));
    expect(warnings).toEqual([]);
  });
});

describe('a merge', () => {
  test('makes one result of all shares, in whatever order they ended; its time is what the tests took', () => {
    const {files} = openFiles();
    files.opened(1, opened(tests('a', 'b', 'c')));
    files.opened(2, opened(null));
    files.ended(2, share({1: 'b'}));
    files.ended(1, share({0: 'a', 2: 'c'}));
    const {outcome, ms} = files.merge(UNIT, files.close(UNIT));
    if (outcome.type !== 'result') throw new Error(outcome.error.message);
    expect(outcome.result.testResults.map(({title}) => title)).toEqual(['a', 'b', 'c']);
    expect(outcome.result.numPassingTests).toBe(3);
    expect(ms).toBe(33);
    expect(ms).toBe(outcome.result.perfStats.runtime);
  });

  test('with a share that failed is that failure, as it was, and of an unknown time', () => {
    const {files} = openFiles();
    files.opened(1, opened(tests('a', 'b')));
    files.opened(2, opened(null));
    files.ended(1, share({0: 'a'}));
    files.ended(2, failed('the environment could not be torn down'));
    expect(files.merge(UNIT, files.close(UNIT))).toEqual({
      outcome: failure('the environment could not be torn down'),
      ms: null,
    });
  });

  test('with several that failed is the failure of the worker that opened the file first', () => {
    const {files, merged} = openFiles();
    files.opened(2, opened(tests('a', 'b')));
    files.opened(1, opened(null));
    files.ended(1, failed('second'));
    files.ended(2, failed('first'));
    expect(merged()).toBe('first');
  });

  test('leaves out a worker that came too late for any test', () => {
    const {files, merged} = openFiles();
    files.opened(1, opened(tests('a')));
    files.opened(2, opened(null)); // its end is nobody's business
    files.opened(3, opened(null));
    files.ended(3, done({type: 'result', result: testResult({})}));
    files.ended(1, share({0: 'a'}));
    expect(merged()).toEqual(['a']);
  });

  test('keeps both shares of a worker that opened the file twice', () => {
    const {files, merged, warnings} = openFiles();
    files.opened(1, opened(tests('a', 'b', 'c')));
    files.opened(2, opened(null));
    files.ended(2, share({2: 'c'}));
    files.opened(2, opened(null));
    files.ended(2, share({1: 'b'}));
    files.ended(1, share({0: 'a'}));
    expect([merged(), warnings]).toEqual([['a', 'b', 'c'], []]);
  });

  test('of shares that are not the whole file is a failure', () => {
    const {files} = openFiles();
    files.opened(1, opened(tests('a', 'b')));
    files.ended(1, share({0: 'a'}));
    const {outcome, ms} = files.merge(UNIT, files.close(UNIT));
    expect(outcome).toEqual({
      type: 'error',
      error: {
        message: expect.stringContaining('no result of "b"') as string,
        stack: expect.any(String) as string,
        type: 'Error',
      },
    });
    expect(ms).toBeNull();
  });

  test('of a file that is not open is a failure, too', () => {
    expect(openFiles().merged()).toContain('no result at all');
  });

  test('whose snapshots cannot be written is a failure with the reason', () => {
    const {files, merged} = openFiles({
      mergeTools: () => {
        throw new Error('EACCES');
      },
    });
    files.opened(1, opened(tests('a')));
    files.ended(1, share({0: 'a'}));
    expect(merged()).toBe('EACCES');
  });
});

test('a file that begins anew forgets what has come of it', () => {
  const {files, merged, warnings} = openFiles();
  files.opened(1, opened(tests('a', 'now 1')));
  files.ended(1, share({0: 'a'}));
  files.drop(UNIT);
  expect(files.fingerprint(UNIT)).toBeNull();
  expect(files.opened(2, opened(tests('a', 'now 2'), 'ba4'))).toEqual([null, null]);
  expect(files.fingerprint(UNIT)).toBe('ba4');
  files.ended(2, share({0: 'a', 1: 'now 2'}));
  expect([merged(), warnings]).toEqual([['a', 'now 2'], []]);
});

describe('an event of a test', () => {
  const result = (fullName: string) => ['/5.test.js', {fullName, status: 'passed'}];

  test('is news, also of two tests of one name', () => {
    const {files} = openFiles();
    expect([1, 2].map(() => files.isNews(UNIT, 'test-case-result', result('a')))).toEqual([true, true]);
  });

  test('is none if Jest has heard it before the file began anew', () => {
    const {files} = openFiles();
    files.isNews(UNIT, 'test-case-start', result('a'));
    files.isNews(UNIT, 'test-case-result', result('a'));
    files.isNews(UNIT, 'test-case-start', result('b'));
    files.drop(UNIT);
    const news = (name: string, fullName: string) => files.isNews(UNIT, name, result(fullName));
    expect([news('test-case-start', 'a'), news('test-case-result', 'a')]).toEqual([false, false]);
    expect([news('test-case-start', 'b'), news('test-case-result', 'b')]).toEqual([false, true]);
    expect([news('test-case-start', 'c'), news('test-case-result', 'c')]).toEqual([true, true]);
  });

  test('is none either where the file begins anew more than once', () => {
    const {files} = openFiles();
    const news = (fullName: string) => files.isNews(UNIT, 'test-case-result', result(fullName));
    const runs = [['a'], ['a', 'b'], ['b', 'c', 'a']].map(names => {
      const heard = names.filter(news);
      files.drop(UNIT);
      return heard;
    });
    expect(runs).toEqual([['a'], ['b'], ['c']]);
  });

  test('is news, also of two tests of one name, when the file begins anew', () => {
    const {files} = openFiles();
    files.drop(UNIT);
    expect([1, 2].map(() => files.isNews(UNIT, 'test-case-result', result('a')))).toEqual([true, true]);
  });

  test('is forgotten with the result of the file', () => {
    const {files} = openFiles();
    files.isNews(UNIT, 'test-case-result', result('a'));
    files.drop(UNIT);
    files.forget(UNIT);
    expect(files.isNews(UNIT, 'test-case-result', result('a'))).toBe(true);
  });

  test('of another file is news all the same', () => {
    const {files} = openFiles();
    files.isNews(UNIT, 'test-case-result', result('a'));
    files.drop(UNIT);
    expect(files.isNews(UNIT + 1, 'test-case-result', result('a'))).toBe(true);
  });

  test.each([[undefined], [null], [['/5.test.js']], [['/5.test.js', null]], [['/5.test.js', {title: 'a'}]], ['a']])(
    'that names no test is news: %j',
    payload => {
      const {files} = openFiles();
      files.isNews(UNIT, 'custom', payload);
      files.drop(UNIT);
      expect(files.isNews(UNIT, 'custom', payload)).toBe(true);
    },
  );
});

describe('what groups of tests are expected to take', () => {
  test('is unknown of a file that has never run', () => {
    expect(costsOf(tests('a', 'b'), null, 0)).toEqual([null, null]);
  });

  test('is what the record says', () => {
    expect(costsOf(tests('b', 'a'), record({a: 10, b: 20.5}), 5)).toEqual([20.5, 10]);
  });

  test('is 1 ms at the most for tests that the record of a full run does not name', () => {
    expect(costsOf(tests('a', 'b'), record({a: 10}, 100), 5)).toEqual([10, 1]);
  });

  test('is for these what the file took beyond the others and its loading, in equal parts', () => {
    expect(costsOf(tests('a', 'b', 'c'), record({a: 10}, 16), 5)).toEqual([10, 0.5, 0.5]);
    expect(costsOf(tests('a', 'b'), record({}, 1), 0.5)).toEqual([0.25, 0.25]);
    expect(costsOf([...tests('a', 'b'), {name: 'c', group: null}], record({a: 10}, 15.5), 5)).toEqual([10, 0.5]);
  });

  test('is nothing for these if the file took no longer than that', () => {
    expect(costsOf(tests('a', 'b'), record({a: 10}, 12), 5)).toEqual([10, 0]);
    expect(costsOf(tests('a'), record({}, 0), 0)).toEqual([0]);
  });

  test('is unknown of such a test where the record is of no full run', () => {
    expect(costsOf(tests('a', 'b'), record({a: 10}, null), 5)).toEqual([10, null]);
  });

  test('is the sum over the tests that stay together, or unknown with one of them', () => {
    const found = [
      {name: 'a', group: 0},
      {name: 'b', group: 1},
      {name: 'c', group: 0},
      {name: 'd', group: 1},
    ];
    const past = {a: 10, b: 20, c: 5};
    expect(costsOf(found, record(past), 0)).toEqual([15, 21]);
    expect(costsOf(found, record(past, null), 0)).toEqual([15, null]);
  });

  test('counts tests of equal names once in a group: the record has their sum', () => {
    const found = [
      {name: 'a', group: 0},
      {name: 'a', group: 0},
      {name: 'b', group: 0},
    ];
    expect(costsOf(found, record({a: 10, b: 1}), 0)).toEqual([11]);
  });

  test('leaves out tests that no worker runs', () => {
    const found = [
      {name: 'a', group: null},
      {name: 'b', group: 0},
      {name: 'c', group: null},
    ];
    expect(costsOf(found, record({a: 100, b: 2}), 0)).toEqual([2]);
    expect(costsOf([{name: 'a', group: null}], record({a: 100}), 0)).toEqual([]);
  });

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'is not read off what every object has, of a test called %s',
    name => {
      expect(costsOf(tests(name), record({a: 10}), 0)).toEqual([1]);
      expect(costsOf(tests(name), record({a: 10}, null), 0)).toEqual([null]);
      expect(costsOf(tests(name), record(Object.fromEntries([[name, 7]])), 0)).toEqual([7]);
    },
  );
});
