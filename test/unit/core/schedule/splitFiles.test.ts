import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import type {ScheduleEvent} from '../../../../src/core/schedule/events';
import {fileToJoin} from '../../../../src/core/schedule/splitFiles';
import type {SchedulePlan, ScheduleState} from '../../../../src/core/schedule/state';
import {
  after,
  atLoad,
  closed,
  done,
  feed,
  feedAt,
  indivisible,
  leaves,
  leftBy,
  lost,
  next,
  opened,
  planOf,
  progress,
  returned,
  start,
  started,
  units,
  up,
  w1,
  w2,
  w3,
  woken,
  type Who,
} from '../../plans';
import {LONG} from '../longUnits';

const FAILED = {failed: true};

/** A plan of one file whose tests may be shared, about which nothing is known. */
const oneFile = (fields: Partial<SchedulePlan> = {}) => planOf([null], {slots: 2, ...fields}, [0]);

/** All workers are up, and the first has the file open, with these tests; the others were asked to join. */
function open(tests: readonly (number | null)[], plan = oneFile()): ScheduleState {
  const state = after(plan, up(w1), started(w1, 0), opened(w1, 0, tests));
  for (let slot = 2; slot <= plan.slots; slot++) feed(state, up({slot, generation: 1}));
  return state;
}

/** The same, and these have joined. */
function joined(tests: readonly (number | null)[], joiners: readonly Who[] = [w2], plan = oneFile()): ScheduleState {
  const state = open(tests, plan);
  for (const who of joiners) feed(state, started(who, 0), opened(who, 0, tests));
  return state;
}

/** The same of three workers, where the second had run another file, unit 1, before it joined. */
function joinedAfterAnother(tests: readonly (number | null)[]): ScheduleState {
  const plan = planOf([null, LONG], {slots: 3}, [0]);
  const state = after(plan, up(w1), started(w1, 0), up(w2), started(w2, 1), done(w2, 1), opened(w1, 0, tests), up(w3));
  feed(state, started(w2, 0), opened(w2, 0, tests));
  return state;
}

