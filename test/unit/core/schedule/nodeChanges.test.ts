import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import {SETUP_LEAD_MS} from '../../../../src/core/schedule/fixtureStates';
import {
  after,
  asking,
  closed,
  done,
  feed,
  feedAt,
  fixture,
  lost,
  next,
  opened,
  placed,
  planOf,
  progress,
  QUICK,
  settled,
  start,
  started,
  units,
  up,
  w1,
  w2,
  w3,
} from '../../plans';
import {LONG, longUnits} from '../longUnits';

describe('a worker is started', () => {
  test('on a node that has none, else on that with most work for each of its workers', () => {
    const even = createSchedule(placed(longUnits(8, {slots: 4}), 2));
    expect(feed(even, start)).toEqual(['start w1.1', 'start w2.1 on 1', 'start w3.1', 'start w4.1 on 1']);
    const uneven = planOf([LONG, 1, LONG, 1, LONG, 1, LONG, 1], {slots: 4});
    expect(feed(createSchedule(placed(uneven, 2)), start)).toEqual([
      'start w1.1',
      'start w2.1 on 1',
      'start w3.1',
      'start w4.1',
    ]);
  });

  test('only where there is a unit for it', () => {
    const state = createSchedule(placed(longUnits(3, {slots: 8}), 2));
    expect(feed(state, start)).toEqual(['start w1.1', 'start w2.1 on 1', 'start w3.1']);
  });

  test('on the same node again, if it died and that has work', () => {
    const state = after(placed(planOf([QUICK, LONG, LONG, LONG, LONG, LONG], {slots: 2}), 2), up(w1), up(w2));
    expect(feed(state, started(w1, 1), lost(w1))).toContain('start w1.2 on 1');
  });

  test('on each in turn, where all workers may run all units', () => {
    const state = createSchedule(longUnits(3, {slots: 3, nodes: 2}));
    expect(feed(state, start)).toEqual(['start w1.1', 'start w2.1 on 1', 'start w3.1']);
  });
});

test('a unit goes to a worker of its node', () => {
  const state = after(placed(longUnits(6, {slots: 2}), 2));
  expect(feed(state, up(w2))).toEqual(['give w2.1: 1']);
  expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
  expect(feed(state, started(w2, 1), done(w2, 1))).toEqual(['give w2.1: 3']);
});

describe('a worker for which nothing is left', () => {
  test('makes room for one of a node that has none', () => {
    const state = after(placed(longUnits(2), 2), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1), up(next(w1)))).toEqual(['start w1.2 on 1', 'give w1.2: 1']);
  });

  test('forgets which node its slot was meant for if it dies before it has closed', () => {
    const state = after(placed(longUnits(2), 2), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(state.slots[0]?.movesTo).toBe(state.pools[1]);
    expect(feed(state, lost(w1))).toEqual(['start w1.2 on 1']);
    expect(state.slots[0]?.movesTo).toBeNull();
  });

  test('stays in the midst of a group, and what that needs next is set up, however much of the other node comes before', () => {
    const plan = placed(
      planOf([3 * SETUP_LEAD_MS, 2 * SETUP_LEAD_MS, 1], {slots: 1, fixtures: [{scope: 'run', needs: []}]}),
      2,
    );
    const group = {workerGroup: 'group'};
    const state = after(asking(plan, {0: group, 2: {...group, fixtures: [0]}}), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['set up 0']);
    expect(feed(state, fixture('up', 0))).toEqual(['give w1.1: 2']);
  });

  test('does so for much work of another node, and not for little', () => {
    const ended = (units: number[]) => {
      const state = after(placed(planOf(units, {slots: 2}), 2));
      feedAt(state, 300, up(w1), up(w2)); // that is what a start takes
      expect(state.slots.map(({node}) => node)).toEqual([0, 1]);
      return feedAt(state, 300, started(w1, 0), started(w2, 1), done(w2, 1));
    };
    expect(ended([LONG, LONG, 700])).toEqual(['close w2.1']);
    expect(ended([LONG, LONG, 500])).toEqual([]);
  });

  test('does so one at a time', () => {
    const plan = placed(longUnits(9, {slots: 2}), 3);
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    const commands = [
      ...feed(state, done(w1, 0), started(w1, 3), done(w1, 3), started(w1, 6), done(w1, 6)),
      ...feed(state, done(w2, 1), started(w2, 4), done(w2, 4), started(w2, 7), done(w2, 7)),
    ];
    expect(commands.filter(line => line.startsWith('close'))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual(['start w1.2 on 2', 'close w2.1']);
  });

  test('does so for a file of another node that gains by one more worker', () => {
    const plan = placed(planOf([LONG, QUICK], {slots: 2}, [0]), 2);
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    feed(state, opened(w1, 0, units(40, 500)));
    expect(feed(state, done(w2, 1))).toContain('close w2.1');
    expect(feed(state, closed(w2))).toContain('start w2.2');
    expect(feed(state, up(next(w2)))).toContain('join w2.2: 0');
  });

  test('joins no file of another node', () => {
    const plan = placed(planOf([1000, QUICK], {slots: 2}, [0]), 2);
    const state = after(plan, up(w1), up(w2), started(w1, 0), opened(w1, 0, units(4, 100)), started(w2, 1));
    const commands = feedAt(state, 1, progress(w1, 0, [], 0), done(w2, 1));
    expect(commands.filter(line => line.startsWith('join'))).toEqual([]);
  });

  test('stays for what its node has that may not begin yet', () => {
    const plan = asking(placed(longUnits(4, {slots: 2, resources: {gpu: 1}}), 2), {
      1: {resources: [{name: 'gpu', amount: 1}]},
      2: {resources: [{name: 'gpu', amount: 1}]},
      3: {resources: [{name: 'gpu', amount: 1}]},
    });
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, done(w1, 0))).toEqual([]);
    expect(feed(state, done(w2, 1))).toEqual(['give w2.1: 3']);
    expect(feed(state, started(w2, 3), done(w2, 3))).toEqual(['give w1.1: 2']);
  });
});

