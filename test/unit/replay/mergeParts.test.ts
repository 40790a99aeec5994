import {createEmptyTestResult, type AssertionResult, type TestResult} from '@jest/test-result';
import type {CutLine} from '../../../src/recording/lines';
import {mergeParts, type FilePart, type PartTools} from '../../../src/replay/mergeParts';
import {passedTest} from '../run/jestTests';

const TOOLS: PartTools = {
  mergeCoverage: all => Object.assign({}, ...all) as never,
  mergeV8Coverage: () => [],
  slowTestThresholdS: 5,
};

const cut = (own: readonly number[], change: Partial<CutLine> = {}): CutLine => {
  return {type: 'cut', at: 1, file: 0, names: ['a', 'b', 'c'], own, loadEntries: 0, unchecked: [], ...change};
};

function part(recording: number, line: CutLine, change: Partial<TestResult> = {}): FilePart {
  const testResults = line.own.map((place): AssertionResult => passedTest(line.names[place] ?? '?', {duration: 5}));
  const perfStats = {...createEmptyTestResult().perfStats, runtime: 100 + 5 * testResults.length};
  return {recording, cut: line, result: {...createEmptyTestResult(), testResults, perfStats, ...change}};
}

const printed = (message: string) => ({message, origin: '', type: 'log' as const});

test('the tests are in the order of the source, and the file was loaded once', () => {
  const [one, other] = [cut([2]), cut([0, 1])];
  const merged = mergeParts([part(0, one), part(2, other)], [one, cut([]), other], TOOLS, false);
  expect(merged.testResults.map(({fullName}) => fullName)).toEqual(['a', 'b', 'c']);
  expect(merged).toMatchObject({numPassingTests: 3, perfStats: {runtime: 115}});
});

test('what the loading printed is there once, before what the tests printed', () => {
  const [one, other] = [cut([2], {loadEntries: 1}), cut([0, 1], {loadEntries: 1})];
  const merged = mergeParts(
    [
      part(0, one, {console: [printed('load'), printed('c')]}),
      part(1, other, {console: [printed('load'), printed('a')]}),
    ],
    [one, other],
    TOOLS,
    false,
  );
  expect(merged.console?.map(({message}) => message)).toEqual(['load', 'a', 'c']);
});

test('a snapshot is obsolete if no shard asked for it, also where a shard has no test of the file', () => {
  const one = cut([0, 1, 2], {unchecked: ['z 1', 'b 1', 'a 1']});
  const none = cut([], {unchecked: ['z 1', 'a 1', 'c 1']});
  const {snapshot} = mergeParts([part(0, one)], [one, none], TOOLS, false);
  expect(snapshot).toMatchObject({unchecked: 2, uncheckedKeys: ['z 1', 'a 1'], fileDeleted: false});
});

test('a test without a result is an error, unless the merge is incomplete', () => {
  const one = cut([0, 2], {unchecked: ['b 1']});
  expect(() => mergeParts([part(0, one)], [one], TOOLS, false)).toThrow('no result of "b"');
  const merged = mergeParts([part(0, one)], [one], TOOLS, true);
  expect(merged.testResults.map(({fullName}) => fullName)).toEqual(['a', 'c']);
  // "b" might have asked for it.
  expect(merged.snapshot.uncheckedKeys).toEqual([]);
});