describe('a file whose tests are listed', () => {
  const first = (tests: readonly (number | null)[], fields: Partial<SchedulePlan> = {}) =>
    feed(after(oneFile({slots: 1, ...fields}), up(w1), started(w1, 0)), opened(w1, 0, tests));

  test('is given to its worker test by test, up to the high watermark beyond the one that it begins', () => {
    expect(first(units(100, 50))).toEqual(['give-tests w1.1: 0 [0 1 2 3 4]']);
  });

  test('without prefetch one test is given at a time', () => {
    expect(first(units(100, 50), {prefetch: false})).toEqual(['give-tests w1.1: 0 [0]']);
  });

  test('nothing is given behind a test of more than a second, and no test above the high watermark', () => {
    expect(first([1000, 1])).toEqual(['give-tests w1.1: 0 [0 1 last]']);
    expect(first([1001, 1])).toEqual(['give-tests w1.1: 0 [0]']);
    expect(first([1, 200])).toEqual(['give-tests w1.1: 0 [0 1 last]']);
    expect(first([1, 201])).toEqual(['give-tests w1.1: 0 [0]']);
  });

  test('nothing of which nothing is known is given ahead', () => {
    expect(first(units(5, null))).toEqual(['give-tests w1.1: 0 [0]']);
  });

  test('a few quick tests are given whatever the share', () => {
    expect(first(units(4, 1))).toEqual(['give-tests w1.1: 0 [0 1 2 3 last]']);
    expect(first(units(4, 20))).toEqual(['give-tests w1.1: 0 [0 1]']);
  });

  test('but not if they are only taken to be as quick as the first: they may be long', () => {
    const state = after(oneFile({slots: 8}), up(w1), started(w1, 0), opened(w1, 0, units(9, null)));
    expect(feed(state, progress(w1, 0, [[0, 1]], null))).toEqual(['give-tests w1.1: 0 [1 2]']);
  });

  test('its last tests are given as such', () => {
    expect(first([1, 1])).toEqual(['give-tests w1.1: 0 [0 1 last]']);
    expect(first([])).toEqual(['give-tests w1.1: 0 [last]']);
  });

  test('its worker gets more as tests end', () => {
    const state = open(units(3, LONG), oneFile({slots: 1}));
    expect(feed(state, progress(w1, 0, [], 0))).toEqual([]);
    expect(feed(state, progress(w1, 0, [[0, LONG]], null))).toEqual(['give-tests w1.1: 0 [1]']);
    expect(feed(state, progress(w1, 0, [[1, LONG]], null))).toEqual(['give-tests w1.1: 0 [2 last]']);
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1', 'merge 0']);
  });

  test('a worker that waits gets more, whatever it still holds', () => {
    const state = open(units(3, LONG), oneFile({slots: 1}));
    expect(feed(state, progress(w1, 0, [], null))).toEqual(['give-tests w1.1: 0 [1]']);
  });

  test('what its tests take stands in for those that are not known', () => {
    const state = open(units(100, null), oneFile({slots: 1}));
    expect(feed(state, progress(w1, 0, [], 0))).toEqual([]);
    expect(feed(state, progress(w1, 0, [[0, 50]], null))).toEqual(['give-tests w1.1: 0 [1 2 3 4 5]']);
  });

  test('one whose worker lists none runs whole', () => {
    const state = after(oneFile(), up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(state.unfinished).toBe(0);
  });
});

describe('joining', () => {
  test('workers are started for it, and each that is up joins', () => {
    const state = after(oneFile({slots: 3}), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(9, LONG)))).toEqual(['give-tests w1.1: 0 [0]', 'start w2.1', 'start w3.1']);
    expect(feed(state, up(w2))).toEqual(['join w2.1: 0']);
    expect(feed(state, up(w3))).toEqual(['join w3.1: 0']);
  });

  test('a worker that has opened the file gets the next tests', () => {
    const state = open(units(9, LONG));
    expect(feed(state, started(w2, 0))).toEqual([]);
    expect(feed(state, opened(w2, 0, units(9, LONG)))).toEqual(['give-tests w2.1: 0 [1]']);
    expect(feed(state, progress(w1, 0, [[0, LONG]], null))).toEqual(['give-tests w1.1: 0 [2]']);
  });

  test('a worker joins when no other unit is left to be given, nor waits in another worker', () => {
    const plan = planOf([5000, 10, 10, 10], {slots: 3}, [0]);
    const state = after(plan, up(w1), started(w1, 0), opened(w1, 0, units(5, LONG)), up(w2), started(w2, 1));
    expect(feed(state, up(w3))).toEqual(['give w3.1: 3']);
    expect(feed(state, started(w3, 3), done(w3, 3))).toEqual(['take-back w2.1: 2', 'wake 50']);
    expect(feed(state, done(w2, 1))).toEqual([]);
    expect(feed(state, started(w2, 2), returned(w2, [2], []))).toEqual(['join w3.1: 0']);
    expect(feed(state, done(w2, 2))).toEqual(['join w2.1: 0']);
  });

  test('nobody joins where loading takes as long as the tests', () => {
    const plan = planOf([null, null], {slots: 2}, [0]);
    const busy = () => after(plan, up(w1), started(w1, 0), up(w2), started(w2, 1));
    const tests = units(3, 100);
    expect(feed(busy(), opened(w1, 0, tests, 300), done(w2, 1))).toEqual(['give-tests w1.1: 0 [0 1]', 'wake 600']);
    expect(feed(busy(), opened(w1, 0, tests, 80), done(w2, 1))).toEqual(['give-tests w1.1: 0 [0 1]', 'join w2.1: 0']);
  });

  test('what the file takes to load is no part of what its tests are expected to take', () => {
    const state = after(planOf([5100], {slots: 2}, [0]), up(w1), started(w1, 0));
    // 5 ms each; with its loading they were too long for any to be given ahead.
    expect(feed(state, opened(w1, 0, units(20, null), 5000))).toEqual(['give-tests w1.1: 0 [0 1 2 3]']);
  });

  test('a test that is given takes from then on', () => {
    const state = after(oneFile(), up(w1), started(w1, 0));
    expect(feedAt(state, 400, opened(w1, 0, units(2, LONG), 400))).toEqual(['give-tests w1.1: 0 [0]', 'start w2.1']);
  });

  test('no worker is started where that takes as long as the tests', () => {
    const state = createSchedule(oneFile());
    feed(state, start);
    feedAt(state, 250, up(w1), started(w1, 0));
    expect(feedAt(state, 250, opened(w1, 0, units(3, 100)))).toEqual(['give-tests w1.1: 0 [0 1]', 'wake 300']);
    const quick = createSchedule(oneFile());
    feed(quick, start);
    feedAt(quick, 50, up(w1), started(w1, 0));
    expect(feedAt(quick, 50, opened(w1, 0, units(3, 100)))).toEqual(['give-tests w1.1: 0 [0 1]', 'start w2.1']);
  });

  test('nobody joins a file that ends before another unit does', () => {
    const state = after(planOf([5000, 2000, 10], {slots: 3}, [1]), up(w1), up(w2), up(w3));
    feed(state, started(w1, 0), started(w2, 1), opened(w2, 1, units(4, 500)), started(w3, 2));
    expect(feed(state, done(w3, 2))).toEqual(['wake 50']);
    expect(feedAt(state, 4500, done(w1, 0))).toEqual(['join w3.1: 1', 'join w1.1: 1']);
  });

  test('no more join than there are tests', () => {
    const state = after(oneFile({slots: 9}), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(3, LONG)))).toEqual([
      'give-tests w1.1: 0 [0]',
      'start w2.1',
      'start w3.1',
      'wake 50',
    ]);
  });

  test('only so many workers are started at a time', () => {
    const state = after(oneFile({slots: 4, startsAtOnce: 2}), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(16, LONG)))).toEqual([
      'give-tests w1.1: 0 [0]',
      'start w2.1',
      'start w3.1',
      'wake 50',
    ]);
    expect(feed(state, up(w3))).toEqual(['join w3.1: 0', 'start w4.1']);
  });

  test('a worker is started while a file that is known to be long is loaded, and waits for it', () => {
    const plan = planOf([5000], {slots: 5}, [0]);
    const state = after(plan, up(w1));
    expect(feed(state, started(w1, 0))).toEqual(['start w2.1', 'start w3.1']);
    expect(feed(state, up(w2))).toEqual([]);
    expect(feed(state, opened(w1, 0, units(3, LONG)))).toEqual(['give-tests w1.1: 0 [0]', 'join w2.1: 0', 'wake 50']);
    const short = after(planOf([1900], {slots: 5}, [0]), up(w1));
    expect(feed(short, started(w1, 0))).toEqual([]);
  });

  test('tests that compute are worth a joiner only if there are many of them', () => {
    const first = (count: number) =>
      feed(after(oneFile(), up(w1), started(w1, 0)), opened(w1, 0, units(count, 1), 300)).includes('start w2.1');
    expect(first(1000)).toBe(false);
    expect(first(5000)).toBe(true);
  });

  test('known durations that turn out to be wrong do not keep a worker from joining', () => {
    const state = after(oneFile(), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(40, 1), 100))).not.toContain('start w2.1');
    expect(feedAt(state, 1000, progress(w1, 0, [[0, 1000]], 1))).toContain('start w2.1');
  });

  test('nor does a test that is known to be short and does not end', () => {
    const state = after(oneFile(), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(40, 1), 100), progress(w1, 0, [], 0))).toContain('wake 200');
    expect(feedAt(state, 200, woken)).toEqual(['wake 400']);
    expect(feedAt(state, 5000, woken)).toContain('start w2.1');
  });

  describe('a worker that goes on without a word', () => {
    /** It has run its first tests, and been given more. */
    const goesOn = (costs: readonly (number | null)[], first: number, openMs: number) => {
      const state = after(oneFile(), up(w1), started(w1, 0), opened(w1, 0, costs, openMs), progress(w1, 0, [], 0));
      const ended = Array.from({length: first}, (_, group) => [group, 1] as const);
      expect(feed(state, progress(w1, 0, ended, null))).toEqual([
        expect.stringMatching(`^give-tests w1\\.1: 0 \\[${first} ${first + 1} `),
      ]);
      return state;
    };

    test('is at a test that takes long, if nothing was known of it', () => {
      expect(feedAt(goesOn(units(90, null), 1, 20), 100, woken)).toEqual(['start w2.1']);
    });

    test('and if it was to be short', () => {
      const state = goesOn(units(90, 2), 18, 400);
      expect(feedAt(state, 800, woken)).toEqual(['wake 1600']);
      expect(feedAt(state, 5000, woken)).toEqual(['start w2.1']);
    });

    test('is not, before its first test: its file is being set up', () => {
      const state = after(oneFile(), up(w1), started(w1, 0), opened(w1, 0, units(90, null), 20));
      expect(feedAt(state, 100, woken)).toEqual(['wake 150']);
    });

    test('is not, if it will get no more: it has nothing to tell until it ends', () => {
      const tests = [...units(20, 100), 3000, ...units(4, 1)];
      const state = joined(tests);
      expect(feed(state, progress(w2, 0, [[20, 3000]], null))).toEqual(['give-tests w2.1: 0 [21 22 23 24 last]']);
      feedAt(state, 60_000, progress(w1, 0, [[0, 100]], 1));
      expect(fileToJoin(state, state.pools[0]!, {free: 1, coming: 0, startMs: 2000}, 60_000)).toBeNull();
    });
  });

  test('several join where one alone would not help', () => {
    const plan = oneFile({slots: 9});
    const state = after(plan, up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(9, LONG)))).toHaveLength(9);
  });

  test('of two files the one is joined that would end last', () => {
    const plan = planOf([null, null, null], {slots: 3}, [0, 1]);
    const joins = (first: number, second: number) => {
      const state = after(plan, up(w1), up(w2), up(w3), started(w1, 0), started(w2, 1), started(w3, 2));
      feed(state, opened(w1, 0, units(20, first)), opened(w2, 1, units(20, second)));
      return feed(state, done(w3, 2));
    };
    expect(joins(100, 200)).toEqual(['join w3.1: 1']);
    expect(joins(200, 100)).toEqual(['join w3.1: 0']);
  });

  test('a worker begins with the longest test, where that would else be the last to end', () => {
    const tests = [...units(20, 100), 3000, 100];
    const state = open(tests);
    feed(state, started(w2, 0));
    expect(feed(state, opened(w2, 0, tests))).toEqual(['give-tests w2.1: 0 [20]']);
    // It has passed by the others; and what comes after it is not its own alone.
    expect(feed(state, progress(w2, 0, [[20, 3000]], null))).toEqual(['give-tests w2.1: 0 [21 last]']);
    expect(feed(state, progress(w1, 0, [[0, 100]], null))).toEqual([expect.stringMatching(/^give-tests w1\.1: 0 \[/)]);
  });

  test('a worker that passed by tests is told at once that nothing is left further down', () => {
    const tests = [...units(20, 100), 3000];
    const state = open(tests);
    feed(state, started(w2, 0));
    expect(feed(state, opened(w2, 0, tests))).toEqual(['give-tests w2.1: 0 [20 last]']);
  });
});

