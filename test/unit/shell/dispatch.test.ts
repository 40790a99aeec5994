import {setImmediate as turn} from 'node:timers/promises';
import type {Death} from '../../../src/core/deaths';
import type {FromWorker, ToWorker, UnitOutcome} from '../../../src/core/protocol';
import {step} from '../../../src/core/schedule';
import {createSchedule, type SchedulePlan} from '../../../src/core/scheduleState';
import {Dispatch, type DispatchWorker} from '../../../src/shell/dispatch';
import type {LogLine} from '../../../src/shell/eventLog';
import {Reports} from '../../../src/shell/reports';
import type {WorkerListener} from '../../../src/shell/workerHost';
import {planOf, units} from '../plans';
import {jestTest, testResult} from './jestTests';

const LONG = 5000;
const killed: Death = {kind: 'signal', signal: 'SIGKILL'};
const passed: UnitOutcome = {type: 'result', result: testResult({passed: 1})};

/** A worker that does nothing but remember what it was told; the test speaks for it. */
class FakeWorker implements DispatchWorker {
  readonly told: (ToWorker | 'closed')[] = [];
  readonly says: WorkerListener;
  readonly #name: {slot: number; generation: number};

  constructor(slot: number, generation: number, listener: WorkerListener) {
    this.#name = {slot, generation};
    this.says = listener;
  }

  tell(order: ToWorker): void {
    this.told.push(order);
  }

  close(): void {
    this.told.push('closed');
  }

