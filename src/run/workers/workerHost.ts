/**
 * The parent's side of one worker. A host owns the worker's process, the link to it, and its rest between the runs of
 * watch mode, and judges whether the worker lives.
 */
import type {Socket} from 'node:net';
import type * as JestWorkerModule from 'jest-worker';
import type {Generation, SlotNumber} from '../../core/plan/units';
import type {Death, DeathReport} from '../../core/texts/deaths';
import type {FromWatchdog} from '../../core/wire/watchdogMessages';
import type {Departure, FromWorker, ToWorker, WorkerSetup} from '../../core/wire/workerMessages';
import {Pulse} from './pulse';
import type {WorkerStatus} from './status';
import {WorkerLink} from './workerLink';
import type {SharedOutput} from './workerOutput';
import {WorkerProcess} from './workerProcess';
import {WorkerRest} from './workerRest';
import type {WorkerStart} from './workerStart';

/** What a run hears of a worker. After `lost` or `closed` it hears nothing more. */
export interface WorkerListener {
  up(): void;
  message(message: FromWorker): void;
  lost(death: Death): void;
  /** A test, a hook or the loading of a file is slow: what it is, and how long it has taken, in ms. */
  slow(name: string, ms: number): void;
  /** The closed process has ended. `forceExited`: it did not within its grace, and was killed. */
  closed(forceExited: boolean): void;
}

/** Who hears of a worker that belongs to no run. */
export interface WorkerKeeper {
  /** The worker stays, and does nothing until it is prepared for another run. */
  rests(host: WorkerHost): void;
  /** The worker ends with the run, or does not serve the next one. @param why in words for the log */
  leaves(host: WorkerHost, why: string): void;
  /** The worker was resting, and is dead. */
  gone(host: WorkerHost): void;
}

export interface WorkerHostOptions {
  readonly start: WorkerStart;
  readonly setup: WorkerSetup;
  readonly jestWorker: typeof JestWorkerModule;
  readonly threads: boolean;
  readonly stdout: SharedOutput;
  readonly stderr: SharedOutput;
  readonly listener: WorkerListener;
  /** The process stays longer than its run, and so must the server that it is connected to. @returns ends that */
  readonly holdLine: () => () => void;
}

/** What a worker is told of a further run. The worker keeps its slot, its generation, its files and its connection. */
export type FurtherSetup = Omit<WorkerSetup, 'slot' | 'generation' | 'socketPath' | WorkerFiles>;
export type WorkerFiles = 'exitRecordPath' | 'journalPath' | 'departurePath';

export class WorkerHost {
  /** What the process was started with. */
  readonly start: WorkerStart;
  readonly #process: WorkerProcess;
  readonly #link: WorkerLink;
  readonly #rest: WorkerRest;
  /** Of the run that the worker serves. */
  #setup: WorkerSetup;
  #listener: WorkerListener;
  #pulse: Pulse;
  /** The worker has begun a file, and not ended it. */
  #runsUnit = false;
  /** Why the parent has terminated the process; null: it has not, or for nothing that the process did. */
  #cause: Death | null = null;
  #ended = false;
  #departure: Departure | null = null;
  #gone: Promise<void> = Promise.resolve();