describe('a file of which nothing is known', () => {
  test('is looked at again after twice the time that it took to open', () => {
    const state = after(oneFile(), up(w1), started(w1, 0));
    expect(feed(state, opened(w1, 0, units(9, null), 40))).toEqual(['give-tests w1.1: 0 [0]', 'wake 80']);
    const quick = after(oneFile(), up(w1), started(w1, 0));
    expect(feed(quick, opened(w1, 0, units(9, null), 1))).toEqual(['give-tests w1.1: 0 [0]', 'wake 50']);
  });

  test('is joined when its first test has run for so long that it pays, as far as anybody can tell', () => {
    const state = open(units(9, null));
    feed(state, progress(w1, 0, [], 0));
    expect(feedAt(state, 50, woken)).toEqual(['start w2.1']);
    // Nobody is left who could join.
    expect(feedAt(state, 100, woken)).toEqual([]);
  });

  test('is looked at again and again, each time after twice the time', () => {
    const state = createSchedule(oneFile());
    feed(state, start);
    feedAt(state, 1000, up(w1), started(w1, 0)); // as long as it would take another one
    expect(feedAt(state, 1000, opened(w1, 0, units(2, null), 400))).toEqual(['give-tests w1.1: 0 [0]', 'wake 1800']);
    expect(feedAt(state, 1000, progress(w1, 0, [], 0))).toEqual([]);
    expect(feedAt(state, 1800, woken)).toEqual(['wake 2600']);
    expect(feedAt(state, 2600, woken)).toEqual(['wake 4200']);
    expect(feedAt(state, 4200, woken)).toEqual(['start w2.1']);
  });
});

