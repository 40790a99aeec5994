import {setImmediate as turn} from 'node:timers/promises';
import type {AssertionResult, Test} from '@jest/test-result';
import type {Config} from '@jest/types';
import type {FileRecord} from '../../../src/core/plan/durations';
import {createSchedule} from '../../../src/core/schedule/createSchedule';
import type {SchedulePlan} from '../../../src/core/schedule/state';
import {step} from '../../../src/core/schedule/step';
import type {Death} from '../../../src/core/texts/deaths';
import type {JournalRecord} from '../../../src/core/wire/journal';
import type {FileCut} from '../../../src/core/wire/fileCut';
import type {FromWorker, ToWorker, UnitOutcome} from '../../../src/core/wire/workerMessages';
import {Dispatch, type DispatchOptions, type DispatchWorker} from '../../../src/run/dispatch';
import type {ScheduleLogLine} from '../../../src/run/scheduleLog';
import {DeadSlices} from '../../../src/run/files/deadSlices';
import {FileParts} from '../../../src/run/files/fileParts';
import {FileReports} from '../../../src/run/files/fileReports';
import {Reports} from '../../../src/run/files/reports';
import {ToldTests} from '../../../src/run/files/toldTests';
import type {WorkerListener} from '../../../src/run/workers/workerHost';
import * as schedule from '../../../src/core/schedule/step';
import {placed, planOf, units} from '../plans';
import {jestTest, NO_CUTS, passedTest, testResult} from './jestTests';

const LONG = 5000;
const killed: Death = {kind: 'signal', signal: 'SIGKILL'};
const passed: UnitOutcome = {type: 'result', result: testResult({passed: 1})};

/** A worker that does nothing but remember what it was told; the test speaks for it. */
class FakeWorker implements DispatchWorker {
  readonly pid = 4711;
  #journal = '';
  readonly told: (ToWorker | 'closed')[] = [];
  readonly says: WorkerListener;
  readonly #name: {slot: number; generation: number};

  constructor(slot: number, generation: number, listener: WorkerListener) {
    this.#name = {slot, generation};
    this.says = listener;
  }

  readJournal(): string {
    return this.#journal;
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
    this.ends(unit, outcome, retiring);
  }

  ends(unit: number, outcome = passed, retiring = false): void {
    this.hears({type: 'unit-done', unit, ms: 12, retiring, outcome, slice: null, profile: null});
  }

  /** Begins a unit and lists its tests. @param names null: the tests that are known */
  opens(unit: number, names: readonly string[] | null, fingerprint = 'f00'): void {
    this.hears({type: 'unit-started', unit});
    this.lists(unit, names, fingerprint);
  }

  lists(unit: number, names: readonly string[] | null, fingerprint = 'f00'): void {
    const tests = names && names.map((name, group) => ({name, group}));
    this.hears({type: 'unit-opened', unit, ms: 10, fingerprint, tests});
  }

  /** Has run these tests, by place, and waits for more. */
  hasRun(unit: number, ...places: readonly number[]): void {
    const done = places.map(place => [place, LONG] as const);
    this.hears({type: 'tests-progress', unit, done, running: null});
  }

  /** Ends its share of a unit: these tests, by place. */
  endsShare(unit: number, names: Readonly<Record<number, string>>): void {
    const tests = Object.keys(names).map(Number);
    const testResults = Object.values(names).map(name => passedTest(name));
    this.hears({
      type: 'unit-done',
      unit,
      ms: 12,
      retiring: false,
      profile: null,
      outcome: {type: 'result', result: {...testResult({passed: tests.length}), testResults}},
      slice: {tests, ran: tests, console: [], loadMs: 3, snapshot: null},
    });
  }

  /** An event of one of its tests. */
  tells(name: string, path: string, fullName: string): void {
    this.hears({type: 'jest-event', name, payload: [path, {fullName}]});
  }

  /** What it was told of single tests: "0 1", "2, last", "discard". */
  get share(): string[] {
    return this.told.flatMap(order => {
      if (typeof order === 'string') return [];
      if (order.type === 'give-tests') return [[order.groups.join(' '), ...(order.last ? ['last'] : [])].join(', ')];
      return order.type === 'discard' ? [order.type] : [];
    });
  }

  hears(message: FromWorker): void {
    this.says.message(message);
  }

  /** Dies in a test of a unit, by place, when others have ended. @param names of all its tests */
  diesIn(unit: number, names: readonly string[], place: number, ended: readonly number[] = []): void {
    const records: JournalRecord[] = [
      {type: 'unit', unit, at: 0},
      {
        type: 'opened',
        listing: 'f00',
        tests: names.map(name => ({titles: [name], mode: 'run', early: false})),
        ms: 1,
        console: [],
        snapshots: null,
      },
    ];
    for (const other of ended) {
      records.push({type: 'test', place: other, at: 0, rss: 0});
      const result = passedTest(names[other] ?? '?');
      records.push({type: 'ended', willRetry: false, place: other, result, console: [], snapshots: null});
    }
    records.push({type: 'test', place, at: 0, rss: 0});
    this.#journal = records.map(line => `${JSON.stringify(line)}\n`).join('');
    this.says.lost(killed);
  }
}

