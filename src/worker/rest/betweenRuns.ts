/**
 * This process between two runs of a watch session. The stock runner's is gone by then; this one stays only if
 * nothing tells it from one that is fresh, and makes sure of that while nobody waits: modules are loaded anew, the
 * environment is that of the next run. Where it cannot, the process ends, and another takes its place.
 */
import {createRequire} from 'node:module';
import {CompileCache} from '../compile/compileCache';
import type {WorkerSetup} from '../../core/wire/workerMessages';
import {heapUsedBytes} from '../../pristine/memory';
import {monotonicMs, nextTurn} from '../../pristine/clock';
import {loadTestWorker} from '../jestFile';
import {LoadedModules} from './loadedModules';
import type {OpenResources} from '../guard/openResources';
import {HEARD_BY_JEST, ProcessState} from '../leaks/processState';
import {forgetFrameworks} from '../circus/testFramework';
import {Unreferenced} from '../leaks/unreferenced';

export interface BetweenRunsOptions {
  readonly modules: WorkerSetup['modules'];
  readonly compileCache: WorkerSetup['compileCache'];
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly heapLimitBytes: number | null;
  /** Ends the process without a word. */
  readonly leave: () => never;
}

/** How often (ms) and for how long (ms) it is looked whether what the last file has left closes by itself. */
const SETTLING = {everyMs: 10, forMs: 100};

/** So many bytes may the heap, without its garbage, be larger than when nothing had run: that is a leak. */
const MOST_GROWTH_BYTES = 256 * 1024 * 1024;

/** So many runs does a process serve: what leaks outside of the heap is not seen. */
const MOST_RUNS = 50;

/** What differs from run to run, and no module heeds when it is loaded. */
const RUNS_OWN: ReadonlySet<string> = new Set(['XDIST_RUN_ID', 'XDIST_WORKER_COUNT']);

/** Test files share it, and may mock it. */
const {setTimeout: later} = globalThis;

type Listener = (...parameters: unknown[]) => void;

export class BetweenRuns {
  readonly #options: BetweenRunsOptions;
  readonly #modules: LoadedModules;
  /** Before Jest was loaded, and after. */
  readonly #listenersBefore: ReadonlyMap<string, readonly Listener[]>;
  readonly #state: ProcessState;
  readonly #listeners = new Map<string, Listener[]>();
  /** Node's own: graceful-fs puts functions before them whenever it is loaded. */
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as they were
  readonly #directory = {cwd: process.cwd, chdir: process.chdir};
  readonly #unreferenced: Unreferenced;
  readonly #freshHeapBytes: number;
  #runs = 0;

  private constructor(options: BetweenRunsOptions, modules: LoadedModules) {
    this.#options = options;
    this.#modules = modules;
    this.#listenersBefore = new Map(HEARD_BY_JEST.map(event => [event, process.rawListeners(event) as Listener[]]));
    CompileCache.start(options.compileCache);
    loadJest(options.modules);
    this.#unreferenced = new Unreferenced();
    this.#state = new ProcessState();
    this.#freshHeapBytes = heapUsedBytes();
  }

  /** To be called before Jest is loaded, which this does. */
  static begin(options: BetweenRunsOptions): BetweenRuns {
    return new BetweenRuns(options, new LoadedModules());
  }

