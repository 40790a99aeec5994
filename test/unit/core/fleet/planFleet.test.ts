import fc, {cases} from '../../../random';
import type {FleetPlan} from '../../../../src/core/fleet/fleetPlan';
import {parsePlan} from '../../../../src/core/fleet/parsePlan';
import {planFleet} from '../../../../src/core/fleet/planFleet';
import {planRound} from '../../../../src/core/fleet/planRound';
import type {ShardInput} from '../../../../src/core/shards/shardInput';
import {inputOf, longFile, recordOf} from '../shards/shardInputs';
import {collectionOf} from './collections';

function planOf(inputs: readonly ShardInput[], machines = 4): FleetPlan {
  const files = inputs.map(({key}) => key).sort();
  return planFleet(inputs, {id: 'p1', machines, collection: collectionOf(files)});
}

/** The files of each job, by their keys. */
function keysOf({collection, jobs}: FleetPlan): string[][] {
  return jobs.map(({files}) => files.map(place => collection.files[place]!));
}

test('failed files come first, then unknown ones, the largest first, then the longest', () => {
  const plan = planOf([
    inputOf('a', 100),
    inputOf('b', 300),
    inputOf('c', null, {size: () => 10}),
    inputOf('d', null, {size: () => 5000}),
    inputOf('e', 1, {record: recordOf(1, {end: 'failed'})}),
    inputOf('f', 2, {record: recordOf(2, {end: 'died'})}),
  ]);
  expect(keysOf(plan)).toEqual([['f'], ['e'], ['d'], ['c'], ['b'], ['a']]);
  expect(plan.jobs.map(({expectedMs}) => expectedMs)).toEqual([2, 1, null, null, 300, 100]);
  expect(plan.jobs.map(({id}) => id)).toEqual(['0', '1', '2', '3', '4', '5']);
});

test('serial files come before all others', () => {
  const plan = planOf([inputOf('a', 900), inputOf('b', 100, {serial: true}), inputOf('c', 200, {serial: true})]);
  expect(keysOf(plan)).toEqual([['c'], ['b'], ['a']]);
});

test('a worker group is one job', () => {
  const plan = planOf([
    inputOf('c', 100, {workerGroup: 'db'}),
    inputOf('a', 300),
    inputOf('b', 250, {workerGroup: 'db'}),
  ]);
  expect(keysOf(plan)).toEqual([['b', 'c'], ['a']]);
  expect(plan.jobs[0]!.expectedMs).toBe(350);
});

test('a group with a file of unknown duration is unknown', () => {
  const plan = planOf([inputOf('a', 100, {workerGroup: 'db'}), inputOf('b', null, {workerGroup: 'db'})]);
  expect(plan.jobs[0]!.expectedMs).toBeNull();
});

test('a file that is longer than a share is cut, and each part pays for the loading', () => {
  const plan = planOf([longFile('long', {loadMs: 100, tests: [1000, 1000, 1000, 1000]}), inputOf('short', 1000)], 5);
  expect(plan.cuts).toEqual([{file: 0, parts: 4, given: {'long test 1': 2, 'long test 2': 3, 'long test 3': 4}}]);
  expect(plan.jobs.map(({files, part, expectedMs}) => [files, part, expectedMs])).toEqual([
    [[0], 1, 1100],
    [[0], 2, 1100],
    [[0], 3, 1100],
    [[0], 4, 1100],
    [[1], null, 1000],
  ]);
});

test('files are cut as if there were four machines, because more may come', () => {
  const plan = planOf([longFile('long', {loadMs: 0, tests: Array<number>(8).fill(100)})], 1);
  expect(plan.cuts[0]!.parts).toBe(4);
});

test('a test without a measurable duration makes no part of its own', () => {
  const plan = planOf([longFile('long', {loadMs: 0, tests: [5000, 0, 0, 0], restMs: 10_000})]);
  const parts = plan.cuts[0]?.parts ?? 1;
  expect(plan.jobs.filter(({part}) => part !== null)).toHaveLength(parts === 1 ? 0 : parts);
  expect(new Set(Object.values(plan.cuts[0]?.given ?? {})).size).toBe(parts - 1);
});

const input = (key: string): fc.Arbitrary<ShardInput> =>
  fc.oneof(
    fc
      .record({
        ms: fc.option(fc.nat(5000)),
        size: fc.nat(5000),
        serial: fc.nat(9).map(dice => dice === 0),
        workerGroup: fc.option(fc.constantFrom('g1', 'g2'), {freq: 1}),
        end: fc.constantFrom('passed' as const, 'failed' as const),
      })
      .map(({ms, size, end, ...rules}) => {
        const record = ms === null ? null : recordOf(ms, {end});
        return inputOf(key, ms, {...rules, record, size: () => size});
      }),
    fc
      .record({loadMs: fc.nat(500), tests: fc.array(fc.nat(2000), {maxLength: 12}), restMs: fc.nat(200)})
      .map(parts => longFile(key, parts)),
  );
const inputs = fc.nat(40).chain(count => fc.tuple(...Array.from({length: count}, (_, index) => input(`f${index}`))));

test('each file is in one job or in each of its parts, whatever the order of the inputs', () => {
  fc.assert(
    fc.property(inputs, fc.integer({min: 1, max: 20}), (all, machines) => {
      const plan = planOf(all, machines);
      // The parser checks that the jobs have each file, or each of its parts, once.
      expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
      expect(planOf([...all].reverse(), machines)).toEqual(plan);
      for (const {file, parts} of plan.cuts) {
        const cut = all.find(({key}) => key === plan.collection.files[file])!;
        expect(parts).toBeLessThanOrEqual(Object.keys(cut.record!.tests).length);
      }
    }),
    {numRuns: cases(200)},
  );
});

test('a plan of 50,000 files and 1000 machines has each of them', () => {
  const many = Array.from({length: 50_000}, (_, index) =>
    index % 500 === 0
      ? longFile(`f${index}`, {loadMs: 100, tests: Array<number>(200).fill(4000)})
      : inputOf(`f${index}`, index % 7 === 0 ? null : index % 3000),
  );
  const plan = planOf(many, 1000);
  expect(plan.cuts).toHaveLength(100);
  expect(plan.jobs).toHaveLength(50_000 + plan.cuts.reduce((sum, {parts}) => sum + parts - 1, 0));
});

describe('a later round', () => {
  const first = planOf([inputOf('a', 300), inputOf('b', 200), inputOf('c', 100)]);
  const second = planRound(
    first,
    new Map([
      ['0', {failed: false, plan: 'p1', token: 't0'}],
      ['1', {failed: true, plan: 'p1', token: 't1'}],
    ]),
    'p2',
  );

  test('keeps what has passed, and runs what failed or is missing', () => {
    expect(second).toEqual({...first, id: 'p2', round: 2, kept: [{job: '0', plan: 'p1', token: 't0'}]});
  });

  test('keeps what was kept before, in the order of the jobs', () => {
    const third = planRound(second, new Map([['2', {failed: false, plan: 'p2', token: 't2'}]]), 'p3');
    expect(third.round).toBe(3);
    expect(third.kept).toEqual([
      {job: '0', plan: 'p1', token: 't0'},
      {job: '2', plan: 'p2', token: 't2'},
    ]);
  });
});
