import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Config} from '@jest/types';
import type {LogLine} from '../../../../src/run/eventLog';
import type {RunOptions} from '../../../../src/run/runOptions';
import type {RunRules} from '../../../../src/run/runRules';
import {KeptWorkers, keptWorkers, mayKeepWorkers} from '../../../../src/run/workers/keptWorkers';
import type {FurtherSetup, WorkerHost, WorkerListener} from '../../../../src/run/workers/workerHost';
import type {WorkerStart} from '../../../../src/run/workers/workerStart';
import {jestTest} from '../jestTests';
import {temporaryFolder} from '../temporaryFolder';

// Each would be a pipe into this process's own output.
jest.mock('../../../../src/run/workers/workerOutput', () => ({SharedOutput: class {}}));

const MINUTE = 60_000;

const START: WorkerStart = {
  workerPath: '/main.js',
  execPath: '/node',
  execArgv: null,
  environment: {PATH: '/bin', TZ: 'UTC'},
  gracefulExitTimeout: undefined,
};

const NOBODY: WorkerListener = {
  up: () => undefined,
  message: () => undefined,
  lost: () => undefined,
  slow: () => undefined,
  closed: () => undefined,
};

/** A worker that remembers what it was told, and is ready for whatever it is prepared for. */
class FakeHost {
  ended = false;
  readonly pid: number;
  readonly told: string[] = [];
  /** What `prepare` resolves with. */
  isReady: Promise<boolean> | boolean = true;
  /** What it was prepared with. */
  environment: WorkerStart['environment'] | null = null;

  constructor(
    readonly slot: number,
    readonly start: WorkerStart = START,
  ) {
    this.pid = 4710 + slot;
  }

  async prepare({runId}: FurtherSetup, environment: WorkerStart['environment']): Promise<boolean> {
    this.told.push(`prepare ${runId}`);
    this.environment = environment;
    // As one that has ended: it says nothing any more.
    return this.ended ? new Promise<boolean>(() => undefined) : this.isReady;
  }

  serve(): void {
    this.told.push('serve');
  }

  rest(): void {
    this.told.push('rest');
  }

  close(): void {
    this.ended = true;
    this.told.push('close');
  }

  kill(): void {
    this.told.push('kill');
  }

  get host(): WorkerHost {
    return this as unknown as WorkerHost;
  }
}

/** Those of a session in which these rest. */
function session(...resting: readonly FakeHost[]): KeptWorkers {
  const kept = new KeptWorkers();
  for (const {host} of resting) kept.rests(host);
  return kept;
}

/** A run begins. @param startOf what its workers are started with */
const begin = (kept: KeptWorkers, slots: number, startOf: (slot: number) => WorkerStart = () => START, runId = 'r2') =>
  kept.begin({startOf, setup: {runId} as FurtherSetup}, slots);

/** Which of these serve the slots of the run that has begun, from 1 on. */
const taken = (kept: KeptWorkers, slots: number, start = START) =>
  Array.from({length: slots}, (_, index) => kept.take(index + 1, start, NOBODY)).map(
    host => (host as unknown as FakeHost | null) ?? null,
  );

const environmentAround = {...process.env};
let listenersAround: NodeJS.ExitListener[];

beforeEach(() => {
  jest.useFakeTimers();
  listenersAround = process.listeners('exit');
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
  process.env = {...environmentAround};
  for (const listener of process.listeners('exit')) {
    if (!listenersAround.includes(listener)) process.off('exit', listener);
  }
});

