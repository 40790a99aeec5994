import type {Constraints} from '../../../../src/core/plan/constraints';
import {type PlanInput, planUnits} from '../../../../src/core/plan/plan';
import {NOTHING} from '../../plans';

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
  node: null,
});
const unknown = (path: string, size: number): PlanInput => ({
  file: file(path),
  lastMs: null,
  failedLastTime: false,
  size: () => size,
  split: null,
  constraints: null,
  node: null,
});
const failed = (input: PlanInput): PlanInput => ({...input, failedLastTime: true});

const order = (inputs: readonly PlanInput[], keepOrder = false) =>
  planUnits(inputs, {resources: {}, keepOrder}).map(unit => unit.file.path);

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
  planUnits([{...unknown('a', 1), size}], {resources: {}, keepOrder: true});
  expect(size).not.toHaveBeenCalled();
});

test("a unit's id is its place in the plan, and what is expected of it what it took last time", () => {
  expect(planUnits([known('a', 5), unknown('b', 1)], {resources: {}, keepOrder: false})).toEqual([
    {id: 0, file: file('b'), expectedMs: null, split: null, constraints: null, node: null, after: null},
    {id: 1, file: file('a'), expectedMs: 5, split: null, constraints: null, node: null, after: null},
  ]);
});

test('whether a file may be split is no matter of its place, and stays with it', () => {
  const inputs = [known('a', 1), {...known('b', 2), split: 'each'}, {...known('c', 3), split: 'tests'}] as const;
  const split = (keepOrder: boolean) =>
    planUnits(inputs, {resources: {}, keepOrder}).map(unit => [unit.file.path, unit.split]);
  expect(split(true)).toEqual([
    ['a', null],
    ['b', 'each'],
    ['c', 'tests'],
  ]);
  expect(split(false)).toEqual(split(true).reverse());
});

test('shared out beforehand, each worker gets every so manieth unit, and these are next to each other', () => {
  const inputs = [known('a', 50), known('b', 40), known('c', 30), known('d', 20), known('e', 10)];
  expect(planUnits(inputs, {resources: {}, keepOrder: false, shares: 2}).map(({file: {path}}) => path)).toEqual([
    'a',
    'c',
    'e',
    'b',
    'd',
  ]);
  expect(planUnits(inputs, {resources: {}, keepOrder: true, shares: 2}).map(({file: {path}}) => path)).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ]);
});

test('one path in two projects is two units', () => {
  const inProject = (configId: string): PlanInput => ({...known('a', 1), file: {configId, path: 'a'}});
  expect(
    planUnits([inProject('x'), inProject('y')], {resources: {}, keepOrder: false}).map(unit => unit.file.configId),
  ).toEqual(['x', 'y']);
});

test('the given list is left as it was', () => {
  const inputs = Object.freeze([known('a', 1), known('b', 2)]);
  expect(order(inputs)).toEqual(['b', 'a']);
});

describe('files that have to wait for each other', () => {
  const asking = (constraints: Partial<Constraints>): Constraints => ({
    serial: false,
    workerGroup: null,
    resources: [],
    freshWorker: false,
    fixtures: [],
    ...constraints,
  });
  const of = (input: PlanInput, constraints: Partial<Constraints>): PlanInput => ({
    ...input,
    constraints: asking(constraints),
  });

  test('a worker group has one place, by what all its files take, and its files the order of their paths', () => {
    const group = {workerGroup: 'g'};
    expect(
      paths([known('single', 50), of(known('b', 20), group), of(known('c', 30), group), of(known('a', 10), group)]),
    ).toEqual(['a', 'b', 'c', 'single']);
    expect(paths([known('single', 70), of(known('b', 20), group), of(known('a', 10), group)])).toEqual([
      'single',
      'a',
      'b',
    ]);
  });

  test('a group of which one file is unknown is unknown, and as large as its unknown files', () => {
    const group = {workerGroup: 'g'};
    expect(
      paths([known('single', 900), unknown('large', 30), of(known('a', 10), group), of(unknown('b', 20), group)]),
    ).toEqual(['large', 'a', 'b', 'single']);
  });

  test('files that share a resource come as early as the longest of them all together would', () => {
    const lock = {resources: [{name: 'db', amount: 1}]};
    const files = [known('long', 50), of(known('a', 20), lock), of(known('b', 20), lock), of(known('c', 20), lock)];
    expect(paths(files, {db: 1})).toEqual(['a', 'b', 'c', 'long']);
    expect(paths(files, {db: 3})).toEqual(['long', 'a', 'b', 'c']);
  });

  test('what runs alone comes last', () => {
    expect(paths([of(known('alone', 90), {serial: true}), known('a', 10), unknown('b', 1)])).toEqual([
      'b',
      'a',
      'alone',
    ]);
  });

  test("a project's own order is kept, whatever its files ask for", () => {
    const files = [of(known('alone', 90), {serial: true}), of(known('b', 1), {workerGroup: 'g'}), known('a', 10)];
    expect(planUnits(files, {resources: {}, keepOrder: true}).map(({file: {path}}) => path)).toEqual([
      'alone',
      'b',
      'a',
    ]);
  });

  const paths = (inputs: readonly PlanInput[], resources = {}) =>
    planUnits(inputs, {resources, keepOrder: false}).map(unit => unit.file.path);
});

describe('files that run on each node', () => {
  const on = (input: PlanInput, node: number): PlanInput => ({...input, node});
  const inGroup = (path: string, node: number) =>
    on({...known(path, 10), constraints: {...NOTHING, workerGroup: 'g'}}, node);
  const linesOf = (inputs: PlanInput[], inTurn: boolean) =>
    planUnits(inputs, {resources: {}, keepOrder: false, inTurn}).map(
      ({id, file: {path}, node, after}) => `${id}: ${path} on ${node}${after === null ? '' : ` after ${after}`}`,
    );

  test('are a unit for each, with the durations of each', () => {
    expect(linesOf([on(known('a', 1), 0), on(known('a', 5), 1), on(known('b', 3), 0)], false)).toEqual([
      '0: a on 1',
      '1: b on 0',
      '2: a on 0',
    ]);
  });

  test('come in turn after the node before, whatever the order is', () => {
    expect(linesOf([on(known('a', 1), 0), on(known('a', 5), 1), on(known('a', 3), 2)], true)).toEqual([
      '0: a on 1 after 2',
      '1: a on 2 after 0',
      '2: a on 0',
    ]);
  });

  test('of one path in two projects are two files', () => {
    const inProject = (configId: string, node: number) => on({...known('a', 1), file: {configId, path: 'a'}}, node);
    const units = planUnits([inProject('x', 0), inProject('y', 0), inProject('y', 1)], {
      resources: {},
      keepOrder: true,
      inTurn: true,
    });
    expect(units.map(({after}) => after)).toEqual([null, null, 1]);
  });

  test('of a worker group come after the last of it on the node before', () => {
    const inputs = [inGroup('a', 0), inGroup('a', 1), inGroup('b', 0), inGroup('b', 1)];
    expect(linesOf(inputs, true)).toEqual(['0: a on 0', '1: b on 0', '2: a on 1 after 1', '3: b on 1 after 1']);
  });
});

test('parts of one file that follow each other over nodes do so part by part', () => {
  const onNode = (node: number, part: number) => ({...known('a', 10 * part), node, part});
  const inputs = [onNode(0, 1), onNode(1, 1), onNode(0, 2), onNode(1, 2)];
  const units = planUnits(inputs, {resources: {}, keepOrder: true, inTurn: true});
  expect(units.map(({after}) => after)).toEqual([null, 0, null, 2]);
});