describe('a unit that comes after another', () => {
  const plan = placed(longUnits(4, {slots: 2}), 2, true);

  test('is given when that has ended', () => {
    const state = after(plan, up(w1), up(w2));
    expect(state.slots.map(({node}) => node)).toEqual([0, 0]);
    expect(feed(state, started(w1, 0), started(w2, 2), done(w1, 0))).toEqual([]);
    expect(feed(state, settled(0))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1), up(next(w1)))).toEqual(['start w1.2 on 1', 'give w1.2: 1']);
    // It takes the other half of what has waited.
    expect(feed(state, done(w2, 2), settled(2))).toEqual(['close w2.1']);
    expect(feed(state, closed(w2), up(next(w2)))).toEqual(['start w2.2 on 1', 'give w2.2: 3']);
  });

  test('is given when that was blamed for a death', () => {
    const state = after({...plan, slots: 1}, up(w1), started(w1, 0));
    expect(feed(state, lost(w1), settled(0))).toEqual(['blame w1.1: 0', 'start w1.2']);
    expect(feed(state, up(next(w1)), started(next(w1), 2), done(next(w1), 2))).toEqual(['give w1.2: 2', 'close w1.2']);
    const third = next(next(w1));
    expect(feed(state, closed(next(w1)), up(third))).toEqual(['start w1.3 on 1', 'give w1.3: 1']);
  });

  test('is abandoned with it where no worker is left', () => {
    const state = after({...plan, slots: 1, maxWorkerRestarts: 0}, up(w1), started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'abandon 2']);
    expect(feed(state, settled(0), settled(2))).toEqual(['abandon 1', 'abandon 3', 'finish']);
  });

  test('is not waited for by what runs alone when it never will begin', () => {
    const all = asking(placed(longUnits(4, {slots: 2, maxWorkerRestarts: 0}), 2), {0: {serial: true}});
    const chained = {...all, units: all.units.map(unit => ({...unit, after: unit.id === 3 ? 2 : null}))};
    const state = after(chained, up(w1), up(w2), started(w1, 2), started(w2, 1));
    state.slots[0]!.barredFrom.add(state.pools[1]!); // its workers of that node have died too often
    expect(feed(state, lost(w2))).toEqual(['blame w2.1: 1']);
    expect(feed(state, done(w1, 2), settled(2))).toEqual(['abandon 3', 'give w1.1: 0']);
  });

  test('waits its turn among what asks for more than a worker, too', () => {
    const asked = asking(plan, {1: {resources: [{name: 'gpu', amount: 1}]}});
    const state = after({...asked, resources: {gpu: 1}, slots: 1}, up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0), settled(0))).toEqual(['give w1.1: 2']);
    expect(feed(state, started(w1, 2), done(w1, 2))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1), up(next(w1)))).toEqual(['start w1.2 on 1', 'give w1.2: 1']);
  });
});

