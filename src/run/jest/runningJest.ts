/**
 * The parts of the Jest that loaded us: jest-runner, jest-worker and the rest, resolved from that
 * Jest's own packages along their declared dependencies (so it works nested, hoisted and in pnpm's
 * strict layout), never a second copy that happens to lie beside ours.
 */
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Config} from '@jest/types';
import type * as JestRunnerModule from 'jest-runner';
import type * as JestWorkerModule from 'jest-worker';
import type {DocblockParser} from '../../core/rules/pragmas';
import type {BcoeCoverage, IstanbulCoverage} from '../files/coverage';
import type {MessageUtil} from '../files/deadSlices';
import type {SnapshotStateClass} from '../files/snapshotFile';

/** What of Emittery is used here: Jest's runners emit their events with it. */
export interface Emitter {
  on(name: string, listener: (data: never) => unknown): () => void;
  emit(name: string, data: unknown): Promise<void>;
}

interface SnapshotResolvers {
  buildSnapshotResolver: (config: Config.ProjectConfig) => Promise<{resolveSnapshotPath(testPath: string): string}>;
}

export interface RunningJest {
  readonly version: string;
  /** Paths that other processes load: workers, and those of shared fixtures. */
  readonly modules: {
    /** Some file of @jest/core. */
    readonly core: string;
    readonly testWorker: string;
    readonly jestWorker: string;
    readonly transform: string;
    readonly runtime: string;
  };
  /** The path of Jest's default test sequencer, as it stands in a GlobalConfig. */
  defaultSequencer(): string;
  createEmitter(): Emitter;
  docblock(): DocblockParser;
  stockRunner(): typeof JestRunnerModule.default;
  jestWorker(): typeof JestWorkerModule;
  /** Whether a path matches one of some globs, as Jest itself would say. */
  globMatcher(globs: readonly string[]): (path: string) => boolean;
  snapshotState(): SnapshotStateClass;
  /** Where the snapshots of a test file are, as the project's snapshotResolver has it. */
  snapshotPath(config: Config.ProjectConfig, testPath: string): Promise<string>;
  messageUtil(): MessageUtil;
  istanbulCoverage(): IstanbulCoverage;
  bcoeCoverage(): BcoeCoverage;
  /** As the stock runner colours what it prints itself. */
  yellow(text: string): string;
  /** Whether jest-worker would tell its workers to use colours. */
  usesColours(): boolean;
}

/** @throws if no Jest, or one whose layout we do not know, is loading us */
export function findRunningJest(): RunningJest {
  return jestOf(findCore());
}

/**
 * @param core a file of its @jest/core
 * @throws if we do not know its layout
 */
export function jestOf(core: string): RunningJest {
  const fromCore = createRequire(core);
  const fromConfig = createRequire(fromCore.resolve('jest-config'));
  const runnerPath = fromConfig.resolve('jest-runner');
  const fromRunner = createRequire(runnerPath);
  // To find a module takes some 0.2 ms, and a run in band needs few of them.
  const jestWorkerPath = () => fromRunner.resolve('jest-worker');
  const {version} = readPackage(dirname(runnerPath)) ?? {version: 'of an unknown version'};
  /** Whatever merges coverage in the end. */
  const fromReporters = (name: string) => createRequire(fromCore.resolve('@jest/reporters'))(name) as unknown;
  const testWorker = join(dirname(runnerPath), 'testWorker.js');
  if (!existsSync(testWorker)) {
    throw new Error(
      `jest-runner-xdist: this Jest (jest-runner ${version}) is not supported: it has no ${testWorker}. Jest 29.7 and 30 are.`,
    );
  }
  return {
    version,
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
    snapshotState: () => (fromCore('jest-snapshot') as {SnapshotState: SnapshotStateClass}).SnapshotState,
    snapshotPath: async (config, testPath) => {
      const {buildSnapshotResolver} = fromCore('jest-snapshot') as SnapshotResolvers;
      return (await buildSnapshotResolver(config)).resolveSnapshotPath(testPath);
    },
    messageUtil: () => fromCore('jest-message-util') as MessageUtil,
    istanbulCoverage: () => fromReporters('istanbul-lib-coverage') as IstanbulCoverage,
    bcoeCoverage: () => fromReporters('@bcoe/v8-coverage') as BcoeCoverage,
    yellow: text => interop<{yellow(text: string): string}>(fromRunner('chalk')).yellow(text),
    usesColours: () => {
      const {stdout} = createRequire(jestWorkerPath())('supports-color') as {stdout: unknown};
      return Boolean(stdout);
    },
  };
}

/**
 * @jest/core is what constructs a runner, so a file of it is on the stack. That is exact even where a
 * process has loaded two Jests. Where another runner wraps ours late, the module cache is asked.
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
