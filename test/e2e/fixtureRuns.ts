/**
 * A child process that runs single test files with the worker's own code and an install's real Jest. It gives the files
 * values of shared fixtures. Its arguments are the install's folder and the project's; it answers each order.
 */
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Test, TestContext, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import type * as Protocol from '../../src/core/wire/workerMessages';
import type * as InBand from '../../src/run/inBand';
import type {Reports} from '../../src/run/files/reports';
import type {RunningJest} from '../../src/run/jest/runningJest';
import type * as Followed from '../../src/worker/circus/followedFile';
import type * as JestFile from '../../src/worker/jestFile';
import type * as Journals from '../../src/worker/guard/journal';
import type * as PhasesModule from '../../src/worker/guard/phases';

export interface FixtureOrder {
  readonly path: string;
  readonly fixtures: Protocol.FileFixtures | null;
  /** Jest's `-t`. */
  readonly pattern: string;
  /** By the stock runner, in this process; else as a worker does. */
  readonly inBand: boolean;
}

/** How the file ended. */
export type FixtureAnswer = {readonly result: TestResult} | {readonly thrown: Thrown};

interface Thrown {
  readonly message: string;
  readonly stack: string;
}

const [install = '', root = ''] = process.argv.slice(2);
const fromInstall = createRequire(join(install, 'package.json'));
const fromRunner = (path: string): unknown =>
  fromInstall(join(install, 'node_modules', 'jest-runner-xdist', 'dist', path));
const fromCore = createRequire(createRequire(fromInstall.resolve('jest')).resolve('@jest/core'));

const {parseToWorker} = fromRunner('core/wire/workerMessages.js') as typeof Protocol;
const {JestFileRunner} = fromRunner('worker/jestFile.js') as typeof JestFile;
const {runInBand} = fromRunner('run/inBand.js') as typeof InBand;
const {FollowedFile} = fromRunner('worker/circus/followedFile.js') as typeof Followed;
const {Journal} = fromRunner('worker/guard/journal.js') as typeof Journals;
const {Phases} = fromRunner('worker/guard/phases.js') as typeof PhasesModule;
const phases = new Phases({begin: () => undefined, idle: () => undefined}, {slowMs: 0, hardMs: 0});

interface Configs {
  readonly globalConfig: Config.GlobalConfig;
  readonly configs: readonly [Config.ProjectConfig];
}

const read = (
  fromCore('jest-config') as {readConfigs(argv: object, projects: readonly string[]): Promise<Configs>}
).readConfigs({_: [], $0: '', ci: false}, [root]);

async function runInWorker({path, fixtures, pattern}: FixtureOrder): Promise<FixtureAnswer> {
  const {globalConfig, configs} = await read;
  const [config] = configs;
  const setup: unknown = JSON.parse(
    JSON.stringify({
      cuts: {cutOf: () => null, found: () => undefined},
      compileCache: null,
      modules: {testWorker: join(dirname(fromCore.resolve('jest-runner')), 'testWorker.js')},
      globalConfig: {...globalConfig, testNamePattern: pattern, verbose: false},
      context: {},
      serializableResolvers: [
        {config, serializableModuleMap: {duplicates: [], map: [], mocks: [], rootDir: config.rootDir}},
      ],
    }),
  );
  const runner = await JestFileRunner.load(setup as Protocol.WorkerSetup);
  const unit: Protocol.UnitOrder = {
    id: 0,
    configId: config.id,
    path,
    hardTimeoutMs: null,
    split: null,
    cut: null,
    fixtures,
    snapshots: 'as-configured',
  };
  const order = parseToWorker(JSON.stringify({type: 'give', units: [unit]}));
  if (order.type !== 'give' || order.units[0] === undefined) throw new Error('no unit');
  const end = await runner.run(order.units[0], new FollowedFile(new Journal(''), phases));
  return 'result' in end ? end : {thrown: end.thrown as Thrown};
}

async function runHere({path, fixtures, pattern}: FixtureOrder): Promise<FixtureAnswer> {
  const {globalConfig, configs} = await read;
  const {default: Runtime} = fromCore('jest-runtime') as {
    default: {createContext(config: object, options: object): Promise<TestContext>};
  };
  const [config] = configs;
  const test: Test = {path, context: await Runtime.createContext(config, {maxWorkers: 1, watchman: false})};
  const {context} = test;
  const told: {test: Test; what: string}[] = [];
  const ends: FixtureAnswer[] = [];
  const tell = (what: string) => (one: Test, end?: unknown) => {
    told.push({test: one, what});
    if (what === 'succeeded') ends.push({result: end as TestResult});
    if (what === 'failed') ends.push({thrown: end as Thrown});
    return Promise.resolve();
  };
  const runnerModule = fromCore('jest-runner') as {default: unknown};
  await runInBand({
    jest: {
      stockRunner: () => runnerModule.default,
      capabilities: {lacks: () => undefined},
      modules: {
        core: createRequire(fromInstall.resolve('jest')).resolve('@jest/core'),
        runtime: fromCore.resolve('jest-runtime'),
      },
    } as unknown as RunningJest,
    stockArguments: [{...globalConfig, testNamePattern: pattern}, {}],
    tests: [test],
    watcher: {isInterrupted: () => false, isWatchMode: () => false, on: () => () => undefined} as never,
    reports: {
      fileStarted: tell('started'),
      fileSucceeded: tell('succeeded'),
      fileFailed: tell('failed'),
      jestEvent: () => Promise.resolve(),
    } as unknown as Reports,
    faults: {first: null, guard: (_doing, act) => act},
    runId: 'run',
    limits: {slowMs: 0, hardMs: 0},
    remedy: '',
    hardTimeoutOf: () => null,
    cuts: {cutOf: () => null, found: () => undefined},
    compileCache: null,
    fixtures: {
      setUpFor: () => fixtures && (() => Promise.resolve(fixtures)),
      ended: (_, outcome) => Promise.resolve(outcome),
    },
    onStart: () => () => undefined,
    onEnd: one => told.push({test: one, what: 'ended'}),
  });
  const [end] = ends;
  if (end === undefined || test.context !== context || told.some(one => one.test !== test) || told.length !== 3) {
    throw new Error(`not what Jest is to be told: ${told.map(({what}) => what).join()}`);
  }
  return end;
}

async function run(order: FixtureOrder): Promise<FixtureAnswer> {
  const end = await (order.inBand ? runHere(order) : runInWorker(order));
  if ('result' in end) return end;
  const {message, stack} = end.thrown; // of an Error they would not be sent
  return {thrown: {message, stack}};
}

process.on('message', (order: FixtureOrder) => {
  run(order).then(
    answer => process.send?.({answer}),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
