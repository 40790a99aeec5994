/**
 * The workers of a watch session that stay from one run to the next, while they belong to no run. A process that is
 * not as a fresh one says so itself, and ends (worker/betweenRuns); here is decided for which run it can be taken.
 */
import type {SlotNumber} from '../../core/plan/units';
import {openEventLog, type WorkerStay} from '../eventLog';
import type {RunOptions} from '../runOptions';
import type {RunRules} from '../runRules';
import type {FurtherSetup, WorkerHost, WorkerKeeper, WorkerListener} from './workerHost';
import {warn} from '../warn';
import {SharedOutput} from './workerOutput';
import type {WorkerStart} from './workerStart';

/** How long (ms) a worker rests at most: it takes memory that others may have a use for. */
const MOST_REST_MS = 15 * 60_000;

/** Variables that a process reads when it starts, or that what is never loaded anew has read then. */
const READ_AT_START =
  /^(NODE|UV|LD|DYLD|LC|SSL|OPENSSL|ICU|MALLOC)_|^(TZ|LANG|LANGUAGE|CI|TERM|COLORTERM|HOME|TMPDIR)$|COLOR/i;

/** Flags of what a process leaves behind when it ends, or of who looks at it. */
const LOOKED_AT =
  /--(cpu-prof|heap-prof|heapsnapshot|trace|inspect|report|prof|perf|(experimental-)?test-coverage|diagnostic)/;

interface Kept {
  readonly host: WorkerHost;
  /** What its process was started with, as far as that cannot be changed. */
  readonly likeness: string;
  restsSince: NodeJS.Timeout | null;
}

/** What a run wants of those that rest. */
export interface KeptWorkersRun {
  /** What a worker of a slot is started with. */
  readonly startOf: (slot: SlotNumber) => WorkerStart;
  readonly setup: FurtherSetup;
}

/**
 * Whether the workers of a run may stay for the next one, and it takes those of earlier ones. Not where the user asks
 * for fresh ones, or for something that is about the process, from its start to its end.
 */
export function mayKeepWorkers({watcher, globalConfig, options, tests}: RunOptions, {rulesOf}: RunRules): boolean {
  const {workerThreads, logHeapUsage, collectCoverage, coverageProvider} = globalConfig;
  return (
    watcher.isWatchMode() &&
    options.restartWorkers === 'never' &&
    workerThreads !== true &&
    !logHeapUsage &&
    !(collectCoverage && coverageProvider === 'v8') &&
    process.env.NODE_V8_COVERAGE === undefined &&
    !LOOKED_AT.test([...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ')) &&
    !tests.some(test => rulesOf(test).restartWorker || test.context.config.detectLeaks)
  );
}

export class KeptWorkers implements WorkerKeeper {
  readonly stdout = new SharedOutput(process.stdout);
  readonly stderr = new SharedOutput(process.stderr);
  readonly #kept = new Map<WorkerHost, Kept>();
  readonly #ready = new Map<SlotNumber, WorkerHost>();
  /** Some of what is written there comes between two runs. */
  readonly #log = openEventLog(process.env.XDIST_LOG, warn);
  #runId = '';
  readonly #kill = () => {
    for (const host of this.#kept.keys()) host.kill();
  };

  constructor() {
    // Jest leaves watch mode through process.exit. If it is killed, the workers see their line to it close.
    process.on('exit', this.#kill);
  }

  /** A run begins. Makes those that rest ready for it, of the slots from 1 to `slots`. */
  async begin(run: KeptWorkersRun, slots: number): Promise<void> {
    this.#runId = run.setup.runId;
    await Promise.all(
      [...this.#kept.values()].map(async ({host, likeness, restsSince}) => {
        const {slot} = host;
        if (slot > slots || likeness !== likenessOf(run.startOf(slot))) return;
        clearTimeout(restsSince ?? undefined);
        if (!(await host.prepare(run.setup, run.startOf(slot).environment))) return;
        this.#ready.set(slot, host);
        this.#note(host, {type: 'ready'});
      }),
    );
  }

  /** The worker of an earlier run that serves the slot from here on; null: there is none. */
  take(slot: SlotNumber, start: WorkerStart, listener: WorkerListener): WorkerHost | null {
    const host = this.#ready.get(slot);
    this.#ready.delete(slot);
    if (host === undefined || host.ended) return null;
    if (this.#kept.get(host)?.likeness !== likenessOf(start)) {
      host.rest(this);
      return null;
    }
    this.gone(host); // with the end of its rest, where it said late that it rests
    host.serve(listener);
    return host;
  }

  /** The run has ended; those that it had no use for rest again. */
  end(): void {
    for (const host of this.#ready.values()) host.rest(this);
    this.#ready.clear();
  }

  rests(host: WorkerHost): void {
    const {slot} = host;
    for (const other of this.#kept.keys()) {
      if (other === host || other.slot !== slot) continue;
      this.gone(other); // a run for which it would be the right one again would wait for it for ever
      other.close();
    }
    const likeness = this.#kept.get(host)?.likeness ?? likenessOf(host.start);
    const restsSince = setTimeout(() => {
      this.#kept.delete(host);
      host.close();
    }, MOST_REST_MS).unref();
    this.#kept.set(host, {host, likeness, restsSince});
    this.#note(host, {type: 'rests'});
  }

  leaves(host: WorkerHost, why: string): void {
    this.gone(host);
    this.#note(host, {type: 'leaves', why});
  }

  gone(host: WorkerHost): void {
    clearTimeout(this.#kept.get(host)?.restsSince ?? undefined);
    this.#kept.delete(host);
  }

  #note({slot, pid}: WorkerHost, stay: WorkerStay): void {
    this.#log.write({run: this.#runId, at: performance.now(), worker: {slot, pid, stay}});
  }
}

let ofSession: KeptWorkers | null = null;

/** Those of this process's watch session: Jest makes a new runner for each of its runs. */
export function keptWorkers(): KeptWorkers {
  return (ofSession ??= new KeptWorkers());
}

function likenessOf({workerPath, execPath, execArgv, environment, gracefulExitTimeout}: WorkerStart): string {
  const variables = Object.entries(environment).filter(([name]) => READ_AT_START.test(name));
  return JSON.stringify([
    process.cwd(),
    workerPath,
    execPath,
    execArgv ?? process.execArgv,
    variables.sort(([one], [other]) => (one < other ? -1 : 1)),
    gracefulExitTimeout ?? null,
    environment.XDIST_NODE ?? null,
  ]);
}