/** What a run's Jest and its timings file are told, in order, and the workers that it started. */
class FakeRun {
  readonly workers = new Map<string, FakeWorker>();
  readonly emitted: {readonly name: string; readonly data: readonly unknown[]}[] = [];
  readonly ended: unknown[][] = [];
  readonly log: ScheduleLogLine[] = [];
  readonly reports = new Reports({
    emitter: {
      emit: (name, data) => {
        this.emitted.push({name, data: data as unknown[]});
        return Promise.resolve();
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
  });
  readonly late: [string, string | null][] = [];
  readonly lostJoiners: [string, number][] = [];
  readonly warnings: string[] = [];
  /** Snapshots of a file that several workers were at are written. */
  onSave = () => {};
  readonly faults: string[] = [];
  readonly onFault = (doing: string, error: unknown) => {
    this.faults.push(`${doing}: ${(error as Error).message ?? String(error)}`);
    return {message: doing, stack: '', type: 'Error'} as const;
  };
  /** What is known of the tests of all its files. */
  past: FileRecord | null = null;
  now = 0;
  readonly dispatch: Dispatch;
  readonly testOf: (unit: number) => Test;

  constructor(
    plan: SchedulePlan,
    onStart: (worker: FakeWorker) => void = () => undefined,
    cuts: DispatchOptions['cuts'] = NO_CUTS,
  ) {
    const tests = plan.units.map(({file}) => jestTest(file.path, file.configId));
    this.testOf = unit => tests[unit]!;
    this.dispatch = new Dispatch({
      plan,
      testOf: unit => tests[unit]!,
      startWorker: (slot, generation, _node, listener) => {
        const worker = new FakeWorker(slot, generation, listener);
        this.workers.set(`w${slot}.${generation}`, worker);
        onStart(worker);
        return worker;
      },
      reports: new FileReports({
        reports: this.reports,
        testOf: unit => tests[unit]!,
        fixtures: null,
        nodes: null,
        bail: 0,
        onFault: this.onFault,
      }),
      onFault: this.onFault,
      onDeath: () => undefined,
      onShare: () => undefined,
      fixtures: null,
      cuts,
      arriving: null,
      pastOf: () => this.past,
      files: new FileParts({
        testOf: unit => tests[unit]!,
        mergeTools: () => ({
          mergeCoverage: () => ({}),
          mergeV8Coverage: () => [],
          saveSnapshots: () => {
            this.onSave();
            return {fileDeleted: false, unchecked: 0, uncheckedKeys: []};
          },
          slowTestThresholdS: 5,
        }),
        warn: text => this.warnings.push(text),
        deadSlices: new DeadSlices({
          globalConfig: {} as Config.GlobalConfig,
          messageUtil: () => ({formatResultsErrors: () => null, formatExecError: () => ''}),
          noRestBecause: null,
        }),
      }),
      hardTimeoutOf: () => null,
      onSlow: () => undefined,
      onUnitEnd: (unit, end, died) => this.ended.push([unit, end?.ms ?? null, end?.outcome ?? null, died]),
      onLeftBehind: (_slot, {path}, running) => this.late.push([path, running]),
      onLostJoiner: (path, slot) => this.lostJoiners.push([path, slot]),
      log: {write: line => void this.log.push(line)},
      now: () => this.now,
    });
  }

  worker(name: string): FakeWorker {
    const worker = this.workers.get(name);
    if (worker === undefined) throw new Error(`${name} was not started, but ${[...this.workers.keys()].join()}`);
    return worker;
  }

  /** What Jest heard so far, file by file: "test-file-start /0.test.js", "test-case-result /0.test.js adds". */
  async heard(): Promise<string[]> {
    await this.reports.drained();
    const heard = this.emitted.map(({name, data: [about, what]}) =>
      typeof about === 'string'
        ? {path: about, text: `${name} ${about} ${(what as {fullName: string}).fullName}`}
        : {path: (about as Test).path, text: `${name} ${(about as Test).path}`},
    );
    const paths = [...new Set(heard.map(({path}) => path))].sort();
    return paths.flatMap(path => heard.filter(event => event.path === path).map(({text}) => text));
  }

  /** The types of the events that the schedule saw. */
  get events(): string[] {
    return this.log.flatMap(line => ('event' in line ? [line.event.type] : []));
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
  const give = (id: number) => ({
    type: 'give',
    units: [
      {
        id,
        configId: 'c',
        path: `/${id}.test.js`,
        hardTimeoutMs: null,
        split: null,
        cut: null,
        fixtures: null,
        snapshots: 'as-configured',
      },
    ],
  });
  expect(w1.told).toEqual([give(0), give(2), 'closed']);
  expect(w2.told).toEqual([give(1), 'closed']);
  w1.says.closed(false);
  w2.says.closed(false);
  await finished;
  expect(await run.heard()).toEqual(
    [0, 1, 2].flatMap(id => [`test-file-start /${id}.test.js`, `test-file-success /${id}.test.js`]),
  );
  expect(run.ended).toEqual([0, 1, 2].map(id => [id, 12, passed, false]));
});

test('a file that is cut over shards is given with its cut, and its worker says which tests it found', async () => {
  const cut: FileCut = {granularity: 'tests', grouping: 'none', shard: 2, owner: 1, given: {b: 2}};
  const found: unknown[] = [];
  const cuts: DispatchOptions['cuts'] = {
    cutOf: ({path}) => (path === '/0.test.js' ? cut : null),
    found: ({path}, tests) => found.push([path, tests]),
    beginsAgain: () => undefined,
  };
  const run = new FakeRun(planOf(units(2, LONG), {slots: 1}), undefined, cuts);
  const finished = run.dispatch.run();
  const worker = run.worker('w1.1');
  worker.says.up();
  worker.hears({type: 'unit-started', unit: 0});
  const tests = {names: ['a', 'b'], own: [1], loadEntries: 0};
  worker.hears({type: 'unit-cut', unit: 0, tests});
  worker.ends(0);
  worker.runs(1);
  worker.says.closed(false);
  await finished;
  const given = worker.told.flatMap(order => (typeof order === 'object' && order.type === 'give' ? order.units : []));
  expect(given.map(({id, cut: of}) => [id, of])).toEqual([
    [0, cut],
    [1, null],
  ]);
  expect(found).toEqual([['/0.test.js', tests]]);
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
  worker.ends(0);
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
  expect(w2.told).toEqual([
    {
      type: 'give',
      units: [
        {
          id: 1,
          configId: 'c',
          path: '/1.test.js',
          hardTimeoutMs: null,
          split: null,
          cut: null,
          fixtures: null,
          snapshots: 'as-configured',
        },
      ],
    },
  ]);
});

describe('a worker that dies', () => {
  test('fails the file that it ran, with its last words, and is replaced', async () => {
    const run = new FakeRun(planOf(units(2, LONG)));
    void run.dispatch.run();
    run.worker('w1.1').says.up();
    run.worker('w1.1').hears({type: 'unit-started', unit: 0});
    run.worker('w1.1').says.lost(killed);
    expect(run.ended).toEqual([[0, null, null, true]]);
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
    expect(message).toContain('worker w1 (pid 4711):\n| last words');
  });

  // A limit that was not reached is not the reason.
  test.each([null, 50])(
    'and cannot be replaced any more leaves the other files failed, with the reason',
    async limit => {
      const run = new FakeRun(planOf(units(2, LONG), {maxWorkerRestarts: limit}));
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
        /^This test file was not run: no worker is left: in every slot, .*\nThe last worker died: it ran out of memory/,
      );
      expect(run.ended).toEqual([]);
    },
  );

  test('leaves the other files failed with the limit that was set', async () => {
    const run = new FakeRun(planOf(units(2, LONG), {maxWorkerRestarts: 0}));
    const finished = run.dispatch.run();
    run.worker('w1.1').says.lost(killed);
    await finished;
    expect(await run.failureOf('/0.test.js')).toContain('maxWorkerRestarts (0) allows no more replacements');
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

test('what runs when a signal comes is reported as interrupted; what does not is not', async () => {
  const run = new FakeRun(planOf(units(4, LONG), {slots: 2}));
  void run.dispatch.run();
  const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
  w1.says.up();
  w2.says.up();
  w1.runs(0);
  w1.hears({type: 'unit-started', unit: 2});
  w2.hears({type: 'unit-started', unit: 1});
  run.dispatch.interrupt('SIGINT');
  run.dispatch.interrupt('SIGINT');
  const failures = (await run.heard()).filter(line => line.startsWith('test-file-failure'));
  expect(failures).toEqual(['test-file-failure /1.test.js', 'test-file-failure /2.test.js']);
});

describe('a worker that had to be killed at its end', () => {
  /** A run of one unit whose only worker ends in this way. */
  async function forcedExits(end: (run: FakeRun, worker: FakeWorker) => void): Promise<unknown> {
    const run = new FakeRun(planOf(units(2, LONG)));
    const finished = run.dispatch.run();
    const worker = run.worker('w1.1');
    worker.says.up();
    end(run, worker);
    await finished;
    return run.dispatch.forcedExits;
  }
  const runBoth = (worker: FakeWorker) => [0, 1].forEach(unit => worker.runs(unit));

  test('is a leak when all its work was done', async () => {
    expect(
      await forcedExits((_run, worker) => {
        runBoth(worker);
        worker.says.closed(true);
      }),
    ).toEqual([{slot: 1, files: ['/0.test.js', '/1.test.js']}]);
  });

  test('is none where it ended by itself', async () => {
    expect(
      await forcedExits((_run, worker) => {
        runBoth(worker);
        worker.says.closed(false);
      }),
    ).toEqual([]);
  });

  test('is none where the run was stopped', async () => {
    expect(
      await forcedExits((run, worker) => {
        void run.dispatch.stop('bail');
        worker.says.closed(true);
      }),
    ).toEqual([]);
  });

  test('is none where it retired in the middle of the run', async () => {
    expect(
      await forcedExits((run, worker) => {
        worker.runs(0, passed, true);
        worker.says.closed(true);
        run.worker('w1.2').says.up();
        run.worker('w1.2').runs(1);
        run.worker('w1.2').says.closed(false);
      }),
    ).toEqual([]);
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

  expect(replayed(run)).toEqual(expect.arrayContaining(['start-slot', 'give', 'blame', 'close-slot', 'finish']));
});

/** The types of the commands that a replay of the run's log gives; they must be those in the log. */
function replayed(run: FakeRun): string[] {
  const lines = run.log.map(line => JSON.parse(JSON.stringify(line)) as ScheduleLogLine);
  const [first, ...rest] = lines;
  if (first === undefined || !('plan' in first)) throw new Error('the plan is not the first line');
  const state = createSchedule(first.plan);
  const commands = rest.flatMap(line => ('event' in line ? step(state, line.event, line.at) : []));
  expect(commands).toEqual(rest.flatMap(line => ('command' in line ? [line.command] : [])));
  return commands.map(({type}) => type);
}

test('an exception that an ended file left behind does not cost the running one its result, nor start it twice', async () => {
  const run = new FakeRun(planOf(units(2, LONG)));
  void run.dispatch.run();
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.says.message({type: 'unit-started', unit: 0});
  w1.ends(0);
  w1.says.message({type: 'unit-started', unit: 1});
  w1.says.lost({kind: 'exit', code: 1, uncaught: 'Error: late\n    at /0.test.js:1:1'});
  expect(run.late).toEqual([['/0.test.js', '/1.test.js']]);
  const again = run.worker('w1.2');
  again.says.up();
  again.says.message({type: 'unit-started', unit: 1});
  again.ends(1);
  expect(await run.heard()).toEqual([
    'test-file-start /0.test.js',
    'test-file-success /0.test.js',
    'test-file-start /1.test.js',
    'test-file-success /1.test.js',
  ]);
});

test('a loop that an ended file left behind does not cost the running one its result, whatever that is at', async () => {
  const run = new FakeRun(planOf(units(2, LONG)));
  void run.dispatch.run();
  const hung = (began: boolean): Death => ({
    kind: 'hung',
    name: '1.test.js › a',
    ms: 3000,
    limitMs: 2000,
    limitBy: 'hardTimeout',
    began,
    place: {kind: 'stack', frames: [{functionName: '', path: '/0.test.js', line: 1, column: 1}]},
  });
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.runs(0);
  w1.hears({type: 'unit-started', unit: 1});
  w1.says.lost(hung(false));
  const again = run.worker('w1.2');
  again.says.up();
  again.runs(1);
  expect(run.late).toEqual([['/0.test.js', '/1.test.js']]);
  expect((await run.heard()).slice(2)).toEqual(['test-file-start /1.test.js', 'test-file-success /1.test.js']);
});

test('a worker that is stuck with nothing to do costs nobody a result, and the file before it is named', async () => {
  const run = new FakeRun(planOf(units(2, LONG)));
  void run.dispatch.run();
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.runs(0);
  w1.says.lost({kind: 'deaf', ms: 80_000});
  const again = run.worker('w1.2');
  again.says.up();
  again.runs(1);
  expect(run.late).toEqual([['/0.test.js', null]]);
  expect((await run.heard()).slice(2)).toEqual(['test-file-start /1.test.js', 'test-file-success /1.test.js']);
});

test('a file that was to run again, and for which no worker is left, has started once', async () => {
  const run = new FakeRun(planOf(units(2, LONG), {maxWorkerRestarts: 0}));
  const finished = run.dispatch.run();
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.runs(0);
  w1.hears({type: 'unit-started', unit: 1});
  w1.says.lost({kind: 'exit', code: 1, uncaught: 'Error: late\n    at /0.test.js:1:1'});
  await finished;
  expect((await run.heard()).slice(2)).toEqual(['test-file-start /1.test.js', 'test-file-failure /1.test.js']);
});

test('stopping a run that is over does nothing, not even in the log', async () => {
  const run = new FakeRun(planOf(units(1, LONG), {maxWorkerRestarts: 0}), worker => worker.says.lost(killed));
  await run.dispatch.run();
  const lines = run.log.length;
  await run.dispatch.stop('bail');
  expect(run.log).toHaveLength(lines);
});

test('a unit that comes after one whose worker died is given when the snapshots of that are written', async () => {
  const run = new FakeRun({...placed(planOf(units(2, LONG)), 2, true)});
  void run.dispatch.run();
  const w1 = run.worker('w1.1');
  w1.says.up();
  w1.hears({type: 'unit-started', unit: 0});
  let saved = false;
  run.onSave = () => (saved = true);
  // In its only test: what is left of the file is nothing.
  w1.diesIn(0, ['a'], 0);
  const begun = () => [...run.workers.keys()];
  expect([saved, begun()]).toEqual([false, ['w1.1']]);
  while (begun().length < 2) await turn();
  expect(saved).toBe(true);
  run.worker('w1.2').says.up();
  expect(run.worker('w1.2').told).toEqual([expect.objectContaining({type: 'give'})]);
});

describe('a file that is split', () => {
  const NAMES = ['a', 'b', 'c', 'd'];
  const SIX = [...NAMES, 'e', 'f'];
  const PATH = '/0.test.js';
  const order = (collected: string | null) => ({
    type: 'give',
    units: [
      {
        id: 0,
        configId: 'c',
        path: PATH,
        hardTimeoutMs: null,
        split: {granularity: 'tests', grouping: 'none', collected, resumes: null},
        cut: null,
        fixtures: null,
        snapshots: 'as-configured',
      },
    ],
  });
  const wholeOrder = {
    type: 'give',
    units: [
      {
        id: 0,
        configId: 'c',
        path: PATH,
        hardTimeoutMs: null,
        split: null,
        cut: null,
        fixtures: null,
        snapshots: 'as-configured',
      },
    ],
  };
  const long: FileRecord = {
    at: 0,
    ms: 6 * LONG,
    tests: Object.fromEntries(SIX.map(name => [name, LONG])),
    short: 0,
    end: 'passed',
  };

  /** A run of one file that its first worker has opened; the others are up, and were told to open it. */
  function opened(slots = 2, names: readonly string[] = NAMES) {
    const run = new FakeRun(planOf([4 * LONG], {slots}, [0]));
    run.past = long;
    const finished = run.dispatch.run();
    const w1 = run.worker('w1.1');
    w1.says.up();
    w1.opens(0, names);
    for (let slot = 2; slot <= slots; slot++) run.worker(`w${slot}.1`).says.up();
    const finish = () => {
      for (const worker of run.workers.values()) if (worker.told.at(-1) === 'closed') worker.says.closed(false);
      return finished;
    };
    return {run, w1, w2: run.worker('w2.1'), finish};
  }

  /** The same, and the second worker has one of its tests. */
  function shared(slots = 2, names: readonly string[] = NAMES) {
    const split = opened(slots, names);
    split.w2.opens(0, null);
    expect([split.w1.share, split.w2.share]).toEqual([['0'], ['1']]);
    return split;
  }

  test('is opened by its first worker without a fingerprint, and by the others with that one', () => {
    const {w1, w2} = opened();
    expect(w1.told[0]).toEqual(order(null));
    expect(w2.told).toEqual([order('f00')]);
  });

  test('has the groups of its tests in the log, once', () => {
    const {run, w2} = opened();
    w2.opens(0, null);
    expect(run.log.flatMap(line => ('groups' in line ? [[line.unit, line.groups]] : []))).toEqual([[0, [0, 1, 2, 3]]]);
  });

  test('has its tests given to those that have opened it', () => {
    const {w1, w2} = opened();
    expect(w1.told[1]).toEqual({type: 'give-tests', unit: 0, groups: [0], last: false});
    expect(w2.share).toEqual([]);
    w2.opens(0, null);
    expect(w2.told[1]).toEqual({type: 'give-tests', unit: 0, groups: [1], last: false});
    w1.hasRun(0, 0);
    w2.hasRun(0, 1);
    expect([w1.share, w2.share]).toEqual([
      ['0', '2', ', last'],
      ['1', '3, last'],
    ]);
  });

  test('has one start, one result and one end', async () => {
    const {run, w1, w2, finish} = shared();
    w1.hasRun(0, 0);
    w2.hasRun(0, 1);
    w2.endsShare(0, {1: 'b', 3: 'd'});
    await turn();
    expect(await run.heard()).toEqual(['test-file-start /0.test.js']);
    expect(run.ended).toEqual([]);
    w1.endsShare(0, {0: 'a', 2: 'c'});
    await finish();
    expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
    const [, {data}] = run.emitted as [unknown, {data: [unknown, {testResults: AssertionResult[]}]}];
    expect(data[1].testResults.map(({title}) => title)).toEqual(NAMES);
    expect(run.ended).toEqual([[0, 43, {type: 'result', result: data[1]}, false]]);
    expect([w1.told.at(-1), w2.told.at(-1)]).toEqual(['closed', 'closed']);
  });

  test('is a failure if its results do not add up', async () => {
    const {run, w1, w2, finish} = shared();
    w1.hasRun(0, 0);
    w2.hasRun(0, 1);
    w2.endsShare(0, {1: 'b'});
    w1.endsShare(0, {0: 'a', 2: 'c'});
    await finish();
    expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-failure /0.test.js']);
    expect(await run.failureOf(PATH)).toContain('no result of "d"');
    expect(run.ended).toEqual([[0, null, expect.objectContaining({type: 'error'}), false]]);
  });

  test('passes the events of its tests on, from all its workers', async () => {
    const {run, w1, w2} = shared();
    w1.tells('test-case-result', PATH, 'a');
    w2.tells('test-case-result', PATH, 'b');
    expect(await run.heard()).toEqual([
      'test-file-start /0.test.js',
      'test-case-result /0.test.js a',
      'test-case-result /0.test.js b',
    ]);
  });

  test('fails as a whole if one of its workers fails, and the others need not go on', async () => {
    const {run, w1, w2, finish} = shared();
    w2.ends(0, {type: 'error', error: {message: 'teardown', stack: '', type: 'Error'}});
    expect(w1.share.at(-1)).toBe('discard');
    w1.tells('test-case-result', PATH, 'a');
    w1.endsShare(0, {0: 'a'});
    await finish();
    expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-failure /0.test.js']);
    expect(await run.failureOf(PATH)).toBe('teardown');
    expect(run.ended).toHaveLength(1);
  });

  describe('and whose worker never opens it', () => {
    test.each<[string, UnitOutcome, string]>([
      ['has its result reported', passed, 'test-file-success'],
      [
        'has its error reported',
        {type: 'error', error: {message: 'no such module', stack: '', type: 'Error'}},
        'test-file-failure',
      ],
    ])('%s', async (_what, outcome, name) => {
      const run = new FakeRun(planOf([null], {slots: 2}, [0]));
      const finished = run.dispatch.run();
      const w1 = run.worker('w1.1');
      w1.says.up();
      expect(w1.told).toEqual([order(null)]);
      w1.hears({type: 'unit-started', unit: 0});
      w1.tells('test-case-result', PATH, 'a');
      w1.ends(0, outcome);
      w1.says.closed(false);
      await finished;
      expect(await run.heard()).toEqual([
        'test-file-start /0.test.js',
        'test-case-result /0.test.js a',
        `${name} /0.test.js`,
      ]);
      expect(run.ended).toEqual([[0, 12, outcome, false]]);
      expect([run.warnings, [...run.workers.keys()]]).toEqual([[], ['w1.1']]);
    });

    test('is blamed for the death of that worker', async () => {
      const run = new FakeRun(planOf([LONG], {slots: 2}, [0]));
      void run.dispatch.run();
      run.worker('w1.1').says.up();
      run.worker('w1.1').hears({type: 'unit-started', unit: 0});
      run.worker('w1.1').says.lost(killed);
      expect(await run.failureOf(PATH)).toContain('it was killed by signal SIGKILL');
      expect(run.ended).toEqual([[0, null, null, true]]);
      expect(run.lostJoiners).toEqual([]);
    });
  });

  describe('and has other tests in its second worker', () => {
    test('goes on in the first one, with a warning; what the second says is dropped', async () => {
      const {run, w1, w2, finish} = opened();
      w2.opens(0, ['a', 'x'], 'ba4');
      expect(run.warnings).toEqual([expect.stringContaining('/0.test.js runs whole, in one worker')]);
      expect([w1.share, w2.share]).toEqual([['0', '1 2 3, last'], ['discard']]);
      w2.tells('test-case-result', PATH, 'x');
      w2.endsShare(0, {1: 'x'});
      w1.endsShare(0, {0: 'a', 1: 'b', 2: 'c', 3: 'd'});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
      expect(run.ended).toHaveLength(1);
    });

    test('has no failure, nor another warning, if the second fails on its way out', async () => {
      const {run, w1, w2, finish} = opened();
      w2.opens(0, ['a', 'x'], 'ba4');
      w2.ends(0, {type: 'error', error: {message: 'It was not needed.', stack: '', type: 'Error'}});
      w1.endsShare(0, {0: 'a', 1: 'b', 2: 'c', 3: 'd'});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
      expect(run.warnings).toHaveLength(1);
    });

    test('does so too if the second cannot load it', async () => {
      const {run, w1, w2, finish} = opened();
      w2.runs(0, {type: 'error', error: {message: 'EADDRINUSE', stack: '', type: 'Error'}});
      expect(run.warnings).toEqual([expect.stringContaining('  | EADDRINUSE')]);
      w1.endsShare(0, {0: 'a', 1: 'b', 2: 'c', 3: 'd'});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
    });
  });

  test('and has other tests in its third worker begins anew, whole; Jest hears nothing twice', async () => {
    const {run, w1, w2, finish} = shared(3, SIX);
    const again = jest.spyOn(NO_CUTS, 'beginsAgain');
    const w3 = run.worker('w3.1');
    w1.tells('test-case-result', PATH, 'a');
    w3.opens(0, ['a', 'x'], 'ba4');
    expect([w1, w2, w3].map(({share}) => share.at(-1))).toEqual(['discard', 'discard', 'discard']);
    w2.tells('test-case-result', PATH, 'b');
    w2.endsShare(0, {1: 'b'});
    w3.endsShare(0, {});
    // It goes to the first one that is free.
    expect(w2.told.at(-1)).toEqual(wholeOrder);
    w1.endsShare(0, {0: 'a'});
    w2.hears({type: 'unit-started', unit: 0});
    for (const name of SIX) w2.tells('test-case-result', PATH, name);
    w2.ends(0);
    await finish();
    expect(await run.heard()).toEqual([
      'test-file-start /0.test.js',
      ...SIX.map(name => `test-case-result /0.test.js ${name}`),
      'test-file-success /0.test.js',
    ]);
    expect(run.ended).toEqual([[0, 12, passed, false]]);
    expect(run.warnings).toHaveLength(1);
    expect(replayed(run)).toEqual(expect.arrayContaining(['join', 'give-tests', 'discard', 'begin-again']));
    expect(again.mock.calls).toEqual([[run.testOf(0)]]); // what was found in a file that is cut is found anew
    again.mockRestore();
  });

  test('is interrupted once, with those of its workers that have tests of it', async () => {
    const messages = async (run: FakeRun) => {
      run.dispatch.interrupt('SIGTERM');
      await run.reports.drained();
      return run.emitted.flatMap(({name, data}) =>
        name === 'test-file-failure' ? [(data as [unknown, {message: string}])[1].message] : [],
      );
    };
    expect(await messages(shared().run)).toEqual([expect.stringContaining('workers w1 (pid 4711), w2 (pid 4711)')]);
    expect(await messages(opened().run)).toEqual([expect.stringContaining('worker w1 (pid 4711)')]);
  });

  describe('when one of its workers dies in a test', () => {
    /** How the file's tests have ended, as Jest was told. */
    async function ends(run: FakeRun): Promise<[string, string][]> {
      await run.reports.drained();
      const end = run.emitted.at(-1) as {name: string; data: [unknown, {testResults: AssertionResult[]}]};
      expect(end.name).toBe('test-file-success');
      return end.data[1].testResults.map(({title, status}) => [title, status]);
    }

    test('that test fails, the others keep or get their results', async () => {
      const {run, w1, w2, finish} = shared();
      w1.diesIn(0, NAMES, 0);
      w2.hasRun(0, 1);
      w2.hasRun(0, 2);
      w2.endsShare(0, {1: 'b', 2: 'c', 3: 'd'});
      await finish();
      expect(await ends(run)).toEqual([
        ['a', 'failed'],
        ['b', 'passed'],
        ['c', 'passed'],
        ['d', 'passed'],
      ]);
      expect(run.ended).toEqual([[0, expect.anything(), expect.objectContaining({type: 'result'}), true]]);
    });

    test('what it leaves is run by another, and by those that join that', async () => {
      const {run, w1, w2, finish} = opened(2, SIX);
      w1.diesIn(0, SIX, 1, [0]);
      // The second was still loading the file: it is told anew.
      w2.endsShare(0, {});
      const resumes = {listing: 'f00', leaveOut: [0, 1]};
      const split = {granularity: 'tests', grouping: 'none', collected: null, resumes};
      expect(w2.told.at(-1)).toMatchObject({type: 'give', units: [{split}]});
      w2.hears({type: 'unit-started', unit: 0});
      const tests = SIX.map((name, place) => ({name, group: place < 2 ? null : place - 2}));
      w2.hears({type: 'unit-opened', unit: 0, ms: 10, fingerprint: 'f00', tests});
      const again = run.worker('w1.2');
      again.says.up();
      expect(again.told).toMatchObject([{type: 'give', units: [{split: {collected: 'f00', resumes}}]}]);
      again.opens(0, null);
      w2.hasRun(0, 0);
      again.hasRun(0, 1);
      again.endsShare(0, {3: 'd', 5: 'f'});
      w2.endsShare(0, {2: 'c', 4: 'e'});
      await finish();
      expect(await ends(run)).toEqual(SIX.map(name => [name, name === 'b' ? 'failed' : 'passed']));
    });

    test('one that cannot load the rest does not keep the others from it', () => {
      const {run, w1, w2} = opened(2, SIX);
      w1.diesIn(0, SIX, 0);
      w2.endsShare(0, {});
      const tests = SIX.map((name, place) => ({name, group: place === 0 ? null : place - 1}));
      w2.hears({type: 'unit-started', unit: 0});
      w2.hears({type: 'unit-opened', unit: 0, ms: 10, fingerprint: 'f00', tests});
      const again = run.worker('w1.2');
      again.says.up();
      const error = {message: 'EADDRINUSE', stack: '', type: 'Error'} as const;
      again.runs(0, {type: 'error', error});
      w2.diesIn(0, SIX, 1);
      expect(replayed(run).filter(type => type === 'resume')).toHaveLength(2);
    });

    test('and the others find that it is indivisible, the file begins anew, and that is all that Jest hears', async () => {
      const {run, w1, w2, finish} = shared(3, SIX);
      w1.diesIn(0, SIX, 2, [0]);
      run.worker('w3.1').opens(0, ['a', 'x'], 'ba4');
      w2.endsShare(0, {});
      expect(w2.told.at(-1)).toEqual(wholeOrder);
      w2.runs(0);
      run.worker('w3.1').endsShare(0, {});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
      expect(run.ended).toEqual([[0, 12, passed, false]]);
    });
  });

  describe('when one of its workers dies', () => {
    test('fails once, and the others need not go on', async () => {
      const {run, w1, w2, finish} = shared();
      w2.says.lost(killed);
      expect(w1.share).toEqual(['0', 'discard']);
      w1.tells('test-case-result', PATH, 'a');
      w1.endsShare(0, {0: 'a'});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-failure /0.test.js']);
      expect(await run.failureOf(PATH)).toContain('worker w2 (pid 4711):\n| last words');
      expect(run.ended).toEqual([[0, null, null, true]]);
      expect([run.warnings, run.lostJoiners]).toEqual([[], []]);
      expect(run.dispatch.forcedExits).toEqual([]);
    });

    test('is no matter if that one had none of its tests yet', async () => {
      const {run, w1, w2, finish} = opened();
      w2.hears({type: 'unit-started', unit: 0});
      w2.says.lost(killed);
      expect(run.lostJoiners).toEqual([[PATH, 2]]);
      for (const place of [0, 1, 2]) w1.hasRun(0, place);
      expect(w1.share).toEqual(['0', '1', '2', '3, last']);
      w1.endsShare(0, {0: 'a', 1: 'b', 2: 'c', 3: 'd'});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
      expect(run.ended).toHaveLength(1);
    });

    test('is not opened any more: what another one lists of it is not wanted', async () => {
      const {run, w1, w2, finish} = opened();
      w2.hears({type: 'unit-started', unit: 0});
      w1.says.lost(killed);
      expect(w2.share).toEqual(['discard']);
      w2.lists(0, ['x'], 'ba4');
      expect(run.log.filter(line => 'groups' in line)).toHaveLength(1);
      w2.endsShare(0, {});
      await finish();
      expect(await run.heard()).toEqual(['test-file-start /0.test.js', 'test-file-failure /0.test.js']);
      expect(run.warnings).toEqual([]);
    });

    test('is not said to run again by the fault of another file if that one had none of its tests yet', () => {
      const run = new FakeRun(planOf([2 * LONG, LONG, 4 * LONG], {slots: 2}, [2]), undefined);
      run.past = long;
      void run.dispatch.run();
      const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
      w1.says.up();
      w2.says.up();
      w2.runs(1);
      w2.opens(2, NAMES);
      w1.runs(0);
      expect(w1.told.at(-1)).toMatchObject({units: [{id: 2, split: {collected: 'f00'}}]});
      w1.hears({type: 'unit-started', unit: 2});
      w1.says.lost({kind: 'exit', code: 1, uncaught: 'Error: late\n    at /0.test.js:1:1'});
      expect([run.late, run.lostJoiners]).toEqual([[['/0.test.js', null]], [['/2.test.js', 1]]]);
      expect(w2.share).toEqual(['0']);
    });

    test('by the fault of another file it begins anew, and is split again', async () => {
      const run = new FakeRun(planOf([LONG, 4 * LONG], {slots: 2}, [1]));
      run.past = long;
      void run.dispatch.run();
      const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
      w1.says.up();
      w1.runs(0);
      w1.opens(1, NAMES);
      w2.says.up();
      w2.opens(1, null);
      w1.tells('test-case-result', '/1.test.js', 'a');
      w1.says.lost({kind: 'exit', code: 1, uncaught: 'Error: late\n    at /0.test.js:1:1'});
      expect(run.late).toEqual([['/0.test.js', '/1.test.js']]);
      expect(w2.share.at(-1)).toBe('discard');
      w2.endsShare(1, {1: 'b'});
      expect(w2.told.at(-1)).toMatchObject({
        units: [{id: 1, split: {granularity: 'tests', grouping: 'none', collected: null, resumes: null}}],
      });
      w2.opens(1, ['other', 'names'], 'ba4');
      expect(run.warnings).toEqual([]);
      w2.tells('test-case-result', '/1.test.js', 'a');
      w2.tells('test-case-result', '/1.test.js', 'b');
      expect((await run.heard()).slice(2)).toEqual([
        'test-file-start /1.test.js',
        'test-case-result /1.test.js a',
        'test-case-result /1.test.js b',
      ]);
    });
  });

  test('is dropped with its run when that is stopped', async () => {
    const {run, w1, w2, finish} = shared();
    void run.dispatch.stop('interrupted');
    expect([w1.told.at(-1), w2.told.at(-1)]).toEqual(['closed', 'closed']);
    w1.tells('test-case-result', PATH, 'a');
    w2.endsShare(0, {1: 'b'});
    w1.endsShare(0, {0: 'a'});
    await finish();
    expect(await run.heard()).toEqual(['test-file-start /0.test.js']);
    expect(run.ended).toEqual([]);
  });

  test('is no leak where a worker is killed in a share that is not needed', async () => {
    const {run, w1, w2, finish} = shared();
    w2.ends(0, {type: 'error', error: {message: 'teardown', stack: '', type: 'Error'}});
    expect([w1.told.at(-1), w2.told.at(-1)]).toEqual(['closed', 'closed']);
    w1.says.closed(true);
    w2.says.closed(false);
    await finish();
    expect(run.dispatch.forcedExits).toEqual([]);
  });

  describe('and of whose tests nothing is known', () => {
    beforeEach(() => jest.useFakeTimers({doNotFake: ['nextTick', 'setImmediate']}));
    afterEach(() => jest.useRealTimers());

    /** A run whose only file was opened 10 ms after it was begun. */
    function unknown() {
      const run = new FakeRun(planOf([null], {slots: 2}, [0]));
      const finished = run.dispatch.run();
      const w1 = run.worker('w1.1');
      w1.says.up();
      w1.hears({type: 'unit-started', unit: 0});
      run.now = 10;
      w1.lists(0, NAMES);
      return {run, w1, finished};
    }
    const pass = (run: FakeRun, ms: number) => {
      run.now += ms;
      jest.advanceTimersByTime(ms);
    };

    test('gets another worker as soon as its first test has run for a while', () => {
      const {run, w1} = unknown();
      w1.hears({type: 'tests-progress', unit: 0, done: [], running: 0});
      pass(run, 49);
      expect([...run.workers.keys()]).toEqual(['w1.1']);
      pass(run, 1);
      expect([...run.workers.keys()]).toEqual(['w1.1', 'w2.1']);
      expect(replayed(run)).toContain('wake');
    });

    test('gets it, too, if the timer ends before its time', () => {
      const {run, w1} = unknown();
      w1.hears({type: 'tests-progress', unit: 0, done: [], running: 0});
      run.now += 49.6;
      jest.advanceTimersByTime(50);
      expect(run.events).not.toContain('woken');
      pass(run, 1);
      expect([...run.workers.keys()]).toEqual(['w1.1', 'w2.1']);
      expect(run.events.filter(event => event === 'woken')).toHaveLength(1);
    });

    test('is not looked at again when its run is over', async () => {
      const {run, w1, finished} = unknown();
      w1.hasRun(0, 0, 1);
      w1.endsShare(0, {0: 'a', 1: 'b', 2: 'c', 3: 'd'});
      for (const worker of run.workers.values()) worker.says.closed(false);
      await finished;
      pass(run, 1000);
      expect(run.events).not.toContain('woken');
    });
  });
});

describe('a fault in the runner itself', () => {
  /** The scheduler throws when it is to deal with an event of this type. */
  function breaksAt(type: string): void {
    const sane = schedule.step;
    jest.spyOn(schedule, 'step').mockImplementation((state, event, now) => {
      if (event.type === type) throw new TypeError('no such slot');
      return sane(state, event, now);
    });
  }

  afterEach(() => jest.restoreAllMocks());

  /** A run of four files, of which one has ended when the second worker's end of a file breaks the scheduler. */
  function broken() {
    const run = new FakeRun(planOf(units(4, LONG), {slots: 2}));
    const finished = run.dispatch.run();
    const [w1, w2] = [run.worker('w1.1'), run.worker('w2.1')];
    w1.says.up();
    w2.says.up();
    w1.runs(0);
    w2.hears({type: 'unit-started', unit: 1});
    breaksAt('unit-done');
    w2.ends(1);
    return {run, finished, w1, w2};
  }

  test('ends the run: it is told once, all workers are closed, and whoever waits for the end goes on', async () => {
    const {run, finished, w1, w2} = broken();
    expect(run.faults).toEqual(['the scheduler dealt with the event "unit-done": no such slot']);
    expect([w1.told.at(-1), w2.told.at(-1)]).toEqual(['closed', 'closed']);
    let over = false;
    void finished.then(() => (over = true));
    w1.says.closed(false);
    await turn();
    expect(over).toBe(false);
    w2.says.lost(killed);
    await finished;
    expect(run.faults).toHaveLength(1);
  });

  test('does not reach whoever has called, and nothing is done or told after it', async () => {
    const {run, finished, w1, w2} = broken();
    const {told, events} = {told: w1.told.length, events: run.events.length};
    w1.hears({type: 'unit-started', unit: 2});
    w1.ends(2);
    run.dispatch.sampled({idleCores: 1, freeBytes: 1, atMs: 0} as never);
    run.dispatch.interrupt('SIGINT');
    void run.dispatch.stop('bail');
    w1.says.closed(false);
    w2.says.closed(false);
    await finished;
    expect({told: w1.told.length, events: run.events.length}).toEqual({told, events});
    expect(run.workers.size).toBe(2);
  });

  test('leaves what has been told: files that have a result keep it', async () => {
    const {run, finished, w1, w2} = broken();
    for (const worker of [w1, w2]) worker.says.closed(false);
    await finished;
    expect((await run.heard()).slice(0, 2)).toEqual(['test-file-start /0.test.js', 'test-file-success /0.test.js']);
    const ends = [0, 1, 2, 3].map(unit => run.reports.hasEnded(run.testOf(unit)));
    expect(ends[0]).toBe(true);
    expect(ends.slice(2)).toEqual([false, false]);
  });

  test.each<[string, (run: FakeRun, worker: FakeWorker) => void, string]>([
    [
      'what a worker says',
      (_run, worker) => worker.tells('test-case-start', '/0.test.js', 'a'),
      'worker w1 said "jest-event"',
    ],
    ['the death of a worker', (_run, worker) => worker.says.lost(killed), 'worker w1 died'],
    ['a signal', run => run.dispatch.interrupt('SIGINT'), 'a signal ended the run'],
  ])('is one too where %s cannot be dealt with', (_what, happens, doing) => {
    const run = new FakeRun(planOf(units(2, LONG)));
    void run.dispatch.run();
    const worker = run.worker('w1.1');
    worker.says.up();
    worker.hears({type: 'unit-started', unit: 0});
    const breaks = () => {
      throw new TypeError('no such file');
    };
    jest.spyOn(ToldTests.prototype, 'shouldReport').mockImplementation(breaks);
    jest.spyOn(FakeWorker.prototype, 'readJournal').mockImplementation(breaks);
    happens(run, worker);
    expect(run.faults).toEqual([`${doing}: no such file`]);
  });

  test('inside a worker ends the run, too', () => {
    const run = new FakeRun(planOf(units(2, LONG)));
    void run.dispatch.run();
    const worker = run.worker('w1.1');
    worker.says.up();
    worker.hears({type: 'fault', doing: 'was given an order', error: 'Error: oh'});
    expect(run.faults).toEqual(['worker w1 was given an order: Error: oh']);
    expect(worker.told.at(-1)).toBe('closed');
  });

  test('that keeps a worker from being started ends a run that has none', async () => {
    const run = new FakeRun(planOf(units(2, LONG)), () => {
      throw new Error('no fork');
    });
    await run.dispatch.run();
    expect(run.faults).toEqual(['the scheduler dealt with the event "run-started": no fork']);
  });

  test('that comes from elsewhere ends the run, too', async () => {
    const run = new FakeRun(planOf(units(2, LONG)));
    const finished = run.dispatch.run();
    run.worker('w1.1').says.up();
    run.dispatch.halt();
    expect(run.worker('w1.1').told.at(-1)).toBe('closed');
    run.worker('w1.1').says.closed(true);
    await finished;
    expect(run.dispatch.forcedExits).toEqual([]);
  });
});
