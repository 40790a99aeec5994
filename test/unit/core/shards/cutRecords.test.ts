import {combineCut, ownPart, type CutRecord} from '../../../../src/core/shards/cutRecords';
import {recordOf} from './shardInputs';

const NAMES = ['a', 'b', 'c'];
const part = (own: readonly number[], ms: number, fields: Partial<CutRecord['record']> = {}): CutRecord => ({
  record: recordOf(ms, {
    tests: Object.fromEntries(own.map(place => [NAMES[place] ?? '', 100])),
    measured: {loadMs: 50, cpuMs: ms - 20, on: 'here'},
    recent: [ms - 10],
    ...fields,
  }),
  names: NAMES,
  own,
});

test('the record of a cut file has one loading and the tests of all shards', () => {
  const combined = combineCut([part([0], 160, {at: 1, short: 2}), part([1, 2], 250, {at: 3, end: 'failed', short: 1})]);
  expect(combined).toEqual({
    at: 3,
    ms: 360,
    tests: {a: 100, b: 100, c: 100},
    short: 3,
    end: 'failed',
    measured: {loadMs: 50, cpuMs: 320, on: 'here'},
    recent: [340],
  });
});

test('unmeasured, all that was spent in no test is taken to be loading', () => {
  const {measured: _, ...unmeasured} = part([1, 2], 250).record;
  expect(combineCut([part([0], 160), {...part([1, 2], 250), record: unmeasured}])?.ms).toBe(360);
});

test('a duration that one shard does not know is unknown', () => {
  const combined = combineCut([part([0], 160), part([1, 2], 250, {ms: null, recent: []})]);
  expect(combined).toMatchObject({ms: null});
  expect(combined).not.toHaveProperty('recent');
});

test('if a shard is missing, or a test ran twice, there is no record', () => {
  expect(combineCut([])).toBeNull();
  expect(combineCut([part([0], 160)])).toBeNull();
  expect(combineCut([part([0, 1], 260), part([1, 2], 250)])).toBeNull();
});

test('if the shards found different tests, the file is not cut again', () => {
  const other = {...part([1, 2], 250), names: ['a', 'b', 'new']};
  expect(combineCut([part([0], 160), other])).toMatchObject({unstable: true, ms: 360});
});

describe('the part of a shard', () => {
  const whole = recordOf(1000, {
    tests: {a: 300, b: 200, c: 100},
    short: 7,
    measured: {loadMs: 150, cpuMs: 900, on: 'here'},
  });
  const given = {b: 2, c: 3, gone: 2};
  const partOf = (shard: number) => ownPart(whole, {shard, owner: 1, given});

  test('the owner has what nobody else has', () => {
    expect(partOf(1)).toMatchObject({ms: 150 + 300 + 250, tests: {a: 300}, short: 7});
  });

  test('another shard loads the file and runs its tests', () => {
    expect(partOf(2)).toMatchObject({ms: 150 + 200, tests: {b: 200}, short: 0});
    expect(partOf(4)).toMatchObject({ms: 150, tests: {}});
  });

  test('the parts add up to the file, but for the loading', () => {
    const all = [1, 2, 3].map(shard => (partOf(shard).ms ?? 0) - 150);
    expect(all.reduce((sum, ms) => sum + ms)).toBe(1000 - 150);
  });

  test('a duration that is unknown stays unknown', () => {
    expect(ownPart({...whole, ms: null}, {shard: 2, owner: 1, given})).toMatchObject({ms: null, tests: {b: 200}});
  });
});