describe('whether the workers of a run may stay', () => {
  interface Run {
    readonly watch?: boolean;
    readonly restartWorkers?: string;
    readonly globalConfig?: Partial<Config.GlobalConfig>;
    readonly restartWorker?: boolean;
    readonly detectLeaks?: boolean;
  }

  function mayStay({watch = true, restartWorkers = 'never', globalConfig, restartWorker, detectLeaks}: Run = {}) {
    const [plain, test] = [jestTest('/a.test.js'), jestTest('/b.test.js', 'd')];
    Object.assign(test.context.config, {detectLeaks: detectLeaks ?? false});
    const options = {
      watcher: {isWatchMode: () => watch},
      globalConfig: {workerThreads: false, logHeapUsage: false, collectCoverage: false, ...globalConfig},
      options: {restartWorkers},
      tests: [plain, test],
    } as unknown as RunOptions;
    const rulesOf = (of: unknown) => ({restartWorker: of === test && restartWorker === true});
    return mayKeepWorkers(options, {rulesOf} as unknown as RunRules);
  }

  beforeEach(() => {
    for (const name of ['NODE_V8_COVERAGE', 'NODE_OPTIONS']) delete process.env[name];
    jest.replaceProperty(process, 'execArgv', []);
  });

  test('they may in watch mode', () => {
    expect(mayStay()).toBe(true);
  });

  test.each<[string, Run]>([
    ['the run is the only one', {watch: false}],
    ['fresh ones are asked for with each run', {restartWorkers: 'run'}],
    ['fresh ones are asked for with each file', {restartWorkers: 'file'}],
    ['one file asks for a fresh one', {restartWorker: true}],
    ['leaks are looked for', {detectLeaks: true}],
    ['they are threads', {globalConfig: {workerThreads: true}}],
    ["the heap's use is told", {globalConfig: {logHeapUsage: true}}],
    ['V8 collects coverage', {globalConfig: {collectCoverage: true, coverageProvider: 'v8'}}],
  ])('not where %s', (_where, run) => {
    expect(mayStay(run)).toBe(false);
  });

  test.each<[string, Run]>([
    ['Babel collects coverage', {globalConfig: {collectCoverage: true, coverageProvider: 'babel'}}],
    ['V8 would collect coverage', {globalConfig: {collectCoverage: false, coverageProvider: 'v8'}}],
  ])('they may where %s', (_where, run) => {
    expect(mayStay(run)).toBe(true);
  });

  test.each([
    ['NODE_V8_COVERAGE', '/folder'],
    ['NODE_OPTIONS', '--no-warnings --cpu-prof'],
  ])('not where the environment has %s=%s', (name, value) => {
    process.env[name] = value;
    expect(mayStay()).toBe(false);
  });

  test.each(
    [
      ['--inspect-brk', '--cpu-prof', '--heap-prof', '--heapsnapshot-signal=SIGUSR2', '--prof', '--perf-basic-prof'],
      [
        '--trace-gc',
        '--report-on-signal',
        '--diagnostic-dir=/folder',
        '--test-coverage-lines=80',
        '--experimental-test-coverage',
      ],
    ].flat(),
  )('not where Node was started with %s', flag => {
    process.execArgv = ['--no-warnings', flag];
    expect(mayStay()).toBe(false);
  });

  test('other flags of Node say nothing of the process from its start to its end', () => {
    process.execArgv = ['--experimental-vm-modules', '--max-old-space-size=4096'];
    expect(mayStay()).toBe(true);
  });
});

