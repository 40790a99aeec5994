import {createEmptyTestResult} from '@jest/test-result';
import {failedFile, ResultWriter} from '../../../../src/fleet/results/resultWriter';
import {decodeResult, encodeResult} from '../../../../src/fleet/results/resultBytes';
import type {SourceLine} from '../../../../src/recording/lines';
import {RepoPaths} from '../../../../src/recording/repoPaths';
import {passedTest} from '../../run/jestTests';
import {failure, job, jobResult, ROOT, START, testAt} from './jobResults';

const END = {record: null, slot: 2, at: 5, ms: 7};

function writer() {
  const sources: SourceLine[] = [];
  const tests = [testAt(0), testAt(1), testAt(1)];
  const written = new ResultWriter({
    paths: new RepoPaths(ROOT),
    placeOf: test => Number(test.path.at(-'0.test.js'.length)),
    putSource: line => sources.push(line),
  });
  return {written, sources, tests: tests as [(typeof tests)[0], (typeof tests)[0], (typeof tests)[0]]};
}

const coverage = (name: string) => ({
  [`${ROOT}/${name}`]: {path: `${ROOT}/${name}`, statementMap: {0: {}}, s: {0: 1}, f: {}, b: {}, hash: name},
});

test('what is heard of a file, in its order, with relative paths', () => {
  const {written, tests} = writer();
  const [test] = tests;
  written.told(test, 'test-file-start', [test]);
  written.told(test, 'test-case-start', [test.path, {title: 'a'}]);
  written.told(test, 'test-case-result', [test.path, passedTest('a')]);
  written.told(test, 'something-else', [test.path, passedTest('a')]);
  written.told(test, 'test-file-success', [test, {...createEmptyTestResult(), testFilePath: test.path}]);
  expect(written.ended(test, END)).toMatchObject({
    ...END,
    file: 0,
    told: [
      {name: 'test-file-start', data: null},
      {name: 'test-case-start', data: {title: 'a'}},
      {name: 'test-case-result', data: {title: 'a'}},
      {name: 'test-file-success', data: {testFilePath: '0.test.js'}},
    ],
    sources: [],
    cut: null,
  });
});

test('a source is put once, and named by each result that needs it', () => {
  const {written, tests, sources} = writer();
  const [one, other] = tests;
  const end = (test: typeof one, ...names: readonly string[]) => {
    const all = Object.assign({}, ...names.map(coverage)) as object;
    written.told(test, 'test-file-success', [test, {...createEmptyTestResult(), coverage: all}]);
    return written.ended(test, END).sources;
  };
  const first = end(one, 'a.js');
  expect(first).toEqual(sources.map(({id}) => id));
  expect(end(other, 'a.js', 'b.js')).toEqual(sources.map(({id}) => id));
  expect(sources).toHaveLength(2);
  expect(end(one)).toEqual([]);
});

test('the parts of a file are apart', () => {
  const {written, tests} = writer();
  const [, one, other] = tests;
  written.told(one, 'test-file-start', [one]);
  written.told(other, 'test-file-start', [other]);
  written.cut(one, {names: ['a'], own: [], loadEntries: 0}, ['a 1']);
  written.told(other, 'test-file-failure', [other, new Error('no')]);
  expect(written.ended(one, END)).toMatchObject({
    file: 1,
    told: [{name: 'test-file-start'}],
    cut: {names: ['a'], own: [], unchecked: ['a 1']},
  });
  expect(written.ended(other, END).told.map(({name}) => name)).toEqual(['test-file-start', 'test-file-failure']);
});

test('an event without a file is one of a file with its path that has not ended', () => {
  const {written, tests} = writer();
  const [test, one] = tests;
  written.told(null, 'test-case-start', [test.path, {title: 'early'}]);
  written.told(test, 'test-file-start', [test]);
  written.told(one, 'test-file-start', [one]);
  written.told(null, 'test-case-start', [test.path, {title: 'a'}]);
  written.told(test, 'test-file-failure', [test, new Error('no')]);
  written.told(null, 'test-case-start', [test.path, {title: 'late'}]);
  const titles = written.ended(test, END).told.map(({name, data}) => [name, (data as {title?: string} | null)?.title]);
  expect(titles).toEqual([
    ['test-file-start', undefined],
    ['test-case-start', 'a'],
    ['test-file-failure', undefined],
  ]);
});

test('a file without an end has no result, unless it is an empty part', () => {
  const {written, tests} = writer();
  const [test] = tests;
  written.told(test, 'test-file-start', [test]);
  expect(() => written.ended(test, END)).toThrow(`${test.path} has ended without a result.`);
  written.cut(test, {names: ['a'], own: [0], loadEntries: 0}, []);
  expect(() => written.ended(test, END)).toThrow('without a result');
});

test('a file without a result fails', () => {
  const failed = failedFile(0, {message: 'it is too large', stack: 'it is too large', type: 'Error'}, 7);
  expect(failed).toMatchObject({file: 0, told: [START, failure('it is too large')], record: null, at: 7});
  expect(decodeResult(encodeResult(jobResult(failed)), job(0, 1)).files).toEqual([failed]);
});
