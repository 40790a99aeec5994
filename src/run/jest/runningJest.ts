/**
 * Resolves jest-runner, jest-worker and other packages from the Jest that loaded us, along the declared dependencies of
 * its packages. This works with nested, hoisted and pnpm's layouts, and never finds another copy of Jest.
 */
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {DefaultReporter} from '@jest/reporters';
import type {Config} from '@jest/types';
import type * as JestRunnerModule from 'jest-runner';
import type * as JestWorkerModule from 'jest-worker';
import type {DocblockParser} from '../../core/rules/pragmas';
import type {BcoeCoverage, IstanbulCoverage} from '../files/coverage';
import type {MessageUtil} from '../files/deadSlices';
import type {SnapshotStateClass} from '../files/snapshotFile';
import {JestCapabilities} from './jestCapabilities';

/** The part of Emittery that we use. Jest's runners emit their events with it. */
export interface Emitter {
  on(name: string, listener: (data: never) => unknown): () => void;
  emit(name: string, data: unknown): Promise<void>;
}

interface SnapshotResolvers {
  buildSnapshotResolver: (config: Config.ProjectConfig) => Promise<{resolveSnapshotPath(testPath: string): string}>;
}

/** The part of Jest's own reporters that ours extends, and how they print. */
export interface JestReporters {
  readonly DefaultReporter: ReporterClass;
  readonly VerboseReporter: ReporterClass;
  /** Whether Jest prints a status that it takes away again: standard output is a terminal, and no CI runs Jest. */
  readonly isInteractive: boolean;
  readonly chalk: Readonly<Record<'yellow' | 'red' | 'bold' | 'dim', (text: string) => string>>;
}

export type ReporterClass = new (globalConfig: Config.GlobalConfig) => DefaultReporter;

export interface RunningJest {
  readonly version: string;
  /** The private parts that this Jest has. */
  readonly capabilities: JestCapabilities;
  /** Paths that other processes load: workers, and those of shared fixtures. */
  readonly modules: {
    /** Some file of @jest/core. */
    readonly core: string;
    readonly testWorker: string;
    readonly jestWorker: string;
    readonly transform: string;
    readonly runtime: string;
  };
  /** The path of Jest's default test sequencer, as a GlobalConfig contains it. */
  defaultSequencer(): string;
  createEmitter(): Emitter;
  docblock(): DocblockParser;
  stockRunner(): typeof JestRunnerModule.default;
  jestWorker(): typeof JestWorkerModule;
  /** Matches paths against globs with Jest's own matcher. */
  globMatcher(globs: readonly string[]): (path: string) => boolean;
  snapshotState(): SnapshotStateClass;
  /** The path of a test file's snapshot file, from the project's snapshotResolver. */
  snapshotPath(config: Config.ProjectConfig, testPath: string): Promise<string>;
  messageUtil(): MessageUtil;
  reporters(): JestReporters;
  istanbulCoverage(): IstanbulCoverage;
  bcoeCoverage(): BcoeCoverage;
  /** Colours a text as the stock runner colours its warnings. */
  yellow(text: string): string;
  /** Whether jest-worker would tell its workers to use colours. */
  usesColours(): boolean;
}

/** @throws if no Jest is loading us, or if its packages have unknown dependencies on each other */
export function findRunningJest(): RunningJest {
  return jestOf(findCore());
}

/**
 * @param core a file of the Jest's @jest/core
 * @throws if the packages of that Jest have unknown dependencies on each other
 */
