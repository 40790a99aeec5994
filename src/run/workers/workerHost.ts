/**
 * The parent's side of one worker. A host owns the process, the link to it, and the preparation of a worker that
 * started ahead of its run. The host decides whether the worker is alive.
 */
import type {Socket} from 'node:net';
import type {Generation, SlotNumber} from '../../core/plan/units';
import type {Death, DeathReport} from '../../core/texts/deaths';
import type {FromWatchdog} from '../../core/wire/watchdogMessages';
import type {AheadNews, Departure, FromWorker, ToWorker, WorkerSetup} from '../../core/wire/workerMessages';
import {WorkerAhead} from './workerAhead';
import {Pulse} from './pulse';
import type {WorkerStatus} from './status';
import {WorkerLink} from './workerLink';
import {WorkerProcess, type WorkerProcessOptions} from './workerProcess';
import type {WorkerStart} from './workerStart';

/** A run's listener to a worker. Nothing follows after `lost` or `closed`. */
export interface WorkerListener {
  up(): void;
  message(message: FromWorker): void;
  lost(death: Death): void;
  /** A phase is slow. @param name the phase. @param ms how long it has lasted */
  slow(name: string, ms: number): void;
  /** The closed process has ended. `forceExited`: it did not within its grace, and was killed. */
  closed(forceExited: boolean): void;
}

export interface WorkerHostOptions extends Pick<
  WorkerProcessOptions,
  'start' | 'setup' | 'jestWorker' | 'threads' | 'stdout' | 'stderr'
> {
  readonly listener: WorkerListener;
  /** The worker has sent news that has to do with workers that are started ahead of a run. */
  readonly onAhead: (news: AheadNews) => void;
}

/** The setup of the run for a worker that waited for it. The worker keeps its slot, its generation and its files. */
export type FurtherSetup = Omit<WorkerSetup, 'slot' | 'generation' | 'socketPath' | WorkerFiles>;
export type WorkerFiles = 'exitRecordPath' | 'journalPath' | 'departurePath';

export class WorkerHost {
  readonly #process: WorkerProcess;
  readonly #link: WorkerLink;
  readonly #ahead: WorkerAhead;
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

  constructor({start, setup, jestWorker, threads, stdout, stderr, listener, onAhead}: WorkerHostOptions) {
    const serves = setup.ahead === null;
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
      passesOutputOn: serves,
      onMessage: message => this.#hear(message),
      onServed: end => {
        if (!this.#ended) this.#lose(this.#process.deathBy(end, this.#link.pid !== null));
      },
    });
    this.#ahead = new WorkerAhead({
      serves,
      send: order => this.#link.send(order),
      close: () => this.close(),
      onNews: onAhead,
    });
    if (!serves) this.#setReferenced(false);
    else if (!threads) this.#pulse.start();
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

  /** The departure of a killed process; null: the process wrote none, or was not killed. */
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
    if (this.#ended || !this.#ahead.serves) return;
    switch (message.type) {
      case 'alive':
        this.#pulse.beat(message);
        return;
      case 'slow':
        this.#listener.slow(message.name, message.ms);
        return;
      case 'hung': {
        const {name, ms, limitMs, limitBy, began, place} = message;
        this.#terminateFor({kind: 'hung', name, ms, limitMs, limitBy, began, place});
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

  /** Prepares a worker that started ahead of its run. @returns whether it is ready; if not, it is closing or dead */
  prepare(setup: FurtherSetup, environment: WorkerStart['environment']): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    const {socketPath, token} = this.#setup; // the worker is connected, and stays so
    this.#setup = {...this.#setup, ...setup, socketPath, token};
    return this.#ahead.prepare(this.#setup, environment);
  }

  /** A worker that is ready serves a run from now on. */
  serve(listener: WorkerListener): void {
    this.#listener = listener;
    this.#process.passOutputOn(); // not earlier: nobody expects output between two runs
    this.#pulse = this.#newPulse();
    this.#link.beginRun(this.#setup.hardTimeoutMs);
    this.#ahead.serve();
    this.#setReferenced(true);
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
    if (this.#ended || this.#ahead.takes(message)) return;
    let news: FromWorker;
    try {
      news = this.#link.read(message);
    } catch (error) {
      this.#lose({kind: 'broken', message: (error as Error).message});
      return;
    }
    if (news.type === 'unit-started') this.#runsUnit = true;
    else if (news.type === 'unit-done') this.#runsUnit = false;
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
  }

  #end(): void {
    this.#ended = true;
    this.#expectNothing();
    this.#ahead.giveUp();
  }

  /** @param referenced whether the worker keeps Jest's process alive */
  #setReferenced(referenced: boolean): void {
    this.#process.setReferenced(referenced);
    this.#link.setReferenced(referenced);
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
