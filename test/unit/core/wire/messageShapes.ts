/** The shape of each wire message, and of what processes leave in files. */
import type {AssertionResult, TestResult} from '@jest/test-result';
import {CAPABILITY_NAMES} from '../../../../src/core/jest/capabilities';
import type {FileRecord} from '../../../../src/core/plan/durations';
import type {FileProfile} from '../../../../src/core/wire/fileProfile';
import {SNAPSHOT_USES} from '../../../../src/core/results/snapshotUse';
import type {FromFixture, FromFixtureHost, ToFixture, ToFixtureHost} from '../../../../src/core/wire/fixtureMessages';
import type {JournalRecord} from '../../../../src/core/wire/journal';
import type {FixtureQuestion, FromStockHost, ToStockHost} from '../../../../src/core/wire/stockMessages';
import type {FromWatchdog, WatchdogHello} from '../../../../src/core/wire/watchdogMessages';
import type {
  Departure,
  ExitRecord,
  AheadNews,
  FromWorker,
  Hello,
  ToWorker,
  WorkerSetup,
} from '../../../../src/core/wire/workerMessages';
import {
  bool,
  dictionary,
  finite,
  jests,
  json,
  list,
  message,
  nullable,
  object,
  oneOf,
  text,
  union,
  whole,
  type Shape,
} from './shapes';

const failure = object({message: text, stack: text});

const unit = object({
  id: whole,
  configId: text,
  path: text,
  hardTimeoutMs: nullable(finite),
  split: nullable(
    object({
      granularity: oneOf('tests', 'each'),
      grouping: oneOf('none', 'scope', 'named'),
      collected: nullable(text),
      resumes: nullable(object({listing: text, leaveOut: list(whole)})),
    }),
  ),
  cut: nullable(
    object({
      granularity: oneOf('tests', 'each'),
      grouping: oneOf('none', 'scope', 'named'),
      shard: whole,
      owner: whole,
      given: dictionary(whole),
    }),
  ),
  fixtures: nullable(object({declared: list(object({names: list(text), json: text})), failure: nullable(failure)})),
  snapshots: oneOf(...SNAPSHOT_USES),
});

export const toWorker: Shape<ToWorker> = union(
  message('give', {units: list(unit)}),
  message('take-back', {units: list(whole)}),
  message('give-tests', {unit: whole, groups: list(whole), last: bool}),
  message('discard', {unit: whole}),
  message('close'),
  message('run', {setup: jests as unknown as Shape<WorkerSetup>, environment: dictionary(text)}),
);

export const aheadNews: Shape<AheadNews> = union(
  message('waiting'),
  message('loaded', {modules: list(text)}),
  message('leaving', {reason: text}),
  message('ready'),
);

export const hello: Shape<Hello> = object({token: text, slot: whole, generation: whole, pid: whole});

const snapshotChanges = object({
  path: text,
  written: dictionary(text),
  dirty: bool,
  unchecked: list(text),
  takenBack: dictionary(object({after: finite, deferred: nullable(object({depth: whole, place: whole}))})),
  inline: list(json),
});

const moduleTimes = list(object({name: text, ms: finite, modules: whole}));

const fileProfile: Shape<FileProfile> = object({
  ms: finite,
  environmentMs: finite,
  setupMs: finite,
  transformMs: finite,
  modulesMs: finite,
  testsMs: finite,
  hooksMs: finite,
  teardownMs: finite,
  cpuMs: finite,
  delayMs: nullable(finite),
  packages: moduleTimes,
  sources: moduleTimes,
  modules: whole,
  memory: object({heap: finite, rss: finite}),
});

const span = object({before: whole, after: whole});

/** Jest's own but for the list of tests. */
const testResult: Shape<TestResult> = {
  values: list(jests).values.map(testResults => ({testResults}) as unknown as TestResult),
  isOf: value => jests.isOf(value) && list(jests).isOf((value as {testResults: unknown}).testResults),
};

/** With whatever else an error has. */
const fileError: Shape<{message: string; stack: string; type: 'Error'}> = {
  values: object({message: text, stack: text, type: oneOf('Error')}, {code: text}).values,
  isOf: value => {
    const {message: said, stack, type} = value as Readonly<Record<string, unknown>>;
    return text.isOf(said) && text.isOf(stack) && type === 'Error';
  },
};

/** Over jest-worker's channel it is a list of a name and what Jest sends. */
export const fromWorker: Shape<FromWorker> = union(
  message('unit-started', {unit: whole}),
  message('unit-cut', {unit: whole, tests: object({names: list(text), own: list(whole), loadEntries: whole})}),
  message('unit-opened', {
    unit: whole,
    ms: finite,
    fingerprint: text,
    tests: nullable(list(object({name: text, group: nullable(whole)}))),
  }),
  message('unit-indivisible', {unit: whole, reason: text, anew: bool}),
  message('tests-progress', {unit: whole, done: list(groupDone()), running: nullable(whole)}),
  message(
    'unit-done',
    {
      unit: whole,
      ms: finite,
      retiring: bool,
      outcome: union(message('result', {result: testResult}), message('error', {error: fileError})),
      slice: nullable(
        object({
          tests: list(whole),
          ran: list(whole),
          console: list(whole),
          loadMs: finite,
          snapshot: nullable(snapshotChanges),
        }),
      ),
      profile: nullable(fileProfile),
    },
    {memory: object({heap: span, rss: span}), jestLacks: list(oneOf(...CAPABILITY_NAMES))},
  ),
  message('units-returned', {asked: list(whole), units: list(whole)}),
  message('fault', {doing: text, error: text}),
);