export function jestOf(core: string): RunningJest {
  const fromCore = createRequire(core);
  const fromConfig = createRequire(fromCore.resolve('jest-config'));
  const runnerPath = fromConfig.resolve('jest-runner');
  const fromRunner = createRequire(runnerPath);
  // Resolved lazily: it takes about 0.2 ms per module, and a run in band needs few modules.
  const jestWorkerPath = () => fromRunner.resolve('jest-worker');
  const {version} = readPackage(dirname(runnerPath)) ?? {version: 'of an unknown version'};
  /** Loads a package that Jest's reporters use to merge coverage. */
  const fromReporters = (name: string) => createRequire(fromCore.resolve('@jest/reporters'))(name) as unknown;
  const testWorker = join(dirname(runnerPath), 'testWorker.js');
  const chalk = () => interop<{yellow(text: string): string}>(fromRunner('chalk'));
  const supportsColor = () => createRequire(jestWorkerPath())('supports-color') as {stdout: unknown};
  const istanbulCoverage = () => fromReporters('istanbul-lib-coverage') as IstanbulCoverage;
  const bcoeCoverage = () => fromReporters('@bcoe/v8-coverage') as BcoeCoverage;
  const snapshotState = () => (fromCore('jest-snapshot') as {SnapshotState: SnapshotStateClass}).SnapshotState;
  const capabilities = new JestCapabilities({
    workers: () => ({testWorker: readFileSync(testWorker, 'utf8'), jestWorker: sourcesBeside(jestWorkerPath())}),
    workerDeaths: () => sourcesBeside(jestWorkerPath()),
    snapshotState: () => new (snapshotState())(join(dirname(runnerPath), 'none.snap'), NO_SNAPSHOTS),
    coverage: () => ({istanbul: istanbulCoverage(), bcoe: bcoeCoverage()}),
    compileCache: () => ({version, source: readFileSync(fromRunner.resolve('jest-runtime'), 'utf8')}),
    colours: () => ({chalk: chalk(), supportsColor: supportsColor()}),
  });
  return {
    version,
    capabilities,
    modules: {
      core,
      testWorker,
      get jestWorker() {
        return jestWorkerPath();
      },
      get transform() {
        return fromRunner.resolve('@jest/transform');
      },
      get runtime() {
        return fromRunner.resolve('jest-runtime');
      },
    },
    defaultSequencer: () => fromConfig.resolve('@jest/test-sequencer'),
    createEmitter: () => new (interop<new () => Emitter>(fromRunner('emittery')))(),
    docblock: () => fromRunner('jest-docblock') as DocblockParser,
    stockRunner: () => interop<typeof JestRunnerModule.default>(fromRunner(runnerPath)),
    jestWorker: () => fromRunner(jestWorkerPath()) as typeof JestWorkerModule,
    globMatcher: globs =>
      (fromRunner('jest-util') as {globsToMatcher(globs: readonly string[]): (path: string) => boolean}).globsToMatcher(
        globs,
      ),
    snapshotState,
    snapshotPath: async (config, testPath) => {
      const {buildSnapshotResolver} = fromCore('jest-snapshot') as SnapshotResolvers;
      return (await buildSnapshotResolver(config)).resolveSnapshotPath(testPath);
    },
    messageUtil: () => fromCore('jest-message-util') as MessageUtil,
    reporters: () => {
      const {DefaultReporter, VerboseReporter} = fromCore('@jest/reporters') as JestReporters;
      const {isInteractive} = fromReporters('jest-util') as JestReporters;
      return {DefaultReporter, VerboseReporter, isInteractive, chalk: interop(fromReporters('chalk'))};
    },
    istanbulCoverage,
    bcoeCoverage,
    yellow: text => (capabilities.has('colours') ? chalk().yellow(text) : text),
    usesColours: () => capabilities.has('colours') && Boolean(supportsColor().stdout),
  };
}

/**
 * @jest/core constructs a runner, so one of its files is on the stack. That is exact even if a process has loaded two
 * Jests. If another runner wraps ours and constructs it late, we search the module cache.
 *
 * @throws if no Jest is loading us
 */
export function findCore(): string {
  for (const file of [...callingFiles(), ...Object.keys(require.cache)]) {
    if (!file.includes('core')) continue;
    if (readPackage(dirname(file))?.name === '@jest/core') return file;
  }
  throw new Error(
    'jest-runner-xdist: could not find the Jest that loads this runner. It is a runner for Jest: run it with `jest`.',
  );
}

function callingFiles(): string[] {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  const {prepareStackTrace, stackTraceLimit} = Error;
  if (Object.isFrozen(Error)) return []; // NODE_OPTIONS=--frozen-intrinsics
  try {
    Error.stackTraceLimit = 50;
    Error.prepareStackTrace = (_error, callSites) => callSites.map(site => site.getFileName() ?? '');
    const trace: {stack?: string[]} = {};
    Error.captureStackTrace(trace, callingFiles);
    return (trace.stack ?? []).filter(file => file !== '' && !file.startsWith('node:'));
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** For a SnapshotState that is only probed. */
const NO_SNAPSHOTS: ConstructorParameters<SnapshotStateClass>[1] = {
  updateSnapshot: 'none',
  expand: false,
  snapshotFormat: {},
  rootDir: '',
  prettierPath: null,
};

/** The text of all CommonJS modules in a module's folder and below, because a package may be one file or many. */
function sourcesBeside(path: string): string {
  const folder = dirname(path);
  const names = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.js'));
  return names.map(name => readFileSync(join(folder, name), 'utf8')).join('\n');
}

/** The nearest package.json at or above a folder. */
function readPackage(folder: string): {name: string; version: string} | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, 'package.json');
    if (existsSync(path)) {
      const {name, version} = JSON.parse(readFileSync(path, 'utf8')) as {name?: unknown; version?: unknown};
      if (typeof name === 'string' && typeof version === 'string') return {name, version};
    }
    if (at === dirname(at)) return null;
  }
}

function interop<T>(loaded: unknown): T {
  const {__esModule: isEsm, default: exported} = loaded as {__esModule?: boolean; default?: unknown};
  return (isEsm === true ? exported : loaded) as T;
}
