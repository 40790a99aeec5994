import {traceOf, type JestResults} from '../../../bench/recording';
import type {RecordingLine} from '../../../src/recording';
import {asking, done, fixture, indivisible, opened, planOf, up, w1, w2, type Who} from '../plans';

type TestOfJest = JestResults['testResults'][number]['assertionResults'][number];

const ran = (duration: number, ...ancestorTitles: string[]) =>
  ({duration, ancestorTitles, status: 'passed'}) as TestOfJest;
const skipped = {duration: null, ancestorTitles: [] as string[], status: 'pending'} as TestOfJest;

/** What Jest says of each file of the plan, in order. */
const results = (...files: TestOfJest[][]): JestResults => ({
  testResults: files.map(
    (assertionResults, id) => ({name: `/${id}.test.js`, assertionResults}) as JestResults['testResults'][number],
  ),
});

const start = ({slot, generation}: Who) => ({type: 'start-slot', slot, generation, node: 0}) as const;

const plan = {
  ...asking(planOf([null, null], {resources: {gpu: 3}, fixtures: [{scope: 'run', needs: []}]}, [0]), {
    1: {resources: [{name: 'gpu', amount: 2}], fixtures: [0], workerGroup: 'g'},
  }),
};

const log: RecordingLine[] = [
  {type: 'plan', at: 0, plan, files: [], nodes: []},
  {type: 'command', at: 0, command: start(w1)},
  {type: 'command', at: 0, command: start(w2)},
  {type: 'command', at: 5, command: {type: 'set-up-fixture', fixture: 0, slot: null, generation: null}},
  {type: 'event', at: 90, event: up(w1)},
  {type: 'event', at: 110, event: up(w2)},
  {type: 'groups', at: 140, unit: 0, groups: [0, 1, null, 1]},
  {type: 'event', at: 140, event: opened(w1, 0, [null, null], 40.06)},
  {type: 'groups', at: 150, unit: 0, groups: [0]},
  {type: 'event', at: 205, event: fixture('up', 0)},
  {type: 'event', at: 300, event: done(w2, 1, {ms: 95})},
  {type: 'command', at: 301, command: {type: 'take-down-fixture', fixture: 0, slot: null, generation: null}},
  {type: 'event', at: 311, event: fixture('gone', 0)},
  {type: 'event', at: 320, event: done(w1, 0, {ms: 200})},
];

const twoFiles = results(
  [ran(7, 'a'), ran(8, 'b @group:x', 'c @group:y'), skipped, ran(9, 'b @group:x')],
  [ran(70), ran(5), skipped],
);

test('a trace has what a run took, and what decides how its tests may be distributed', () => {
  expect(traceOf(log, twoFiles, path => path.length)).toEqual({
    workerStartMs: 100,
    resources: [3],
    fixtures: [{scope: 'run', needs: [], setupMs: 200, teardownMs: 10}],
    files: [
      {
        bytes: 10,
        loadMs: 40.1,
        split: 'tests',
        tests: [7, 8, 9],
        together: [0, 1, 1],
        block: [0, 1, 1],
        group: [null, 0, 0],
      },
      // It ran whole: what its tests have not taken of it, loading it has.
      {
        bytes: 10,
        loadMs: 20,
        split: null,
        tests: [70, 5],
        constraints: {workerGroup: 0, resources: [[0, 2]], fixtures: [0]},
      },
    ],
  });
});

test('a title that comes again after another is that of another block', () => {
  const [tests] = twoFiles.testResults.map(({assertionResults}) => assertionResults);
  const again = results([...tests!.slice(0, 3), ran(9, 'a')], [ran(70)]);
  expect(traceOf(log, again, () => 1).files[0]?.block).toEqual([0, 1, 2]);
});

test('a file that could not be split after all counts as one that runs whole', () => {
  const refused: RecordingLine[][] = [
    log.filter(line => !('groups' in line)),
    [...log, {type: 'event', at: 170, event: opened(w2, 0, null)}],
    [...log, {type: 'event', at: 170, event: indivisible(w1, 0)}],
  ];
  for (const lines of refused) {
    expect(traceOf(lines, twoFiles, () => 1).files[0]).toEqual({bytes: 1, loadMs: 176, split: null, tests: [7, 8, 9]});
  }
});

test('a recording and results that are not of one run are refused', () => {
  expect(() => traceOf(log, results([ran(7)], [ran(70)]), () => 1)).toThrow('4 tests of /0.test.js, Jest 1');
  expect(() => traceOf(log, {testResults: twoFiles.testResults.slice(0, 1)}, () => 1)).toThrow(
    'no result of /1.test.js',
  );
  expect(() => traceOf(log.slice(1), twoFiles, () => 1)).toThrow('has no plan');
});

test('a run whose groups are those of its mode is refused', () => {
  const [, ...rest] = log;
  const grouped = {type: 'plan' as const, at: 0, files: [], nodes: [], plan: {...plan, grouping: 'scope' as const}};
  expect(() => traceOf([grouped, ...rest], twoFiles, () => 1)).toThrow('record with "load"');
});
