import {findCuts, type FileCutsOptions} from '../../../../src/run/shard/fileCuts';
import type {PlannedFile} from '../../../../src/core/shards/shardPlan';
import {jestTest} from '../jestTests';

const PLAN: readonly PlannedFile[] = [
  {key: 'cut.js', shard: 1, given: {a: 2}},
  {key: 'each.js', shard: 2, given: {b: 1}},
  {key: 'whole.js', shard: 2, given: null},
];

function cutsIn(options: Partial<Omit<FileCutsOptions, 'globalConfig'>> & {update?: 'all' | 'new' | 'none'} = {}) {
  const warnings: string[] = [];
  const tests = ['cut.js', 'each.js', 'whole.js', 'unplanned.js'].map(name => jestTest(`/root/${name}`));
  const {cuts, leftOut} = findCuts(tests, {
    shard: {index: 2, planned: (_, path) => PLAN.find(({key}) => path.endsWith(key)) ?? null},
    globalConfig: {rootDir: '/root', updateSnapshot: options.update ?? 'none'},
    dist: 'load',
    rulesOf: ({path}) => ({canSplit: path.endsWith('each.js') ? 'each' : null}),
    canMerge: () => true,
    warn: text => warnings.push(text),
    ...options,
  });
  return {
    cuts: Object.fromEntries([...cuts].map(([{path}, cut]) => [path, cut])),
    leftOut: [...leftOut].map(({path}) => path),
    warnings,
  };
}

test('files are cut as the plan says, and as they may be split', () => {
  expect(cutsIn({dist: 'loadscope'})).toEqual({
    cuts: {
      '/root/cut.js': {granularity: 'tests', grouping: 'scope', shard: 2, owner: 1, given: {a: 2}},
      '/root/each.js': {granularity: 'each', grouping: 'scope', shard: 2, owner: 2, given: {b: 1}},
    },
    leftOut: [],
    warnings: [],
  });
});

test('nothing is cut in a run that is no shard; nobody is asked what Jest can do', () => {
  const canMerge = jest.fn(() => true);
  expect(cutsIn({shard: null, canMerge, update: 'new'})).toEqual({cuts: {}, leftOut: [], warnings: []});
  expect(canMerge).not.toHaveBeenCalled();
});

test.each(['new', 'all'] as const)('where snapshots may be written (%s), the owner runs the whole file', update => {
  const {warnings, ...rest} = cutsIn({update});
  expect(rest).toEqual({cuts: {}, leftOut: ['/root/cut.js']});
  expect(warnings).toEqual([
    'the shards do not cut these files, because this run may write snapshots. Run the shards with --ci. ' +
      'One shard runs all of a file:\n  cut.js: shard 1\n  each.js: shard 2',
  ]);
});

test('where Jest lacks what a merge needs, the owner runs the whole file', () => {
  const {warnings, ...rest} = cutsIn({canMerge: () => false});
  expect(rest).toEqual({cuts: {}, leftOut: ['/root/cut.js']});
  expect(warnings).toEqual([expect.stringContaining('because this version of Jest is not known well enough.')]);
});
