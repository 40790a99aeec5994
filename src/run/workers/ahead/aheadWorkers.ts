/**
 * The workers that watch mode starts ahead of its next run. When a run and its workers have ended, as many new workers
 * start, one after the other. The next run takes the workers that it can use; the others exit.
 */
import type * as JestWorkerModule from 'jest-worker';
import type {SlotNumber} from '../../../core/plan/units';
import type {AheadState} from '../../../recording/lines';
import type {Faults} from '../../faults';
import {hearHosts} from '../hearHosts';
import {WorkerHost, type FurtherSetup, type WorkerListener} from '../workerHost';
import {SharedOutput} from '../workerOutput';
import {WorkerServer} from '../workerServer';
import type {WorkerStart} from '../workerStart';
import {fixedAtStart} from './processStart';

/** How long (ms) after a run the first worker starts: Jest prints its summary, and its `globalTeardown` may compute. */
const START_AFTER_MS = 200;

/** How long (ms) a worker waits for a run at most. A waiting worker uses memory that other programs may need. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** The facts about a run that waiting workers need. */
export interface AheadRun {
  readonly runId: string;
  /** The maximum number of workers. They serve the slots from 1 on. */
  readonly slots: number;
  /** The start options of a slot's worker. */
  readonly startOf: (slot: SlotNumber) => WorkerStart;
  readonly setupOf: (slot: SlotNumber) => FurtherSetup;
  readonly jestWorker: typeof JestWorkerModule;
  /** Used if the temporary folder is unusable. */
  readonly spareFolder: string;
  /** Records the state of a waiting worker. */
  readonly record: (slot: SlotNumber, pid: number | null, state: AheadState) => void;
}

interface Waiting {
  readonly host: WorkerHost;
  readonly fixed: string;
  readonly expiry: NodeJS.Timeout;
}

const NOBODY: WorkerListener = {
  up: () => undefined,
  message: () => undefined,
  lost: () => undefined,
  slow: () => undefined,
  closed: () => undefined,
};

export class AheadWorkers {
  /** The output of waiting workers appears in the run that takes them. */
  readonly stdout = new SharedOutput(process.stdout);
  readonly stderr = new SharedOutput(process.stderr);
  /** The current run, or the last one. */
  #run: AheadRun | null = null;
  /** The modules that the workers of that run have loaded and that workers may load ahead. */
  readonly #modules = new Set<string>();
  #server: WorkerServer | null = null;
  #generation = 0;
  /** All workers that have not ended, by generation. */
  readonly #hosts = new Map<number, WorkerHost>();
  /** The workers that belong to no run. */
  readonly #waiting = new Map<SlotNumber, Waiting>();
  /** The workers that are ready for the run that has begun. */
  readonly #ready = new Map<SlotNumber, Waiting>();
  #startTimer: NodeJS.Timeout | undefined;

