/** Measures where the time of each test file goes, in the process that runs the file. */
import type {FileProfile} from '../../core/wire/fileProfile';
import {cpuMs, monotonicMs} from '../../pristine/clock';
import {cpuDelayMs} from '../../pristine/cpuDelay';
import {heapUsedBytes, residentBytes} from '../../pristine/memory';
import type {PhaseKind, PhaseListener} from '../guard/phases';
import {ModuleTimes, rounded} from './moduleTimes';
import {forgetRuntime, listenToRuntime, tellsRuns, type RuntimeEvents} from './runtimeEvents';
import {Timeline, type Activity} from './timeline';

/** The parts of a file's config that decide what its time is spent on. */
export interface ProfiledConfig {
  readonly setupFiles: readonly string[];
  readonly setupFilesAfterEnv: readonly string[];
}

/** The memory is read at most this often (ms): reading it takes 0.1 ms, which is a hundredth of a tiny test file. */
const MEMORY_EVERY_MS = 100;

type Stage = 'environment' | 'setup' | 'loading' | 'tests' | 'teardown';

/** What a process does in each phase after the loading. */
const ACTIVITY_OF: Readonly<Record<Exclude<PhaseKind, 'loading'>, Activity>> = {
  between: 'between',
  hook: 'hooks',
  test: 'tests',
  waiting: 'waiting',
};

/** For one process. Its files run one after the other. */
export class FileProfiler implements PhaseListener {
  readonly #runtime: string;
  #file: ProfiledFile | null = null;
  #memory: FileProfile['memory'] = {heap: 0, rss: 0};
  #memoryAt = -Infinity;

  /** @param runtimePath the path of the jest-runtime that jest-runner loads */
  constructor(runtimePath: string) {
    this.#runtime = runtimePath;
  }

  /** Jest is about to run a file. */
  fileBegins(path: string, config: ProfiledConfig): void {
    this.#file = new ProfiledFile(path, config);
    listenToRuntime(this.#runtime, this.#file);
  }

  phase(kind: PhaseKind): void {
    this.#file?.phase(kind);
  }

  /**
   * Jest has run the file.
   *
   * @param hasResult whether the file has a result: if not, its tests were not reached
   * @returns null: where the time went is unknown, because this Jest is not one that we can follow
   */
  fileEnds(hasResult: boolean): FileProfile | null {
    const file = this.#file;
    this.#file = null;
    forgetRuntime();
    return file?.end(hasResult, this.#memoryNow()) ?? null;
  }

  #memoryNow(): FileProfile['memory'] {
    const time = monotonicMs();
    if (time - this.#memoryAt >= MEMORY_EVERY_MS) {
      this.#memoryAt = time;
      this.#memory = {heap: heapUsedBytes(), rss: residentBytes()};
    }
    return this.#memory;
  }
}

class ProfiledFile implements RuntimeEvents {
  readonly #path: string;
  readonly #config: ProfiledConfig;
  readonly #cpuBefore = cpuMs();
  readonly #delayBefore = cpuDelayMs();
  readonly #timeline = new Timeline();
  /** null: the file has no runtime yet. */
  #modules: ModuleTimes | null = null;
  #stage: Stage = 'environment';
  /** Whether the tests were listed. */
  #listed = false;
  /** How many files of setupFilesAfterEnv Jest may still import; null: it has imported no module. */
  #setupImports: number | null = null;

  constructor(path: string, config: ProfiledConfig) {
    this.#path = path;
    this.#config = config;
  }

  made(runtime: object): void {
    this.#modules = new ModuleTimes(tellsRuns(runtime));
    if (this.#config.setupFiles.length > 0) this.#enter('setup', 'setup');
  }

  /** After `setupFiles`, Jest first asks for something of its own. Then it sets the environment up. */
  jestsOwn(): void {
    if (this.#stage === 'setup' && this.#modules?.isIdle === true) this.#enter('environment', 'environment');
  }

  phase(kind: PhaseKind): void {
    if (this.#stage === 'teardown') return;
    if (kind === 'loading') return this.#enter('loading', 'jest');
    if (!this.#listed) this.#modules?.loaded();
    this.#listed = true;
    this.#enter('tests', ACTIVITY_OF[kind]);
  }

  imports(runtime: object): void {
    if (this.#stage !== 'loading') return;
    const isImported = (path: string) =>
      (runtime as {unstable_shouldLoadAsEsm(path: string): boolean}).unstable_shouldLoadAsEsm(path);
    this.#setupImports ??= this.#config.setupFilesAfterEnv.filter(isImported).length;
    this.#timeline.enter(this.#setupImports-- > 0 ? 'setup' : 'modules');
  }

  marks(marked: unknown): void {
    const modules = this.#modules;
    if (modules === null) return;
    const wasIdle = modules.isIdle;
    const begins = modules.marks(marked);
    if (this.#stage !== 'loading') return;
    if (wasIdle && begins) {
      if (marked === this.#path) this.#timeline.enter('modules');
      else if (this.#config.setupFilesAfterEnv.includes(marked as string)) this.#timeline.enter('setup');
    } else if (modules.isIdle && this.#timeline.activity === 'setup' && this.#setupImports === null) {
      this.#timeline.enter('jest');
    }
  }

  runs(): void {
    this.#modules?.runs();
  }

  throws(): void {
    this.#modules?.throws();
  }

  transformBegins(): void {
    this.#modules?.transformBegins();
  }

  asyncTransformBegins(): void {
    this.#modules?.asyncTransformBegins();
  }

  transformEnds(): void {
    this.#timeline.transformed(this.#modules?.transformEnds() ?? 0);
  }

  tearsDown(): void {
    this.#enter('teardown', 'teardown');
  }

  /** @returns null: the file has a result, and we did not see its tests */
  end(hasResult: boolean, memory: FileProfile['memory']): FileProfile | null {
    if (hasResult && (!this.#listed || this.#modules === null)) return null;
    const timeline = this.#timeline;
    const ms = timeline.end();
    return {
      ms: rounded(ms),
      environmentMs: rounded(timeline.ms('environment')),
      setupMs: rounded(timeline.ms('setup')),
      transformMs: rounded(timeline.transformMs()),
      modulesMs: rounded(timeline.ms('modules') - timeline.transformMs('modules')),
      testsMs: rounded(timeline.ms('tests')),
      hooksMs: rounded(timeline.ms('hooks')),
      teardownMs: rounded(timeline.ms('teardown')),
      cpuMs: rounded(cpuMs() - this.#cpuBefore),
      delayMs: this.#delay(),
      ...(this.#modules?.slowest() ?? {packages: [], sources: []}),
      modules: this.#modules?.modules ?? 0,
      memory,
    };
  }

  #delay(): number | null {
    const delay = cpuDelayMs();
    // A test may have closed the file in which the system counts: then another one may have its number.
    if (delay === null || this.#delayBefore === null || delay < this.#delayBefore) return null;
    return rounded(delay - this.#delayBefore);
  }

  #enter(stage: Stage, activity: Activity): void {
    this.#stage = stage;
    this.#timeline.enter(activity);
  }
}