describe('a worker that rests', () => {
  test('serves its slot in the next run, with the environment of that', async () => {
    const [one, two] = [new FakeHost(1), new FakeHost(2)];
    const kept = session(one, two);
    await begin(kept, 2, slot => ({...START, environment: {...START.environment, OF: String(slot)}}));
    expect(taken(kept, 2, {...START, environment: {...START.environment, OF: '0'}})).toEqual([one, two]);
    expect([one, two].map(({told, environment}) => ({told, of: environment?.OF}))).toEqual([
      {told: ['prepare r2', 'serve'], of: '1'},
      {told: ['prepare r2', 'serve'], of: '2'},
    ]);
  });

  test('serves it once', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    await begin(kept, 1);
    expect(taken(kept, 1)).toEqual([one]);
    expect(taken(kept, 1)).toEqual([null]);
    await begin(kept, 1);
    expect(taken(kept, 1)).toEqual([null]);
  });

  test('goes on resting where the run has no such slot', async () => {
    const [one, two] = [new FakeHost(1), new FakeHost(2)];
    const kept = session(one, two);
    await begin(kept, 1);
    expect(taken(kept, 2)).toEqual([one, null]);
    expect(two.told).toEqual([]);
    await begin(kept, 2);
    expect(taken(kept, 2)).toEqual([null, two]);
  });

  test('is not taken if it could not be made ready, nor if it has ended since', async () => {
    const [one, two, three] = [new FakeHost(1), new FakeHost(2), new FakeHost(3)];
    const kept = session(one, two, three);
    one.isReady = false;
    await begin(kept, 3);
    two.ended = true;
    expect(taken(kept, 3)).toEqual([null, null, three]);
  });

  test('is waited for until it is ready, beside the others', async () => {
    const [one, two] = [new FakeHost(1), new FakeHost(2)];
    let answer: (ready: boolean) => void = () => undefined;
    one.isReady = new Promise(resolve => (answer = resolve));
    const kept = session(one, two);
    let begun = false;
    const beginning = begin(kept, 2).then(() => (begun = true));
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    expect({begun, told: two.told}).toEqual({begun: false, told: ['prepare r2']});
    answer(true);
    await beginning;
    expect(taken(kept, 2)).toEqual([one, two]);
  });

  test('rests again where the run had no use for it, and serves the one after', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    await begin(kept, 1);
    kept.end();
    expect(one.told).toEqual(['prepare r2', 'rest']);
    expect(taken(kept, 1)).toEqual([null]);
    kept.rests(one.host);
    await begin(kept, 1, () => START, 'r3');
    expect(taken(kept, 1)).toEqual([one]);
  });

  test('rests again where its slot is for another one after all', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    await begin(kept, 1);
    expect(taken(kept, 1, {...START, execPath: '/another/node'})).toEqual([null]);
    expect(one.told).toEqual(['prepare r2', 'rest']);
    kept.end(); // it was told once
    expect(one.told).toEqual(['prepare r2', 'rest']);
  });

  test('is for no run once it has left, or is gone', async () => {
    const [one, two] = [new FakeHost(1), new FakeHost(2)];
    const kept = session(one, two);
    kept.leaves(one.host, 'its heap has grown');
    kept.gone(two.host);
    await begin(kept, 2);
    expect([...one.told, ...two.told]).toEqual([]);
    jest.advanceTimersByTime(60 * MINUTE);
    expect([...one.told, ...two.told]).toEqual([]);
  });
});

