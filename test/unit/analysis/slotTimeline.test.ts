import fc, {cases} from '../../random';
import {recordedRun} from '../../recordedRuns';
import {floorOf} from '../../../src/analysis/floor';
import {slotTimeline, type SlotInterval} from '../../../src/analysis/slotTimeline';
import {summaryOf} from '../../../src/analysis/summary';
import type {RecordingLine} from '../../../src/recording';
import type {SchedulePlan} from '../../../src/core/schedule';
import {askingScenario, dying, growing, onNodes, scenario, sharing} from '../../simulation/scenarios';
import {asking, placed, planOf} from '../plans';

/** The reasons for which a slot was idle for longer than messages take, in order. */
const reasonsOf = (intervals: readonly SlotInterval[]) =>
  intervals.flatMap(({from, to, activity}) => (activity.type === 'idle' && to - from > 5 ? [activity.reason] : []));

const timelineOf = (plan: SchedulePlan, actualMs: number[], world = {}) =>
  slotTimeline(recordedRun(plan, {actualMs, startMs: 10, latencyMs: 1, ...world}))!;

test('a slot is starting, then running, then idle because nothing is left, then down', () => {
  const {slots, problem} = timelineOf(planOf([200, 30], {slots: 2}), [200, 30]);
  expect(problem).toBeNull();
  const types = slots[1]!.map(({activity}) => activity.type);
  expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
    'starting',
    'idle',
    'running',
    'idle',
    'down',
  ]);
  expect(reasonsOf(slots[1]!)).toEqual([{type: 'nothing-left'}]);
  const long = slots[0]!.find(({activity}) => activity.type === 'running')!;
  expect(long.activity).toEqual({type: 'running', unit: 0});
  expect(long.to - long.from).toBeGreaterThanOrEqual(200);
});

/** The second unit comes after the first one, on another node. */
const onTwo = placed(planOf([200, 1, 1, 1], {slots: 2}), 2);
const inOrder = {...onTwo, units: onTwo.units.map(unit => (unit.id === 1 ? {...unit, after: 0} : unit))};

test.each<[string, SchedulePlan, object]>([
  [
    'a resource',
    asking(planOf([100, 100, 1], {slots: 2, resources: {db: 1}}), {
      0: {resources: [{name: 'db', amount: 1}]},
      1: {resources: [{name: 'db', amount: 1}]},
    }),
    {type: 'resource', unit: 1, name: 'db'},
  ],
  [
    'a worker group',
    asking(planOf([100, 100, 1], {slots: 2}), {0: {workerGroup: 'g'}, 1: {workerGroup: 'g'}}),
    {type: 'group', unit: 1, slot: 1},
  ],
  ['a serial file', asking(planOf([100, 100], {slots: 2}), {1: {serial: true}}), {type: 'serial', unit: 1}],
  [
    'a shared fixture',
    asking(planOf([100, 1], {slots: 2, fixtures: [{scope: 'run', needs: []}]}), {0: {fixtures: [0]}}),
    {type: 'fixture', unit: 0, fixture: 0},
  ],
  ['a node', placed(planOf([200, 1], {slots: 2}), 2), {type: 'nothing-left'}],
  ['an order', inOrder, {type: 'order', unit: 1}],
])('a slot is idle because of %s', (_, plan, reason) => {
  const fixtures = plan.fixtures.map(() => ({setupMs: 100, teardownMs: 1, fails: []}));
  const {slots, problem} = timelineOf(
    plan,
    plan.units.map(({expectedMs}) => expectedMs!),
    {fixtures},
  );
  expect(problem).toBeNull();
  expect(slots.flatMap(reasonsOf)).toContainEqual(reason);
});

test('a slot is idle because the tests that are left are too short to load the file for them', () => {
  const plan = planOf([550, 1], {slots: 2}, [0]);
  const groups = Array.from({length: 10}, () => 30);
  const {slots, problem} = timelineOf(plan, [550, 1], {
    split: new Map([[0, {opens: true, openMs: 250, groups, costs: groups}]]),
  });
  expect(problem).toBeNull();
  expect(slots.flatMap(reasonsOf)).toContainEqual({type: 'no-gain', unit: 0});
});

const runs = fc.oneof(
  ...[scenario, sharing, dying, askingScenario(sharing), growing(sharing), onNodes(sharing)].map(one =>
    one.map(({plan, world}) => ({plan, lines: recordedRun(plan, world)})),
  ),
);

test('of any run, each reason is known, and the intervals of each slot follow each other', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(runs, ({lines}) => {
      const {slots, problem} = slotTimeline(lines)!;
      expect(problem).toBeNull();
      const end = lines.at(-1) as {at: number};
      for (const intervals of slots) {
        let at = 0;
        for (const {from, to, activity} of intervals) {
          expect(from).toBe(at);
          expect(to).toBeGreaterThan(from);
          at = to;
          if (activity.type === 'idle') seen.add(activity.reason.type);
        }
        expect(at).toBe(end.at);
      }
    }),
    {numRuns: cases(150)},
  );
  expect(seen).toContain('nothing-left');
  expect(seen).not.toContain('unknown');
});

test('no run is faster than its floor', () => {
  fc.assert(
    fc.property(fc.oneof(scenario, askingScenario(scenario)), ({plan, world}) => {
      const floor = floorOf(recordedRun({...plan, growth: null}, {...world, deadly: new Map(), leftovers: new Map()}));
      if (floor !== null) expect(floor.reachedMs).toBeGreaterThanOrEqual(floor.ms - 1);
    }),
    {numRuns: cases(60)},
  );
});

test('what sets the floor is said', () => {
  const floor = floorOf(recordedRun(planOf([200, 30], {slots: 2}), {actualMs: [200, 30], startMs: 10, latencyMs: 1}))!;
  expect(floor).toMatchObject({setBy: {type: 'unit', unit: 0}, slots: 2, serialMs: 0});
  expect(floor.ms).toBeGreaterThanOrEqual(210);
});

describe('a recording that no run has left', () => {
  const lines = recordedRun(planOf([20, 30], {slots: 2}), {actualMs: [20, 30], startMs: 10, latencyMs: 1});
  const without = (index: number) => lines.filter((_, at) => at !== index);

  test('has a timeline without reasons from there on', () => {
    const at = lines.findIndex(line => line.type === 'event' && line.event.type === 'unit-started');
    const {slots, problem} = slotTimeline(without(at))!;
    expect(problem).toMatch(/^From event \d+ on \([\w-]+\), the scheduler of this version decides differently\.$/);
    expect(slots).toHaveLength(2);
  });

  test('is not replayed if its events are not in the order of time', () => {
    const events = lines.map((line): RecordingLine => (line.type === 'event' ? {...line, at: 1e6 - line.at} : line));
    expect(slotTimeline(events)!.problem).toBe('The events of the recording are not in the order of time.');
  });

  test('is not replayed for longer than the caller wants', () => {
    expect(slotTimeline(lines, () => false)!.problem).toBe('The schedule takes too long to replay.');
  });

  test('has a summary, whatever is left out', () => {
    for (const index of lines.keys()) expect(summaryOf(without(index)).counts.tests.passed).toBe(0);
    expect(summaryOf([])).toMatchObject({verdict: null, workers: [], floor: null, timeline: null});
  });
});
