import {Session, type SessionProgress} from '../../../../src/worker/circus/session';

/** A session whose clock stands still, and whose parent's messages arrive when they are read. */
class World {
  time = 0;
  readonly sent: SessionProgress[] = [];
  /** What the parent has sent and the worker has not read. */
  readonly arriving: (() => void)[] = [];
  listened = 0;
  readonly session: Session;

  constructor(sizes: Readonly<Record<number, number>> = {}) {
    this.session = new Session({
      phases: {waits: () => undefined, goesOn: () => undefined},
      sizes: new Map(Object.entries(sizes).map(([group, size]) => [Number(group), size])),
      send: progress => this.sent.push(progress),
      now: () => this.time,
      listen: async () => {
        this.listened++;
        await Promise.resolve();
        for (const message of this.arriving.splice(0)) message();
      },
    });
  }

  /** What was sent since the last call. */
  news(): SessionProgress[] {
    return this.sent.splice(0);
  }

  async runTest(group: number, ms: number): Promise<number> {
    const waited = (await this.session.testStarts(group)) ?? 0;
    this.time += ms;
    this.session.testEnds(group);
    return waited;
  }
}

/** Whether a promise is settled once nothing is left to do at once. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(resolve => setImmediate(resolve));
  return settled;
}

const waiting = {type: 'tests-progress', done: [], running: null};

describe('whose a group is', () => {
  test('is known of those given, of those passed over, and of all once there are no more', () => {
    const {session} = new World();
    const owners = () => [0, 1, 2, 3, 4, 5].map(group => session.owns(group));
    expect(owners()).toEqual([null, null, null, null, null, null]);
    session.give([1, 3], false);
    expect(owners()).toEqual([false, true, false, true, null, null]);
    session.give([4], false);
    expect(owners()).toEqual([false, true, false, true, true, null]);
    session.give([], true);
    expect(owners()).toEqual([false, true, false, true, true, false]);
  });

  test('is nobody here once the session is discarded', () => {
    const {session} = new World();
    session.give([0], false);
    session.discard();
    expect([session.owns(0), session.owns(1)]).toEqual([false, false]);
  });
});

describe('deciding', () => {
  test('does not wait, nor tell anybody, where it is clear', async () => {
    const world = new World();
    world.session.give([1, 2], false);
    expect(await world.session.decide([1])).toEqual({mine: true, waited: 0});
    expect(await world.session.decide([0])).toEqual({mine: false, waited: 0});
    expect(await world.session.decide([])).toEqual({mine: false, waited: 0});
    // One that is this worker's is enough.
    expect(await world.session.decide([7, 2])).toEqual({mine: true, waited: 0});
    expect(world.news()).toEqual([]);
  });

  test('waits until it is clear, says that it does, and how long it did', async () => {
    const world = new World();
    const decided = world.session.decide([5]);
    expect(await isSettled(decided)).toBe(false);
    expect(world.news()).toEqual([waiting]);
    world.time += 30;
    world.session.give([3], false);
    expect(await isSettled(decided)).toBe(false);
    expect(world.news()).toEqual([waiting]);
    world.time += 12;
    world.session.give([5], false);
    expect(await decided).toEqual({mine: true, waited: 42});
  });

  test('ends with no, where a later one is given, or there are no more', async () => {
    const passed = new World();
    const passedOver = passed.session.decide([1, 2]);
    passed.session.give([3], false);
    expect(await passedOver).toEqual({mine: false, waited: 0});
    const ended = new World();
    const none = ended.session.decide([1]);
    ended.session.give([], true);
    expect(await none).toEqual({mine: false, waited: 0});
  });

  test('goes on as long as one of several is not clear', async () => {
    const {session} = new World();
    session.give([1], false);
    const decided = session.decide([0, 4]);
    expect(await isSettled(decided)).toBe(false);
    session.give([4], false);
    expect(await decided).toMatchObject({mine: true});
  });

  test('tells the parent that it waits, even while groups further down are held', async () => {
    const world = new World({2: 1, 6: 1});
    world.session.give([2], false);
    await world.runTest(2, 5);
    world.news();
    // It was to run 6; but a block that comes first has 4 and 9 in it, and 9 may still come.
    world.session.give([6], false);
    const decided = world.session.decide([4, 9]);
    expect(await isSettled(decided)).toBe(false);
    expect(world.news()).toEqual([{...waiting, done: [[2, 5]]}]);
    world.session.give([], true);
    expect(await decided).toMatchObject({mine: false});
  });

  test('wakes all that wait', async () => {
    const {session} = new World();
    const both = [session.decide([0]), session.decide([1])];
    session.give([0], true);
    expect((await Promise.all(both)).map(({mine}) => mine)).toEqual([true, false]);
  });
});

describe('the first tests', () => {
  test.each<[string, (session: Session) => void]>([
    ['are given', session => session.give([4], false)],
    ['will not come', session => session.give([], true)],
    ['are not wanted any more', session => session.discard()],
  ])('are waited for until they %s; the parent knows', async (_what, happen) => {
    const world = new World();
    const begun = world.session.begun();
    expect(await isSettled(begun)).toBe(false);
    happen(world.session);
    expect(await isSettled(begun)).toBe(true);
    expect(world.news()).toEqual([]);
    expect(await isSettled(world.session.begun())).toBe(true);
  });

  test('are still waited for after an order that gives none', async () => {
    const {session} = new World();
    const begun = session.begun();
    session.give([], false);
    expect(await isSettled(begun)).toBe(false);
  });
});

describe('the parent hears', () => {
  test('of a group when all of its tests have ended, with what they took', async () => {
    const world = new World({0: 2, 1: 1});
    world.session.give([0, 1], false);
    await world.runTest(0, 10);
    world.news();
    void world.session.decide([2]);
    expect(world.news()).toEqual([waiting]);
    world.session.give([], false);
    await world.runTest(0, 5);
    await world.runTest(1, 7);
    void world.session.decide([2]);
    expect(world.news().flatMap(({done}) => done)).toEqual([
      [0, 15],
      [1, 7],
    ]);
  });

  test('what runs and what has ended as soon as little is left ahead; once, until more comes', async () => {
    const world = new World({0: 1, 1: 1, 2: 1, 3: 1, 4: 1});
    world.session.give([0, 1, 2, 3], false);
    // More than half of what came together is ahead: there is time.
    await world.runTest(0, 1);
    expect(world.news()).toEqual([]);
    await world.runTest(1, 1);
    expect(world.news()).toEqual([{type: 'tests-progress', done: [[0, 1]], running: 1}]);
    await world.runTest(2, 1);
    expect(world.news()).toEqual([]);
    world.session.give([4], false);
    await world.runTest(3, 1);
    expect(world.news()).toEqual([
      {
        type: 'tests-progress',
        done: [
          [1, 1],
          [2, 1],
        ],
        running: 3,
      },
    ]);
  });

  test('what runs once in a while, however much is ahead', async () => {
    const groups = Array.from({length: 20}, (_, group) => group);
    const world = new World(Object.fromEntries(groups.map(group => [group, 1])));
    world.session.give(groups, false);
    for (const group of [0, 1, 2, 3]) await world.runTest(group, 7);
    expect(world.news()).toEqual([
      {
        type: 'tests-progress',
        done: [
          [0, 7],
          [1, 7],
          [2, 7],
        ],
        running: 3,
      },
    ]);
  });

  test('of a group that has several tests once, as it begins', async () => {
    const world = new World({0: 3});
    world.session.give([0], false);
    await world.runTest(0, 50);
    await world.runTest(0, 50);
    expect(world.news()).toEqual([{type: 'tests-progress', done: [], running: 0}]);
  });

  test('nothing more once it has no more tests for this worker', async () => {
    const world = new World({0: 1, 1: 1});
    world.session.give([0, 1], true);
    await world.runTest(0, 100);
    await world.runTest(1, 100);
    expect(world.news()).toEqual([]);
    expect(world.listened).toBe(0);
  });
});

describe('messages are read', () => {
  test('before a test, as long as little is ahead: then they are needed', async () => {
    const world = new World({0: 1, 1: 1});
    world.session.give([0], false);
    world.arriving.push(() => world.session.give([1], true));
    await world.runTest(0, 1);
    expect(world.session.owns(1)).toBe(true);
  });

  test('every now and then, where much is ahead: others may be done', async () => {
    const groups = Array.from({length: 20}, (_, group) => group);
    const world = new World(Object.fromEntries(groups.map(group => [group, 1])));
    world.session.give(groups, false);
    world.time = 5;
    for (const group of [0, 1, 2, 3, 4]) await world.runTest(group, 4);
    expect(world.listened).toBe(1);
  });

  test('and of concurrent tests none begins before those that came before it', async () => {
    const world = new World({0: 4, 1: 1, 2: 1, 3: 1, 4: 1});
    world.session.give([0, 1, 2, 3, 4], false);
    world.time = 10;
    const begun: number[] = [];
    const starts = [1, 2, 3].map(async test => {
      if (test === 3) world.session.give([], true);
      const waits = world.session.testStarts(0);
      if (waits !== null) await waits;
      begun.push(test);
    });
    await Promise.all(starts);
    expect({begun, listened: world.listened}).toEqual({begun: [1, 2, 3], listened: 1});
    expect(world.session.testStarts(0)).toBeNull();
  });

  test('and what that takes is no test’s time', async () => {
    const world = new World({0: 1, 1: 1});
    world.session.give([0, 1], false);
    world.arriving.push(() => (world.time += 40));
    expect(await world.runTest(0, 3)).toBe(40);
    void world.session.decide([2]);
    expect(world.news().at(-1)).toEqual({...waiting, done: [[0, 3]]});
  });
});

test('what a group costs is without the waiting before it', async () => {
  const world = new World({0: 1});
  const begun = world.session.begun();
  world.time += 1000;
  world.session.give([0], false);
  await begun;
  await world.runTest(0, 8);
  void world.session.decide([1]);
  expect(world.news().at(-1)).toEqual({...waiting, done: [[0, 8]]});
});

test('discarding ends every wait, with no', async () => {
  const world = new World();
  const [decided, begun] = [world.session.decide([0]), world.session.begun()];
  world.session.discard();
  expect(await decided).toMatchObject({mine: false});
  expect(await isSettled(begun)).toBe(true);
  expect(await world.session.decide([1])).toMatchObject({mine: false});
});
