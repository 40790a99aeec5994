import {channel} from 'node:diagnostics_channel';
import {EventEmitter} from 'node:events';
import {writeFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import type {Death} from '../../../../src/core/texts/deaths';
import type {AheadNews, FromWorker, ToWorker, UnitOrder, WorkerSetup} from '../../../../src/core/wire/workerMessages';
import {WorkerHost, type FurtherSetup, type WorkerHostOptions} from '../../../../src/run/workers/workerHost';
import type {SharedOutput} from '../../../../src/run/workers/workerOutput';
import {temporaryFolder} from '../temporaryFolder';

const PID = 4711;

const SETUP = {
  slot: 2,
  generation: 3,
  runId: 'r1',
  socketPath: '/first/s',
  token: 'first',
  exitRecordPath: '/first/w2.3.exit',
  journalPath: '/first/w2.3.journal',
  departurePath: '/first/w2.3.open',
  hardTimeoutMs: 30_000,
  graceMs: 500,
  ahead: null,
} as unknown as WorkerSetup;

const FURTHER = {ahead: null, runId: 'r2', hardTimeoutMs: 1000} as FurtherSetup;

const STARTED: FromWorker = {type: 'unit-started', unit: 7};
const DONE: FromWorker = {
  type: 'unit-done',
  unit: 7,
  ms: 1,
  retiring: false,
  outcome: {type: 'error', error: {message: 'oh', stack: '', type: 'Error'}},
  slice: null,
  profile: null,
};

type Referenced = 'ref' | 'unref';

/** A process, its socket, and jest-worker's farm of it, which do nothing but remember. The test speaks for them. */
class FakeWorker {
  readonly stderr = new PassThrough();
  readonly told: ToWorker[] = [];
  /** What was last asked of each thing that keeps this process alive. */
  readonly references: Record<string, Referenced> = {};
  /** How often jest-worker was asked to end the process, which begins its grace. */
  ends = 0;
  /** Ends the farm, as it does when the process has ended as told. */
  readonly #ended: Promise<{forceExited: boolean}>;
  endFarm!: (end: {forceExited: boolean}) => void;
  /** Ends the call that lasts as long as the process takes work, and has something to leave to later ones. */
  stopsServing!: () => void;
  /** As jest-worker tells of the process's death. */
  dies!: (error: Error) => void;
  says!: (message: unknown) => void;
  readonly socket = Object.assign(new EventEmitter(), {
    write: (text: string) => this.told.push(JSON.parse(text) as ToWorker),
    destroy: () => undefined,
    ...this.#referenced('socket'),
  });

  constructor() {
    this.#ended = new Promise(resolve => (this.endFarm = resolve));
  }

  get jestWorker(): WorkerHostOptions['jestWorker'] {
    const {stderr} = this;
    const serve = () => {
      const call = new Promise<void>((resolve, reject) => ([this.stopsServing, this.dies] = [resolve, reject]));
      return Object.assign(call, {UNSTABLE_onCustomMessage: (hear: (message: unknown) => void) => (this.says = hear)});
    };
    const child = Object.assign(new EventEmitter(), {
      pid: PID,
      exitCode: null,
      signalCode: null,
      channel: this.#referenced('channel'),
      stdout: this.#referenced('stdout'),
      stderr: this.#referenced('stderr'),
      ...this.#referenced('process'),
    });
    const end = () => {
      this.ends++;
      return this.#ended;
    };
    class Worker {
      readonly serve = serve;
      readonly end = end;
      constructor() {
        channel('child_process').publish({process: child}); // as Node does
      }
      getStdout() {
        return null;
      }
      getStderr() {
        return stderr;
      }
    }
    return {Worker} as unknown as WorkerHostOptions['jestWorker'];
  }

  aheadSays(message: AheadNews): void {
    this.says(message);
  }

  #referenced(name: string): Record<Referenced, () => void> {
    return {
      ref: () => void (this.references[name] = 'ref'),
      unref: () => void (this.references[name] = 'unref'),
    };
  }
}

/** What a run hears of its worker, in order. */
class Run {
  readonly heard: unknown[] = [];
  readonly listener = {
    up: () => this.heard.push('up'),
    message: (message: FromWorker) => this.heard.push(message),
    lost: (death: Death) => this.heard.push({lost: death}),
    slow: (name: string) => this.heard.push({slow: name}),
    closed: (forceExited: boolean) => this.heard.push({closed: forceExited}),
  };
}

