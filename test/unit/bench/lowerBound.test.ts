import {lowerBound} from '../../../bench/lowerBound';
import {MODES} from '../../../src/core/plan/dist';
import {actualFiles, replayer} from '../../../bench/replayTrace';
import {committedTraces, type Trace, type TracedFile} from '../../../bench/trace';

const file = (tests: number[], fields: Partial<TracedFile> = {}): TracedFile => ({
  bytes: 0,
  loadMs: 10,
  split: null,
  tests,
  ...fields,
});
const bound = (files: TracedFile[], slots: number, fields: Partial<Trace> = {}) =>
  lowerBound({workerStartMs: 100, resources: [], fixtures: [], files, ...fields}, MODES.load, slots, files);

test('is an even share of all work, when a worker is up', () => {
  expect(bound([file([90]), file([190]), file([90])], 2)).toBe(100 + 400 / 2);
});

test('is the longest file that runs whole, or the longest tests of one that may be split that stay together', () => {
  const tests = [500, 300, 400];
  expect(bound([file(tests), file([90])], 8)).toBe(100 + 1210);
  expect(bound([file(tests, {split: 'tests'}), file([90])], 8)).toBe(100 + 510);
  expect(bound([file(tests, {split: 'tests', together: [0, 1, 1]}), file([90])], 8)).toBe(100 + 710);
});

test('is the sum of those that run in turn', () => {
  const asking = (constraints: TracedFile['constraints']) => [file([90], {constraints}), file([190], {constraints})];
  expect(bound([...asking({workerGroup: 0}), file([10])], 8)).toBe(100 + 300);
  expect(bound([...asking({resources: [[0, 1]]}), file([10])], 8, {resources: [1]})).toBe(100 + 300);
  expect(bound([...asking({serial: true}), file([10])], 8)).toBe(100 + 300 + 20);
});

test('begins when the fixtures are up that are needed, and ends when they are gone', () => {
  const fixtures: Trace['fixtures'] = [
    {scope: 'run', needs: [], setupMs: 1000, teardownMs: 7},
    {scope: 'run', needs: [0], setupMs: 500, teardownMs: 3},
  ];
  const needing = file([90], {constraints: {fixtures: [0, 1]}});
  // The worker starts meanwhile, in 100 ms.
  expect(bound([needing], 1, {fixtures})).toBe(1500 + 100 + 10);
  expect(bound([needing, needing, file([90])], 1, {fixtures})).toBe(1500 + 200);
});

test.each([...committedTraces()])('no replay of %s undercuts it', (_, trace) => {
  const actual = actualFiles(trace, 1);
  for (const mode of Object.values(MODES)) {
    for (const slots of [4, 16]) {
      const least = lowerBound(trace, mode, slots, actual);
      for (const known of [true, false]) {
        expect(replayer(trace, mode, {slots, known})(actual)).toBeGreaterThanOrEqual(least);
      }
    }
  }
});
