import {idleReason} from '../../../../src/core/schedule/idleReason';
import type {ScheduleEvent} from '../../../../src/core/schedule/events';
import type {SchedulePlan} from '../../../../src/core/schedule/state';
import {
  added,
  after,
  asking,
  atLoad,
  closed,
  commandsOf,
  done,
  feed,
  fixture,
  lost,
  noMore,
  placed,
  planOf,
  returned,
  settled,
  started,
  up,
  w1,
  w2,
  wantedBack,
} from '../../plans';

const late = (plan: SchedulePlan): SchedulePlan => ({...plan, arriving: true});
const SLOW = 5000;

test('no worker starts, and no unit begins, before a unit has arrived', () => {
  const state = after(late(planOf([SLOW, SLOW, SLOW], {slots: 2})));
  expect(feed(state, added(1))).toEqual(['start w1.1']);
  expect(feed(state, up(w1))).toEqual(['give w1.1: 1']);
  expect(feed(state, started(w1, 1), done(w1, 1))).toEqual([]);
  expect(idleReason(state, state.slots[0]!)).toEqual({type: 'arrivals'});
});

test('units that have arrived begin in the order of the plan', () => {
  const state = after(late(planOf([SLOW, SLOW, SLOW])), added(2), up(w1), added(1), added(0));
  expect(feed(state, started(w1, 2), done(w1, 2))).toEqual(['give w1.1: 0']);
});

test('a unit that arrives again changes nothing, whether it waits, runs or has ended', () => {
  const state = after(late(planOf([SLOW, SLOW, SLOW])), added(0, 1), added(1), up(w1), started(w1, 0), added(0));
  expect(feed(state, done(w1, 0), added(0), started(w1, 1), done(w1, 1), added(0, 1))).toEqual(['give w1.1: 1']);
});

test('idle workers stay until no more units arrive, and the units that never came do not count', () => {
  const state = after(late(planOf([SLOW, SLOW], {slots: 1})), added(0), up(w1), started(w1, 0));
  expect(feed(state, done(w1, 0))).toEqual([]);
  expect(commandsOf(state, noMore).map(({type}) => type)).toEqual(['close-slot', 'units-ended']);
  expect(feed(state, added(1), closed(w1))).toEqual(['finish']);
});

test('a run to which no unit comes ends at once', () => {
  expect(commandsOf(after(late(planOf([SLOW, SLOW]))), noMore).map(({type}) => type)).toEqual([
    'units-ended',
    'finish',
  ]);
});

test('a stopped run ends, and nothing comes or leaves any more', () => {
  const state = after(late(planOf([SLOW, SLOW])), added(0, 1), up(w1), started(w1, 0));
  expect(feed(state, {type: 'stopped', reason: 'interrupted'}, wantedBack(1))).toEqual(['close w1.1']);
  expect(feed(state, closed(w1), noMore)).toEqual(['finish']);
});

test('a unit that arrives beside a serial unit waits for its end', () => {
  const plan = asking(planOf([SLOW, SLOW], {slots: 2}), {1: {serial: true}});
  const state = after(late(plan), added(1), up(w1), started(w1, 1));
  expect(feed(state, added(0), up(w2))).toEqual(['start w2.1']);
  expect(feed(state, done(w1, 1))).toEqual(['give w1.1: 0']);
});