describe('a run is served by a worker that was started as its own would be', () => {
  const withVariables = (variables: WorkerStart['environment']): WorkerStart => ({
    ...START,
    environment: {...START.environment, ...variables},
  });

  /** Whether one that was started like this may serve a run that starts its own like that. */
  async function fits(started: WorkerStart, wanted: WorkerStart): Promise<boolean> {
    const one = new FakeHost(1, started);
    const kept = session(one);
    await begin(kept, 1, () => wanted);
    const [prepared, serves] = [one.told.length > 0, taken(kept, 1, wanted)[0] !== null];
    expect(serves).toBe(prepared);
    return serves;
  }

  test.each<[string, WorkerStart]>([
    ['another Node', {...START, execPath: '/another/node'}],
    ['other flags of Node', {...START, execArgv: ['--expose-gc']}],
    ['another module of ours', {...START, workerPath: '/another/main.js'}],
    ['another grace', {...START, gracefulExitTimeout: 1000}],
    ['another of the nodes', withVariables({XDIST_NODE: 'old'})],
  ])('not where it wants %s', async (_what, wanted) => {
    expect(await fits(START, wanted)).toBe(false);
    expect(await fits(wanted, START)).toBe(false);
    expect(await fits(wanted, wanted)).toBe(true);
  });

  test.each(
    [
      ['NODE_PATH', 'NODE_OPTIONS', 'UV_THREADPOOL_SIZE', 'LD_PRELOAD', 'DYLD_INSERT_LIBRARIES', 'MALLOC_ARENA_MAX'],
      ['SSL_CERT_FILE', 'OPENSSL_CONF', 'ICU_TIMEZONE_FILES_DIR', 'TZ', 'LANG', 'LANGUAGE', 'LC_ALL', 'HOME', 'TMPDIR'],
      ['CI', 'TERM', 'COLORTERM', 'FORCE_COLOR', 'NO_COLOR', 'no_color', 'JEST_COLORS'],
    ].flat(),
  )('not where %s differs, or one has none', async name => {
    const [one, other] = [withVariables({[name]: 'one'}), withVariables({[name]: 'other'})];
    const {[name]: _none, ...without} = START.environment;
    const none = {...START, environment: without};
    expect([await fits(one, other), await fits(none, one), await fits(one, none)]).toEqual([false, false, false]);
    expect([await fits(one, one), await fits(none, none)]).toEqual([true, true]);
  });

  test.each<[string, WorkerStart['environment']]>([
    ['its own', {RUN: '2'}],
    ['of the run', {XDIST_RUN_ID: 'r2', XDIST_WORKER_COUNT: '4'}],
    ['of Jest', {JEST_WORKER_ID: '1'}],
    ['that only look as if', {MY_TZ: 'UTC', TZ_: 'UTC', CITY: 'Ulm', MY_NODE_OPTIONS: '--expose-gc'}],
  ])('variables %s it can still be given', async (_whose, variables) => {
    expect(await fits(START, withVariables(variables))).toBe(true);
  });

  test('in whichever order its variables are', async () => {
    const environment = {TZ: 'UTC', LANG: 'C'};
    const turned = {LANG: 'C', TZ: 'UTC'};
    expect(await fits({...START, environment}, {...START, environment: turned})).toBe(true);
  });

  test('with the flags of this process, where it is given none', async () => {
    jest.replaceProperty(process, 'execArgv', ['--expose-gc']);
    expect(await fits(START, {...START, execArgv: ['--expose-gc']})).toBe(true);
    const one = new FakeHost(1);
    const kept = session(one);
    process.execArgv = [];
    await begin(kept, 1);
    expect(one.told).toEqual([]);
  });

  test('in the folder in which it was started', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    const elsewhere = jest.spyOn(process, 'cwd').mockReturnValue('/another/folder');
    await begin(kept, 1);
    expect(one.told).toEqual([]);
    elsewhere.mockRestore();
    await begin(kept, 1);
    expect(taken(kept, 1)).toEqual([one]);
  });

  test('also when it rests again: what this process is by then says nothing of how it was started', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    await begin(kept, 1);
    kept.end();
    jest.spyOn(process, 'cwd').mockReturnValue('/another/folder');
    kept.rests(one.host);
    await begin(kept, 1, () => START, 'r3');
    expect(one.told).toEqual(['prepare r2', 'rest']);
  });

  test('each slot for itself', async () => {
    const other: WorkerStart = {...START, execPath: '/another/node'};
    const [one, two] = [new FakeHost(1), new FakeHost(2)];
    const kept = session(one, two);
    await begin(kept, 2, slot => (slot === 1 ? other : START));
    expect([one.told, two.told]).toEqual([[], ['prepare r2']]);
  });
});

describe('of two workers of one slot', () => {
  const other: WorkerStart = {...START, environment: {...START.environment, TZ: 'Asia/Tokyo'}};

  test('the one that rests last stays; those of other slots do, too', () => {
    const [first, second, another] = [new FakeHost(1), new FakeHost(1, other), new FakeHost(2)];
    session(first, another, second);
    expect([first.told, second.told, another.told]).toEqual([['close'], [], []]);
  });

  test('the one that went is for no run, also not for one of its kind', async () => {
    const [first, second] = [new FakeHost(1), new FakeHost(1, other)];
    const kept = session(first, second);
    await begin(kept, 1);
    expect([first.told, second.told]).toEqual([['close'], []]);
    expect(taken(kept, 1)).toEqual([null]);
    jest.advanceTimersByTime(15 * MINUTE);
    expect(first.told).toEqual(['close']);
  });
});

