import type {AssertionResult, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {MergeTools} from '../../../../src/core/results/merge';
import type {CollectedTest} from '../../../../src/core/wire/workerMessages';
import {DeadSlices} from '../../../../src/run/files/deadSlices';
import {FileParts, type DeliveredPart, type FilePartsOptions} from '../../../../src/run/files/fileParts';
import {jestTest, testResult} from '../jestTests';

const UNIT = 5;
const tests = (...names: readonly string[]): CollectedTest[] => names.map((name, group) => ({name, group}));

/** A part of these tests, by place. */
function share(slot: number, places: Readonly<Record<number, string>>): DeliveredPart {
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
  return {
    slot,
    result,
    slice: {tests: ran, ran, console: [], loadMs: 3, snapshot: null},
    apart: 'split',
    profile: null,
  };
}

function fileParts(options: Partial<FilePartsOptions> = {}) {
  const warnings: string[] = [];
  const tools: MergeTools = {
    mergeCoverage: () => ({}),
    mergeV8Coverage: () => [],
    saveSnapshots: () => ({fileDeleted: false, unchecked: 0, uncheckedKeys: []}),
    slowTestThresholdS: 5,
  };
  const files = new FileParts({
    testOf: unit => jestTest(`/${unit}.test.js`),
    mergeTools: () => tools,
    deadSlices: new DeadSlices({
      globalConfig: {} as Config.GlobalConfig,
      messageUtil: () => ({formatResultsErrors: () => null, formatExecError: () => ''}),
      noRestBecause: null,
    }),
    warn: text => warnings.push(text),
    ...options,
  });
  /** Merges; the names of the tests of the result, or the message of the error. */
  const merged = (...parts: readonly number[]) => {
    const {outcome} = files.merge(UNIT, parts);
    return outcome.type === 'result' ? outcome.result.testResults.map(({title}) => title) : outcome.error.message;
  };
  return {files, warnings, merged};
}

test('a file is known by the fingerprint of its list, until it ends or begins anew', () => {
  const {files} = fileParts();
  expect(files.fingerprint(UNIT)).toBeNull();
  files.keepList(UNIT, {slot: 1, tests: tests('a'), fingerprint: 'f00'});
  expect([files.fingerprint(UNIT), files.fingerprint(UNIT + 1)]).toEqual(['f00', null]);
  files.forget(UNIT);
  expect(files.fingerprint(UNIT)).toBeNull();
});

test('what is left of a file is told to each worker that opens it, and its list is made anew', () => {
  const {files} = fileParts();
  files.keepList(UNIT, {slot: 1, tests: tests('a', 'b'), fingerprint: 'f00'});
  files.resume(UNIT, {listing: 'f00', leaveOut: [0]});
  expect([files.fingerprint(UNIT), files.resumption(UNIT)]).toEqual([null, {listing: 'f00', leaveOut: [0]}]);
  files.forget(UNIT);
  expect(files.resumption(UNIT)).toBeNull();
});

test('a merge makes one result of the parts that are named; its time is what the tests took', () => {
  const {files} = fileParts();
  files.keepList(UNIT, {slot: 1, tests: tests('a', 'b', 'c'), fingerprint: 'f00'});
  files.keepPart(UNIT, 1, share(2, {1: 'b'}));
  files.keepPart(UNIT, 2, share(1, {0: 'a', 2: 'c'}));
  files.keepPart(UNIT, 3, share(1, {0: 'not wanted'}));
  const {outcome, ms, slices} = files.merge(UNIT, [2, 1]);
  if (outcome.type !== 'result') throw new Error(outcome.error.message);
  expect(outcome.result.testResults.map(({title}) => title)).toEqual(['a', 'b', 'c']);
  expect(outcome.result.numPassingTests).toBe(3);
  expect([ms, outcome.result.perfStats.runtime]).toEqual([33, 33]);
  expect(slices.map(({slot}) => slot)).toEqual([1, 2]);
});

test('a merge of parts that are not the whole file is a failure, of an unknown time', () => {
  const {files} = fileParts();
  files.keepList(UNIT, {slot: 1, tests: tests('a', 'b'), fingerprint: 'f00'});
  files.keepPart(UNIT, 1, share(1, {0: 'a'}));
  expect(files.merge(UNIT, [1])).toMatchObject({
    outcome: {type: 'error', error: {message: expect.stringContaining('no result of "b"') as string, type: 'Error'}},
    ms: null,
  });
});

test('a merge of no part at all is a failure, too', () => {
  expect(fileParts().merged()).toContain('no result at all');
});

test('a merge whose snapshots cannot be written is a failure with the reason', () => {
  const {files, merged} = fileParts({
    mergeTools: () => {
      throw new Error('EACCES');
    },
  });
  files.keepList(UNIT, {slot: 1, tests: tests('a'), fingerprint: 'f00'});
  files.keepPart(UNIT, 1, share(1, {0: 'a'}));
  expect(merged(1)).toBe('EACCES');
});

describe('a warning', () => {
  test('of other tests names both workers', () => {
    const {files, warnings} = fileParts();
    files.keepList(UNIT, {slot: 3, tests: tests('a', 'now 1'), fingerprint: 'f00'});
    files.warnOfOtherTests(UNIT, 1, tests('a', 'now 2'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^\/5\.test\.js runs whole, in one worker: its tests are not the same/);
    expect(warnings[0]).toContain('- "now 1" (only in w3)');
    expect(warnings[0]).toContain('+ "now 2" (only in w1)');
  });

  test('of a worker that could not load the file has its error', () => {
    const {files, warnings} = fileParts();
    files.keepList(UNIT, {slot: 2, tests: tests('a'), fingerprint: 'f00'});
    files.warnOfRefusal(UNIT, 1, {message: 'listen EADDRINUSE', stack: '', type: 'Error'});
    expect(warnings).toEqual([
      expect.stringMatching(/^\/5\.test\.js runs whole, in one worker: w2 loaded it, but w1 could not\.\n/),
    ]);
    expect(warnings[0]).toContain('  | listen EADDRINUSE\n');
  });

  test('of tests that cannot be shared has the reason', () => {
    const {files, warnings} = fileParts();
    files.warnOfIndivisible(UNIT, 'it says so.');
    expect(warnings).toEqual([`/${UNIT}.test.js runs whole, in one worker: it says so.`]);
  });
});