describe('units that are wanted back', () => {
  test('leave if they wait, and may come again', () => {
    const state = after(late(planOf([SLOW, SLOW])), added(0, 1), up(w1), started(w1, 0));
    expect(feed(state, wantedBack(1, 1)).map(command => command.slice(0, 9))).toEqual(['give back']);
    feed(state, added(1));
    expect(feed(state, wantedBack(1), done(w1, 0))).toEqual(['give back: 1']);
    expect(feed(state, added(1))).toEqual(['give w1.1: 1']);
  });

  test('stay if a worker is about to begin one of them, runs it or has run it', () => {
    const state = after(late(planOf([10, SLOW, 10])), added(0, 1), up(w1));
    expect(state.slots[0]!.held).toEqual([0]);
    expect(feed(state, wantedBack(0), wantedBack(0, 1), started(w1, 0), wantedBack(0))).toEqual([]);
    feed(state, done(w1, 0));
    expect(feed(state, wantedBack(0))).toEqual([]);
  });

  describe('and that a worker holds behind another one', () => {
    const holding = () => {
      const state = after(late(planOf([10, 10, 10, 10])), added(0, 1, 2), up(w1), started(w1, 0));
      expect(state.slots[0]!.held).toEqual([1]);
      return state;
    };

    test('leave when the worker has returned them, and no other worker gets them', () => {
      const state = holding();
      expect(feed(state, wantedBack(1))).toEqual(['take-back w1.1: 1']);
      expect(feed(state, returned(w1, [1], [1]))).toEqual(['give back: 1', 'give w1.1: 2']);
      expect(feed(state, added(1), started(w1, 2), done(w1, 2))).toEqual(['give w1.1: 1']);
    });

    test('leave together with others that wait', () => {
      const state = holding();
      expect(feed(state, wantedBack(2, 1))).toEqual(['take-back w1.1: 1']);
      expect(feed(state, returned(w1, [1], [1]))).toEqual(['give back: 2 1']);
    });

    test('stay, and all of them with it, if the worker has begun one', () => {
      const state = holding();
      feed(state, wantedBack(1, 2), done(w1, 0), started(w1, 1));
      expect(feed(state, returned(w1, [1], []))).toEqual([]);
      expect(feed(state, wantedBack(2))).toEqual(['take-back w1.1: 2']);
    });

    test('leave though the worker was about to begin one when it returned it', () => {
      const state = holding();
      feed(state, wantedBack(1), done(w1, 0));
      expect(feed(state, returned(w1, [1], [1]))).toContain('give back: 1');
    });

    test('leave if the worker dies first', () => {
      const state = holding();
      feed(state, wantedBack(1));
      expect(feed(state, lost(w1, atLoad(0)))).toContain('give back: 1');
    });

    test('leave once, however often they are wanted', () => {
      const state = holding();
      expect(feed(state, wantedBack(1), wantedBack(1))).toEqual(['take-back w1.1: 1']);
      expect(feed(state, returned(w1, [1], [1])).filter(text => text.startsWith('give back'))).toHaveLength(1);
    });

    test('leave, though an idle worker of this run wanted them', () => {
      const state = after(late(planOf([900, 10], {slots: 2})), added(0, 1), up(w1), started(w1, 0));
      expect(state.slots[0]!.held).toEqual([1]);
      expect(feed(state, up(w2))).toEqual(['take-back w1.1: 1']);
      expect(feed(state, wantedBack(1))).toEqual([]);
      expect(feed(state, returned(w1, [1], [1]))).toEqual(['give back: 1']);
      expect(feed(state, added(1))).toEqual(['give w2.1: 1']);
    });
  });

  test('stay if they wait to run again, and leave if their worker died before it began them', () => {
    const state = after(
      late(planOf([SLOW, SLOW, SLOW], {slots: 1}, [0, 1])),
      added(0, 1, 2),
      up(w1),
      started(w1, 0),
      lost(w1, atLoad(0)),
    );
    expect(feed(state, wantedBack(0), wantedBack(1))).toEqual(['give back: 1']);
    const other = after(late(planOf([SLOW])), added(0), up(w1), lost(w1));
    expect(feed(other, wantedBack(0))).toEqual(['give back: 0']);
  });

  test('let others have the resources that they waited for', () => {
    const plan = asking(planOf([SLOW, SLOW, SLOW], {slots: 3, resources: {db: 2}}), {
      0: {resources: [{name: 'db', amount: 1}]},
      1: {resources: [{name: 'db', amount: 2}]},
      2: {resources: [{name: 'db', amount: 1}]},
    });
    const state = after(late(plan), added(0, 1, 2), up(w1), up(w2));
    expect(feed(state, wantedBack(1))).toEqual(['give back: 1', 'give w2.1: 2']);
  });

  test('let a serial unit begin that waited for them', () => {
    const waits = after(late(asking(planOf([SLOW, SLOW]), {0: {serial: true}})), added(0, 1));
    expect(feed(waits, wantedBack(1), up(w1))).toEqual(['give back: 1', 'give w1.1: 0']);
  });

  test('leave also behind a unit that they wait for', () => {
    const state = after(late(placed(planOf([SLOW, SLOW], {slots: 2}), 2, true)), added(0, 1), up(w1), started(w1, 0));
    expect(feed(state, wantedBack(0, 1))).toEqual([]);
    expect(feed(state, wantedBack(1), done(w1, 0), settled(0))).toEqual(['give back: 1']);
    expect(feed(state, added(1))).toEqual(['start w2.1 on 1']);
  });
});

test('how many workers run something is told whenever it changes', () => {
  const state = after(late(planOf([SLOW, SLOW, SLOW], {slots: 2})), added(0, 1), up(w1), up(w2));
  const busy = (event: ScheduleEvent) =>
    commandsOf(state, event).flatMap(command => (command.type === 'busy' ? command.workers : []));
  expect([started(w1, 0), started(w2, 1), added(2), done(w1, 0), done(w2, 1)].map(busy)).toEqual([
    [1],
    [2],
    [],
    [1],
    [0],
  ]);
});

test('a unit that waits for one that never comes begins when no more units arrive', () => {
  const state = after(late(placed(planOf([SLOW, SLOW], {slots: 2}), 2, true)), added(1));
  expect(feed(state, noMore)).toEqual(['start w1.1 on 1']);
});

describe('a fixture of scope `run`', () => {
  const withFixture = asking(planOf([SLOW, SLOW, SLOW], {fixtures: [{scope: 'run', needs: []}]}), {
    1: {fixtures: [0]},
    2: {fixtures: [0]},
  });

  test('is set up for the first unit that arrives and needs it', () => {
    const state = after(late(withFixture), added(0), up(w1));
    expect(feed(state, started(w1, 0), done(w1, 0))).toEqual([]);
    expect(feed(state, added(1))).toEqual(['set up 0']);
    expect(feed(state, fixture('up', 0))).toEqual(['give w1.1: 1']);
  });

  test('stays up as long as a unit may come that needs it', () => {
    const state = after(late(withFixture), added(1), up(w1), fixture('up', 0), started(w1, 1));
    expect(feed(state, done(w1, 1))).toEqual([]);
    expect(feed(state, noMore)).toEqual(['take down 0', 'close w1.1']);
    expect(feed(state, closed(w1), fixture('gone', 0))).toEqual(['finish']);
  });
});
