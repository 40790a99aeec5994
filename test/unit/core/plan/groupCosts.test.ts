import type {FileRecord} from '../../../../src/core/plan/durations';
import {groupCosts} from '../../../../src/core/plan/groupCosts';
import type {CollectedTest} from '../../../../src/core/wire/workerMessages';

const tests = (...names: readonly string[]): CollectedTest[] => names.map((name, group) => ({name, group}));
/** @param short how many tests of the last run it does not name */
const record = (past: Readonly<Record<string, number>>, ms: number | null = 100, short = 5): FileRecord => ({
  at: 0,
  ms,
  tests: past,
  short,
  end: 'passed',
});

describe('what groups of tests are expected to take', () => {
  test('is unknown of a file that has never run', () => {
    expect(groupCosts(tests('a', 'b'), null, 0)).toEqual([null, null]);
  });

  test('is what the record says', () => {
    expect(groupCosts(tests('b', 'a'), record({a: 10, b: 20.5}), 5)).toEqual([20.5, 10]);
  });

  test('is 1 ms at the most for tests that the record of a full run does not name', () => {
    expect(groupCosts(tests('a', 'b'), record({a: 10}, 100), 5)).toEqual([10, 1]);
  });

  test('is for these what the file took beyond the others and its loading, in equal parts', () => {
    expect(groupCosts(tests('a', 'b', 'c'), record({a: 10}, 16), 5)).toEqual([10, 0.5, 0.5]);
    expect(groupCosts(tests('a', 'b'), record({}, 1), 0.5)).toEqual([0.25, 0.25]);
    expect(groupCosts([...tests('a', 'b'), {name: 'c', group: null}], record({a: 10}, 15.5), 5)).toEqual([10, 0.5]);
  });

  test('is nothing for these if the file took no longer than that', () => {
    expect(groupCosts(tests('a', 'b'), record({a: 10}, 12), 5)).toEqual([10, 0]);
    expect(groupCosts(tests('a'), record({}, 0), 0)).toEqual([0]);
  });

  test('is unknown of such a test where the record is of no full run', () => {
    expect(groupCosts(tests('a', 'b'), record({a: 10}, null), 5)).toEqual([10, null]);
  });

  test('is unknown of tests that all have new names', () => {
    const past = record({a1: 700, a2: 700, a3: 700, a4: 700}, 2954, 0);
    expect(groupCosts(tests('b1', 'b2', 'b3', 'b4'), past, 100)).toEqual([null, null, null, null]);
  });

  test('is unknown of a test that is new, or has a new name', () => {
    const past = record({a: 700, b: 700}, 1500, 0);
    expect(groupCosts(tests('a', 'b', 'new'), past, 50)).toEqual([700, 700, null]);
    expect(groupCosts(tests('a', 'new'), past, 50)).toEqual([700, null]);
  });

  test('is unknown of all tests that the record does not name if one of them is new: nobody can tell which', () => {
    const past = record({a: 700}, 800, 2);
    expect(groupCosts(tests('a', 'short 1', 'short 2'), past, 50)).toEqual([700, 1, 1]);
    expect(groupCosts(tests('a', 'short 1', 'short 2', 'new'), past, 50)).toEqual([700, null, null, null]);
  });

  test('does not change for the others when a test is gone', () => {
    expect(groupCosts(tests('a'), record({a: 10, b: 20}, 100, 0), 5)).toEqual([10]);
  });

  test('is the sum over the tests that stay together, or unknown with one of them', () => {
    const found = [
      {name: 'a', group: 0},
      {name: 'b', group: 1},
      {name: 'c', group: 0},
      {name: 'd', group: 1},
    ];
    const past = {a: 10, b: 20, c: 5};
    expect(groupCosts(found, record(past), 0)).toEqual([15, 21]);
    expect(groupCosts(found, record(past, null), 0)).toEqual([15, null]);
  });

  test('counts tests of equal names once in a group: the record has their sum', () => {
    const found = [
      {name: 'a', group: 0},
      {name: 'a', group: 0},
      {name: 'b', group: 0},
    ];
    expect(groupCosts(found, record({a: 10, b: 1}), 0)).toEqual([11]);
  });

  test('leaves out tests that no worker runs', () => {
    const found = [
      {name: 'a', group: null},
      {name: 'b', group: 0},
      {name: 'c', group: null},
    ];
    expect(groupCosts(found, record({a: 100, b: 2}), 0)).toEqual([2]);
    expect(groupCosts([{name: 'a', group: null}], record({a: 100}), 0)).toEqual([]);
  });

  test.each(['toString', 'constructor', '__proto__', 'hasOwnProperty'])(
    'is not read off what every object has, of a test called %s',
    name => {
      expect(groupCosts(tests(name), record({a: 10}), 0)).toEqual([1]);
      expect(groupCosts(tests(name), record({a: 10}, null), 0)).toEqual([null]);
      expect(groupCosts(tests(name), record(Object.fromEntries([[name, 7]])), 0)).toEqual([7]);
    },
  );
});
