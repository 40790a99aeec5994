import {setImmediate as turn} from 'node:timers/promises';
import type {AheadNews} from '../../../../../src/core/wire/workerMessages';
import {AheadWorkers, aheadWorkers, type AheadRun} from '../../../../../src/run/workers/ahead/aheadWorkers';
import type {WorkerStart} from '../../../../../src/run/workers/workerStart';
import type {WorkerHostOptions, WorkerListener} from '../../../../../src/run/workers/workerHost';

/** What `listen` has made of each server: the paths that it has forgotten. */
const mockRemoved: string[] = [];

// Each output would be a pipe into this process's own.
jest.mock('../../../../../src/run/workers/workerOutput', () => ({SharedOutput: class {}}));
jest.mock('../../../../../src/run/workers/workerServer', () => ({
  WorkerServer: {
    listen: () =>
      Promise.resolve({
        token: 'token of the session',
        filesFor: (slot: number, generation: number) => ({journalPath: `/w${slot}.${generation}.journal`}),
        removeFiles: (slot: number, generation: number) => mockRemoved.push(`w${slot}.${generation}`),
      }),
  },
}));
jest.mock('../../../../../src/run/workers/workerHost', () => ({
  WorkerHost: class {
    constructor(options: WorkerHostOptions) {
      return new FakeHost(options);
    }
  },
}));

/** All that were started, in order. */
let started: FakeHost[] = [];

/** A worker that remembers what it was told, and is ready for whatever it is prepared for. */
class FakeHost {
  ended = false;
  readonly pid = 4711;
  readonly told: string[] = [];
  isReady: Promise<boolean> | boolean = true;
  environment: WorkerStart['environment'] | null = null;

  constructor(readonly options: WorkerHostOptions) {
    started.push(this);
  }

  get slot(): number {
    return this.options.setup.slot;
  }

  says(news: AheadNews): void {
    this.options.onAhead(news);
  }

  async prepare({runId}: {runId: string}, environment: WorkerStart['environment']): Promise<boolean> {
    this.told.push(`prepare ${runId}`);
    this.environment = environment;
    return this.isReady;
  }

  serve(): void {
    this.told.push('serve');
  }

  close(): void {
    this.ended = true;
    this.told.push('close');
    this.options.listener.closed(false);
  }

  kill(): void {
    this.told.push('kill');
  }
}

const MINUTE = 60_000;
const NOBODY = {} as WorkerListener;
const START: WorkerStart = {
  workerPath: '/main.js',
  execPath: '/node',
  execArgv: null,
  environment: {PATH: '/bin', TZ: 'UTC'},
  gracefulExitTimeout: undefined,
};

const run = (slots: number, other: Partial<AheadRun> & {readonly runId?: string} = {}): AheadRun => ({
  runId: 'r1',
  slots,
  startOf: () => START,
  setupOf: () => ({runId: other.runId ?? 'r1'}) as ReturnType<AheadRun['setupOf']>,
  jestWorker: {} as AheadRun['jestWorker'],
  spareFolder: '/spare',
  record: () => undefined,
  ...other,
});

/** Lets virtual time pass, and what waits for it go on. */
async function pass(ms: number): Promise<void> {
  jest.advanceTimersByTime(ms);
  await turn();
}

/** A session whose run with so many slots has ended, and in which as many workers wait. */
async function session(slots: number): Promise<{ahead: AheadWorkers; hosts: readonly FakeHost[]}> {
  const ahead = new AheadWorkers();
  await ahead.begin(run(slots));
  ahead.runEnded();
  for (let slot = 1; slot <= slots; slot++) {
    await pass(slot === 1 ? 200 : 1);
    started.at(-1)?.says({type: 'waiting'});
  }
  return {ahead, hosts: started.slice(-slots)};
}

/** Which workers serve the slots of the run that has begun, from 1 on. */
const taken = (ahead: AheadWorkers, slots: number, start = START) =>
  Array.from({length: slots}, (_, index) => ahead.take(index + 1, start, NOBODY) as unknown as FakeHost | null);