/** A host whose worker is up, and has begun a file of a first run. */
function serving(setup: Partial<WorkerSetup> = {}) {
  const all = starting(setup);
  all.host.attach(all.worker.socket as unknown as Socket, PID);
  all.worker.says(STARTED);
  expect(all.first.heard.splice(0)).toEqual(['up', STARTED]);
  return all;
}

/** A host whose worker has yet to connect. */
function starting(setup: Partial<WorkerSetup> = {}) {
  const worker = new FakeWorker();
  const first = new Run();
  const news: AheadNews[] = [];
  let outputs = 0;
  const output = {add: () => void outputs++} as unknown as SharedOutput;
  const host: WorkerHost = new WorkerHost({
    setup: {...SETUP, ...setup},
    jestWorker: worker.jestWorker,
    start: {
      workerPath: '/main.js',
      execPath: '/node',
      execArgv: null,
      environment: {},
      gracefulExitTimeout: undefined,
    },
    threads: false,
    stdout: output,
    stderr: output,
    listener: first.listener,
    onAhead: message => news.push(message),
  });
  return {
    worker,
    host,
    first,
    /** What it has said that has to do with workers that are started ahead. */
    news,
    /** How many of its streams are passed on. */
    get outputs() {
      return outputs;
    },
    /** What the worker was told, by type. */
    get told() {
      return worker.told.map(({type}) => type);
    },
  };
}

const AHEAD = {modules: []};

const connect = ({host, worker}: ReturnType<typeof starting>) => host.attach(worker.socket as unknown as Socket, PID);

/** A host whose worker was started ahead of its run. */
function waiting() {
  const all = starting({ahead: AHEAD});
  connect(all);
  return all;
}

/** One that serves its run. */
async function servingLater() {
  const all = waiting();
  const ready = all.host.prepare(FURTHER, {});
  all.worker.aheadSays({type: 'ready'});
  expect(await ready).toBe(true);
  const run = new Run();
  all.host.serve(run.listener);
  return {...all, run};
}

const alive = {type: 'alive', phase: 1, name: 'a test', ms: 0, limitMs: null, debugged: false, rss: 1e8} as const;

let kill: jest.SpyInstance;