  constructor({start, setup, jestWorker, threads, stdout, stderr, listener, holdLine}: WorkerHostOptions) {
    this.start = start;
    this.#setup = setup;
    this.#listener = listener;
    this.#pulse = this.#newPulse();
    this.#link = new WorkerLink(
      {
        isDebugged: () => this.#pulse.debugged,
        onIgnored: ms => this.#terminateFor({kind: 'deaf', ms}),
        onDisconnected: () => this.#lose({kind: 'broken', message: 'its connection to Jest broke'}),
      },
      setup.hardTimeoutMs,
    );
    this.#process = new WorkerProcess({
      start,
      setup,
      jestWorker,
      threads,
      stdout,
      stderr,
      onMessage: message => this.#hear(message),
      onServed: end => {
        if (!this.#ended) this.#lose(this.#process.deathBy(end, this.#link.pid !== null));
      },
    });
    this.#rest = new WorkerRest({
      send: order => this.#link.send(order),
      close: () => this.close(),
      setReferenced: referenced => {
        this.#process.setReferenced(referenced);
        this.#link.setReferenced(referenced);
      },
      leaveRun: onLost => {
        const listener = this.#listener;
        this.#listener = {...NOBODY, lost: onLost};
        return () => listener.closed(false);
      },
      holdLine,
    });
    if (!threads) this.#pulse.start();
  }

  get slot(): SlotNumber {
    return this.#setup.slot;
  }

  get generation(): Generation {
    return this.#setup.generation;
  }

  /** null: the worker has not connected yet. */
  get pid(): number | null {
    return this.#link.pid;
  }

  /** What the worker does now. */
  get status(): WorkerStatus {
    const {name, ms} = this.#pulse.now ?? {name: null, ms: 0};
    return {pid: this.pid, name, ms};
  }

  /** The memory that the process takes, in bytes; null: the watchdog has not said. */
  get rssBytes(): number | null {
    return this.#pulse.rss;
  }

  /** Whether the process is dead, or was told to end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How far a killed process had come on its way out; null: it did not say, or was not killed. */
  get departure(): Departure | null {
    return this.#departure;
  }

  /** Resolves when nothing is left of a process that was lost. */
  get gone(): Promise<void> {
    return this.#gone;
  }

  /** The journal of the file that the worker runs. */
  readJournal(): string {
    return this.#process.readJournal();
  }

  /** The worker has connected. */
  attach(socket: Socket, pid: number): void {
    this.#pulse.expectNothing(); // from now on the watchdog's beats count, if there is a watchdog
    this.#link.connect(socket, pid);
    this.#listener.up();
  }

  /** Sends an order, as soon as the worker has connected. */
  tell(order: ToWorker): void {
    this.#link.send(order);
  }

  /** The watchdog, a thread of the worker's process, has sent a message. */
  hearWatchdog(message: FromWatchdog): void {
    if (this.#ended || this.#rest.begun) return;
    switch (message.type) {
      case 'alive':
        this.#pulse.beat(message);
        return;
      case 'slow':
        this.#listener.slow(message.name, message.ms);
        return;
      case 'hung': {
        const {name, ms, limitMs, began, place} = message;
        this.#terminateFor({kind: 'hung', name, ms, limitMs, began, place});
        return;
      }
    }
  }

  /** The watchdog is gone; the process goes on. */
  loseWatchdog(): void {
    this.#pulse.expectNothing();
  }

  /** The process has sent a line that is no message, so later lines would mean nothing. */
  breakOff({message}: Error): void {
    this.#terminateFor({kind: 'broken', message});
  }

  /** Lets the process end by itself; it is killed if it does not within its grace. The listener hears `closed`. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.#link.send({type: 'close'});
    void this.#process.close(this.#setup.graceMs, this.#runsUnit).then(({forceExited, departure}) => {
      this.#departure = departure;
      this.#listener.closed(forceExited);
      this.#rest.release();
    });
  }

  /**
   * Signals the process and what its tests have started, and kills what has not ended after a grace. The listener hears
   * `lost`, or `closed` of a process that was closed before.
   */
  terminate(signal: NodeJS.Signals): void {
    this.#process.terminate(signal);
  }

  /** Kills the process and what its tests have started: for the moment when Jest's process is about to end. */
  kill(): void {
    this.#process.kill();
  }

  /**
   * The run has ended. Lets the worker stay if nothing of the run is left in it; else it ends as with `close`. The
   * listener hears `closed` in any case.
   */
  rest(keeper: WorkerKeeper): void {
    if (this.#ended) return;
    this.#expectNothing();
    this.#rest.begin({
      rests: () => keeper.rests(this),
      leaves: why => keeper.leaves(this, why),
      gone: () => keeper.gone(this),
    });
  }

  /** Prepares a resting worker for another run. @returns whether it is ready; if not, it is being closed, or dead */
  prepare(setup: FurtherSetup, environment: WorkerStart['environment']): Promise<boolean> {
    const {socketPath, token} = this.#setup; // the worker is connected, and stays so
    this.#setup = {...this.#setup, ...setup, socketPath, token};
    return this.#rest.prepare(this.#setup, environment);
  }

  /** A worker that is ready serves a run from now on. */
  serve(listener: WorkerListener): void {
    this.#listener = listener;
    this.#runsUnit = false;
    this.#process.forgetOutput();
    this.#pulse = this.#newPulse();
    this.#link.beginRun(this.#setup.hardTimeoutMs);
    this.#rest.end();
    queueMicrotask(() => {
      if (!this.#ended) listener.up();
    });
  }

  /** All that is known of a death. Resolves when the process's standard error is read to the end. */
  async evidence(death: Death): Promise<DeathReport> {
    const {slot, generation} = this.#setup;
    return {...(await this.#process.evidence(death)), slot, generation, pid: this.pid};
  }

  #hear(message: unknown): void {
    if (this.#ended || this.#rest.takes(message)) return;
    let news: FromWorker;
    try {
      news = this.#link.read(message);
    } catch (error) {
      this.#lose({kind: 'broken', message: (error as Error).message});
      return;
    }
    if (news.type === 'unit-started') {
      this.#runsUnit = true;
      this.#rest.fileBegan();
    } else if (news.type === 'unit-done') {
      this.#runsUnit = false;
    }
    this.#listener.message(news);
  }

  /** The process dies of this. */
  #terminateFor(cause: Death): void {
    if (this.#ended || this.#cause !== null) return;
    this.#cause = cause;
    this.terminate('SIGTERM');
  }

  #lose(death: Death): void {
    if (this.#ended) return;
    this.#end();
    this.#gone = this.#process.bury();
    this.#link.close();
    this.#listener.lost(this.#cause ?? death);
    this.#rest.release(); // not earlier: the listener reads the journal, which goes with the line
  }

  #end(): void {
    this.#ended = true;
    this.#expectNothing();
    this.#rest.giveUp();
  }

  #expectNothing(): void {
    this.#pulse.expectNothing();
    this.#link.expectNothing();
  }

  #newPulse(): Pulse {
    return new Pulse({
      hardTimeoutMs: this.#setup.hardTimeoutMs,
      now: () => performance.now(),
      onSilence: ms => this.#terminateFor({kind: 'silent', ms}),
    });
  }
}

const NOBODY: WorkerListener = {
  up: () => undefined,
  message: () => undefined,
  lost: () => undefined,
  slow: () => undefined,
  closed: () => undefined,
};