  async evidence(death: Death) {
    await turn(); // its last words are read first
    return {death, ...this.#name, pid: 4711, stderr: 'last words'};
  }

  /** Runs a unit from its beginning to its end. */
  runs(unit: number, outcome = passed, retiring = false): void {
    this.hears({type: 'unit-started', unit});
    this.hears({type: 'unit-done', unit, ms: 12, retiring, outcome});
  }

  hears(message: FromWorker): void {
    this.says.message(message);
  }
}

/** What a run's Jest and its timings file are told, in order, and the workers that it started. */
class FakeRun {
  readonly workers = new Map<string, FakeWorker>();
  readonly emitted: {readonly name: string; readonly data: readonly unknown[]}[] = [];
  readonly ended: unknown[][] = [];
  readonly log: LogLine[] = [];
  readonly reports = new Reports({
    emitter: {
      on: () => () => undefined,
      emit: (name, data) => {
        this.emitted.push({name, data: data as unknown[]});
        return Promise.resolve();
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
  });
  readonly late: [string, string][] = [];
  readonly dispatch: Dispatch;

  constructor(plan: SchedulePlan, onStart: (worker: FakeWorker) => void = () => undefined) {
    const tests = plan.units.map(({file}) => jestTest(file.path, file.configId));
    this.dispatch = new Dispatch({
      plan,
      runId: 'run',
      testOf: unit => tests[unit]!,
      startWorker: (slot, generation, listener) => {
        const worker = new FakeWorker(slot, generation, listener);
        this.workers.set(`w${slot}.${generation}`, worker);
        onStart(worker);
        return worker;
      },
      reports: this.reports,
      onUnitEnd: (...end) => this.ended.push(end),
      onLateException: (culprit, running) => this.late.push([culprit, running]),
      log: {write: line => this.log.push(line), close: () => undefined},
      now: () => 0,
    });
  }

  worker(name: string): FakeWorker {
    const worker = this.workers.get(name);
    if (worker === undefined) throw new Error(`${name} was not started, but ${[...this.workers.keys()].join()}`);
    return worker;
  }

  /** What Jest heard so far: "test-file-start /0.test.js". */
  async heard(): Promise<string[]> {
    await this.reports.drained();
    return this.emitted.map(({name, data}) => `${name} ${(data[0] as {path: string}).path}`);
  }

  /** The message of the failure of a file. */
  async failureOf(path: string): Promise<string> {
    await this.reports.drained();
    const failure = this.emitted.find(
      ({name, data}) => name === 'test-file-failure' && (data[0] as {path: string}).path === path,
    );
    return (failure?.data[1] as {message: string}).message;
  }
}

test('a run of two workers, from the first start to the last end', async () => {
  const run = new FakeRun(planOf(units(3, LONG), {slots: 2}));
  const finished = run.dispatch.run();
  expect([...run.workers.keys()]).toEqual(['w1.1', 'w2.1']);
  const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
  w1.says.up();
  w2.says.up();
  w1.runs(0);
  w2.runs(1);
  w1.runs(2);
  const give = (id: number) => ({type: 'give', units: [{id, configId: 'c', path: `/${id}.test.js`}]});
  expect(w1.told).toEqual([give(0), give(2), 'closed']);
  expect(w2.told).toEqual([give(1), 'closed']);
  w1.says.closed(false);
  w2.says.closed(false);
  await finished;
  expect(await run.heard()).toEqual(
    [0, 1, 2].flatMap(id => [`test-file-start /${id}.test.js`, `test-file-success /${id}.test.js`]),
  );
  expect(run.ended).toEqual([0, 1, 2].map(id => [id, 12, passed]));
});

test('the run is not over before the last worker has ended', async () => {
  const run = new FakeRun(planOf(units(1, LONG)));
  let over = false;
  const finished = run.dispatch.run().then(() => (over = true));
  run.worker('w1.1').says.up();
  run.worker('w1.1').runs(0);
  await turn();
  expect(over).toBe(false);
  run.worker('w1.1').says.closed(false);
  await finished;
});

test('a worker has its next unit before Jest hears of the last one', () => {
  const run = new FakeRun(planOf(units(2, LONG)));
  void run.dispatch.run();
  const worker = run.worker('w1.1');
  worker.says.up();
  const toldThen: number[] = [];
  jest.spyOn(run.reports, 'fileSucceeded').mockImplementation(() => {
    toldThen.push(worker.told.length);
    return Promise.resolve();
  });
  worker.runs(0);
  expect(toldThen).toEqual([2]);
});

test("the result, and the events of Jest's own code, reach Jest as they came", async () => {
  const run = new FakeRun(planOf(units(1, LONG)));
  void run.dispatch.run();
  const worker = run.worker('w1.1');
  worker.says.up();
  worker.hears({type: 'unit-started', unit: 0});
  worker.hears({type: 'jest-event', name: 'test-case-result', payload: ['/0.test.js', {title: 'adds'}]});
  worker.hears({type: 'unit-done', unit: 0, ms: 1, retiring: false, outcome: passed});
  await run.reports.drained();
  expect(run.emitted.slice(1)).toEqual([
    {name: 'test-case-result', data: ['/0.test.js', {title: 'adds'}]},
    {name: 'test-file-success', data: [jestTest('/0.test.js'), passed.result]},
  ]);
});

test('the error of a file that did not run reaches Jest as jest-worker would deliver it', async () => {
  const run = new FakeRun(planOf(units(1, LONG)));
  void run.dispatch.run();
  run.worker('w1.1').says.up();
  const error = {message: 'no such module', stack: 'at a.js', type: 'Error', code: 'ENOENT'} as const;
  run.worker('w1.1').runs(0, {type: 'error', error});
  await run.reports.drained();
  const [
    ,
    {
      name,
      data: [, delivered],
    },
  ] = run.emitted as [unknown, {name: string; data: [unknown, object]}];
  expect(name).toBe('test-file-failure');
  expect(delivered).toMatchObject(error);
  expect(JSON.stringify(delivered)).toBe('"no such module"');
});

test('an idle worker gets what another one holds', () => {
  const run = new FakeRun(planOf(units(2, 10), {slots: 2}));
  void run.dispatch.run();
  const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
  w1.says.up();
  w1.hears({type: 'unit-started', unit: 0});
  w2.says.up();
  expect(w1.told.at(-1)).toEqual({type: 'take-back', units: [1]});
  w1.hears({type: 'units-returned', asked: [1], units: [1]});
  expect(w2.told).toEqual([{type: 'give', units: [{id: 1, configId: 'c', path: '/1.test.js'}]}]);
});

describe('a worker that dies', () => {
  test('fails the file that it ran, with its last words, and is replaced', async () => {
    const run = new FakeRun(planOf(units(2, LONG)));
    void run.dispatch.run();
    run.worker('w1.1').says.up();
    run.worker('w1.1').hears({type: 'unit-started', unit: 0});
    run.worker('w1.1').says.lost(killed);
    expect(run.ended).toEqual([[0, null, {type: 'died'}]]);
    run.worker('w1.2').says.up();
    run.worker('w1.2').runs(1);
    expect(await run.heard()).toEqual([
      'test-file-start /0.test.js',
      'test-file-failure /0.test.js',
      'test-file-start /1.test.js',
      'test-file-success /1.test.js',
    ]);
    const message = await run.failureOf('/0.test.js');
    expect(message).toContain('it was killed by signal SIGKILL');
    expect(message).toContain('worker w1 (pid 4711):\n  | last words');
  });

  test('and cannot be replaced any more leaves the other files failed, with the reason', async () => {
    const run = new FakeRun(planOf(units(2, LONG)));
    const finished = run.dispatch.run();
    for (const name of ['w1.1', 'w1.2', 'w1.3']) run.worker(name).says.lost({kind: 'out-of-memory'});
    await finished;
    expect(await run.heard()).toEqual([
      'test-file-start /0.test.js',
      'test-file-failure /0.test.js',
      'test-file-start /1.test.js',
      'test-file-failure /1.test.js',
    ]);
    expect(await run.failureOf('/1.test.js')).toMatch(
      /^This test file was not run: every worker stayed down.*\nThe last worker died: it ran out of memory/,
    );
    expect(run.ended).toEqual([]);
  });

  test('leaves the other files failed with the limit that was set', async () => {
    const run = new FakeRun(planOf(units(2, LONG), {maxWorkerRestarts: 0}));
    const finished = run.dispatch.run();
    run.worker('w1.1').says.lost(killed);
    await finished;
    expect(await run.failureOf('/0.test.js')).toContain('maxWorkerRestarts (0) allows no further replacement');
  });

  test('even as it is started is dealt with when all workers are started', async () => {
    const run = new FakeRun(planOf(units(2, LONG), {slots: 2, maxWorkerRestarts: 1}), worker =>
      worker.says.lost(killed),
    );
    await run.dispatch.run();
    expect([...run.workers.keys()]).toEqual(['w1.1', 'w2.1', 'w1.2']);
    expect(await run.heard()).toEqual([
      'test-file-start /0.test.js',
      'test-file-failure /0.test.js',
      'test-file-start /1.test.js',
      'test-file-failure /1.test.js',
    ]);
  });
});

describe('a run that is stopped', () => {
  test('closes its workers and is over when they have ended', async () => {
    const run = new FakeRun(planOf(units(9, LONG), {slots: 2}));
    void run.dispatch.run();
    run.worker('w1.1').says.up();
    const stopped = run.dispatch.stop('bail');
    expect([run.worker('w1.1').told.at(-1), run.worker('w2.1').told]).toEqual(['closed', ['closed']]);
    run.worker('w1.1').says.closed(false);
    run.worker('w2.1').says.closed(false);
    await stopped;
  });

  test('does not hear what its workers still say', async () => {
    const run = new FakeRun(planOf(units(2, LONG), {slots: 2}));
    void run.dispatch.run();
    const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
    w1.says.up();
    w2.says.up();
    w2.hears({type: 'unit-started', unit: 1});
    const stopped = run.dispatch.stop('interrupted');
    w1.runs(0);
    w1.hears({type: 'jest-event', name: 'test-case-result', payload: ['/0.test.js']});
    w2.says.lost(killed);
    w1.says.closed(false);
    await stopped;
    expect(await run.heard()).toEqual(['test-file-start /1.test.js']);
    expect(run.ended).toEqual([]);
  });
});

describe('a worker that had to be killed at its end', () => {
  /** A run of one unit whose only worker ends in this way. */
  async function forceExited(end: (run: FakeRun, worker: FakeWorker) => void): Promise<boolean> {
    const run = new FakeRun(planOf(units(2, LONG)));
    const finished = run.dispatch.run();
    const worker = run.worker('w1.1');
    worker.says.up();
    end(run, worker);
    await finished;
    return run.dispatch.forceExited;
  }
  const runBoth = (worker: FakeWorker) => [0, 1].forEach(unit => worker.runs(unit));

  test('is a leak when all its work was done', async () => {
    expect(
      await forceExited((_run, worker) => {
        runBoth(worker);
        worker.says.closed(true);
      }),
    ).toBe(true);
  });

  test('is none where it ended by itself', async () => {
    expect(
      await forceExited((_run, worker) => {
        runBoth(worker);
        worker.says.closed(false);
      }),
    ).toBe(false);
  });

  test('is none where the run was stopped', async () => {
    expect(
      await forceExited((run, worker) => {
        void run.dispatch.stop('bail');
        worker.says.closed(true);
      }),
    ).toBe(false);
  });

  test('is none where it retired in the middle of the run', async () => {
    expect(
      await forceExited((run, worker) => {
        worker.runs(0, passed, true);
        worker.says.closed(true);
        run.worker('w1.2').says.up();
        run.worker('w1.2').runs(1);
        run.worker('w1.2').says.closed(false);
      }),
    ).toBe(false);
  });
});

test('the log replays the run: its events give its commands', async () => {
  const run = new FakeRun(planOf(units(5, 10), {slots: 2}));
  const finished = run.dispatch.run();
  const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
  w1.says.up();
  w1.runs(0);
  w2.says.up();
  w1.hears({type: 'unit-started', unit: 1});
  w1.says.lost(killed);
  for (const unit of [3, 4, 2]) w2.runs(unit);
  for (const worker of run.workers.values()) worker.says.closed(false);
  await finished;

  const lines = run.log.map(line => JSON.parse(JSON.stringify(line)) as LogLine);
  const [first, ...rest] = lines;
  if (first === undefined || !('plan' in first)) throw new Error('the plan is not the first line');
  const state = createSchedule(first.plan);
  const replayed = rest.flatMap(line => ('event' in line ? step(state, line.event, line.at) : []));
  expect(replayed).toEqual(rest.flatMap(line => ('command' in line ? [line.command] : [])));
  expect(replayed.map(({type}) => type)).toEqual(
    expect.arrayContaining(['start-slot', 'give', 'blame', 'close-slot', 'finish']),
  );
});

test('an exception that an ended file left behind does not cost the running one its result, nor start it twice', async () => {
  const run = new FakeRun(planOf(units(2, LONG)));
  void run.dispatch.run();
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.says.message({type: 'unit-started', unit: 0});
  w1.says.message({
    type: 'unit-done',
    unit: 0,
    ms: 1,
    retiring: false,
    outcome: {type: 'result', result: testResult({})},
  });
  w1.says.message({type: 'unit-started', unit: 1});
  w1.says.lost({kind: 'exit', code: 1, uncaught: 'Error: late\n    at /0.test.js:1:1'});
  expect(run.late).toEqual([['/0.test.js', '/1.test.js']]);
  const again = run.worker('w1.2');
  again.says.up();
  again.says.message({type: 'unit-started', unit: 1});
  again.says.message({
    type: 'unit-done',
    unit: 1,
    ms: 1,
    retiring: false,
    outcome: {type: 'result', result: testResult({})},
  });
  expect(await run.heard()).toEqual([
    'test-file-start /0.test.js',
    'test-file-success /0.test.js',
    'test-file-start /1.test.js',
    'test-file-success /1.test.js',
  ]);
});

test('stopping a run that is over does nothing, not even in the log', async () => {
  const run = new FakeRun(planOf(units(1, LONG), {maxWorkerRestarts: 0}), worker => worker.says.lost(killed));
  await run.dispatch.run();
  const lines = run.log.length;
  await run.dispatch.stop('bail');
  expect(run.log).toHaveLength(lines);
});