beforeEach(() => {
  jest.useFakeTimers({doNotFake: ['nextTick', 'queueMicrotask']});
  kill = jest.spyOn(process, 'kill').mockReturnValue(true);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('a worker that moves, and does not begin what it was given, is ended, and lost for that', async () => {
  const {host, worker, first} = serving();
  worker.says(DONE);
  host.tell({type: 'give', units: [{id: 8}] as unknown as UnitOrder[]});
  for (let second = 0; second < 85; second++) {
    host.hearWatchdog({...alive, name: ''});
    jest.advanceTimersByTime(1000);
  }
  expect(kill).toHaveBeenCalled();
  worker.dies(new Error('signal=SIGTERM'));
  await Promise.resolve();
  await Promise.resolve();
  expect(first.heard.at(-1)).toEqual({lost: {kind: 'deaf', ms: 80_000}});
});

describe('a worker that is closed', () => {
  /** One that has ended its file; so many of `ms` later it was asked to end, so often. */
  async function endsAfter(departure: object | null, ms: readonly number[]) {
    const departurePath = join(temporaryFolder(), 'departure');
    if (departure !== null) writeFileSync(departurePath, JSON.stringify(departure));
    const {host, worker} = serving({departurePath});
    worker.says(DONE);
    host.close();
    const ends: number[] = [];
    for (const time of ms) {
      jest.advanceTimersByTime(time);
      await turn();
      ends.push(worker.ends);
    }
    return ends;
  }

  test('begins its grace when it has left to later ones what it has compiled', async () => {
    const {host, worker, first} = serving();
    worker.says(DONE);
    host.close();
    await turn();
    expect({told: worker.told, ends: worker.ends}).toEqual({told: [{type: 'close'}], ends: 0});
    worker.stopsServing();
    await turn();
    expect({ends: worker.ends, timers: jest.getTimerCount()}).toEqual({ends: 1, timers: 0});
    worker.endFarm({forceExited: false});
    await turn();
    expect(first.heard.at(-1)).toEqual({closed: false});
  });

  test('and begins it when it has died', async () => {
    const {host, worker} = serving();
    worker.says(DONE);
    host.close();
    worker.dies(new Error('signal=SIGSEGV'));
    await turn();
    expect(worker.ends).toBe(1);
  });

  test('at a file begins it at once', async () => {
    const {host, worker} = serving();
    host.close();
    await turn();
    expect(worker.ends).toBe(1);
  });

  test('does not wait for one that gives no answer', async () => {
    expect(await endsAfter(null, [499, 1])).toEqual([0, 1]);
  });

  test('waits 5 s for what it leaves', async () => {
    expect(await endsAfter({at: 'saving'}, [500, 4999, 1])).toEqual([0, 0, 1]);
  });
});

describe('a worker that was started ahead of its run', () => {
  test('keeps nobody alive', () => {
    const {worker} = waiting();
    expect(worker.references).toEqual({
      process: 'unref',
      channel: 'unref',
      stdout: 'unref',
      stderr: 'unref',
      socket: 'unref',
    });
  });

  test('says when it waits, and may take its time from then on', () => {
    const {host, worker, news} = waiting();
    worker.aheadSays({type: 'waiting'});
    jest.advanceTimersByTime(1e9);
    expect({news, ended: host.ended}).toEqual({news: [{type: 'waiting'}], ended: false});
  });

  test('is not watched, whatever its watchdog says', () => {
    const {host, first} = waiting();
    host.hearWatchdog({type: 'slow', name: 'a test', ms: 5000});
    host.hearWatchdog({
      type: 'hung',
      name: 'a test',
      ms: 9000,
      limitMs: 8000,
      limitBy: 'hardTimeout',
      began: true,
      place: {kind: 'native'},
    });
    host.hearWatchdog(alive);
    jest.advanceTimersByTime(1e9);
    expect({heard: first.heard, kills: kill.mock.calls}).toEqual({heard: ['up'], kills: []});
  });

  test('has nothing to say of the test file with which it warms up', () => {
    const {worker, first, host} = waiting();
    worker.says(['test-case-start', ['/emptyTestFile.js', {}]] as unknown);
    worker.says({type: 'of another version'});
    expect({heard: first.heard, ended: host.ended}).toEqual({heard: ['up'], ended: false});
  });

  test('is told of its run with what is new; who it is, and where it leaves its files, stays', () => {
    const {host, worker} = waiting();
    void host.prepare({...FURTHER, socketPath: '/second/s', token: 'second'} as FurtherSetup, {
      RUN: '2',
      GONE: undefined,
    });
    expect(worker.told.at(-1)).toEqual({
      type: 'run',
      setup: {...SETUP, ahead: null, runId: 'r2', hardTimeoutMs: 1000},
      environment: {RUN: '2'},
    });
    expect([host.slot, host.generation]).toEqual([2, 3]);
  });

  test('is told when it has connected', async () => {
    const all = starting({ahead: AHEAD});
    const ready = all.host.prepare(FURTHER, {});
    expect(all.told).toEqual([]);
    connect(all);
    expect(all.told).toEqual(['run']);
    all.worker.aheadSays({type: 'waiting'});
    all.worker.aheadSays({type: 'ready'});
    expect(await ready).toBe(true);
  });

  test('says why it cannot serve the run, and ends', async () => {
    const {host, worker, news} = waiting();
    const ready = host.prepare(FURTHER, {});
    worker.aheadSays({type: 'leaving', reason: '/transformer.js has changed'});
    expect(await ready).toBe(false);
    expect({news, ended: host.ended, told: worker.told.at(-1)}).toEqual({
      news: [{type: 'leaving', reason: '/transformer.js has changed'}],
      ended: true,
      told: {type: 'close'},
    });
  });

  test('has 5 s to be ready', async () => {
    const {host, worker, news} = waiting();
    let is: boolean | null = null;
    void host.prepare(FURTHER, {}).then(ready => (is = ready));
    jest.advanceTimersByTime(4999);
    await turn();
    expect({is, ended: host.ended}).toEqual({is: null, ended: false});
    jest.advanceTimersByTime(1);
    await turn();
    expect({is, news, told: worker.told.at(-1)}).toEqual({
      is: false,
      news: [{type: 'leaving', reason: 'it does not answer'}],
      told: {type: 'close'},
    });
  });

  test('is not ready if it dies meanwhile, if it is closed, or if it has ended before', async () => {
    const [one, two, three] = [waiting(), waiting(), waiting()];
    three.host.close();
    const ready = [one, two, three].map(({host}) => host.prepare(FURTHER, {}));
    one.worker.dies(new Error('signal=SIGKILL'));
    two.host.close();
    expect(await Promise.all(ready)).toEqual([false, false, false]);
  });

  test('that is ready may take its time until it serves', async () => {
    const {host, worker} = waiting();
    const ready = host.prepare(FURTHER, {});
    worker.aheadSays({type: 'ready'});
    jest.advanceTimersByTime(1e6);
    expect([await ready, host.ended]).toEqual([true, false]);
  });

  test('tells whoever has started it of its death', async () => {
    const {worker, first} = waiting();
    worker.dies(new Error('signal=SIGKILL'));
    await turn();
    expect(first.heard).toEqual(['up', {lost: {kind: 'signal', signal: 'SIGKILL'}}]);
  });
});

describe('a worker that was started ahead and serves its run', () => {
  test('is up for the run, when the call has returned', async () => {
    const {host, worker} = waiting();
    const ready = host.prepare(FURTHER, {});
    worker.aheadSays({type: 'ready'});
    await ready;
    const run = new Run();
    host.serve(run.listener);
    expect(run.heard).toEqual([]);
    await turn();
    expect(run.heard).toEqual(['up']);
  });

  test('is not up if it was closed at once', async () => {
    const {host} = waiting();
    const run = new Run();
    host.serve(run.listener);
    host.close();
    await turn();
    expect(run.heard).toEqual([]);
  });

  test('keeps this process alive', async () => {
    const {worker} = await servingLater();
    expect(worker.references).toEqual({process: 'ref', channel: 'ref', stdout: 'ref', stderr: 'ref', socket: 'ref'});
  });

  test('is heard by that run alone, and its death, too', async () => {
    const {worker, first, run} = await servingLater();
    worker.says(STARTED);
    worker.dies(new Error('signal=SIGSEGV'));
    await turn();
    expect([run.heard, first.heard]).toEqual([['up', STARTED, {lost: {kind: 'signal', signal: 'SIGSEGV'}}], ['up']]);
  });

  test('is watched, by the limits of that run', async () => {
    const {host, run} = await servingLater();
    host.hearWatchdog({type: 'slow', name: 'a test', ms: 5000});
    host.hearWatchdog(alive);
    jest.advanceTimersByTime(10_999);
    expect(kill).not.toHaveBeenCalled();
    jest.advanceTimersByTime(50);
    expect(kill).toHaveBeenCalledWith(-PID, 'SIGTERM');
    expect(run.heard).toEqual(['up', {slow: 'a test'}]);
  });

  test('writes to the standard error of the run what it has written before', async () => {
    const all = waiting();
    all.worker.stderr.write('a warning, ');
    await turn();
    expect(all.outputs).toBe(0);
    const ready = all.host.prepare(FURTHER, {});
    all.worker.aheadSays({type: 'ready'});
    await ready;
    all.host.serve(new Run().listener);
    all.worker.stderr.end('and its end');
    expect(all.outputs).toBe(1);
    expect(await all.host.evidence({kind: 'signal', signal: 'SIGSEGV'})).toMatchObject({
      stderr: 'a warning, and its end',
    });
  });

  test('does not pass for one that waits, whatever a test file sends', async () => {
    const {worker, host, news, run} = await servingLater();
    for (const type of ['waiting', 'ready'] as const) worker.aheadSays({type});
    worker.aheadSays({type: 'leaving', reason: 'no matter what'});
    await turn();
    expect({news, heard: run.heard, ended: host.ended}).toEqual({
      news: [{type: 'ready'}],
      heard: ['up'],
      ended: false,
    });
  });

  test('tells which modules it has loaded', async () => {
    const {worker, news, run} = await servingLater();
    worker.aheadSays({type: 'loaded', modules: ['/a.js']});
    await turn();
    expect([news.at(-1), run.heard]).toEqual([{type: 'loaded', modules: ['/a.js']}, ['up']]);
  });
});
