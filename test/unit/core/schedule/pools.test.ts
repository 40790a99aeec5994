import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import {
  addToPool,
  allFree,
  firstNeverGiven,
  freeCount,
  liveSlots,
  peekFree,
  poolOf,
  poolOfUnit,
  sizeOf,
  takeFree,
} from '../../../../src/core/schedule/pools';
import type {ScheduleState} from '../../../../src/core/schedule/state';
import {asking, placed, planOf, units} from '../../plans';

const taken = (state: ScheduleState, pool: number) => {
  const [from, all] = [state.pools[pool]!, [] as number[]];
  while (freeCount(from) > 0) all.push(takeFree(from));
  return all;
};

test('where units are for no node, all slots have one pool', () => {
  const state = createSchedule(planOf(units(3, 1), {slots: 2, nodes: 2}));
  expect(state.pools).toHaveLength(1);
  expect(state.slots.map(slot => poolOf(state, slot) === state.pools[0])).toEqual([true, true]);
  expect(sizeOf(state, state.pools[0]!)).toBe(2);
  expect(taken(state, 0)).toEqual([0, 1, 2]);
});

test('where they are for nodes, each node has one, with what is for it', () => {
  const state = createSchedule(placed(planOf(units(5, 1), {slots: 3}), 2));
  expect(state.slots.map(slot => state.pools.indexOf(poolOf(state, slot)))).toEqual([0, 1, 0]);
  expect(poolOfUnit(state, 3)).toBe(state.pools[1]);
  expect(allFree(state)).toBe(5);
  expect([taken(state, 0), taken(state, 1)]).toEqual([
    [0, 2, 4],
    [1, 3],
  ]);
});

test('a pool that has no worker is taken for one of one worker', () => {
  const state = createSchedule(placed(planOf(units(5, 1), {slots: 3}), 2));
  expect([liveSlots(state.slots, state.pools[0]!), sizeOf(state, state.pools[0]!)]).toEqual([0, 1]);
  for (const slot of state.slots) slot.status = 'up';
  expect([liveSlots(state.slots, state.pools[0]!), sizeOf(state, state.pools[0]!)]).toEqual([2, 2]);
});

test('what asks for more, or comes after another, is in none', () => {
  const plan = asking(placed(planOf(units(6, 1)), 2, true), {2: {serial: true}});
  const state = createSchedule(plan);
  expect([taken(state, 0), taken(state, 1)]).toEqual([[0, 4], []]);
});

test('a unit that may now begin gets its place among those that were never given', () => {
  const state = createSchedule(placed(planOf(units(8, 1)), 2, true));
  const [, east] = state.pools;
  for (const unit of [5, 1, 7]) addToPool(state, unit);
  expect(takeFree(east!)).toBe(1);
  addToPool(state, 3);
  expect(taken(state, 1)).toEqual([3, 5, 7]);
});

test('what came back is given first, the last that came before all', () => {
  const state = createSchedule(planOf(units(3, 1)));
  const [pool] = state.pools;
  takeFree(pool!);
  takeFree(pool!);
  pool!.returned.push(1, 0);
  expect(peekFree(pool!)).toBe(0);
  expect(firstNeverGiven(state)).toBe(2);
  expect(taken(state, 0)).toEqual([0, 1, 2]);
  expect(firstNeverGiven(state)).toBe(3);
  expect(() => takeFree(pool!)).toThrow(RangeError);
});
