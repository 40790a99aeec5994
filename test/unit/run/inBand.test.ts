import type {Test} from '@jest/test-result';
import type {FileCut} from '../../../src/core/wire/fileCut';
import type {FileFixtures} from '../../../src/core/wire/workerMessages';
import {FIXTURES} from '../../../src/realm/handover';
import {Faults} from '../../../src/run/faults';
import {runInBand, type InBandOptions} from '../../../src/run/inBand';
import type {Reports} from '../../../src/run/files/reports';
import type {FixturesInBand} from '../../../src/run/fixtures/fixturesInBand';
import type {RunningJest} from '../../../src/run/jest/runningJest';
import {jestTest, NO_CUTS} from './jestTests';

const VALUES: FileFixtures = {declared: [{names: ['./db'], json: '1'}], failure: null};

type Listener = (data: readonly unknown[]) => unknown;

/** What becomes of a run of some files, in order, and what the stock runner has had to run. */
async function run(tests: readonly Test[], options: Partial<InBandOptions> & {interrupted?: () => boolean}) {
  const log: string[] = [];
  const ran: {readonly test: Test; readonly values: unknown}[] = [];
  const note = (what: string) => (test: Test) => {
    log.push(`${what} ${test.path}${tests.includes(test) ? '' : ' (not its own)'}`);
    return Promise.resolve();
  };
  /** As jest-runner runs files in band: each listener is awaited. */
  class StockRunner {
    readonly #listeners = new Map<string, Listener>();

    on(name: string, listener: Listener): void {
      this.#listeners.set(name, listener);
    }

    async runTests(handed: readonly Test[]): Promise<void> {
      for (const test of handed) {
        try {
          await this.#listeners.get('test-file-start')?.([test]);
          const {globals} = test.context.config;
          ran.push({test, values: (globals as {[FIXTURES]?: unknown})[FIXTURES]});
          log.push(`runs ${test.path}`);
        } catch (error) {
          await this.#listeners.get('test-file-failure')?.([test, error]);
          continue;
        }
        await this.#listeners.get('test-file-success')?.([test, {}]);
      }
    }
  }
  await runInBand({
    jest: {stockRunner: () => StockRunner, capabilities: {lacks: () => undefined}} as unknown as RunningJest,
    stockArguments: [{} as never, {}],
    tests,
    watcher: {isInterrupted: options.interrupted ?? (() => false), isWatchMode: () => false} as never,
    reports: {
      fileStarted: note('started'),
      fileSucceeded: note('succeeded'),
      fileFailed: (test: Test, {message}: Error) => note(`failed (${message})`)(test),
    } as unknown as Reports,
    runId: 'run',
    limits: null,
    remedy: 'Run it again.',
    hardTimeoutOf: () => null,
    cuts: NO_CUTS,
    compileCache: null,
    fixtures: null,
    faults: new Faults({jestVersion: '30', recording: () => null, warn: () => undefined, onFirst: () => undefined}),
    onStart: test => {
      void note('begins')(test);
      return () => void note('ends')(test);
    },
    onEnd: test => void note('timed')(test),
    ...options,
  });
  return {log, ran};
}

const make = (path: string): Test => {
  const test = jestTest(path);
  return {...test, context: {...test.context, config: {...test.context.config, globals: {}, cwd: '/', testRunner: ''}}};
};

test('a file without fixtures is handed on as Jest has it', async () => {
  const tests = [make('a'), make('b')];
  const contexts = tests.map(({context}) => context);
  const {log, ran} = await run(tests, {
    fixtures: settingUp(({path}) => (path === 'b' ? () => Promise.resolve(VALUES) : null)),
  });
  expect(ran.map(({test}) => tests.indexOf(test))).toEqual([0, -1]);
  expect(tests.map(({context}) => context)).toEqual(contexts);
  expect(ran[0]?.values).toBeUndefined();
  expect(JSON.parse(ran[1]?.values as string)).toEqual({testPath: 'b', fixtures: VALUES});
  expect(tests[1]?.context.config.globals).toEqual({});
  expect(log).toEqual([
    'begins a',
    'started a',
    'runs a',
    'ends a',
    'timed a',
    'succeeded a',
    'started b',
    'begins b',
    'runs b',
    'ends b',
    'timed b',
    'succeeded b',
  ]);
});

