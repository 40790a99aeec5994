import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import {SETUP_LEAD_MS} from '../../../../src/core/schedule/fixtureStates';
import {
  after,
  asking,
  closed,
  done,
  feed,
  fixture,
  lost,
  next,
  planOf,
  start,
  started,
  units,
  up,
  w1,
  w2,
} from '../../plans';
import {LONG, longUnits} from '../longUnits';

const DB = [{name: 'db', amount: 1}];
const ONE = {resources: {db: 1}};

describe('a resource', () => {
  test('is not given twice; whoever does not need it goes first', () => {
    const plan = asking(longUnits(3, {slots: 2, ...ONE}), {0: {resources: DB}, 1: {resources: DB}});
    const state = after(plan, up(w1));
    expect(feed(state, up(w2))).toEqual(['give w2.1: 2']);
    feed(state, started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('is there again when the worker that has it dies', () => {
    const plan = asking(longUnits(2, {slots: 2, ...ONE}), {0: {resources: DB}, 1: {resources: DB}});
    const state = after(plan, up(w1), started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 1']);
  });

  test('is not taken from under a unit that comes first and needs more of it', () => {
    const plan = asking(longUnits(4, {slots: 3, resources: {gpu: 2}}), {
      0: {resources: [{name: 'gpu', amount: 1}]},
      1: {resources: [{name: 'gpu', amount: 2}]},
      2: {resources: [{name: 'gpu', amount: 1}]},
    });
    const state = after(plan, up(w1), started(w1, 0));
    // One is left; the second unit waits for two.
    expect(feed(state, up(w2))).toEqual(['give w2.1: 3']);
    feed(state, started(w2, 3));
    expect(feed(state, done(w2, 3))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('starts no more workers than can have it at a time', () => {
    const plan = asking(longUnits(5, {slots: 5, resources: {gpu: 2}}), {
      ...Object.fromEntries([0, 1, 2, 3, 4].map(unit => [unit, {resources: [{name: 'gpu', amount: 1}]}])),
    });
    expect(feed(createSchedule(plan), start)).toEqual(['start w1.1', 'start w2.1']);
  });
});

describe('a serial unit', () => {
  test('runs when all others are through, and nothing beside it', () => {
    const plan = asking(longUnits(4, {slots: 2}), {0: {serial: true}, 1: {serial: true}});
    const state = after(plan, up(w1), up(w2), started(w1, 2), started(w2, 3));
    expect(feed(state, done(w1, 2))).toEqual([]);
    expect(feed(state, done(w2, 3))).toEqual(['give w2.1: 0']);
    feed(state, started(w2, 0));
    expect(feed(state, done(w2, 0))).toEqual(['give w2.1: 1']);
  });

  test('does not run while a fixture is taken down', () => {
    const plan = asking(longUnits(2, {slots: 1, fixtures: [{scope: 'run', needs: []}]}), {
      0: {serial: true},
      1: {fixtures: [0]},
    });
    const state = after(plan, up(w1), fixture('up', 0), started(w1, 1));
    expect(feed(state, done(w1, 1))).toEqual(['take down 0']);
    expect(feed(state, fixture('gone', 0))).toEqual(['give w1.1: 0']);
  });
});

describe('a worker group', () => {
  const plan = asking(longUnits(4, {slots: 2}), {0: {workerGroup: 'g'}, 1: {workerGroup: 'g'}});

  test('stays with the worker that has begun it', () => {
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 2));
    expect(feed(state, done(w2, 2))).toEqual(['give w2.1: 3']);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('waits for that worker rather than be run by another', () => {
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 2));
    feed(state, done(w2, 2), started(w2, 3));
    expect(feed(state, done(w2, 3))).toEqual([]);
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
  });

  test('goes on in another worker when that one is gone', () => {
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 2));
    expect(feed(state, lost(w1))).toEqual(['blame w1.1: 0', 'start w1.2']);
    expect(feed(state, done(w2, 2))).toEqual(['give w2.1: 1']);
  });
});

describe('a unit that wants a fresh worker', () => {
  test('does not tear a group apart that its worker is in the midst of, as long as there is another', () => {
    const plan = asking(longUnits(4, {slots: 2, ...ONE}), {
      0: {workerGroup: 'g'},
      1: {resources: DB},
      2: {workerGroup: 'g', resources: DB},
      3: {freshWorker: true},
    });
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    // Its next one waits for the resource.
    expect(feed(state, done(w1, 0))).toEqual([]);
    expect(feed(state, done(w2, 1))).toEqual(['close w2.1', 'give w1.1: 2']);
  });

  test('replaces one that has run another', () => {
    const plan = asking(longUnits(2, {slots: 1}), {1: {freshWorker: true}});
    const state = after(plan, up(w1), started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual(['start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['give w1.2: 1']);
  });

  test('may be given to another that is starting just then', () => {
    const plan = asking(longUnits(3, {slots: 2}), {2: {freshWorker: true}});
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, lost(w2))).toEqual(['blame w2.1: 1', 'start w2.2']);
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(feed(state, closed(w1))).toEqual([]);
    expect(feed(state, up(next(w2)))).toEqual(['give w2.2: 2']);
  });

  test('is not a reason to replace two', () => {
    const plan = asking(longUnits(3, {slots: 2}), {2: {freshWorker: true}});
    const state = after(plan, up(w1), up(w2), started(w1, 0), started(w2, 1));
    expect(feed(state, done(w1, 0))).toEqual(['close w1.1']);
    expect(feed(state, done(w2, 1))).toEqual([]);
  });
});

describe('a shared fixture', () => {
  const DB_FIXTURE = {fixtures: [{scope: 'run', needs: []}]} as const;

  test('is set up when its first unit comes soon, while others run', () => {
    const ahead = Math.ceil((3 * SETUP_LEAD_MS) / LONG);
    const plan = asking(longUnits(ahead + 1, {slots: 2, ...DB_FIXTURE}), {[ahead]: {fixtures: [0]}});
    const state = after(plan);
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
    const commands: string[] = [];
    for (let unit = 0; unit < ahead; unit++) commands.push(...feed(state, started(w1, unit), done(w1, unit)));
    const asked = commands.indexOf('set up 0');
    expect(asked).toBeGreaterThan(0);
    // Of the work that comes before it two thirds are left, to two slots.
    expect(commands[asked - 1]).toBe(`give w1.1: ${ahead / 3 - 1}`);
  });

  test('is waited for by its units alone, and taken down when the last of them has ended', () => {
    const plan = asking(longUnits(3, {slots: 1, ...DB_FIXTURE}), {0: {fixtures: [0]}, 1: {fixtures: [0]}});
    const state = createSchedule(plan);
    expect(feed(state, start)).toEqual(['start w1.1', 'set up 0']);
    expect(feed(state, up(w1))).toEqual(['give w1.1: 2']);
    feed(state, started(w1, 2), fixture('up', 0));
    expect(feed(state, done(w1, 2))).toEqual(['give w1.1: 0']);
    feed(state, started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
    feed(state, started(w1, 1));
    expect(feed(state, done(w1, 1))).toEqual(['take down 0', 'close w1.1']);
    expect(feed(state, closed(w1))).toEqual([]);
    expect(feed(state, fixture('gone', 0))).toEqual(['finish']);
  });

  test('comes after those that it needs, and goes before them', () => {
    const fixtures = [
      {scope: 'run', needs: []},
      {scope: 'run', needs: [0]},
    ] as const;
    const plan = asking(longUnits(1, {slots: 1, fixtures}), {0: {fixtures: [0, 1]}});
    const state = createSchedule(plan);
    expect(feed(state, start)).toEqual(['start w1.1', 'set up 0']);
    expect(feed(state, fixture('up', 0))).toEqual(['set up 1']);
    feed(state, up(w1));
    expect(feed(state, fixture('up', 1))).toEqual(['give w1.1: 0']);
    feed(state, started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['take down 1', 'close w1.1']);
    expect(feed(state, fixture('gone', 1))).toEqual(['take down 0']);
  });

  test('is one of a few that are set up at a time', () => {
    const count = 9;
    const fixtures = Array.from({length: count}, () => ({scope: 'run', needs: []}) as const);
    const needs = Object.fromEntries(fixtures.map((_, id) => [id, {fixtures: [id]}]));
    const state = createSchedule(asking(longUnits(count, {slots: 1, startsAtOnce: 2, fixtures}), needs));
    expect(feed(state, start)).toEqual(['start w1.1', 'set up 0', 'set up 1', 'set up 2', 'set up 3']);
    expect(feed(state, fixture('up', 2))).toEqual(['set up 4']);
    expect(feed(state, fixture('failed', 0))).toEqual(['set up 5']);
  });

  test('that has failed is not tried again, and keeps none of its units: they are to fail', () => {
    const plan = asking(longUnits(2, {slots: 1, ...DB_FIXTURE}), {0: {fixtures: [0]}, 1: {fixtures: [0]}});
    const state = after(plan, up(w1));
    expect(feed(state, fixture('failed', 0))).toEqual(['give w1.1: 0']);
    feed(state, started(w1, 0));
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
    feed(state, started(w1, 1));
    expect(feed(state, done(w1, 1), closed(w1))).toEqual(['close w1.1', 'finish']);
  });

  test('of a worker is set up before its first unit there, and taken down when that worker is gone', () => {
    const plan = asking(longUnits(2, {slots: 1, fixtures: [{scope: 'worker', needs: []}]}), {
      0: {fixtures: [0]},
      1: {fixtures: [0]},
    });
    const state = after(plan);
    expect(feed(state, up(w1))).toEqual(['set up 0 for w1.1']);
    expect(feed(state, fixture('up', 0, w1))).toEqual(['give w1.1: 0']);
    feed(state, started(w1, 0));
    expect(feed(state, lost(w1))).toEqual(['take down 0 for w1.1', 'blame w1.1: 0', 'start w1.2']);
    expect(feed(state, up(next(w1)))).toEqual(['set up 0 for w1.2']);
  });

  test('that is up draws its units together, as long as that makes the run no longer', () => {
    const expected = [LONG, 100, ...units(40, 100)];
    const plan = asking(planOf(expected, {slots: 1, prefetch: false, ...DB_FIXTURE}), {
      1: {fixtures: [0]},
      40: {fixtures: [0]},
    });
    const state = after(plan, up(w1), started(w1, 0), fixture('up', 0));
    expect(feed(state, done(w1, 0))).toEqual(['give w1.1: 1']);
    feed(state, started(w1, 1));
    // It overtakes all others, and the fixture is not kept for it.
    expect(feed(state, done(w1, 1))).toEqual(['give w1.1: 40']);
    feed(state, started(w1, 40));
    expect(feed(state, done(w1, 40))).toContain('take down 0');
  });

  test('that is up lets no long unit wait that might be the last to end', () => {
    const plan = asking(planOf([LONG, LONG, 100, 100], {slots: 2, prefetch: false, ...DB_FIXTURE}), {
      3: {fixtures: [0]},
    });
    const state = after(plan, fixture('up', 0), up(w1));
    expect(feed(state, up(w2))).toEqual(['give w2.1: 1']);
  });

  test("that is up overtakes nothing in a project's own order", () => {
    const plan = asking(planOf([...units(40, 100)], {slots: 1, prefetch: false, keepsOrder: true, ...DB_FIXTURE}), {
      39: {fixtures: [0]},
    });
    const state = after(plan, fixture('up', 0));
    expect(feed(state, up(w1))).toEqual(['give w1.1: 0']);
  });
});
