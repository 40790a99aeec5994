/**
 * Runs one test file as the stock runner's workers do: with jest-runner's own testWorker module and the unchanged
 * configs that Jest made. So our results are the stock runner's by construction. That module is internal to
 * jest-runner; its interface is the same from 29.7 to 30.5.
 */
import type {TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {CompileCache} from './compile/compileCache';
import type {UnitOrder, WorkerSetup} from '../core/wire/workerMessages';
import type {FileProfile} from '../core/wire/fileProfile';
import {updateSnapshotFor, type SnapshotUse} from '../core/results/snapshotUse';
import {expectFollowed} from './circus/failingFile';
import {withFixtures} from './circus/fixtureDelivery';
import {canFollow, takeRun, type CircusFile} from './circus/testFramework';
import {knowsRuntime} from './jestProbes';
import type {FileProfiler} from './profile/fileProfiler';
import {isReadable} from './thrown';

interface TestWorker {
  setup(data: {serializableResolvers: WorkerSetup['serializableResolvers']}): void | Promise<void>;
  worker(data: {config: unknown; globalConfig: unknown; path: string; context: unknown}): Promise<TestResult>;
}

/** `profile`: where the time of the file went; null: unknown. */
export type FileEnd = {readonly profile: FileProfile | null} & (
  {readonly result: TestResult} | {readonly thrown: unknown}
);

/** How long (ms) a process may spend on saving its compiled code. Later processes save the rest. */
const SAVE_WITHIN_MS = 250;

export class JestFileRunner {
  readonly #testWorker: TestWorker;
  readonly #setup: WorkerSetup;
  readonly #compileCache: CompileCache | null;
  /** null: nobody wants profiles. */
  readonly #profiler: FileProfiler | null;
  readonly #configs: ReadonlyMap<string, Config.ProjectConfig>;

  private constructor(
    testWorker: TestWorker,
    setup: WorkerSetup,
    compileCache: CompileCache | null,
    profiler: FileProfiler | null,
  ) {
    this.#profiler = profiler;
    this.#testWorker = testWorker;
    this.#compileCache = compileCache;
    this.#setup = setup;
    this.#configs = new Map(setup.serializableResolvers.map(({config}) => [config.id, config as Config.ProjectConfig]));
  }

  /** @param profiler null: profiles are not wanted */
  static async load(setup: WorkerSetup, profiler: FileProfiler | null = null): Promise<JestFileRunner> {
    const compileCache = CompileCache.start(setup.compileCache, knowsRuntime);
    const testWorker = loadTestWorker(setup.modules.testWorker);
    await testWorker.setup({serializableResolvers: structuredClone(setup.serializableResolvers)});
    return new JestFileRunner(testWorker, setup, compileCache, profiler);
  }

  /** Whether the files of a project run in a framework that reports what it does. */
  canFollow(configId: string): boolean {
    return canFollow(this.#configOf(configId).testRunner);
  }

  /**
   * Runs the file. `file` follows it if the framework allows that. Resolves with the file's result, or with what its
   * run threw: for example, a syntax error, or an error of the test environment.
   *
   * This method awaits nothing. V8 would add our functions to the end of every asynchronous stack, and so to the
   * failure messages of --json.
   */
  run({configId, path, fixtures, snapshots}: UnitOrder, file: CircusFile | null): Promise<FileEnd> {
    this.#compileCache?.fileBegins(path);
    // The stock runner sends these with each call, so a file can change only its own copies.
    const own = structuredClone(this.#configOf(configId));
    const config = fixtures === null ? own : withFixtures(own, path, fixtures);
    const {globalConfig, context} = structuredClone({
      globalConfig: withSnapshots(this.#setup.globalConfig as Config.GlobalConfig, snapshots),
      context: this.#setup.context,
    });
    try {
      expectFollowed(config.testRunner, file, fixtures?.failure ?? null);
    } catch (thrown) {
      return Promise.resolve({thrown, profile: null});
    }
    this.#profiler?.fileBegins(path, own);
    return new Promise(resolve => {
      this.#testWorker.worker({config, globalConfig, path, context}).then(
        result => {
          void takeRun();
          resolve({result, profile: this.#profiler?.fileEnds(true) ?? null});
        },
        (thrown: unknown) => {
          const profile = this.#profiler?.fileEnds(false) ?? null;
          const run = takeRun();
          // testWorker loses thrown values that are no errors, and errors whose stack cannot be read.
          if (run === null || isReadable(thrown)) return resolve({thrown, profile});
          void run.then(
            () => resolve({thrown, profile}),
            (original: unknown) => resolve({thrown: original, profile}),
          );
        },
      );
    });
  }

  /** This process runs no further file, and saves its compiled code for later processes. The run waits for that. */
  filesEnd(): void {
    this.#compileCache?.save(SAVE_WITHIN_MS);
    CompileCache.flushNodesOwn();
  }

  #configOf(configId: string): Config.ProjectConfig {
    const config = this.#configs.get(configId);
    if (config === undefined) throw new Error(`jest-runner-xdist: there is no project ${configId}`);
    return config;
  }
}

/** jest-runner's own module for workers. */
export function loadTestWorker(path: string): TestWorker {
  return require(path) as TestWorker;
}

function withSnapshots(globalConfig: Config.GlobalConfig, use: SnapshotUse): Config.GlobalConfig {
  return {...globalConfig, updateSnapshot: updateSnapshotFor(use, globalConfig.updateSnapshot)};
}