test('a fault of ours at the end of a file costs it no result; the files after it do not run, and fail with it', async () => {
  const faults = new Faults({
    jestVersion: '30',
    recording: () => null,
    warn: () => undefined,
    onFirst: () => undefined,
  });
  const {log, ran} = await run([make('a'), make('b'), make('c')], {
    faults,
    fixtures: settingUp(({path}) => (path === 'c' ? () => Promise.resolve(VALUES) : null)),
    onEnd: () => {
      throw new TypeError('no such record');
    },
  });
  expect(ran.map(({test: {path}}) => path)).toEqual(['a']);
  const fault = faults.first?.message;
  expect(fault).toMatch(/failed while a file ended in band.*TypeError: no such record/s);
  expect(log.filter(line => /succeeded|failed/.test(line))).toEqual([
    'succeeded a',
    `failed (${fault}) b`,
    `failed (${fault}) c`,
  ]);
});

test('a file that fails for want of a fixture, as its framework cannot be followed, is no fault of ours', async () => {
  const faults = new Faults({
    jestVersion: '30',
    recording: () => null,
    warn: () => undefined,
    onFirst: () => undefined,
  });
  const failure = {message: 'no database', stack: ''};
  const {log} = await run([make('a')], {
    faults,
    fixtures: settingUp(() => () => Promise.resolve({declared: [], failure})),
  });
  expect(log.at(-1)).toBe('failed (no database) a');
  expect(faults.first).toBeNull();
});

test('a file that is cut over shards, but cannot be, fails, after its start; the others run', async () => {
  const cut: FileCut = {granularity: 'tests', grouping: 'none', shard: 1, owner: 1, given: {}};
  const {log} = await run([make('a'), make('b')], {
    cuts: {cutOf: ({path}) => (path === 'a' ? cut : null), found: () => undefined},
  });
  const failure = log.find(line => line.startsWith('failed')) ?? '';
  expect(failure).toMatch(/cut over the shards of the run.* set `canSplit: false`/);
  expect(log).toEqual([
    ...['begins a', 'started a', 'ends a', 'timed a', failure],
    ...['begins b', 'started b', 'runs b', 'ends b', 'timed b', 'succeeded b'],
  ]);
});

test('fixtures are set up when their file begins, and not before', async () => {
  const order: string[] = [];
  const {ran} = await run([make('a'), make('b')], {
    fixtures: settingUp(({path}) => () => {
      order.push(`sets up ${path}`);
      return Promise.resolve(VALUES);
    }),
    onEnd: ({path}) => order.push(`timed ${path}`),
  });
  expect(ran).toHaveLength(2);
  expect(order).toEqual(['sets up a', 'timed a', 'sets up b', 'timed b']);
});

test('a file whose fixtures cannot even be tried has failed, never began, and the others run', async () => {
  const {log} = await run([make('a'), make('b')], {
    fixtures: settingUp(({path}) => (path === 'a' ? () => Promise.reject(new Error('no host')) : null)),
  });
  expect(log).toEqual([
    'started a',
    'failed (no host) a',
    'begins b',
    'started b',
    'runs b',
    'ends b',
    'timed b',
    'succeeded b',
  ]);
});

test('an interruption while fixtures are set up keeps their file from beginning', async () => {
  let interrupted = false;
  const {log, ran} = await run([make('a')], {
    fixtures: settingUp(() => () => {
      interrupted = true;
      return Promise.resolve(VALUES);
    }),
    interrupted: () => interrupted,
  });
  expect(ran).toEqual([]);
  expect(log).toEqual(['started a', 'failed (The run was interrupted before this file began.) a']);
});

test('the environment says where it is, and is as it was when the run has ended', async () => {
  const hidden = {XDIST_NODE: 'of a run around this one', XDIST_FLEET: 'redis://h', XDIST_FLEET_SECRET: 'hunter2'};
  const around = {XDIST_WORKER: 'w7', ...hidden};
  const before = process.env;
  const own = (environment: NodeJS.ProcessEnv) =>
    Object.fromEntries(Object.entries(environment).filter(([name]) => name.startsWith('XDIST_')));
  process.env = {...before, ...around};
  try {
    const expected = own(process.env);
    let inside = {};
    await run([make('a')], {
      onStart: () => {
        inside = own(process.env);
        return () => {};
      },
    });
    const rest = Object.fromEntries(Object.entries(expected).filter(([name]) => !(name in hidden)));
    expect(inside).toEqual({...rest, XDIST_WORKER: 'w1', XDIST_WORKER_COUNT: '1', XDIST_RUN_ID: 'run'});
    expect(own(process.env)).toEqual(expected);
  } finally {
    process.env = before;
  }
});

function settingUp(setUpFor: FixturesInBand['setUpFor']): FixturesInBand {
  return {setUpFor, ended: (_, outcome) => Promise.resolve(outcome)};
}
