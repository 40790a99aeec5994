import {channel} from 'node:diagnostics_channel';
import {EventEmitter} from 'node:events';
import {rmSync, writeFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import {setImmediate as turn} from 'node:timers/promises';
import type {Death} from '../../../../src/core/texts/deaths';
import type {
  FromKeptWorker,
  FromWorker,
  ToWorker,
  UnitOrder,
  WorkerSetup,
} from '../../../../src/core/wire/workerMessages';
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
} as WorkerSetup;

const FURTHER = {runId: 'r2', hardTimeoutMs: 1000} as FurtherSetup;

const STARTED: FromWorker = {type: 'unit-started', unit: 7};
const DONE: FromWorker = {
  type: 'unit-done',
  unit: 7,
  ms: 1,
  retiring: false,
  outcome: {type: 'error', error: {message: 'oh', stack: '', type: 'Error'}},
  slice: null,
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

  keptSays(message: FromKeptWorker): void {
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
  const lines: string[] = [];
  const output = {add: () => undefined} as unknown as SharedOutput;
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
    holdLine: () => {
      lines.push('held');
      return () => lines.push('released');
    },
  });
  const keeper: unknown[] = [];
  const keeping = {
    rests: (of: WorkerHost) => keeper.push(['rests', of === host]),
    leaves: (of: WorkerHost, why: string) => keeper.push(['leaves', of === host, why]),
    gone: (of: WorkerHost) => keeper.push(['gone', of === host]),
  };
  return {
    worker,
    host,
    first,
    /** What the keeper has heard. */
    keeper,
    keeping,
    /** What became of the line of the run that has started it. */
    lines,
    /** What the worker was told, by type. */
    get told() {
      return worker.told.map(({type}) => type);
    },
  };
}

/** One that rests after a first run. */
function resting(setup = SETUP) {
  const all = serving(setup);
  all.host.rest(all.keeping);
  all.worker.keptSays({type: 'resting'});
  return all;
}