describe('the end of a shared file', () => {
  test('is when all its sessions have ended', () => {
    const state = joined(units(2, LONG));
    expect(feed(state, done(w1, 0))).toEqual([]);
    expect(feed(state, done(w2, 0))).toEqual(['close w1.1', 'close w2.1', 'merge 0']);
    expect(feed(state, closed(w1), closed(w2))).toEqual(['finish']);
  });

  test('all are told that nothing is left when the last test is given', () => {
    const state = joined(units(3, LONG));
    expect(feed(state, progress(w2, 0, [[1, LONG]], null))).toEqual([
      'give-tests w2.1: 0 [2 last]',
      'give-tests w1.1: 0 [last]',
    ]);
  });

  test('a worker that still opens the file is not needed then', () => {
    const state = open(units(2, LONG));
    expect(feed(state, progress(w1, 0, [[0, LONG]], null))).toEqual(['give-tests w1.1: 0 [1 last]', 'discard w2.1: 0']);
    expect(feed(state, opened(w2, 0, units(2, LONG)), done(w2, 0))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1', 'close w2.1', 'merge 0']);
  });

  test('one session with an error ends it, and the others are discarded', () => {
    const state = joined(units(9, LONG), [w2, w3], oneFile({slots: 3}));
    expect(feed(state, done(w2, 0, FAILED))).toEqual([
      'discard w1.1: 0',
      'discard w3.1: 0',
      'close w1.1',
      'close w2.1',
      'close w3.1',
      'merge 0',
    ]);
  });
});

describe('a file that is not the same in every worker', () => {
  test('goes on in the first one, if no test was given to another', () => {
    const state = open(units(5, LONG), oneFile({slots: 3}));
    expect(feed(state, opened(w2, 0, null))).toEqual([
      'discard w2.1: 0',
      'discard w3.1: 0',
      'give-tests w1.1: 0 [1 2 3 4 last]',
    ]);
    expect(feed(state, done(w2, 0), opened(w3, 0, units(5, LONG)), done(w3, 0))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1', 'close w2.1', 'close w3.1', 'merge 0']);
  });

  test('begins again if one was, and runs whole', () => {
    const state = joined(units(9, LONG), [w2], oneFile({slots: 3}));
    expect(feed(state, opened(w3, 0, null))).toEqual([
      'discard w3.1: 0',
      'discard w1.1: 0',
      'discard w2.1: 0',
      'begin-again 0',
    ]);
    // What the others still say of it means nothing.
    expect(feed(state, progress(w1, 0, [[0, LONG]], null), progress(w2, 0, [[1, LONG]], null))).toEqual([]);
    expect(feed(state, done(w2, 0))).toEqual(['give w2.1: 0']);
    expect(feed(state, started(w2, 0), done(w1, 0), done(w3, 0))).toEqual([]);
    expect(feed(state, done(w2, 0))).toEqual(['close w1.1', 'close w2.1', 'close w3.1']);
  });

  test('is the same as one that a worker cannot load', () => {
    const state = open(units(4, LONG));
    expect(feed(state, done(w2, 0, FAILED))).toEqual(['give-tests w1.1: 0 [1 2 3 last]']);
    const shared = joined(units(9, LONG), [w2], oneFile({slots: 3}));
    expect(feed(shared, done(w3, 0, FAILED))).toEqual([
      'discard w1.1: 0',
      'discard w2.1: 0',
      'begin-again 0',
      'give w3.1: 0',
    ]);
  });

  test('is the same as one of which a worker finds later that its tests cannot be shared', () => {
    const alone = open(units(4, LONG));
    expect(feed(alone, indivisible(w1, 0))).toEqual(['discard w2.1: 0', 'give-tests w1.1: 0 [1 2 3 last]']);
    expect(feed(alone, done(w2, 0), indivisible(w1, 0))).toEqual([]);
    expect(feed(alone, done(w1, 0))).toEqual(['close w1.1', 'close w2.1', 'merge 0']);
    const shared = joined(units(2, LONG));
    expect(feed(shared, done(w2, 0), indivisible(w1, 0))).toEqual(['discard w1.1: 0', 'begin-again 0', 'give w2.1: 0']);
  });

  test('begins anew, even alone, where what has run cannot be used', () => {
    const alone = open(units(4, LONG), oneFile({slots: 1}));
    expect(feed(alone, indivisible(w1, 0, true))).toEqual(['discard w1.1: 0', 'begin-again 0']);
    expect(feed(alone, done(w1, 0))).toEqual(['give w1.1: 0']);
    expect(feed(alone, started(w1, 0), done(w1, 0))).toEqual(['close w1.1']);
  });

  test('goes on in the worker that has it first now', () => {
    const tests = units(9, LONG);
    const state = joinedAfterAnother(tests);
    feed(state, lost(w2, leftBy(1)), done(w3, 0), started(w3, 0), opened(w3, 0, tests), up(next(w2)));
    // w1 is at a test of the session that it had before.
    expect(feed(state, opened(next(w2), 0, null))).toEqual([
      'discard w2.2: 0',
      'give-tests w3.1: 0 [1 2 3 4 5 6 7 8 last]',
    ]);
  });

  test('is nothing to a worker that was not needed any more', () => {
    const state = open(units(2, LONG));
    feed(state, progress(w1, 0, [[0, LONG]], null));
    expect(feed(state, opened(w2, 0, null), done(w2, 0, FAILED))).toEqual([]);
  });
});

describe('a death', () => {
  test('of a worker that was given no test yet costs nothing, and no other one joins', () => {
    const state = open(units(9, LONG), oneFile({slots: 3}));
    expect(feed(state, lost(w2))).toEqual([]);
    expect(feed(state, opened(w3, 0, units(9, LONG)))).toEqual(['give-tests w3.1: 0 [1]']);
    expect(feed(state, progress(w1, 0, [[0, LONG]], null))).toEqual(['give-tests w1.1: 0 [2]']);
  });

  test('of a worker that was given some is blamed on the file, and the others are discarded', () => {
    const state = joined(units(9, LONG), [w2], oneFile({slots: 3}));
    expect(feed(state, lost(w2))).toEqual([
      'discard w1.1: 0',
      'discard w3.1: 0',
      'blame w2.1: 0',
      'close w1.1',
      'close w3.1',
    ]);
  });

  test('of its first worker is blamed on the file, too', () => {
    expect(feed(after(oneFile(), up(w1), started(w1, 0)), lost(w1))).toEqual(['blame w1.1: 0', 'finish']);
    expect(feed(open(units(9, LONG)), lost(w1))).toEqual(['discard w2.1: 0', 'blame w1.1: 0', 'close w2.1']);
  });

  test('that another file is to blame for lets it begin again; then it can be shared as before', () => {
    const state = joinedAfterAnother(units(9, LONG));
    expect(feed(state, lost(w2, leftBy(1)))).toEqual([
      'discard w1.1: 0',
      'discard w3.1: 0',
      'begin-again 0',
      'start w2.2',
    ]);
    expect(feed(state, done(w3, 0))).toEqual(['give w3.1: 0']);
    expect(feed(state, started(w3, 0), done(w1, 0), up(next(w2)))).toEqual([]);
    expect(feed(state, opened(w3, 0, units(9, LONG)))).toEqual([
      'give-tests w3.1: 0 [0]',
      'join w1.1: 0',
      'join w2.2: 0',
    ]);
  });

  test('of a discarded session costs nothing', () => {
    const state = joined(units(9, LONG), [w3], planOf([null, null], {slots: 3}, [0]));
    feed(state, started(w2, 1));
    expect(feed(state, done(w3, 0, FAILED))).toEqual(['discard w1.1: 0', 'merge 0']);
    expect(feed(state, lost(w1))).toEqual([]);
    expect(feed(state, done(w2, 1))).toEqual(['close w2.1', 'close w3.1']);
  });
});

describe('a death of which something is kept', () => {
  /** It was at the first of nine tests. */
  const atFirst = leaves(0, 9, {running: [0]});
  const nine = units(9, LONG);
  const three = oneFile({slots: 3});

  test('lets the others go on; what is left when they are done is given anew, and can be shared', () => {
    const state = joined(units(4, 300), [w2]);
    expect(feed(state, lost(w1, leaves(0, 4)))).toEqual(['start w1.2']);
    expect(feed(state, progress(w2, 0, [[1, 300]], null))).toEqual(['give-tests w2.1: 0 [2]']);
    expect(feed(state, progress(w2, 0, [[2, 300]], null))).toEqual(['give-tests w2.1: 0 [3 last]']);
    expect(feed(state, done(w2, 0, {tests: [1, 2, 3]}))).toEqual(['resume 0', 'give w2.1: 0']);
    expect(feed(state, started(w2, 0), opened(w2, 0, units(2, LONG)))).toEqual(['give-tests w2.1: 0 [0]']);
    expect(feed(state, up(next(w1)))).toEqual(['join w1.2: 0']);
  });

  test('of the last worker but those that still open the file: what is left is given anew', () => {
    const state = open(nine, three);
    expect(feed(state, lost(w1, atFirst))).toEqual(['discard w2.1: 0', 'discard w3.1: 0', 'resume 0', 'start w1.2']);
  });

  test('of the last worker, where nothing is left, ends the file', () => {
    const state = joined(units(2, LONG));
    feed(state, done(w2, 0, {tests: [1]}));
    expect(feed(state, lost(w1, leaves(0, 2, {running: [0]})))).toEqual(['close w2.1', 'merge 0']);
  });

  /**
   * The first has died, the second is at the last test, and the third, which opens the file, is to take the others.
   * One more has died of opening it, so that nobody else joins.
   */
  function bereft(ended: readonly number[] = []): ScheduleState {
    const tests = [...units(20, 100), 3000];
    const state = open(tests, oneFile({slots: 4, maxWorkerRestarts: 0}));
    feed(state, started(w2, 0), opened(w2, 0, tests), lost({slot: 4, generation: 1}));
    expect(feed(state, lost(w1, leaves(0, 21, {ended})))).toEqual([]);
    expect(feed(state, done(w2, 0, {tests: [20]}))).toEqual([]);
    return state;
  }

  test('leaves what is left to one that still opens the file, whoever ends meanwhile', () => {
    expect(feed(bereft(), opened(w3, 0, [...units(20, 100), 3000]))).toEqual(['give-tests w3.1: 0 [3 4]']);
  });

  test('and another one, of that last worker: what is left is given anew, or the file ends', () => {
    expect(feed(bereft(), lost(w3))).toEqual(['resume 0', 'give w2.1: 0']);
    const allButOne = Array.from({length: 20}, (_, place) => place);
    expect(feed(bereft(allButOne), lost(w3))).toEqual(['close w2.1', 'merge 0']);
  });

  test('is not given away when the rest turns out to be indivisible', () => {
    const state = open(nine, three);
    feed(state, lost(w1, atFirst), done(w2, 0, FAILED), done(w3, 0, FAILED));
    // The second has the rest now, the successor of the first has joined, and the third finds other tests.
    feed(state, started(w2, 0), opened(w2, 0, nine));
    feed(state, up(next(w1)), started(next(w1), 0), opened(next(w1), 0, nine), started(w3, 0));
    expect(feed(state, opened(w3, 0, null))).toEqual([
      'discard w3.1: 0',
      'discard w1.2: 0',
      'discard w2.1: 0',
      'resume 0',
    ]);
    expect(feed(state, done(w3, 0))).toEqual(['give w3.1: 0']);
    expect(feed(state, started(w3, 0), opened(w3, 0, nine))).toEqual(['give-tests w3.1: 0 [0 1 2 3 4 5 6 7 8 last]']);
  });

  test('is forgotten if the others find, before anything is given anew, that the file is indivisible', () => {
    const state = joined(nine, [w2], three);
    feed(state, lost(w1, atFirst));
    expect(feed(state, opened(w3, 0, null))).toEqual(['discard w3.1: 0', 'discard w2.1: 0', 'begin-again 0']);
  });
});

describe('a death after which the file runs whole', () => {
  test('discards the others; nobody joins it any more', () => {
    const state = joined(units(9, LONG), [w2], oneFile({slots: 3}));
    expect(feed(state, lost(w2, atLoad(0)))).toEqual([
      'discard w1.1: 0',
      'discard w3.1: 0',
      'begin-again 0',
      'start w2.2',
    ]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 0']);
    expect(feed(state, started(w1, 0), done(w3, 0))).toEqual([]);
    expect(state.slots[0]?.running?.status).toBe('whole');
  });

  test('lets it be shared as before if another file was to blame', () => {
    const state = after(planOf([LONG, null], {}, [1]), up(w1), started(w1, 0), done(w1, 0), started(w1, 1));
    feed(state, lost(w1, {...leftBy(0), ...atLoad(1)}), up(next(w1)), started(next(w1), 1));
    expect(feed(state, opened(next(w1), 1, units(9, LONG)))).toEqual(['give-tests w1.2: 1 [0]']);
  });
});

describe('other ends', () => {
  test('a worker that retires after a session is replaced if there is something for another', () => {
    const state = joined(units(9, LONG), [w2], oneFile({slots: 2}));
    const events: ScheduleEvent[] = [done(w2, 0, {failed: true, retiring: true})];
    expect(feed(state, ...events)).toEqual(['discard w1.1: 0', 'close w2.1', 'close w1.1', 'merge 0']);
  });

  test('after a stop nothing is given', () => {
    const state = joined(units(9, LONG));
    expect(feed(state, {type: 'stopped', reason: 'bail'})).toEqual(['close w1.1', 'close w2.1']);
    expect(feed(state, woken)).toEqual([]);
  });

  test('a plan with a file that can be shared has all slots', () => {
    expect(createSchedule(planOf(units(2, 10), {slots: 5})).slots).toHaveLength(2);
    expect(createSchedule(planOf(units(2, 10), {slots: 5}, [1])).slots).toHaveLength(5);
  });
});
