import {fileKey, type FileRecord} from '../../../src/core/plan/durations';
import {NO_FIXTURES} from '../../../src/core/plan/runFixtures';
import type {Unit} from '../../../src/core/plan/units';
import {NO_RULES} from '../../../src/core/rules/fileRules';
import {DEFAULT_OPTIONS, type ResolvedOptions} from '../../../src/core/rules/resolvedOptions';
import type {ParallelRunOptions} from '../../../src/run/parallelRunOptions';
import type {RunOptions} from '../../../src/run/runOptions';
import {makePlan} from '../../../src/run/runPlan';
import {jestTest, NO_CUTS} from './jestTests';

type Records = Readonly<Record<string, Partial<FileRecord>>>;

/** The units of two files on the nodes `x` and `y`, in the order of dispatch. @param records by file key */
function units(records: Records, options: Partial<ResolvedOptions> = {}): readonly Unit[] {
  const tests = [jestTest('a'), {...jestTest('b'), duration: 7}];
  const run = {
    jest: {defaultSequencer: () => 'default', capabilities: {has: () => true}},
    globalConfig: {testSequencer: 'default', maxWorkers: 2, updateSnapshot: 'none'},
    options: {...DEFAULT_OPTIONS, dist: 'each', ...options},
  } as unknown as RunOptions;
  const parallel = {
    tests,
    rulesOf: () => NO_RULES,
    fixtures: NO_FIXTURES,
    splittable: new Map(),
    cuts: NO_CUTS,
    arriving: null,
    past: {of: ({path}: {path: string}, node: string | null = null) => records[fileKey(null, path, node)] ?? null},
    nodes: [{name: 'x'}, {name: 'y'}],
  } as unknown as ParallelRunOptions;
  return makePlan(run, parallel, null).plan.units;
}

const expected = (records: Records, options?: Partial<ResolvedOptions>) =>
  Object.fromEntries(
    units(records, options).map(({file: {path}, node, expectedMs}) => [`${path} ${node ?? ''}`, expectedMs]),
  );

test('what a file took on a node is expected of it there; of one that is new, what it took without nodes', () => {
  expect(
    expected({
      'a on x': {ms: 10, end: 'passed'},
      a: {ms: 20, end: 'passed'},
      'b on y': {ms: null, end: 'died'},
      b: {ms: 30, end: 'passed'},
    }),
  ).toEqual({'a 0': 10, 'a 1': 20, 'b 0': 30, 'b 1': 30});
});

test('where neither is known, what Jest knows', () => {
  expect(expected({a: {ms: null, end: 'died'}})).toEqual({'a 0': null, 'a 1': null, 'b 0': 7, 'b 1': 7});
});

test('a failure without nodes says nothing of a node', () => {
  const first = (records: Records) => units(records).map(({file: {path}, node}) => `${path} ${node}`)[0];
  const [a, b] = [
    {ms: 1, end: 'failed'},
    {ms: 30, end: 'passed'},
  ] as const;
  expect(first({a, b})).toBe('b 0');
  expect(first({'a on y': a, b})).toBe('a 1');
});

test('with any other dist there are no records of nodes', () => {
  const records = {a: {ms: 20, end: 'passed'}, 'b on x': {ms: 30, end: 'passed'}} as const;
  expect(expected(records, {dist: 'load'})).toEqual({'a ': 20, 'b ': 7});
});