let listenersAround: NodeJS.ExitListener[];

beforeEach(() => {
  jest.useFakeTimers({doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask']});
  started = [];
  mockRemoved.length = 0;
  listenersAround = process.listeners('exit');
});
afterEach(() => {
  jest.useRealTimers();
  for (const listener of process.listeners('exit')) {
    if (!listenersAround.includes(listener)) process.off('exit', listener);
  }
});

describe('when a run has ended', () => {
  test('as many workers start as it has had, one after the other', async () => {
    const ahead = new AheadWorkers();
    await ahead.begin(run(2));
    await pass(MINUTE);
    expect(started).toEqual([]);
    ahead.runEnded();
    await pass(199);
    expect(started).toEqual([]);
    await pass(1);
    expect(started.map(({slot}) => slot)).toEqual([1]);
    await pass(MINUTE);
    expect(started).toHaveLength(1);
    started[0]?.says({type: 'waiting'});
    await pass(1);
    expect(started.map(({slot}) => slot)).toEqual([1, 2]);
    started[1]?.says({type: 'waiting'});
    await pass(MINUTE);
    expect(started).toHaveLength(2);
  });

  test('they load what the workers of that run have loaded, and know where to connect', async () => {
    const ahead = new AheadWorkers();
    await ahead.begin(run(1));
    ahead.loaded(['/of/an/earlier/run.js']);
    await ahead.begin(run(1, {runId: 'r2'}));
    ahead.loaded(['/jsdom.js', '/babel.js']);
    ahead.loaded(['/babel.js', '/typescript.js']);
    ahead.runEnded();
    await pass(200);
    expect(started[0]?.options.setup).toEqual({
      runId: 'r2',
      slot: 1,
      generation: 1,
      token: 'token of the session',
      ahead: {modules: ['/jsdom.js', '/babel.js', '/typescript.js']},
      journalPath: '/w1.1.journal',
    });
  });

  test('none starts if the next run begins before', async () => {
    const ahead = new AheadWorkers();
    await ahead.begin(run(2));
    ahead.runEnded();
    await ahead.begin(run(2, {runId: 'r2'}));
    await pass(MINUTE);
    expect(started).toEqual([]);
  });

  test('nor any further one if it begins meanwhile', async () => {
    const ahead = new AheadWorkers();
    await ahead.begin(run(2));
    ahead.runEnded();
    await pass(200);
    const beginning = ahead.begin(run(2, {runId: 'r2'}));
    started[0]?.says({type: 'waiting'});
    await beginning;
    await pass(MINUTE);
    expect(started.map(({told}) => told)).toEqual([['prepare r2']]);
    expect(taken(ahead, 2)).toEqual([started[0], null]);
  });

  test('those that still wait are not started again, and there are never more than one for each slot', async () => {
    const {ahead, hosts} = await session(3);
    await ahead.begin(run(1, {runId: 'r2'}));
    expect(taken(ahead, 3)).toEqual([hosts[0], null, null]);
    hosts[0]!.ended = true; // with its run
    ahead.runEnded();
    await pass(200);
    started.at(-1)?.says({type: 'waiting'});
    await pass(MINUTE);
    expect(started.slice(3).map(({slot}) => slot)).toEqual([1]);
    expect(started.filter(({ended}) => !ended)).toHaveLength(3);
    expect(mockRemoved).toEqual(['w1.1']);
  });

  test('those that it had no use for end', async () => {
    const {ahead, hosts} = await session(2);
    await ahead.begin(run(2, {runId: 'r2'}));
    expect(taken(ahead, 1)).toEqual([hosts[0]]);
    ahead.runEnded();
    expect(hosts.map(({told}) => told)).toEqual([
      ['prepare r2', 'serve'],
      ['prepare r2', 'close'],
    ]);
  });
});

describe('a worker that waits', () => {
  test('serves its slot in the next run, once, with the environment of that run', async () => {
    const {ahead, hosts} = await session(2);
    const startOf = (slot: number) => ({...START, environment: {...START.environment, OF: String(slot)}});
    await ahead.begin(run(2, {runId: 'r2', startOf}));
    expect(taken(ahead, 2)).toEqual(hosts);
    expect(taken(ahead, 2)).toEqual([null, null]);
    expect(hosts.map(({told, environment}) => [told, environment?.OF])).toEqual([
      [['prepare r2', 'serve'], '1'],
      [['prepare r2', 'serve'], '2'],
    ]);
  });

  test('is waited for until it is ready, beside the others', async () => {
    const {ahead, hosts} = await session(2);
    let answer: (ready: boolean) => void = () => undefined;
    hosts[0]!.isReady = new Promise(resolve => (answer = resolve));
    let begun = false;
    const beginning = ahead.begin(run(2, {runId: 'r2'})).then(() => (begun = true));
    await turn();
    expect({begun, told: hosts[1]?.told}).toEqual({begun: false, told: ['prepare r2']});
    answer(true);
    await beginning;
    expect(taken(ahead, 2)).toEqual(hosts);
  });

  test('is not taken if it is not ready, nor if it has ended since', async () => {
    const {ahead, hosts} = await session(3);
    hosts[0]!.isReady = false;
    await ahead.begin(run(3, {runId: 'r2'}));
    hosts[1]!.ended = true;
    expect(taken(ahead, 3)).toEqual([null, null, hosts[2]]);
  });

  test('ends if the run starts its processes in another way', async () => {
    const {ahead, hosts} = await session(1);
    const startOf = () => ({...START, environment: {...START.environment, TZ: 'Asia/Tokyo'}});
    await ahead.begin(run(1, {runId: 'r2', startOf}));
    expect([taken(ahead, 1), hosts[0]?.told]).toEqual([[null], ['close']]);
  });

  test('is not taken if its slot is for another process after all', async () => {
    const {ahead, hosts} = await session(1);
    await ahead.begin(run(1, {runId: 'r2'}));
    expect(taken(ahead, 1, {...START, execPath: '/another/node'})).toEqual([null]);
    ahead.runEnded();
    expect(hosts[0]?.told).toEqual(['prepare r2', 'close']);
  });

  test('is for no run once it has died', async () => {
    const {ahead, hosts} = await session(1);
    hosts[0]!.ended = true;
    hosts[0]!.options.listener.lost({kind: 'signal', signal: 'SIGKILL'});
    await ahead.begin(run(1, {runId: 'r2'}));
    expect([taken(ahead, 1), hosts[0]?.told, mockRemoved]).toEqual([[null], [], ['w1.1']]);
  });

  test('waits for 15 minutes', async () => {
    const {ahead, hosts} = await session(1);
    await pass(15 * MINUTE - 1);
    expect(hosts[0]?.told).toEqual([]);
    await pass(1);
    expect(hosts[0]?.told).toEqual(['close']);
    await ahead.begin(run(1, {runId: 'r2'}));
    expect(taken(ahead, 1)).toEqual([null]);
  });

  test('that serves a run is not ended by the time that it has waited', async () => {
    const {ahead, hosts} = await session(1);
    await ahead.begin(run(1, {runId: 'r2'}));
    taken(ahead, 1);
    await pass(60 * MINUTE);
    expect(hosts[0]?.told).toEqual(['prepare r2', 'serve']);
  });

  test('is killed when Jest leaves, also if it serves', async () => {
    const {ahead, hosts} = await session(2);
    await ahead.begin(run(1, {runId: 'r2'}));
    taken(ahead, 1);
    for (const listener of process.listeners('exit')) {
      if (!listenersAround.includes(listener)) listener(0);
    }
    expect(hosts.map(({told}) => told.at(-1))).toEqual(['kill', 'kill']);
  });
});

test('a process has one watch session', () => {
  expect(aheadWorkers()).toBe(aheadWorkers());
});