  constructor() {
    // Jest ends watch mode with process.exit. If Jest is killed, the workers exit because their socket closes.
    process.on('exit', () => {
      for (const host of this.#hosts.values()) host.kill();
    });
  }

  /** A run begins. Resolves when each waiting worker is ready for the run, or is exiting. */
  async begin(run: AheadRun): Promise<void> {
    clearTimeout(this.#startTimer);
    this.#run = run;
    this.#modules.clear();
    await Promise.all([...this.#waiting].map(([slot, waiting]) => this.#prepare(run, slot, waiting)));
  }

  /** @returns the worker that serves the slot from now on; null: no worker is ready */
  take(slot: SlotNumber, start: WorkerStart, listener: WorkerListener): WorkerHost | null {
    const ready = this.#ready.get(slot);
    if (ready === undefined || ready.host.ended || ready.fixed !== fixedAtStart(start)) return null;
    this.#ready.delete(slot);
    ready.host.serve(listener);
    return ready.host;
  }

  /** A worker of the run has loaded these modules. */
  loaded(modules: readonly string[]): void {
    for (const path of modules) this.#modules.add(path);
  }

  /** The run and its workers have ended. */
  runEnded(): void {
    for (const {host} of this.#ready.values()) host.close();
    this.#ready.clear();
    for (const [generation, host] of this.#hosts) if (host.ended) this.#forget(host.slot, generation);
    this.#startTimer = setTimeout(() => void this.#startNext(1), START_AFTER_MS).unref();
  }

  async #prepare(run: AheadRun, slot: SlotNumber, {host, fixed, expiry}: Waiting): Promise<void> {
    if (slot > run.slots) return; // this worker keeps waiting
    clearTimeout(expiry);
    this.#waiting.delete(slot);
    const {environment, ...rest} = run.startOf(slot);
    if (fixed !== fixedAtStart({environment, ...rest})) {
      this.#note(host, {type: 'leaves', why: 'the run starts its processes in another way'});
      host.close();
      return;
    }
    if (!(await host.prepare(run.setupOf(slot), environment))) return;
    this.#ready.set(slot, {host, fixed, expiry});
    this.#note(host, {type: 'ready'});
  }

  /** Starts the worker of a slot. When that worker waits, the next slot's worker starts. */
  async #startNext(slot: SlotNumber): Promise<void> {
    const run = this.#run;
    if (run === null || slot > run.slots) return;
    const goOn = () => {
      this.#startTimer = setTimeout(() => void this.#startNext(slot + 1)).unref();
    };
    if (this.#waiting.has(slot)) return goOn();
    try {
      this.#server ??= await this.#listen(run.spareFolder);
    } catch {
      return; // the next run needs the folder too and reports the error
    }
    if (this.#run !== run) return;
    this.#start(run, slot, this.#server, goOn);
  }

  #start(run: AheadRun, slot: SlotNumber, server: WorkerServer, whenWaiting: () => void): void {
    const generation = ++this.#generation;
    const start = run.startOf(slot);
    const forget = () => {
      if (this.#waiting.get(slot)?.host === host) this.#waiting.delete(slot);
      this.#forget(slot, generation);
    };
    const host = new WorkerHost({
      start,
      setup: {
        ...run.setupOf(slot),
        slot,
        generation,
        token: server.token,
        ahead: {modules: [...this.#modules]},
        ...server.filesFor(slot, generation),
      },
      jestWorker: run.jestWorker,
      threads: false,
      stdout: this.stdout,
      stderr: this.stderr,
      listener: {...NOBODY, lost: forget, closed: forget},
      onAhead: news => {
        if (news.type === 'loaded') return this.loaded(news.modules);
        if (news.type === 'leaving') return this.#note(host, {type: 'leaves', why: news.reason});
        if (news.type !== 'waiting' || this.#waiting.get(slot)?.host !== host) return;
        this.#note(host, {type: 'waits'});
        whenWaiting();
      },
    });
    const expiry = setTimeout(() => {
      this.#waiting.delete(slot);
      host.close();
    }, LONGEST_WAIT_MS).unref();
    this.#hosts.set(generation, host);
    this.#waiting.set(slot, {host, fixed: fixedAtStart(start), expiry});
  }

  #forget(slot: SlotNumber, generation: number): void {
    this.#hosts.delete(generation);
    this.#server?.removeFiles(slot, generation);
  }

  #listen(spareFolder: string): Promise<WorkerServer> {
    // The server outlives runs, so no run can report an error thrown here; it becomes an uncaught exception.
    const unguarded: Faults['guard'] = (_doing, act) => act;
    return WorkerServer.listen(
      hearHosts(({generation}) => this.#hosts.get(generation) ?? null, unguarded),
      spareFolder,
      {keepsAlive: false},
    );
  }

  #note({slot, pid}: WorkerHost, ahead: AheadState): void {
    this.#run?.record(slot, pid, ahead);
  }
}

let ofSession: AheadWorkers | null = null;

/** One instance for all runs of this process: in watch mode, Jest creates a new runner for each run. */
export function aheadWorkers(): AheadWorkers {
  return (ofSession ??= new AheadWorkers());
}
