/** The files of a merged run, and what is wrong with the shards' parts of them. */
import type {CutLine} from '../../../src/recording/lines';
import {mergeFiles, type ReadShard} from '../../../src/replay/mergedFiles';
import type {RecordedPart} from '../../../src/replay/recordedParts';

const cut = (own: readonly number[], names = ['a', 'b', 'c']): CutLine => {
  return {type: 'cut', at: 1, file: 0, names, own, loadEntries: 0, unchecked: []};
};

const NOTHING: RecordedPart = {ended: null, tests: 0, cut: null};
const RESULT: RecordedPart = {...NOTHING, ended: 'result'};
const FAILURE: RecordedPart = {...NOTHING, ended: 'failure'};
const part = (...own: readonly number[]): RecordedPart => {
  return {ended: own.length > 0 ? 'result' : null, tests: own.length, cut: cut(own)};
};

/** @param shards by path, what each shard has */
function merged(...shards: readonly Readonly<Record<string, RecordedPart>>[]) {
  return mergeFiles(
    shards.map((parts, at): ReadShard => {
      const files = Object.keys(parts).map(path => ({configId: 'c', path}));
      const recording = {path: `${at + 1}.xdist`, root: '/', configIds: ['c'], files};
      return {index: at + 1, recording, parts: Object.values(parts)};
    }),
  );
}

test('whole files of several shards', () => {
  const {order, problems} = merged({x: RESULT, y: FAILURE}, {z: RESULT});
  expect(order.files.map(({path}) => path)).toEqual(['x', 'y', 'z']);
  expect(order.recordings.map(({files}) => files)).toEqual([[0, 1], [2]]);
  expect([order.shared, problems]).toEqual([[], []]);
});

test('a file that was cut ends with its last part', () => {
  const {order, problems} = merged({y: RESULT, x: part(2)}, {x: part(0, 1)}, {x: part()});
  expect(order.files.map(({path}) => path)).toEqual(['y', 'x']);
  expect(order.recordings.map(({files}) => files)).toEqual([[0, 1], [1], [1]]);
  expect(order.shared).toMatchObject([{file: 1, endsIn: 1, failure: null, cuts: [{recording: 0}, {recording: 1}, {}]}]);
  expect(problems).toEqual([]);
});

test('a file that one shard ran whole in place of its part', () => {
  const {order, problems} = merged({x: NOTHING}, {x: RESULT});
  expect(order.shared).toMatchObject([{file: 0, endsIn: 1, failure: null}]);
  expect(problems).toEqual([]);
});

test.each([
  [FAILURE, part(1, 2)],
  [{...FAILURE, cut: cut([0])}, part(1)],
  [FAILURE, FAILURE],
])('a file that failed as a whole somewhere', (one, other) => {
  const {order, problems} = merged({x: one}, {x: other});
  expect(order.shared).toMatchObject([{file: 0, endsIn: 1, failure: null}]);
  expect(problems).toEqual([]);
});

test('a file that two shards ran', () => {
  for (const other of [RESULT, FAILURE, part(1), {...NOTHING, cut: cut([1])}]) {
    const {order, problems} = merged({x: other}, {}, {x: RESULT});
    expect(problems).toEqual([
      expect.stringMatching(/^x has two results: shard [13] ran all of it, and shard [13] ran/),
    ]);
    expect(order.shared[0]?.failure).toBe(problems[0]);
  }
});

test('files without a result', () => {
  expect(merged({x: NOTHING, y: RESULT}, {z: NOTHING, v: NOTHING}).problems).toEqual([
    'No shard has a result of these files (shard 1 was to run them):\n  x',
    'No shard has a result of these files (shard 2 was to run them):\n  z\n  v',
  ]);
});

test('tests that no shard ran', () => {
  const died: RecordedPart = {...NOTHING, cut: cut([1])};
  const {order, problems} = merged({x: part(0)}, {x: died});
  expect(problems).toEqual(['No shard has a result of these tests of x (shard 2 was to run them):\n  "b"\n  "c"']);
  expect(order.shared).toMatchObject([{endsIn: 0, failure: null}]);
  expect(merged({x: part(0, 1)}).problems).toEqual(['No shard has a result of these tests of x:\n  "c"']);
});

test('tests that two shards ran', () => {
  const {order, problems} = merged({x: part(0, 1)}, {x: part(1, 2)});
  expect(problems).toEqual(['More than one shard ran these tests of x (shards 1 and 2):\n  "b"']);
  expect(order.shared[0]?.failure).toBe(problems[0]);
});

test('a shard without a result of each of its tests', () => {
  const {order, problems} = merged({x: part(0)}, {x: {...part(1, 2), tests: 1}});
  expect(problems).toEqual(['x: shard 2 has 1 results for 2 tests.']);
  expect(order.shared[0]?.failure).toBe(problems[0]);
});

test('shards that found different tests', () => {
  const other: RecordedPart = {...part(1, 2), cut: cut([1, 2], ['a', 'b', 'd'])};
  const {order, problems} = merged({x: part(0)}, {x: other});
  expect(problems[0]).toMatch(/^x was cut over shards, and its tests are not the same in each of them/);
  expect(problems[0]).toContain('\n  - "c" (only in shard 1)\n  + "d" (only in shard 2)\n');
  expect(problems[0]).toContain('the next run does not cut the file.');
  expect(order.shared[0]?.failure).toBe(problems[0]);
});

test('a file whose tests are all gone fails as in Jest', () => {
  const none: RecordedPart = {...NOTHING, cut: cut([], [])};
  const {order, problems} = merged({x: none}, {x: none});
  expect(problems).toEqual([]);
  expect(order.shared).toMatchObject([{endsIn: 1, failure: 'Your test suite must contain at least one test.'}]);
});
