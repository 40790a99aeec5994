/**
 * One worker process: starts it, talks to it, hears of its end. A jest-worker farm of one; a slot's
 * next process is a host of its own, as a farm whose child died is not to be trusted with another call
 * (https://github.com/jestjs/jest/issues/13183 and FIFO calls sent to a dead child).
 */
import {readFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import type * as JestWorkerModule from 'jest-worker';
import type {Death, DeathReport} from '../../core/texts/deaths';
import {
  EXIT_RECORD_BYTES,
  parseDeparture,
  parseExitRecord,
  parseAheadNews,
  parseFromWorker,
  type AheadNews,
  type Departure,
  type ExitRecord,
  type FromWorker,
  type ToWorker,
  type WorkerSetup,
} from '../../core/wire/workerMessages';
import type {Generation, SlotNumber} from '../../core/plan/units';
import type {FromWatchdog} from '../../core/wire/watchdogMessages';
import {GivenUnits} from './givenUnits';
import {LeftWords} from './leftWords';
import {Pulse} from './pulse';
import type {WorkerStatus} from './status';
import {OutputTail, type SharedOutput} from './workerOutput';
import {LEADS_A_GROUP, WorkerProcess} from './workerProcess';

/** What a host hears. After `lost` or `closed` it hears nothing more. */
export interface WorkerListener {
  up(): void;
  message(message: FromWorker): void;
  lost(death: Death): void;
  /** A test, say, takes long: what it is, and how long it has taken, in ms. */
  slow(name: string, ms: number): void;
  /** The process has ended as told. `forceExited`: it did not within its grace, and was killed. */
  closed(forceExited: boolean): void;
}

export interface WorkerHostOptions {
  readonly setup: WorkerSetup;
  readonly jestWorker: typeof JestWorkerModule;
  /** The module that the process loads. */
  readonly workerPath: string;
  readonly threads: boolean;
  /** A path, or a command that is looked for in PATH. */
  readonly execPath: string;
  /** Node's flags; null: those of Jest's own process. */
  readonly execArgv: readonly string[] | null;
  /** The process's whole environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** ms; undefined: jest-worker's own default. */
  readonly gracefulExitTimeout: number | undefined;
  readonly stdout: SharedOutput;
  readonly stderr: SharedOutput;
  readonly listener: WorkerListener;
  /** Called for what has to do with workers that are started ahead of a run. */
  readonly onAhead: (news: AheadNews) => void;
}

/** What a process is told of the run that it has waited for; where it leaves its files, and who it is, stays. */
export type FurtherSetup = Omit<WorkerSetup, 'slot' | 'generation' | 'socketPath' | WorkerFiles>;
export type WorkerFiles = 'exitRecordPath' | 'journalPath' | 'departurePath';

/** How long (ms) a process that was started ahead of its run may take to be ready; a new one takes less. */
const READY_WITHIN_MS = 5000;

type WorkerApi = JestWorkerModule.Worker & {serve(setup: WorkerSetup): JestWorkerModule.PromiseWithCustomMessage<void>};

/** How long (ms) a dead process's standard error is waited for: it has ended, only the reading is left. */
const STDERR_GRACE_MS = 1000;

/** V8 aborts; jest-worker may be faster: it ends a process as soon as it has read the first of these lines. */
const OUT_OF_MEMORY_SIGNALS: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTERM']);
const V8_OUT_OF_MEMORY = /<--- Last few GCs --->|FATAL ERROR: .*heap out of memory/;

/** How long (ms) a process that ends may take for what it leaves to later ones, which is not its tests' time. */
const SAVE_WITHIN_MS = 5000;

/** How long (ms) after the end of its connection jest-worker may take to tell of a worker's death. */
const DEAF_AFTER_MS = 2000;

export class WorkerHost {
  readonly #options: Omit<WorkerHostOptions, 'listener' | 'setup'>;
  #setup: WorkerSetup;
  /** Of the run that it serves. */
  #listener: WorkerListener;
  /** Whether its run has begun. */
  #serves: boolean;
  #readyBy: NodeJS.Timeout | undefined;
  #whenReady: ((ready: boolean) => void) | null = null;
  readonly #exitRecord: LeftWords;
  readonly #journal: LeftWords;
  readonly #process = new WorkerProcess();
  readonly #worker: WorkerApi;
  #stderrTail: OutputTail | null = null;
  #stderrEnd: Promise<void> = Promise.resolve();
  #socket: Socket | null = null;
  /** What it is to hear once it has connected. */
  readonly #untold: ToWorker[] = [];
  /** Whether it is at a file. */
  #runsUnit = false;
  /** Resolves when it serves no more: it has left to later processes what it has compiled, or is dead. */
  readonly #served: Promise<unknown>;
  #pid: number | null = null;
  #pulse: Pulse;
  #given: GivenUnits;
  /** Why it is being killed. */
  #cause: Death | null = null;
  #ended = false;
  #departure: Departure | null = null;
  #gone: Promise<unknown> = Promise.resolve();

  constructor({setup, listener, ...options}: WorkerHostOptions) {
    this.#options = options;
    this.#setup = setup;
    this.#listener = listener;
    this.#serves = setup.ahead === null;
    this.#pulse = this.#newPulse();
    this.#exitRecord = new LeftWords(setup.exitRecordPath, EXIT_RECORD_BYTES);
    this.#journal = new LeftWords(setup.journalPath);
    this.#given = this.#newGivenUnits();
    this.#worker = this.#process.forkedBy(
      () =>
        new options.jestWorker.Worker(options.workerPath, {
          enableWorkerThreads: options.threads,
          exposedMethods: ['serve'],
          // As stock jest-runner has it. A given `env` replaces the environment, it is not merged.
          forkOptions: {
            serialization: 'json',
            stdio: 'pipe',
            env: {...options.environment},
            execPath: options.execPath,
            ...(options.execArgv !== null && {execArgv: [...options.execArgv]}),
            detached: LEADS_A_GROUP && !options.threads,
          },
          maxRetries: 0,
          numWorkers: 1,
          ...(options.gracefulExitTimeout !== undefined && {workerGracefulExitTimeout: options.gracefulExitTimeout}),
        }) as WorkerApi,
    );
    if (this.#serves) {
      if (!options.threads) this.#pulse.start();
      this.#passOutputOn();
    } else this.#process.setReferenced(false);
    const call = this.#worker.serve(setup);
    call.UNSTABLE_onCustomMessage?.(message => this.#hear(message));
    this.#served = call.then(
      () => this.#lose({kind: 'broken', message: 'it stopped taking work without having been told to'}),
      (error: unknown) => this.#lose(this.#deathOf(error)),
    );
  }

  /** The journal of the file that it runs. */
  readJournal(): string {
    return this.#journal.read();
  }

  get slot(): SlotNumber {
    return this.#setup.slot;
  }

  get generation(): Generation {
    return this.#setup.generation;
  }

  /** null: it has not connected yet. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The worker has connected. */
  attach(socket: Socket, pid: number): void {
    this.#socket = socket;
    this.#pid = pid;
    this.#pulse.stop(); // from here on its watchdog's word counts, if it has one
    if (!this.#serves) socket.unref();
    for (const order of this.#untold.splice(0)) this.tell(order);
    // A process that dies closes its socket, too, and jest-worker knows more of that; but if it lives, it is deaf.
    socket.once('close', () =>
      setTimeout(() => this.#lose({kind: 'broken', message: 'its connection to Jest broke'}), DEAF_AFTER_MS).unref(),
    );
    this.#listener.up();
  }

  /** What the thread has to say that watches the process from inside. */
  hearWatchdog(message: FromWatchdog): void {
    if (this.#ended || !this.#serves) return;
    switch (message.type) {
      case 'alive':
        this.#pulse.beat(message);
        return;
      case 'slow':
        this.#listener.slow(message.name, message.ms);
        return;
      case 'hung': {
        const {name, ms, limitMs, began, place} = message;
        this.#endAs({kind: 'hung', name, ms, limitMs, began, place});
        return;
      }
    }
  }

  /** What it says is no message: what it says from here on would mean nothing. */
  breakOff({message}: Error): void {
    this.#endAs({kind: 'broken', message});
  }

  /** There is no watchdog any more; the process goes on. */
  loseWatchdog(): void {
    this.#pulse.stop();
  }

  /** What it is at. */
  get status(): WorkerStatus {
    const {name, ms} = this.#pulse.now ?? {name: null, ms: 0};
    return {pid: this.#pid, name, ms};
  }

  /** The memory that it takes, in bytes; null: it has not said. */
  get rssBytes(): number | null {
    return this.#pulse.rss;
  }

  /** Whether there is no such process any more, or it was told to end. */
  get ended(): boolean {
    return this.#ended;
  }

  /** A process that has not connected yet is told when it has. */
  tell(order: ToWorker): void {
    if (order.type === 'give') this.#given.gave(order.units.map(({id}) => id));
    if (this.#socket === null) this.#untold.push(order);
    else this.#socket.write(`${JSON.stringify(order)}\n`);
  }

  /** Lets the process end by itself, within its grace once it has nothing left to do; then it is killed. `closed` follows. */
  close(): void {
    if (this.#ended) return;
    this.#end();
    this.tell({type: 'close'});
    this.#process.letEnd();
    void this.#closed().then(forceExited => {
      this.#closeFiles();
      if (forceExited) this.#departure = readDeparture(this.#setup.departurePath);
      this.#listener.closed(forceExited);
    });
  }

  /** @returns whether it was killed */
  async #closed(): Promise<boolean> {
    // One that is at a file may be busy with that for long; for it jest-worker's grace begins at once.
    if (!this.#runsUnit) await this.#saved();
    const {forceExited} = await this.#worker.end();
    await this.#process.gone;
    return forceExited;
  }

  /** Resolves when it has left to later processes what it has to leave, or is late with that. */
  async #saved(): Promise<void> {
    const servedWithin = (ms: number) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise(resolve => (timer = setTimeout(resolve, ms)));
      return Promise.race([this.#served, late]).finally(() => clearTimeout(timer));
    };
    await servedWithin(this.#setup.graceMs);
    if (readDeparture(this.#setup.departurePath)?.at === 'saving') await servedWithin(SAVE_WITHIN_MS);
  }

  /** Makes a process ready that was started ahead of its run. @returns whether it is; if not, it is on its way out */
  prepare(setup: FurtherSetup, environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    const {socketPath, token} = this.#setup; // it is connected, and stays so
    this.#setup = {...this.#setup, ...setup, socketPath, token};
    const set = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
    this.tell({type: 'run', setup: this.#setup, environment: Object.fromEntries(set)});
    this.#readyBy = setTimeout(() => this.#leave('it does not answer'), READY_WITHIN_MS);
    return new Promise(resolve => (this.#whenReady = resolve));
  }

  /** A process that is ready serves a run from here on. */
  serve(listener: WorkerListener): void {
    this.#serves = true;
    this.#listener = listener;
    this.#passOutputOn(); // not earlier: nobody expects output between two runs
    this.#pulse = this.#newPulse();
    this.#given = this.#newGivenUnits();
    this.#process.setReferenced(true);
    this.#socket?.ref();
    queueMicrotask(() => {
      if (!this.#ended) listener.up();
    });
  }

  /**
   * Ends the process and what its tests have started, whatever they are at: they are told to, and killed
   * if they do not. `lost` follows, or `closed` if it was told to close before.
   */
  terminate(signal: NodeJS.Signals): void {
    this.#process.terminate(signal);
  }

  /** How far the process had come on its way out, if it had to be killed; null: it did not say. */
  get departure(): Departure | null {
    return this.#departure;
  }

  /** Resolves when nothing is left of a process that was lost. */
  get gone(): Promise<unknown> {
    return this.#gone;
  }

  /** Kills the process and what its tests have started at once: for the moment when this one is about to end itself. */
  kill(): void {
    this.#process.kill();
  }

  /** All that is known of a death, once its standard error is read to the end. */
  async evidence(death: Death): Promise<DeathReport> {
    await Promise.race([this.#stderrEnd, new Promise(resolve => setTimeout(resolve, STDERR_GRACE_MS).unref())]);
    const stderr = this.#stderrTail?.text() ?? '';
    const {slot, generation} = this.#setup;
    // jest-worker recognises this too, unless the process was gone before its last words were read; and
    // it sends a SIGTERM of its own as soon as it has read them.
    const unclear = death.kind === 'broken' || (death.kind === 'signal' && OUT_OF_MEMORY_SIGNALS.has(death.signal));
    const refined: Death =
      unclear && this.#stderrTail?.matches(V8_OUT_OF_MEMORY) === true ? {kind: 'out-of-memory'} : death;
    return {death: refined, slot, generation, pid: this.#pid, stderr};
  }

  /** Kills the process, which has died of this then. */
  #endAs(cause: Death): void {
    if (this.#ended || this.#cause !== null) return;
    this.#cause = cause;
    this.terminate('SIGTERM');
  }

  #hear(message: unknown): void {
    if (this.#ended) return;
    const news = parseAheadNews(message);
    if (news !== null) return this.#hearAhead(news);
    if (!this.#serves) return; // of the test file with which it has warmed up
    let parsed: FromWorker;
    try {
      parsed = parseFromWorker(message);
    } catch (error) {
      this.#lose({kind: 'broken', message: (error as Error).message});
      return;
    }
    if (parsed.type === 'unit-started') this.#runsUnit = true;
    if (parsed.type === 'unit-done') this.#runsUnit = false;
    this.#noteGiven(parsed);
    this.#listener.message(parsed);
  }

  #noteGiven(message: FromWorker): void {
    if (message.type === 'unit-started') this.#given.began(message.unit);
    else if (message.type === 'unit-done') this.#given.ended(message.unit);
    else if (message.type === 'units-returned') this.#given.returned(message.units);
  }

  #hearAhead(news: AheadNews): void {
    if (this.#serves && news.type !== 'loaded') return; // a test file has sent it
    this.#options.onAhead(news);
    if (news.type === 'leaving') this.close();
    if (news.type !== 'ready') return;
    clearTimeout(this.#readyBy);
    this.#whenReady?.(true);
    this.#whenReady = null;
  }

  #leave(reason: string): void {
    this.#options.onAhead({type: 'leaving', reason});
    this.close();
  }

  #passOutputOn(): void {
    const stdout = this.#worker.getStdout() as Readable | null;
    const stderr = this.#worker.getStderr() as Readable | null;
    if (stdout !== null) this.#options.stdout.add(stdout);
    if (stderr === null) return;
    this.#options.stderr.add(stderr);
    this.#stderrTail = new OutputTail(stderr);
    this.#stderrEnd = new Promise(resolve => stderr.once('end', resolve));
  }

  #end(): void {
    this.#ended = true;
    this.#pulse.stop();
    this.#given.stop();
    clearTimeout(this.#readyBy);
    this.#whenReady?.(false);
    this.#whenReady = null;
  }

  #newPulse(): Pulse {
    return new Pulse({
      hardTimeoutMs: this.#setup.hardTimeoutMs,
      now: () => performance.now(),
      onSilence: ms => this.#endAs({kind: 'silent', ms}),
    });
  }

  #newGivenUnits(): GivenUnits {
    return new GivenUnits({
      hardTimeoutMs: this.#setup.hardTimeoutMs,
      isDebugged: () => this.#pulse.debugged,
      onIgnored: ms => this.#endAs({kind: 'deaf', ms}),
    });
  }

  #lose(death: Death): void {
    if (this.#ended) return;
    this.#end();
    this.#gone = this.#worker
      .end()
      .then(() => this.#process.gone)
      .finally(() => this.#closeFiles());
    // jest-worker starts a process anew when one exits with a code; that one is not wanted, nor one that is deaf.
    this.#process.kill();
    this.#socket?.destroy();
    this.#listener.lost(this.#cause ?? death);
  }

  #deathOf(error: unknown): Death {
    let record: ExitRecord | null = null;
    try {
      record = parseExitRecord(this.#exitRecord.read());
    } catch {
      // It has left none.
    }
    const death = deathOf(error, record);
    if (death.kind !== 'broken' || this.#pid === null || death.message !== NOT_READY) return death;
    const {exitRecordPath} = this.#setup;
    return {
      kind: 'broken',
      message: `it ended with an exit code that is not known: it could not write ${exitRecordPath}`,
    };
  }

  #closeFiles(): void {
    this.#exitRecord.close();
    this.#journal.close();
  }
}

const NOT_READY = 'it ended before it was ready';

function readDeparture(path: string): Departure | null {
  try {
    return parseDeparture(readFileSync(path, 'utf8'));
  } catch {
    return null; // it said nothing
  }
}

/** jest-worker's words for how a child ended -> a Death. The same in 29.7 and 30. */
export function deathOf(error: unknown, record: ExitRecord | null): Death {
  const message = error instanceof Error ? error.message : String(error);
  const signal = /\bsignal=(SIG\w+)/.exec(message)?.[1];
  if (signal !== undefined) return {kind: 'signal', signal};
  if (message.includes('ran out of memory')) return {kind: 'out-of-memory'};
  if (record !== null) return {kind: 'exit', code: record.code, uncaught: record.uncaught};
  // jest-worker's words for an exit with a code, which are about its own retries.
  if (message.includes('exceeding retry limit')) return {kind: 'broken', message: NOT_READY};
  return {kind: 'broken', message: `it could not go on: ${message}`};
}
