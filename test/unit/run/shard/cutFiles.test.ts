import type {TestResult} from '@jest/test-result';
import type {FileCut} from '../../../../src/core/wire/fileCut';
import {CutFiles} from '../../../../src/run/shard/cutFiles';
import {jestTest, testResult} from '../jestTests';

const CUT: FileCut = {granularity: 'tests', grouping: 'none', shard: 1, owner: 1, given: {b: 2}};
const TESTS = {names: ['a', 'b'], own: [0], loadEntries: 1};
const test1 = jestTest('/a.test.js');

function cutFiles() {
  const recorded: unknown[] = [];
  const files = new CutFiles(new Map([[test1, CUT]]), {
    cut: (test, tests, unchecked) => void recorded.push(['cut', test.path, tests, unchecked]),
    leftOut: ({path}) => void recorded.push(['left out', path]),
  });
  return {files, recorded};
}

function withKeys(uncheckedKeys: string[], fields: Partial<TestResult> = {}): TestResult {
  const result = testResult({passed: 1});
  return {...result, snapshot: {...result.snapshot, uncheckedKeys, unchecked: uncheckedKeys.length}, ...fields};
}

test('a file that is not cut is not touched', () => {
  const {files, recorded} = cutFiles();
  const result = withKeys(['b 1']);
  expect([files.cutOf(test1), files.cutOf(jestTest('/b.test.js'))]).toEqual([CUT, null]);
  expect(files.ended(jestTest('/b.test.js'), result)).toBe(result);
  expect(files.ended(test1, result)).toBe(result); // its tests were never listed
  expect(recorded).toEqual([]);
});

test('keys of other shards are in the recording, and Jest does not hear of them', () => {
  const {files, recorded} = cutFiles();
  files.found(test1, TESTS);
  const told = files.ended(test1, withKeys(['b: hint 1', 'gone 1', 'b 1']));
  expect(told?.snapshot).toMatchObject({uncheckedKeys: ['gone 1'], unchecked: 1});
  expect(recorded).toEqual([['cut', '/a.test.js', TESTS, ['b: hint 1', 'gone 1', 'b 1']]]);
});

test('a result without a test is not told, unless the file has an error', () => {
  const {files, recorded} = cutFiles();
  const none = {...TESTS, own: []};
  files.found(test1, none);
  expect(files.ended(test1, withKeys([], {testResults: []}))).toBeNull();
  expect(recorded).toEqual([
    ['cut', '/a.test.js', none, []],
    ['left out', '/a.test.js'],
  ]);
  files.found(test1, none);
  const testExecError = {message: 'late', stack: '', type: 'Error'};
  expect(files.ended(test1, withKeys([], {testResults: [], testExecError}))).toMatchObject({testExecError});
});

test('of several processes, the first says what the file has; if it runs again, the first of these', () => {
  const {files, recorded} = cutFiles();
  files.found(test1, TESTS);
  files.beginsAgain(test1);
  files.found(test1, {...TESTS, loadEntries: 2});
  files.found(test1, {...TESTS, loadEntries: 3});
  files.ended(test1, withKeys([]));
  expect(recorded).toEqual([['cut', '/a.test.js', {...TESTS, loadEntries: 2}, []]]);
});
