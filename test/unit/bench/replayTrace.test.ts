import {actualFiles, replayer, wholeMs} from '../../../bench/replayTrace';
import {MODES, type Mode} from '../../../src/core/plan/dist';
import type {Trace} from '../../../bench/trace';

const {load} = MODES;

/** One file of 40 tests of 100 ms in two blocks. */
const trace: Trace = {
  workerStartMs: 100,
  resources: [],
  fixtures: [],
  files: [
    {
      bytes: 1,
      loadMs: 10,
      split: 'tests',
      tests: Array<number>(40).fill(100),
      block: Array.from({length: 40}, (_, test) => (test < 20 ? 0 : 1)),
      group: Array.from({length: 40}, (_, test) => (test < 30 ? 0 : null)),
    },
  ],
};

test.each<[string, Partial<Mode>, number]>([
  ['split test by test', {}, 1000],
  ['whole', {splits: false}, 4000],
  ['block by block', {grouping: 'scope'}, 2000],
  ['with its @group in one worker', {grouping: 'named'}, 3000],
])('a file runs %s', (_, mode, ms) => {
  for (const known of [true, false]) {
    const makespan = replayer(trace, {...load, ...mode}, {slots: 4, known})(trace.files);
    expect(makespan).toBeGreaterThanOrEqual(110 + ms);
    expect(makespan).toBeLessThan(110 + ms + 500);
  }
});

test('what happens is off by up to 30 % either way, and the same for a seed', () => {
  const [file] = actualFiles(trace, 1);
  expect(actualFiles(trace, 1)).toEqual([file]);
  expect(actualFiles(trace, 2)).not.toEqual([file]);
  const {tests, loadMs} = file!;
  for (const [ms, recorded] of [...tests.map(ms => [ms, 100] as const), [loadMs, 10] as const]) {
    expect(Math.abs(ms / recorded - 1)).toBeLessThanOrEqual(0.3);
  }
  expect(wholeMs(file!)).toBeCloseTo(tests.reduce((sum, ms) => sum + ms, loadMs));
});
