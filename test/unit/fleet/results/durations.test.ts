import type {FileRecord, Timings} from '../../../../src/core/plan/durations';
import {decodeDurations, encodeDurations, RunDurations} from '../../../../src/fleet/results/durations';
import {pack} from '../../../../src/fleet/results/packed';
import {failure, fileResult, job, jobResult} from './jobResults';

const FILES = ['a.test.js', 'b.test.js'];
const NOTHING: Timings = {files: new Map(), costs: null};
const NOW = 1000;

const record = (fields: Partial<FileRecord> = {}): FileRecord => {
  return {at: 10, ms: 100, tests: {}, short: 2, end: 'passed', recent: [100], ...fields};
};
const cut = (names: readonly string[], own: readonly number[]) => ({names, own, loadEntries: 0, unchecked: []});
const part = (own: readonly number[], fields: Partial<FileRecord>, names = ['x', 'y']) => {
  return jobResult(fileResult(0, [], {cut: cut(names, own), record: record({short: 0, ...fields})}));
};

test('the record of a whole file is kept as it is', () => {
  const durations = new RunDurations({files: FILES});
  durations.add(job(1), jobResult(fileResult(1, [], {record: record({recent: [90, 100]})})));
  durations.add(job(0), jobResult(fileResult(0, [failure('no')])));
  const past: Timings = {files: new Map(FILES.map(file => [file, record({at: 5})])), costs: null};
  const {files} = durations.timings(past, NOW);
  expect(files.get('b.test.js')).toEqual(record({recent: [90, 100]}));
  expect(files.get('a.test.js')).toEqual(record({at: 5}));
});

test('those of parts become one of the file, which continues the last', () => {
  const durations = new RunDurations({files: FILES});
  durations.add(job(0, 2), part([1], {ms: 70, tests: {y: 60}, recent: [70]}));
  durations.add(job(0, 1), part([0], {ms: 50, tests: {x: 40}, recent: [50]}));
  const past: Timings = {files: new Map([['a.test.js', record({at: 5, recent: [200]})]]), costs: null};
  const {files} = durations.timings(past, NOW);
  expect(files.get('a.test.js')).toEqual(record({ms: 110, tests: {x: 40, y: 60}, short: 0, recent: [200, 110]}));
});

test('a file whose parts have different tests is unstable', () => {
  const durations = new RunDurations({files: FILES});
  durations.add(job(0, 1), part([0], {}));
  durations.add(job(0, 2), part([1], {}, ['x', 'z']));
  expect(durations.timings(NOTHING, NOW).files.get('a.test.js')).toMatchObject({unstable: true});
});

test('nothing but the end is known of a file of which a part failed to load', () => {
  const durations = new RunDurations({files: FILES});
  durations.add(job(0, 1), part([0], {}));
  durations.add(job(0, 2), jobResult(fileResult(0, [failure('no')], {record: record({at: 20, end: 'died'})})));
  const past: Timings = {files: new Map([['a.test.js', record({at: 5, tests: {x: 50, y: 50}})]]), costs: null};
  expect(durations.timings(past, NOW).files.get('a.test.js')).toEqual({
    ...record({tests: {x: 50, y: 50}}),
    at: 20,
    end: 'died',
  });
});

test('durations come back as they were', () => {
  const timings: Timings = {
    files: new Map([['a.test.js', record({measured: {loadMs: 1, cpuMs: 2, on: 'here'}})]]),
    costs: null,
  };
  expect(decodeDurations(encodeDurations(timings))).toEqual(timings);
  expect(() => decodeDurations(encodeDurations(timings).subarray(0, -1))).toThrow('The file of durations is damaged.');
  expect(() => decodeDurations(pack('x', '{"version": 1, "files": {}}'))).toThrow(
    'The file of durations cannot be read: it has version 1, not 3.',
  );
  expect(() => decodeDurations(pack('x', 7))).toThrow('The file of durations cannot be read');
});

test('those of nodes are kept by node', () => {
  const durations = new RunDurations({files: FILES});
  const onNodes = {here: record({ms: 7}), tokyo: record({ms: 9})};
  durations.add(job(0), jobResult(fileResult(0, [], {onNodes})));
  const {files} = durations.timings(NOTHING, NOW);
  expect([...files].map(([key, {ms}]) => [key, ms])).toEqual([
    ['a.test.js on here', 7],
    ['a.test.js on tokyo', 9],
  ]);
});
