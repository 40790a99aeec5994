import {join} from 'node:path';
import {createEmptyTestResult} from '@jest/test-result';
import type {CutLine, RecordingLine} from '../../../src/recording/lines';
import {readThrough} from '../../../src/replay/recordedParts';
import {RUN, writeRecording} from '../../recordedRuns';
import {passedTest} from '../run/jestTests';
import {temporaryFolder} from '../run/temporaryFolder';

const folder = temporaryFolder();

let count = 0;

function read(...lines: readonly RecordingLine[]) {
  const path = join(folder, `${count++}.xdist`);
  const files = ['a', 'b'].map(name => ({configId: 'c', path: join(folder, name)}));
  const listed = {type: 'files', files: ['a', 'b'].map(name => ({project: 0, path: name}))};
  writeRecording(path, [RUN, listed, ...lines]);
  return readThrough({path, root: folder, configIds: ['c'], files}, join(folder, 'maps'));
}

const result: RecordingLine = {
  type: 'told',
  at: 1,
  name: 'test-file-success',
  file: 0,
  data: {...createEmptyTestResult(), testFilePath: 'a', testResults: [passedTest('x')]},
};
const failure: RecordingLine = {type: 'told', at: 1, name: 'test-file-failure', file: 1, data: {message: 'no'}};
const cut = (own: readonly number[]): CutLine => {
  return {type: 'cut', at: 1, file: 0, names: ['x', 'y'], own, loadEntries: 0, unchecked: []};
};

test('how each file ended, and which of its tests these are, whatever is recorded first', () => {
  const parts = [
    {ended: 'result', tests: 1, cut: cut([1])},
    {ended: 'failure', tests: 0, cut: null},
  ];
  expect(read(cut([1]), result, failure).parts).toEqual(parts);
  expect(read().problem).toContain('has not ended');
  expect(read(failure, result, cut([1])).parts).toEqual(parts);
  expect(read().parts).toEqual([
    {ended: null, tests: 0, cut: null},
    {ended: null, tests: 0, cut: null},
  ]);
});

test('places of tests that the file does not have', () => {
  expect(() => read(cut([2]), result)).toThrow('test 2 of the file is not where it must be');
  expect(() => read(cut([1, 0]), result)).toThrow('test 0 of the file is not where it must be');
});