test('a run of several nodes ends when all its units have', () => {
  const state = after(placed(longUnits(3, {slots: 3}), 3), up(w1), up(w2), up(w3));
  feed(state, started(w1, 0), started(w2, 1), started(w3, 2), done(w1, 0), done(w2, 1));
  expect(feed(state, done(w3, 2))).toEqual(['close w1.1', 'close w2.1', 'close w3.1']);
  expect(feed(state, closed(w1), closed(w2), closed(w3))).toEqual(['finish']);
});

describe('a node whose workers do not come up', () => {
  test('has its units abandoned, and takes no other node along', () => {
    const state = after(placed(longUnits(4, {slots: 1}), 2), up(w1), started(w1, 0), done(w1, 0));
    expect(feed(state, started(w1, 2), done(w1, 2))).toEqual(['close w1.1']);
    const [second, third, fourth] = [2, 3, 4].map(generation => ({slot: 1, generation}));
    expect(feed(state, closed(w1), lost(second!), lost(third!))).toEqual([
      'start w1.2 on 1',
      'start w1.3 on 1',
      'start w1.4 on 1',
    ]);
    expect(feed(state, lost(fourth!))).toEqual(['abandon 1', 'abandon 3', 'finish']);
  });

  test('has its units abandoned, and so has one of what runs alone, if no worker may be started for it', () => {
    const plan = placed(longUnits(6, {slots: 2, maxWorkerRestarts: 3}), 2);
    const state = after(asking(plan, {1: {serial: true}}));
    const [second, third, fourth] = [2, 3, 4].map(generation => ({slot: 1, generation}));
    feed(state, lost(w1), lost(second!), lost(third!), up(w2), up(fourth!));
    feed(state, started(w2, 3), started(fourth!, 5), done(fourth!, 5));
    expect(feed(state, lost(fourth!))).toEqual([]); // nothing is left for it so far
    expect(feed(state, done(w2, 3), closed(w2))).toEqual(['close w2.1', 'start w2.2']);
    expect(feed(state, lost(next(w2)))).toEqual(['start w2.3']);
    expect(feed(state, lost({slot: 2, generation: 3}))).toEqual([
      'abandon 0',
      'abandon 2',
      'abandon 4',
      'abandon 1',
      'finish',
    ]);
  });

  test('leaves its slot to another node', () => {
    const state = after(placed(longUnits(4, {slots: 2}), 2));
    const [second, third] = [2, 3].map(generation => ({slot: 1, generation}));
    // The first slot is that of the first node, of which the other slot may still try to start a worker.
    expect(feed(state, lost(w1), lost(second!), lost(third!))).toEqual(['start w1.2', 'start w1.3', 'start w1.4 on 1']);
    expect(feed(state, up({slot: 1, generation: 4}), up(w2))).toEqual(['give w1.4: 1', 'give w2.1: 3']);
  });
});

test('a unit that runs alone does so, though one is given up that another was to come after', () => {
  const plan = asking(planOf([2 * LONG, LONG, LONG, LONG, LONG], {slots: 2, nodes: 2}), {
    2: {serial: true},
    3: {serial: true},
  });
  const nodes = [1, 0, 0, 1, 0];
  const units = plan.units.map(unit => ({...unit, node: nodes[unit.id]!, after: unit.id === 4 ? 3 : null}));
  const state = after({...plan, units});
  const losses = ({slot, generation}: typeof w1) => [0, 1, 2].map(more => lost({slot, generation: generation + more}));
  feed(state, ...losses(w1), up(w2), started(w2, 1), done(w2, 1), closed(w2));
  const second = next(w2);
  expect(feed(state, up(second), started(second, 0), lost(second))).toEqual([
    'give w2.2: 0',
    'blame w2.2: 0',
    'start w1.4',
    'start w2.3 on 1',
  ]);
  const first = {slot: 1, generation: 4};
  expect(feed(state, up(first), started(first, 2))).toEqual(['give w1.4: 2']);
  expect(feed(state, ...losses(next(second)))).toContain('abandon 3');
  expect(feed(state, settled(3), up({slot: 2, generation: 6}))).toEqual(['start w2.6']);
  expect(feed(state, done(first, 2))).toEqual(['give w1.4: 4']);
});

test('a worker in the midst of a group waits for the rest of it, whatever another node has', () => {
  const plan = asking(placed(longUnits(3, {slots: 1, fixtures: [{scope: 'run', needs: []}]}), 2), {
    0: {workerGroup: 'g'},
    2: {workerGroup: 'g', fixtures: [0]},
  });
  const state = after(plan, up(w1), started(w1, 0));
  expect(feed(state, done(w1, 0))).toEqual([]);
  expect(feed(state, fixture('up', 0))).toEqual(['give w1.1: 2']);
});