describe('the time for which a worker rests', () => {
  test('is 15 minutes at most', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    jest.advanceTimersByTime(15 * MINUTE - 1);
    expect(one.told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(one.told).toEqual(['close']);
    await begin(kept, 1);
    expect(one.told).toEqual(['close']);
  });

  test('keeps no process alive', () => {
    const set = jest.spyOn(globalThis, 'setTimeout');
    session(new FakeHost(1));
    expect(set.mock.results.map(({value}) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });

  test('ends with the run that it serves', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    jest.advanceTimersByTime(10 * MINUTE);
    await begin(kept, 1);
    expect(taken(kept, 1)).toEqual([one]);
    jest.advanceTimersByTime(60 * MINUTE);
    expect(one.told).toEqual(['prepare r2', 'serve']);
  });

  test('ends with that run also where it said late that it rests', async () => {
    const one = new FakeHost(1);
    let answer: (ready: boolean) => void = () => undefined;
    const kept = session(one);
    await begin(kept, 1);
    kept.end();
    one.isReady = new Promise(resolve => (answer = resolve));
    const beginning = begin(kept, 1, () => START, 'r3');
    kept.rests(one.host);
    answer(true);
    await beginning;
    expect(taken(kept, 1)).toEqual([one]);
    jest.advanceTimersByTime(60 * MINUTE);
    expect(one.told).toEqual(['prepare r2', 'rest', 'prepare r3', 'serve']);
  });

  test('does not end with a run that has no use for it', async () => {
    const two = new FakeHost(2);
    const kept = session(two);
    jest.advanceTimersByTime(10 * MINUTE);
    await begin(kept, 1);
    jest.advanceTimersByTime(5 * MINUTE);
    expect(two.told).toEqual(['close']);
  });

  test('begins anew after a run', async () => {
    const one = new FakeHost(1);
    const kept = session(one);
    jest.advanceTimersByTime(10 * MINUTE);
    await begin(kept, 1);
    taken(kept, 1);
    kept.rests(one.host);
    jest.advanceTimersByTime(15 * MINUTE - 1);
    expect(one.told).toEqual(['prepare r2', 'serve']);
    jest.advanceTimersByTime(1);
    expect(one.told).toEqual(['prepare r2', 'serve', 'close']);
  });
});

describe('when this process exits', () => {
  /** Calls what listens since the test began. */
  function exit() {
    for (const listener of process.listeners('exit')) if (!listenersAround.includes(listener)) listener(0);
  }

  test("those that rest are killed, and those that are ready; others are the run's", async () => {
    const [one, two, three, left] = [new FakeHost(1), new FakeHost(2), new FakeHost(3), new FakeHost(4)];
    const kept = session(one, two, three, left);
    kept.gone(left.host);
    await begin(kept, 2);
    expect(taken(kept, 1)).toEqual([one]);
    exit();
    expect([one, two, three, left].map(({told}) => told)).toEqual([
      ['prepare r2', 'serve'],
      ['prepare r2', 'kill'],
      ['kill'],
      [],
    ]);
  });
});

test('what becomes of each is in the log, with the run of which it is', async () => {
  const path = join(temporaryFolder(), 'xdist.log');
  process.env.XDIST_LOG = path;
  const [one, two] = [new FakeHost(1), new FakeHost(2)];
  const kept = session();
  await begin(kept, 2, () => START, 'r1');
  kept.rests(one.host);
  kept.rests(two.host);
  two.isReady = false;
  await begin(kept, 2);
  kept.leaves(two.host, 'its heap has grown');
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  expect(lines.map(line => JSON.parse(line) as LogLine)).toEqual(
    [
      {run: 'r1', worker: {slot: 1, pid: 4711, stay: {type: 'rests'}}},
      {run: 'r1', worker: {slot: 2, pid: 4712, stay: {type: 'rests'}}},
      {run: 'r2', worker: {slot: 1, pid: 4711, stay: {type: 'ready'}}},
      {run: 'r2', worker: {slot: 2, pid: 4712, stay: {type: 'leaves', why: 'its heap has grown'}}},
    ].map(line => ({...line, at: expect.any(Number) as number})),
  );
});

test('there is one of a session', () => {
  expect(keptWorkers()).toBe(keptWorkers());
});