/** One that has rested, and serves a second run. */
async function servingAgain(setup = SETUP) {
  const all = resting(setup);
  const ready = all.host.prepare(FURTHER, {});
  all.worker.keptSays({type: 'ready'});
  expect(await ready).toBe(true);
  const second = new Run();
  all.host.serve(second.listener);
  return {...all, second};
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

describe('a worker whose run has ended', () => {
  test('is asked whether it stays; if it does, it is closed for the run, and its keeper has it', () => {
    const {host, worker, first, keeper, keeping} = serving();
    host.rest(keeping);
    expect({heard: first.heard, keeper, told: worker.told}).toEqual({heard: [], keeper: [], told: [{type: 'rest'}]});
    worker.keptSays({type: 'resting'});
    expect({heard: first.heard, keeper}).toEqual({heard: [{closed: false}], keeper: [['rests', true]]});
  });

  test('keeps nobody alive while it rests; its line is held', () => {
    const {host, worker, keeping, lines} = serving();
    host.rest(keeping);
    expect({lines, references: worker.references}).toEqual({lines: [], references: {}});
    worker.keptSays({type: 'resting'});
    expect(lines).toEqual(['held']);
    expect(worker.references).toEqual({
      process: 'unref',
      channel: 'unref',
      stdout: 'unref',
      stderr: 'unref',
      socket: 'unref',
    });
  });

  test('still tells its run what it has to say', () => {
    const {host, worker, first, keeping} = serving();
    host.rest(keeping);
    worker.says(STARTED);
    expect(first.heard).toEqual([STARTED]);
  });

  test('says why it does not stay, and ends as one that is closed', async () => {
    const {host, worker, first, keeper, keeping, lines} = serving();
    host.rest(keeping);
    worker.keptSays({type: 'leaving', reason: 'something is still open'});
    expect(keeper).toEqual([['leaves', true, 'something is still open']]);
    expect({ended: host.ended, told: worker.told, heard: first.heard}).toEqual({
      ended: true,
      told: [{type: 'rest'}, {type: 'close'}],
      heard: [],
    });
    worker.endFarm({forceExited: true});
    await turn();
    expect({heard: first.heard, lines}).toEqual({heard: [{closed: true}], lines: []});
  });

  test('has 2 s to answer', async () => {
    const all = serving();
    const {host, worker, first, keeper, keeping} = all;
    host.rest(keeping);
    jest.advanceTimersByTime(1999);
    expect({keeper, ended: host.ended}).toEqual({keeper: [], ended: false});
    jest.advanceTimersByTime(1);
    expect(keeper).toEqual([['leaves', true, 'it does not answer']]);
    expect(all.told).toEqual(['rest', 'close']);
    worker.keptSays({type: 'resting'}); // too late
    worker.endFarm({forceExited: true});
    await turn();
    expect({heard: first.heard, keeper: keeper.length}).toEqual({heard: [{closed: true}], keeper: 1});
  });

  test('that has answered may take its time', () => {
    const {keeper, host} = resting();
    jest.advanceTimersByTime(1e9);
    expect({keeper, ended: host.ended}).toEqual({keeper: [['rests', true]], ended: false});
  });

  test('is not taken to hang, whatever its watchdog says', () => {
    const {host, first, keeping} = serving();
    host.rest(keeping);
    host.hearWatchdog({type: 'slow', name: 'a test', ms: 5000});
    host.hearWatchdog({type: 'hung', name: 'a test', ms: 9000, limitMs: 8000, began: true, place: {kind: 'native'}});
    expect({heard: first.heard, kills: kill.mock.calls}).toEqual({heard: [], kills: []});
  });

  test('may be silent', () => {
    const {host, worker, keeping} = serving();
    host.hearWatchdog(alive);
    host.rest(keeping);
    worker.keptSays({type: 'resting'});
    host.hearWatchdog(alive);
    jest.advanceTimersByTime(1e9);
    expect(kill).not.toHaveBeenCalled();
  });

  test('is asked nothing if it is ending', () => {
    const {host, worker, keeper, keeping} = serving();
    host.close();
    host.rest(keeping);
    jest.advanceTimersByTime(1e6);
    expect({told: worker.told, keeper}).toEqual({told: [{type: 'close'}], keeper: []});
  });

  test('is lost to its run if it dies before it has answered', async () => {
    const {host, worker, first, keeper, keeping} = serving();
    host.rest(keeping);
    worker.dies(new Error('signal=SIGKILL'));
    await turn();
    jest.advanceTimersByTime(1e6);
    expect({heard: first.heard, keeper}).toEqual({heard: [{lost: {kind: 'signal', signal: 'SIGKILL'}}], keeper: []});
  });
});

describe('a worker that has begun no file when its run ends', () => {
  const connect = ({host, worker}: ReturnType<typeof starting>) => host.attach(worker.socket as unknown as Socket, PID);

  test('keeps nobody waiting: it rests at once', () => {
    const all = starting();
    connect(all);
    all.host.rest(all.keeping);
    expect({heard: all.first.heard, keeper: all.keeper}).toEqual({
      heard: ['up', {closed: false}],
      keeper: [['rests', true]],
    });
    expect(all.worker.references.socket).toBe('unref');
    all.worker.keptSays({type: 'resting'});
    jest.advanceTimersByTime(1e6);
    expect({keeper: all.keeper.length, ended: all.host.ended, lines: all.lines}).toEqual({
      keeper: 1,
      ended: false,
      lines: ['held'],
    });
  });

  test('nor does one that has yet to connect, which is then told all that it was not', async () => {
    const all = starting();
    all.host.rest(all.keeping);
    expect({heard: all.first.heard, keeper: all.keeper}).toEqual({
      heard: [{closed: false}],
      keeper: [['rests', true]],
    });
    const ready = all.host.prepare(FURTHER, {});
    expect(all.told).toEqual([]);
    connect(all);
    expect({told: all.told, socket: all.worker.references.socket}).toEqual({told: ['rest', 'run'], socket: 'unref'});
    all.worker.keptSays({type: 'resting'});
    all.worker.keptSays({type: 'ready'});
    expect(await ready).toBe(true);
    expect(all.first.heard).toEqual([{closed: false}]);
  });

  test('of a later run, too, and its rest is noted anew', async () => {
    const {host, worker, keeper, keeping} = resting();
    const ready = host.prepare(FURTHER, {});
    worker.keptSays({type: 'ready'});
    await ready;
    const second = new Run();
    host.serve(second.listener);
    await turn();
    host.rest(keeping);
    expect({heard: second.heard, keeper: keeper.length}).toEqual({heard: ['up', {closed: false}], keeper: 2});
  });

  test('says if it cannot stay after all', () => {
    const all = starting();
    connect(all);
    all.host.rest(all.keeping);
    all.worker.keptSays({type: 'leaving', reason: 'its heap has grown'});
    expect({keeper: all.keeper.at(-1), ended: all.host.ended}).toEqual({
      keeper: ['leaves', true, 'its heap has grown'],
      ended: true,
    });
  });
});

describe('a worker that rests', () => {
  test('dies unheard, but by its keeper', async () => {
    const {host, worker, first, keeper, lines} = resting();
    worker.dies(new Error('signal=SIGKILL'));
    await turn();
    expect({heard: first.heard, keeper, lines, ended: host.ended}).toEqual({
      heard: [{closed: false}],
      keeper: [
        ['rests', true],
        ['gone', true],
      ],
      lines: ['held', 'released'],
      ended: true,
    });
  });

  test('is closed unheard, and gives its line back when it is gone', async () => {
    const {host, worker, first, keeper, lines, told} = resting();
    host.close();
    await turn();
    expect({lines, told: worker.told.at(-1), before: told}).toEqual({
      lines: ['held'],
      told: {type: 'close'},
      before: ['rest'],
    });
    worker.endFarm({forceExited: false});
    await turn();
    expect({heard: first.heard, keeper, lines}).toEqual({
      heard: [{closed: false}],
      keeper: [['rests', true]],
      lines: ['held', 'released'],
    });
  });

  test('is prepared with what is new; who it is, and where it leaves its files, stays', () => {
    const {host, worker} = resting();
    void host.prepare({...FURTHER, socketPath: '/second/s', token: 'second'} as FurtherSetup, {
      RUN: '2',
      GONE: undefined,
    });
    expect(worker.told.at(-1)).toEqual({
      type: 'run',
      setup: {...SETUP, runId: 'r2', hardTimeoutMs: 1000},
      environment: {RUN: '2'},
    });
    expect([host.slot, host.generation]).toEqual([2, 3]);
  });

  test('says why it cannot serve another run, and ends', async () => {
    const {host, worker, first, keeper} = resting();
    const ready = host.prepare(FURTHER, {});
    worker.keptSays({type: 'leaving', reason: '/transformer.js has changed'});
    expect(await ready).toBe(false);
    expect(keeper).toEqual([
      ['rests', true],
      ['leaves', true, '/transformer.js has changed'],
    ]);
    expect([host.ended, worker.told.at(-1), first.heard]).toEqual([true, {type: 'close'}, [{closed: false}]]);
  });

  test('has 5 s to be ready', async () => {
    const {host, worker, keeper} = resting();
    let is: boolean | null = null;
    void host.prepare(FURTHER, {}).then(ready => (is = ready));
    jest.advanceTimersByTime(4999);
    await turn();
    expect({is, ended: host.ended}).toEqual({is: null, ended: false});
    jest.advanceTimersByTime(1);
    await turn();
    expect({is, last: keeper.at(-1), told: worker.told.at(-1)}).toEqual({
      is: false,
      last: ['leaves', true, 'it does not answer'],
      told: {type: 'close'},
    });
  });

  test('is not ready if it dies meanwhile, nor if it is closed', async () => {
    const [one, two] = [resting(), resting()];
    const ready = [one, two].map(({host}) => host.prepare(FURTHER, {}));
    one.worker.dies(new Error('signal=SIGKILL'));
    two.host.close();
    expect(await Promise.all(ready)).toEqual([false, false]);
    jest.advanceTimersByTime(1e6);
    expect([one.keeper.at(-1), two.keeper.at(-1)]).toEqual([
      ['gone', true],
      ['rests', true],
    ]);
  });

  test('is not judged by what it still has to say of the last run', async () => {
    const {host, worker, keeper} = resting();
    const ready = host.prepare(FURTHER, {});
    worker.says({type: 'of another version'});
    worker.keptSays({type: 'ready'});
    expect(await ready).toBe(true);
    expect(keeper).toEqual([['rests', true]]);
  });

  describe('and was told so twice, as a run had no use for it, and says so when the next run has begun', () => {
    function late() {
      const all = resting();
      void all.host.prepare(FURTHER, {});
      all.worker.keptSays({type: 'ready'});
      all.host.rest(all.keeping);
      const ready = all.host.prepare(FURTHER, {});
      all.worker.keptSays({type: 'resting'});
      return {...all, ready};
    }

    test('still has to be ready within 5 s', async () => {
      const {ready, keeper} = late();
      jest.advanceTimersByTime(4999);
      expect(keeper).toEqual([
        ['rests', true],
        ['rests', true],
      ]);
      jest.advanceTimersByTime(1);
      expect(await ready).toBe(false);
      expect(keeper.at(-1)).toEqual(['leaves', true, 'it does not answer']);
    });

    test('serves that run for as long as that takes', async () => {
      const {ready, host, worker} = late();
      worker.keptSays({type: 'ready'});
      expect(await ready).toBe(true);
      host.serve(new Run().listener);
      jest.advanceTimersByTime(1e6);
      expect(host.ended).toBe(false);
    });
  });

  test('that was ready may take its time until it serves', async () => {
    const {host, worker, keeper} = resting();
    const ready = host.prepare(FURTHER, {});
    worker.keptSays({type: 'ready'});
    jest.advanceTimersByTime(1e6);
    expect([await ready, host.ended, keeper]).toEqual([true, false, [['rests', true]]]);
  });
});

describe('a worker that serves another run', () => {
  test('is up for that one, when the call has returned', async () => {
    const all = resting();
    const ready = all.host.prepare(FURTHER, {});
    all.worker.keptSays({type: 'ready'});
    await ready;
    const second = new Run();
    all.host.serve(second.listener);
    expect(second.heard).toEqual([]);
    await turn();
    expect([second.heard, all.first.heard]).toEqual([['up'], [{closed: false}]]);
  });

  test('is not up if it was closed at once', async () => {
    const {host} = resting();
    const second = new Run();
    host.serve(second.listener);
    host.close();
    await turn();
    expect(second.heard).toEqual([]);
  });

  test('keeps this process alive', async () => {
    const {worker} = await servingAgain();
    expect(worker.references).toEqual({process: 'ref', channel: 'ref', stdout: 'ref', stderr: 'ref', socket: 'ref'});
  });

  test('is heard by that run alone, and its death, too', async () => {
    const {worker, first, second, keeper} = await servingAgain();
    worker.says(STARTED);
    worker.dies(new Error('signal=SIGSEGV'));
    await turn();
    expect(second.heard).toEqual(['up', STARTED, {lost: {kind: 'signal', signal: 'SIGSEGV'}}]);
    expect([first.heard, keeper]).toEqual([[{closed: false}], [['rests', true]]]);
  });

  test('has its line until its run has read what it leaves behind, however it ends', async () => {
    const [dying, closed] = [await servingAgain(), await servingAgain()];
    const atEnd: string[][] = [];
    dying.host.serve({...dying.second.listener, lost: () => atEnd.push([...dying.lines])});
    closed.host.serve({...closed.second.listener, closed: () => atEnd.push([...closed.lines])});
    dying.worker.dies(new Error('signal=SIGSEGV'));
    closed.host.close();
    closed.worker.stopsServing();
    await turn();
    closed.worker.endFarm({forceExited: false});
    await turn();
    expect(atEnd).toEqual([['held'], ['held']]);
    expect([dying.lines, closed.lines]).toEqual([
      ['held', 'released'],
      ['held', 'released'],
    ]);
  });

  test('has said what keeps it alive, also when its line is gone', async () => {
    const leftOpen = [{kind: 'Timeout', count: 1, paths: ['/a.test.js']}];
    const departure = {at: 'waiting', leftOpen, addons: []};
    const folder = temporaryFolder({'w2.3.departure': JSON.stringify(departure)});
    const {host, worker} = await servingAgain({...SETUP, departurePath: join(folder, 'w2.3.departure')});
    host.close();
    worker.stopsServing();
    await turn();
    worker.endFarm({forceExited: true});
    await turn();
    rmSync(folder, {recursive: true});
    expect(host.departure).toEqual(departure);
  });

  test('is watched again, by the limits of that run', async () => {
    const {host, second} = await servingAgain();
    host.hearWatchdog({type: 'slow', name: 'a test', ms: 5000});
    host.hearWatchdog(alive);
    jest.advanceTimersByTime(10_999);
    expect(kill).not.toHaveBeenCalled();
    jest.advanceTimersByTime(50);
    expect(kill).toHaveBeenCalledWith(-PID, 'SIGTERM');
    expect(second.heard).toEqual(['up', {slow: 'a test'}]);
  });

  test('has no last words of the run before', async () => {
    const all = resting();
    all.worker.stderr.write('of the first run');
    await turn();
    const ready = all.host.prepare(FURTHER, {});
    all.worker.keptSays({type: 'ready'});
    await ready;
    all.host.serve(new Run().listener);
    all.worker.stderr.end('of the second run');
    expect(await all.host.evidence({kind: 'signal', signal: 'SIGSEGV'})).toEqual({
      death: {kind: 'signal', signal: 'SIGSEGV'},
      slot: 2,
      generation: 3,
      pid: PID,
      stderr: 'of the second run',
    });
  });

  test('says nothing to a keeper while it serves', async () => {
    const {worker, host, keeper, second} = await servingAgain();
    for (const type of ['resting', 'ready'] as const) worker.keptSays({type});
    worker.keptSays({type: 'leaving', reason: 'no matter what'});
    await turn();
    expect({keeper, heard: second.heard, ended: host.ended}).toEqual({
      keeper: [['rests', true]],
      heard: ['up'],
      ended: false,
    });
  });

  test('rests again, by the line of the run that has started it', async () => {
    const {worker, host, keeping, keeper, second, lines} = await servingAgain();
    await turn();
    host.rest(keeping);
    worker.keptSays({type: 'resting'});
    expect({keeper, heard: second.heard, lines}).toEqual({
      keeper: [
        ['rests', true],
        ['rests', true],
      ],
      heard: ['up', {closed: false}],
      lines: ['held'],
    });
  });
});
