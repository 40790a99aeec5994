import {planUnits, type PlanInput} from '../../../src/core/plan';

const file = (path: string) => ({configId: 'c', path});
const known = (path: string, lastMs: number): PlanInput => ({
  file: file(path),
  lastMs,
  failedLastTime: false,
  size: () => {
    throw new Error(`the size of ${path} is not needed`);
  },
  split: null,
  constraints: null,
});
const unknown = (path: string, size: number): PlanInput => ({
  file: file(path),
  lastMs: null,
  failedLastTime: false,
  size: () => size,
  split: null,
  constraints: null,
});
const failed = (input: PlanInput): PlanInput => ({...input, failedLastTime: true});

const order = (inputs: readonly PlanInput[], keepOrder = false) =>
  planUnits(inputs, keepOrder).map(unit => unit.file.path);

test('known files run longest first', () => {
  expect(order([known('a', 5), known('b', 500), known('c', 50)])).toEqual(['b', 'c', 'a']);
});

test('unknown files run largest first, before all known ones', () => {
  expect(order([known('a', 1e9), unknown('b', 1), unknown('c', 2)])).toEqual(['c', 'b', 'a']);
});

test('files that failed last time run before all others, in the same order among themselves', () => {
  const inputs = [
    unknown('big', 1e6),
    known('long', 1e6),
    failed(known('short', 1)),
    failed(known('longer', 2)),
    failed(unknown('small', 1)),
  ];
  expect(order(inputs)).toEqual(['small', 'longer', 'short', 'big', 'long']);
});

test('equal files stay in the order in which Jest gave them', () => {
  expect(order([known('a', 5), known('b', 5), unknown('c', 5), unknown('d', 5)])).toEqual(['c', 'd', 'a', 'b']);
});

test('the order of a custom sequencer is kept', () => {
  expect(order([known('a', 1), failed(known('b', 2)), unknown('c', 3)], true)).toEqual(['a', 'b', 'c']);
});

test("no file's size is asked for where its order is kept", () => {
  const size = jest.fn(() => 1);
  planUnits([{...unknown('a', 1), size}], true);
  expect(size).not.toHaveBeenCalled();
});

test("a unit's id is its place in the plan, and what is expected of it what it took last time", () => {
  expect(planUnits([known('a', 5), unknown('b', 1)], false)).toEqual([
    {id: 0, file: file('b'), expectedMs: null, split: null, constraints: null},
    {id: 1, file: file('a'), expectedMs: 5, split: null, constraints: null},
  ]);
});

test('whether a file may be split is no matter of its place, and stays with it', () => {
  const inputs = [known('a', 1), {...known('b', 2), split: 'each'}, {...known('c', 3), split: 'tests'}] as const;
  const split = (keepOrder: boolean) => planUnits(inputs, keepOrder).map(unit => [unit.file.path, unit.split]);
  expect(split(true)).toEqual([
    ['a', null],
    ['b', 'each'],
    ['c', 'tests'],
  ]);
  expect(split(false)).toEqual(split(true).reverse());
});

test('one path in two projects is two units', () => {
  const inProject = (configId: string): PlanInput => ({...known('a', 1), file: {configId, path: 'a'}});
  expect(planUnits([inProject('x'), inProject('y')], false).map(unit => unit.file.configId)).toEqual(['x', 'y']);
});

test('the given list is left as it was', () => {
  const inputs = Object.freeze([known('a', 1), known('b', 2)]);
  expect(order(inputs)).toEqual(['b', 'a']);
});
