/**
 * The workers that a watch session starts ahead of its next run. When a run has ended, and its workers with it, as many
 * new ones start, one after the other. The next run takes those that it can use; the others end.
 */
import type * as JestWorkerModule from 'jest-worker';
import type {SlotNumber} from '../../../core/plan/units';
import {openEventLog, type AheadState} from '../../eventLog';
import type {Faults} from '../../faults';
import {warn} from '../../warn';
import {hearHosts} from '../hearHosts';
import {WorkerHost, type FurtherSetup, type WorkerListener} from '../workerHost';
import {SharedOutput} from '../workerOutput';
import {WorkerServer} from '../workerServer';
import type {WorkerStart} from '../workerStart';
import {fixedAtStart} from './processStart';

/** How long (ms) after a run the first worker starts: Jest prints its summary, and its `globalTeardown` may compute. */
const START_AFTER_MS = 200;

/** How long (ms) a worker waits for a run at most: it takes memory that others may have a use for. */
const LONGEST_WAIT_MS = 15 * 60_000;

/** What a run tells of itself when it begins. */
export interface AheadRun {
  readonly runId: string;
  /** How many workers it has at most; they serve the slots from 1 on. */
  readonly slots: number;
  /** What a worker of a slot is started with. */
  readonly startOf: (slot: SlotNumber) => WorkerStart;
  readonly setupOf: (slot: SlotNumber) => FurtherSetup;
  readonly jestWorker: typeof JestWorkerModule;
  /** A folder for what is needed on disk, where no temporary one can be used. */
  readonly spareFolder: string;
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
  /** Of the session's workers: what they have printed when they are taken comes with the run. */
  readonly stdout = new SharedOutput(process.stdout);
  readonly stderr = new SharedOutput(process.stderr);
  readonly #log = openEventLog(process.env.XDIST_LOG, warn);
  /** The last run, or the one that has begun. */
  #run: AheadRun | null = null;
  /** Which modules the workers of that run have loaded, of those that may be loaded ahead. */
  readonly #modules = new Set<string>();
  #server: WorkerServer | null = null;
  #generation = 0;
  /** All that have not ended, by generation. */
  readonly #hosts = new Map<number, WorkerHost>();
  /** Those that belong to no run. */
  readonly #waiting = new Map<SlotNumber, Waiting>();
  /** Those that are ready for the run that has begun. */
  readonly #ready = new Map<SlotNumber, Waiting>();
  #startTimer: NodeJS.Timeout | undefined;

  constructor() {
    // Jest leaves watch mode through process.exit. If it is killed, the workers see their line to it close.
    process.on('exit', () => {
      for (const host of this.#hosts.values()) host.kill();
    });
  }

  /** A run begins. Resolves when the workers that wait are ready for it, or on their way out. */
  async begin(run: AheadRun): Promise<void> {
    clearTimeout(this.#startTimer);
    this.#run = run;
    this.#modules.clear();
    await Promise.all([...this.#waiting].map(([slot, waiting]) => this.#prepare(run, slot, waiting)));
  }

  /** @returns the worker that serves the slot from here on; null: there is none */
  take(slot: SlotNumber, start: WorkerStart, listener: WorkerListener): WorkerHost | null {
    const ready = this.#ready.get(slot);
    if (ready === undefined || ready.host.ended || ready.fixed !== fixedAtStart(start)) return null;
    this.#ready.delete(slot);
    ready.host.serve(listener);
    return ready.host;
  }

  /** A worker of the run has loaded these. */
  loaded(modules: readonly string[]): void {
    for (const path of modules) this.#modules.add(path);
  }

  /** The run has ended, and so have the workers that have served it. */
  runEnded(): void {
    for (const {host} of this.#ready.values()) host.close();
    this.#ready.clear();
    for (const [generation, host] of this.#hosts) if (host.ended) this.#forget(host.slot, generation);
    this.#startTimer = setTimeout(() => void this.#startNext(1), START_AFTER_MS).unref();
  }

  async #prepare(run: AheadRun, slot: SlotNumber, {host, fixed, expiry}: Waiting): Promise<void> {
    if (slot > run.slots) return; // it waits on
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

  /** Starts the worker of a slot, and when that one waits, those of the slots above. */
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
      return; // the next run, which needs such a folder too, says why there is none
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
    // The server outlives the runs, and faults are reported by run: what throws here is an uncaught exception.
    const unguarded: Faults['guard'] = (_doing, act) => act;
    return WorkerServer.listen(
      hearHosts(({generation}) => this.#hosts.get(generation) ?? null, unguarded),
      spareFolder,
      {keepsAlive: false},
    );
  }

  #note({slot, pid}: WorkerHost, ahead: AheadState): void {
    this.#log.write({run: this.#run?.runId ?? '', at: performance.now(), worker: {slot, pid, ahead}});
  }
}

let ofSession: AheadWorkers | null = null;

/** Those of this process's watch session: Jest makes a new runner for each of its runs. */
export function aheadWorkers(): AheadWorkers {
  return (ofSession ??= new AheadWorkers());
}