  /** Why the process has to end with the run; null: it may stay. */
  async objection(resources: OpenResources): Promise<string | null> {
    if (++this.#runs >= MOST_RUNS) return `it has served ${MOST_RUNS} runs`;
    const until = monotonicMs() + SETTLING.forMs;
    while (!resources.isAsFresh) {
      if (monotonicMs() >= until) return 'something is still open';
      await new Promise(resolve => later(resolve, SETTLING.everyMs));
    }
    const [working] = this.#unreferenced.atWork;
    if (working !== undefined) return `${working} is still at work`;
    return this.#modules.objection() ?? this.#state.change();
  }

  /** Makes the process as it was. Takes some 100 ms. @returns why it cannot; null: it has */
  async tidy(): Promise<string | null> {
    this.#hush();
    const changed = this.#modules.remember();
    if (changed !== null) return `${changed} has changed since it was loaded`;
    const late = this.#state.change();
    if (late !== null) return late;
    this.#renewModules();
    return (await this.#hasGrown()) ? 'its heap has grown' : null;
  }

  /** The next run begins. @returns why it cannot in this process; null: it can */
  begin(environment: Readonly<Record<string, string>>): string | null {
    const changed = this.#modules.changed();
    if (changed !== null) return `${changed} has changed`;
    const late = this.#unreferenced.atWork[0] ?? this.#state.change();
    if (late !== null) return late;
    if (setEnvironment(environment)) this.#renewModules();
    this.#unhush();
    return null;
  }

  async #hasGrown(): Promise<boolean> {
    const most = Math.min(this.#freshHeapBytes + MOST_GROWTH_BYTES, (this.#options.heapLimitBytes ?? Infinity) / 2);
    if (heapUsedBytes() <= most) return false;
    await collectGarbage();
    return heapUsedBytes() > most;
  }

  #renewModules(): void {
    this.#setListeners(event => this.#listenersBefore.get(event) ?? []);
    this.#state.restore();
    Object.assign(process, this.#directory);
    forgetFrameworks();
    this.#modules.renew(() => CompileCache.start(this.#options.compileCache));
    loadJest(this.#options.modules);
    this.#modules.remember();
    this.#state.accept();
    for (const event of HEARD_BY_JEST) this.#listeners.set(event, process.rawListeners(event) as Listener[]);
    this.#hush();
  }

  /** What a timer of the last run might still throw would have had nobody to hear it. */
  #hush(): void {
    this.#setListeners(() => [this.#options.leave]);
  }

  #unhush(): void {
    this.#setListeners(event => this.#listeners.get(event) ?? []);
  }

  #setListeners(listenersOf: (event: string) => readonly Listener[]): void {
    for (const event of HEARD_BY_JEST) {
      process.removeAllListeners(event);
      for (const listener of listenersOf(event)) process.on(event, listener);
    }
  }
}

/** Once, which takes some 10 ms for each 100 MB. A Node that was built without an inspector does not. */
async function collectGarbage(): Promise<void> {
  try {
    const {Session} = require('node:inspector') as typeof import('node:inspector');
    const session = new Session();
    session.connect();
    // V8 does so in a turn of its own, if the session is still there, and blocks for ever if that ends in its answer.
    await new Promise(resolve => session.post('HeapProfiler.collectGarbage', resolve));
    await nextTurn();
    session.disconnect();
  } catch {
    // What is garbage counts as used.
  }
}

/** What a fresh process has loaded before its first file; some of it changes Node's own modules (graceful-fs). */
function loadJest(modules: WorkerSetup['modules']): void {
  loadTestWorker(modules.testWorker);
  for (const path of pathsOfJest(modules)) if (path !== null) require(path);
}

/** The paths of the modules that a fresh process has loaded besides testWorker; null in the place of one that is not there. */
export function pathsOfJest({testWorker}: WorkerSetup['modules']): (string | null)[] {
  const of = (module: string, name: string) => {
    try {
      return createRequire(module).resolve(name);
    } catch {
      return null;
    }
  };
  const loaded = ['graceful-fs', 'jest-haste-map', 'jest-resolve', 'jest-runtime'].map(name => of(testWorker, name));
  const transform = of(testWorker, '@jest/transform');
  // With write-file-atomic comes signal-exit, which keeps something in a place of the process.
  return [...loaded, transform && of(transform, 'write-file-atomic')];
}

/** Makes the environment this one. @returns whether a module may heed the difference when it is loaded */
function setEnvironment(environment: Readonly<Record<string, string>>): boolean {
  let heeded = false;
  for (const name of Object.keys(process.env)) {
    if (name in environment) continue;
    heeded ||= !RUNS_OWN.has(name);
    delete process.env[name];
  }
  for (const [name, value] of Object.entries(environment)) {
    if (process.env[name] === value) continue;
    heeded ||= !RUNS_OWN.has(name);
    process.env[name] = value;
  }
  return heeded;
}
