/** What keeps recordings from being the shards of one run: each reason has a text of its own, which names the shard. */
import type {RunLine, ShardLine} from '../../../src/recording/lines';
import type {RecordingHead} from '../../../src/replay/checkedRecordings';
import {shardSet} from '../../../src/replay/shardSet';
import {RUN} from '../../recordedRuns';

const SHARD: ShardLine = {
  type: 'shard',
  index: 1,
  count: 3,
  planHash: '0f3a',
  madeFrom: '812 durations',
  files: 1,
  ofOtherRunners: 0,
  withoutRecording: [],
};

const FILES = [{project: 0, path: 'a.test.js'}];

function shard(index: number, change: Partial<ShardLine> = {}, run: Partial<RunLine> = {}): RecordingHead {
  return {
    path: `${index}.xdist`,
    run: {...RUN, level: 'full', ...run},
    files: FILES,
    shard: {...SHARD, index, ...change},
  };
}

const set = (...heads: [RecordingHead, ...RecordingHead[]]) => shardSet(heads);

test('all shards, in whatever order', () => {
  const {shards, problems} = set(shard(3), shard(1), shard(2));
  expect(shards.map(({path}) => path)).toEqual(['1.xdist', '2.xdist', '3.xdist']);
  expect(problems).toEqual([]);
});

test('a run that was no shard', () => {
  expect(() => set(shard(1), {...shard(2), shard: null})).toThrow(/^2\.xdist: its run was no shard\./);
  expect(() => set(shard(4))).toThrow('4.xdist: there is no shard 4 of 3');
});

test('a shard that is there twice', () => {
  expect(() => set(shard(2), {...shard(2), path: 'again.xdist'})).toThrow(
    'shard 2 of 3 is there twice: 2.xdist and again.xdist have the file a.test.js.',
  );
});

test('a shard with a recording for each of its runs', () => {
  const files = [{project: 0, path: 'b.test.js'}];
  const both = [shard(2, {files: 2}), {...shard(2, {files: 2}), path: '2-2.xdist', files}] as const;
  expect(set(shard(1), ...both, shard(3)).problems).toEqual([]);
  expect(set(shard(1), both[0], shard(3)).problems).toEqual([
    'shard 2 of 3: the plan gives it 2 files, and its recording has 1 (2.xdist).',
  ]);
});

test.each<[string, string, RecordingHead]>([
  ['numbers of shards', '1 of 3: 3 (1.xdist)\n  shard 2 of 4: 4 (2.xdist)', shard(2, {count: 4})],
  [
    'plans',
    'plan 0f3a, made from 812 durations (1.xdist)\n  shard 2 of 3: plan beef, made from 7 durations (2.xdist)',
    shard(2, {planHash: 'beef', madeFrom: '7 durations'}),
  ],
  ['versions of Jest', '30.4.0 (2', shard(2, {}, {versions: {...RUN.versions, jest: '30.4.0'}})],
  ['versions of jest-runner-xdist', '0.2.0 (2', shard(2, {}, {versions: {...RUN.versions, runner: '0.2.0'}})],
  ['settings "testNamePattern"', '"x" (2', shard(2, {}, {jest: {...RUN.jest, testNamePattern: 'x'}})],
])('shards with different %s', (what, difference, other) => {
  const merged = () => set(shard(1), other);
  expect(merged).toThrow(`the shards are not of one run, as they have different ${what}:`);
  expect(merged).toThrow(difference);
});

test('shards of different commits; a shard may not know its commit', () => {
  const at = (index: number, commit: string | null) => shard(index, {}, {git: {commit, branch: null}});
  expect(() => set(at(1, null), at(2, 'abc'), at(3, 'def'))).toThrow(
    /different commits:\n.*2 of 3: abc.*\n.*3 of 3: def/,
  );
  expect(() => set(at(1, null), at(2, 'abc'), at(3, 'abc'))).not.toThrow();
});

test('settings of one shard are its own, and those of the run come from a shard of several files', () => {
  const jest = {...RUN.jest, verbose: true, maxWorkers: 9, seed: 2, shard: {shardIndex: 1, shardCount: 3}};
  const files = [...FILES, ...FILES];
  const {settings} = set(shard(1, {}, {jest}), {...shard(2, {files: 2}), files}, shard(3));
  expect(settings).toBe(RUN.jest);
});

test('missing shards and files', () => {
  expect(set(shard(2), shard(1, {files: 5, ofOtherRunners: 1})).problems).toEqual([
    'shard 3 of 3 is missing: no recording here is of it.',
    'shard 1 of 3: the plan gives it 5 files, 1 of them with other runners, and its recording has 1 (1.xdist).',
  ]);
  expect(set(shard(1, {withoutRecording: [2, 3]})).problems).toEqual([]);
});
