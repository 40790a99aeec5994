import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import type {ScheduleEvent} from '../../../../src/core/schedule/events';
import {sizeOf} from '../../../../src/core/schedule/pools';
import type {SchedulePlan} from '../../../../src/core/schedule/state';
import {
  after,
  asking,
  closed,
  done,
  feed,
  feedAt,
  lost,
  next,
  planOf,
  returned,
  start,
  started,
  units,
  up,
  w1,
  w2,
  w3,
} from '../../plans';
import {longUnits} from '../longUnits';

const GROWTH = {from: 1, cores: 2, reserveBytes: 0, limitIsGiven: false};

const growing = (plan: SchedulePlan, slots = 3): SchedulePlan => ({...plan, slots, growth: GROWTH});

/** So many cores were idle for so long: 100 ms of an idle machine is enough for more workers, a second of a busy one for fewer. */
const sampled = (idleCores: number, ms: number): ScheduleEvent => ({
  type: 'sampled',
  load: {idleCores, ms, availableBytes: null, workerBytes: null},
});
const idle = sampled(2, 100);
const busy = sampled(0, 1000);

/** The last worker that was added has been up for this long (ms). */
const LATER = 10_000;

test('at first there are as many as the run begins with; more where cores are idle, and no more than are of use', () => {
  const state = createSchedule(growing(longUnits(3)));
  expect(feed(state, start, up(w1), started(w1, 0))).toEqual(['start w1.1', 'give w1.1: 0']);
  expect(feedAt(state, LATER, sampled(0, 100))).toEqual([]);
  expect(feedAt(state, LATER, idle)).toEqual(['start w2.1', 'start w3.1']);
  const two = after(growing(longUnits(2)), up(w1), started(w1, 0));
  expect(feedAt(two, LATER, idle)).toEqual(['start w2.1']);
});

test('one at a time, where only one can start at a time', () => {
  const state = after({...growing(longUnits(3)), startsAtOnce: 1}, up(w1), started(w1, 0));
  expect(feedAt(state, LATER, idle)).toEqual(['start w2.1']);
  expect(feedAt(state, LATER, up(w2))).toEqual(['give w2.1: 1', 'start w3.1']);
});

/** A run of 3 workers, which have all begun a file. */
function grown(plan: SchedulePlan) {
  const state = after(growing(plan), up(w1), started(w1, 0));
  feedAt(state, LATER, idle, up(w2), up(w3), started(w2, 1), started(w3, 2));
  return state;
}

test('those with the highest numbers go, when they have ended what they run, and come back under these', () => {
  const state = grown(longUnits(9));
  expect(feedAt(state, 2 * LATER, busy)).toEqual([]); // one of the two that were added may stay
  expect(feedAt(state, 2 * LATER, done(w2, 1), done(w3, 2))).toEqual(['give w2.1: 3', 'close w3.1']);
  expect(feedAt(state, 2 * LATER, closed(w3), done(w1, 0), started(w1, 4))).toEqual(['give w1.1: 4']);
  expect(feedAt(state, 3 * LATER, sampled(0.1, 2000), idle)).toEqual(['start w3.2']);
});

test('what one too many holds is called back for the others', () => {
  const state = after({...growing(planOf(units(12, 100)), 2), evenShares: true}, up(w1), started(w1, 0));
  expect(state.slots[0]?.held).toHaveLength(11);
  expect(feedAt(state, LATER, idle)).toEqual(['start w2.1']);
  const held = [6, 7, 8, 9, 10, 11];
  expect(feedAt(state, LATER, up(w2))).toEqual([`take-back w1.1: ${held.join(' ')}`]);
  expect(feedAt(state, LATER, returned(w1, held, held), started(w2, 6))).toEqual(['give w2.1: 6 7']);
  expect(feedAt(state, 2 * LATER, busy)).toEqual(['take-back w2.1: 7']);
});

test('none goes in the midst of a group of files', () => {
  const plan = asking(longUnits(5), {1: {workerGroup: 'g'}, 3: {workerGroup: 'g'}});
  const state = after(growing(plan, 2), up(w1), started(w1, 0));
  expect(feedAt(state, LATER, idle, up(w2), started(w2, 1))).toEqual(['start w2.1', 'give w2.1: 1']);
  expect(feedAt(state, 2 * LATER, busy, done(w2, 1), started(w2, 3))).toEqual(['give w2.1: 3']);
  expect(feedAt(state, 2 * LATER, done(w2, 3))).toEqual(['close w2.1']);
});

test('a worker that may not be started is not waited for by a file that wants a fresh one', () => {
  const group = {workerGroup: 'g'};
  const plan = asking(longUnits(3), {0: group, 1: {freshWorker: true}, 2: {...group, serial: true}});
  const state = after(growing(plan, 2), up(w1), started(w1, 0));
  expect(feed(state, done(w1, 0), closed(w1), up(next(w1)))).toEqual(['close w1.1', 'start w1.2', 'give w1.2: 1']);
});

test('one that died while it started is not replaced where those that are starting are enough', () => {
  const w4 = {slot: 4, generation: 1};
  const state = after(growing(longUnits(4), 5), up(w1), started(w1, 0));
  expect(feedAt(state, LATER, idle)).toEqual(['start w2.1', 'start w3.1', 'start w4.1']);
  feedAt(state, LATER, done(w1, 0), up(w2));
  expect(feedAt(state, LATER, lost(w4))).toEqual([]);
});

test('nothing is judged while a worker that was added starts, again too, nor by a sample from then', () => {
  const state = grown(longUnits(19));
  const samples = () => state.controller?.samples.length;
  feedAt(state, LATER + 60, sampled(1, 70));
  expect(samples()).toBe(0);
  feedAt(state, LATER + 80, sampled(0.1, 70));
  expect(samples()).toBe(1);
  feedAt(state, 2 * LATER, busy, done(w3, 2), closed(w3));
  expect(feedAt(state, 3 * LATER, sampled(0.1, 2000), idle)).toEqual(['start w3.2']);
  feedAt(state, 3 * LATER, sampled(0.1, 70));
  expect(samples()).toBe(0);
});

test('the share of each is that of as many as there may be', () => {
  const state = after(growing(longUnits(9)), up(w1), started(w1, 0));
  const [pool] = state.pools;
  expect(sizeOf(state, pool!)).toBe(1);
  feedAt(state, LATER, idle);
  expect(sizeOf(state, pool!)).toBe(3);
});

test('a run that has ended, or was stopped, judges nothing', () => {
  const state = after(growing(longUnits(3)), up(w1), started(w1, 0));
  expect(feedAt(state, LATER, {type: 'stopped', reason: 'bail'}, idle)).toEqual(['close w1.1']);
});