function groupDone(): Shape<readonly [number, number]> {
  const pair = object({group: whole, ms: finite});
  return {
    values: pair.values.map(({group, ms}) => [group, ms] as const),
    isOf: value => Array.isArray(value) && value.length === 2 && whole.isOf(value[0]) && finite.isOf(value[1]),
  };
}

export const exitRecord: Shape<ExitRecord> = object({code: whole, uncaught: nullable(text)});

export const departure: Shape<Departure> = union(
  object({at: oneOf('saving')}),
  object({
    at: oneOf('waiting'),
    leftOpen: list(object({kind: text, count: whole, paths: list(text)})),
    addons: list(text),
  }),
  object({at: oneOf('exiting'), addons: list(text)}),
);

export const watchdogHello: Shape<WatchdogHello> = object({
  watchdog: oneOf(true),
  token: text,
  slot: whole,
  generation: whole,
  pid: whole,
});

export const fromWatchdog: Shape<FromWatchdog> = union(
  message('alive', {phase: whole, name: text, ms: finite, limitMs: nullable(finite), debugged: bool, rss: finite}),
  message('slow', {name: text, ms: finite}),
  message('hung', {
    name: text,
    ms: finite,
    limitMs: finite,
    limitBy: text,
    began: bool,
    place: union(
      object({
        kind: oneOf('stack'),
        frames: list(object({functionName: text, path: text, line: whole, column: whole})),
      }),
      object({kind: oneOf('open'), resources: list(text)}),
      object({kind: oneOf('native')}),
    ),
  }),
);

const fixtureRun = object({
  rootDir: text,
  runId: text,
  transformPath: text,
  timeoutMs: whole,
  nodeArguments: list(text),
});

const fixtureOrder = object({
  key: text,
  path: text,
  title: text,
  config: jests,
  worker: nullable(whole),
  fixtures: list(object({name: text, is: text})),
});

export const toFixtureHost: Shape<ToFixtureHost> = union(
  message('begin', {run: fixtureRun}),
  message('set-up', {fixture: fixtureOrder}),
  message('take-down', {key: text}),
  message('close'),
);

export const fromFixtureHost: Shape<FromFixtureHost> = union(
  message('set-up', {key: text, setup: union(object({json: text}), object({failure}))}),
  message('taken-down', {key: text, failure: nullable(failure)}),
  message('died', {key: text, failure}),
  message('closed', {failures: list(failure)}),
);

export const toFixture: Shape<ToFixture> = union(
  message('set-up', {run: fixtureRun, fixture: fixtureOrder}),
  message('take-down'),
);

export const fromFixture: Shape<FromFixture> = union(
  message('loaded'),
  message('up', {json: text}),
  message('not-up', {error: failure}),
  message('going-down'),
  message('down', {error: nullable(failure)}),
);

export const toStockHost: Shape<ToStockHost> = union(
  message('begin', {run: object({rootDir: text, corePath: text, config: jests})}),
  message('close'),
);

export const fromStockHost: Shape<FromStockHost> = union(
  message('listening', {socketPath: text}),
  message('refused', {message: text}),
  message('closed', {failures: list(failure)}),
);

export const fixtureQuestion: Shape<FixtureQuestion> = object({testPath: text, worker: whole});

const console = list(jests as unknown as Shape<never>);

export const journalRecord: Shape<JournalRecord> = union(
  message('unit', {unit: whole, at: whole}),
  message('opened', {
    listing: text,
    tests: list(object({titles: list(text), mode: oneOf('run', 'skip', 'todo'), early: bool})),
    ms: finite,
    console,
    snapshots: nullable(object({path: text, keys: list(text)})),
  }),
  message('test', {place: whole, at: whole, rss: whole}),
  message('ended', {
    place: whole,
    willRetry: bool,
    result: jests as unknown as Shape<AssertionResult>,
    console,
    snapshots: nullable(
      object({
        written: dictionary(nullable(text)),
        checked: list(text),
        dirty: bool,
        inline: list(json),
        counts: object({added: whole, matched: whole, unmatched: whole, updated: whole}),
      }),
    ),
  }),
  message('hook', {
    hook: oneOf('beforeAll', 'beforeEach', 'afterEach', 'afterAll'),
    titles: list(text),
    from: whole,
    to: whole,
  }),
  message('hook-ended'),
  message('finished'),
);

/** At least 0. */
const duration: Shape<number> = {
  values: finite.values.map(Math.abs),
  isOf: value => finite.isOf(value) && (value as number) >= 0,
};

export const fileRecord: Shape<FileRecord> = object(
  {
    at: duration,
    ms: nullable(duration),
    tests: dictionary(duration),
    short: duration,
    end: oneOf('passed', 'failed', 'died'),
  },
  {
    measured: object({loadMs: duration, cpuMs: duration, on: text}),
    recent: list(duration),
    unstable: oneOf(true),
  },
);
