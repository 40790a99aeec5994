/**
 * The process of one worker: its start, its end, and the evidence of its death. A WorkerProcess is a jest-worker farm
 * of one process. The slot's next process is another farm, because a farm whose child has died may send a call to the
 * dead child (https://github.com/jestjs/jest/issues/13183).
 */
import {readFileSync} from 'node:fs';
import type {Readable} from 'node:stream';
import type * as JestWorkerModule from 'jest-worker';
import type {Death, DeathReport} from '../../core/texts/deaths';
import {
  EXIT_RECORD_BYTES,
  parseDeparture,
  parseExitRecord,
  type Departure,
  type ExitRecord,
  type WorkerSetup,
} from '../../core/wire/workerMessages';
import {LeftWords} from './leftWords';
import {LEADS_A_GROUP, ProcessGroup, type WhyAlive} from './processGroup';
import {OutputTail, type SharedOutput} from './workerOutput';
import type {WorkerStart} from './workerStart';

export interface WorkerProcessOptions {
  readonly start: WorkerStart;
  readonly setup: WorkerSetup;
  readonly jestWorker: typeof JestWorkerModule;
  readonly threads: boolean;
  readonly stdout: SharedOutput;
  readonly stderr: SharedOutput;
  /** Whether what the process prints is passed on from the start; if not, `passOutputOn` begins that. */
  readonly passesOutputOn: boolean;
  /** The process has sent a message through jest-worker. */
  readonly onMessage: (message: unknown) => void;
  /** The process takes no more work. */
  readonly onServed: (end: ServeEnd) => void;
}

/** How the single call of a worker has ended. `failed`: with jest-worker's error about the death of the process. */
export type ServeEnd = {readonly type: 'returned'} | {readonly type: 'failed'; readonly error: unknown};

/** How a closed process has ended. */
export interface ClosedProcess {
  /** The process did not end within its grace, and jest-worker has killed it. */
  readonly forceExited: boolean;
  /** The departure of a killed process; null: the process wrote none, or was not killed. */
  readonly departure: Departure | null;
}

type WorkerApi = JestWorkerModule.Worker & {serve(setup: WorkerSetup): JestWorkerModule.PromiseWithCustomMessage<void>};

/** How long (ms) the parent waits for the standard error of a dead process: only the reading is left. */
const STDERR_GRACE_MS = 1000;

/** How long (ms) an ending process may take to save what later processes use. That time is not its tests' time. */
const SAVE_WITHIN_MS = 5000;

/** V8 aborts. jest-worker may be faster: it terminates a process as soon as it has read the first of these lines. */
const OUT_OF_MEMORY_SIGNALS: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTERM']);
const V8_OUT_OF_MEMORY = /<--- Last few GCs --->|FATAL ERROR: .*heap out of memory/;

const NOT_READY = 'it ended before it was ready';

export class WorkerProcess {
  readonly #group: ProcessGroup;
  readonly #farm: WorkerApi;
  readonly #exitRecord: LeftWords;
  readonly #exitRecordPath: string;
  readonly #journal: LeftWords;
  readonly #departurePath: string;
  readonly #stdout: SharedOutput;
  readonly #stderr: SharedOutput;
  #closedBusy = false;
  #stderrTail: OutputTail | null = null;
  #stderrEnd: Promise<void> = Promise.resolve();
  /** Resolves when the process takes no more work: it has saved what later processes use, or is dead. */
  readonly #served: Promise<void>;

  constructor({start, setup, jestWorker, threads, onMessage, onServed, ...output}: WorkerProcessOptions) {
    this.#exitRecord = new LeftWords(setup.exitRecordPath, EXIT_RECORD_BYTES);
    this.#exitRecordPath = setup.exitRecordPath;
    this.#journal = new LeftWords(setup.journalPath);
    this.#departurePath = setup.departurePath;
    this.#group = new ProcessGroup(() => this.#whyAlive());
    this.#farm = this.#group.forkedBy(() => startFarm(start, jestWorker, threads));
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
    if (output.passesOutputOn) this.passOutputOn();
    const call = this.#farm.serve(setup);
    call.UNSTABLE_onCustomMessage?.(onMessage);
    this.#served = call.then(
      () => onServed({type: 'returned'}),
      (error: unknown) => onServed({type: 'failed', error}),
    );
  }

  /** @param referenced whether the process keeps Jest's process alive */
  setReferenced(referenced: boolean): void {
    this.#group.setReferenced(referenced);
  }

  /** Passes on what the process prints, and what it has printed so far. */
  passOutputOn(): void {
    const [out, errors] = [this.#farm.getStdout() as Readable | null, this.#farm.getStderr() as Readable | null];
    if (out !== null) this.#stdout.add(out);
    if (errors === null) return;
    this.#stderr.add(errors);
    this.#stderrTail = new OutputTail(errors);
    this.#stderrEnd = new Promise(resolve => errors.once('end', resolve));
  }

  /** The journal of the file that the process runs. */
  readJournal(): string {
    return this.#journal.read();
  }

  /**
   * Lets the process end by itself. jest-worker kills a process that has nothing left to do and does not end within its
   * grace. Resolves when the process has ended.
   *
   * @param graceMs how long (ms) the process may take until it has nothing left to do
   * @param busy the process may still run a file for a long time: jest-worker's grace begins at once
   */
  async close(graceMs: number, busy: boolean): Promise<ClosedProcess> {
    this.#group.letEnd();
    this.#closedBusy = busy;
    if (!busy) await this.#saved(graceMs);
    const ended = await this.#farm.end();
    await this.#group.gone;
    this.#closeFiles();
    const forceExited = ended.forceExited && !this.#group.wasSpared;
    return {forceExited, departure: forceExited ? this.#departure() : null};
  }

  /** Signals the process and what its tests have started, and kills those that have not ended after a grace. */
  terminate(signal: NodeJS.Signals): void {
    this.#group.terminate(signal);
  }

  /** Kills the process and what its tests have started. */
  kill(): void {
    this.#group.kill();
  }

  /** Clears up after a death. Resolves when nothing is left of the process. */
  async bury(): Promise<void> {
    const ended = this.#farm.end();
    // jest-worker forks a new process when one has exited with a code, and nobody wants the new one. A process that can
    // no longer be reached may still run.
    this.#group.kill();
    try {
      await ended;
      await this.#group.gone;
    } finally {
      this.#closeFiles();
    }
  }

  /** How the process died. @param connected whether the process had connected to its parent */
  deathBy(end: ServeEnd, connected: boolean): Death {
    if (end.type === 'returned') return {kind: 'broken', message: 'it stopped taking work without having been told to'};
    const death = deathOf(end.error, this.#readExitRecord());
    if (death.kind !== 'broken' || !connected || death.message !== NOT_READY) return death;
    return {
      kind: 'broken',
      message: `it ended with an exit code that is not known: it could not write ${this.#exitRecordPath}`,
    };
  }

  /** Completes a death with the standard error. Resolves when that is read to the end. */
  async evidence(death: Death): Promise<Pick<DeathReport, 'death' | 'stderr'>> {
    await Promise.race([this.#stderrEnd, new Promise(resolve => setTimeout(resolve, STDERR_GRACE_MS).unref())]);
    // jest-worker recognises this too, unless the process was gone before jest-worker had read its last lines. And
    // jest-worker sends a SIGTERM as soon as it has read them.
    const unclear = death.kind === 'broken' || (death.kind === 'signal' && OUT_OF_MEMORY_SIGNALS.has(death.signal));
    const outOfMemory = unclear && this.#stderrTail?.matches(V8_OUT_OF_MEMORY) === true;
    return {death: outOfMemory ? {kind: 'out-of-memory'} : death, stderr: this.#stderrTail?.text() ?? ''};
  }

  /** Resolves when the process has saved what later processes use, or is late with that. */
  async #saved(graceMs: number): Promise<void> {
    await this.#servedWithin(graceMs);
    if (this.#departure()?.at === 'saving') await this.#servedWithin(SAVE_WITHIN_MS);
  }

  #servedWithin(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => (timer = setTimeout(resolve, ms)));
    return Promise.race([this.#served, late]).finally(() => clearTimeout(timer));
  }

  #whyAlive(): WhyAlive {
    if (this.#closedBusy) return 'kept';
    const departure = this.#departure();
    if (departure === null) return 'silent';
    // Of the code that runs during an exit, only an addon's cleanup comes from tests.
    return departure.at === 'exiting' && departure.addons.length === 0 ? 'exiting' : 'kept';
  }

  #departure(): Departure | null {
    try {
      return parseDeparture(readFileSync(this.#departurePath, 'utf8'));
    } catch {
      return null; // the process has said nothing
    }
  }

  #readExitRecord(): ExitRecord | null {
    try {
      return parseExitRecord(this.#exitRecord.read());
    } catch {
      return null; // the process has left none
    }
  }

  #closeFiles(): void {
    this.#exitRecord.close();
    this.#journal.close();
  }
}

function startFarm(
  {workerPath, environment, execPath, execArgv, gracefulExitTimeout}: WorkerStart,
  {Worker}: typeof JestWorkerModule,
  threads: boolean,
): WorkerApi {
  return new Worker(workerPath, {
    enableWorkerThreads: threads,
    exposedMethods: ['serve'],
    // As the stock runner has it. A given `env` replaces the environment; jest-worker does not merge it.
    forkOptions: {
      serialization: 'json',
      stdio: 'pipe',
      env: {...environment},
      execPath,
      ...(execArgv !== null && {execArgv: [...execArgv]}),
      detached: LEADS_A_GROUP && !threads,
    },
    maxRetries: 0,
    numWorkers: 1,
    ...(gracefulExitTimeout !== undefined && {workerGracefulExitTimeout: gracefulExitTimeout}),
  }) as WorkerApi;
}

/** jest-worker's texts on how a child has ended are the same in 29.7 and 30. */
function deathOf(error: unknown, record: ExitRecord | null): Death {
  const text = error instanceof Error ? error.message : String(error);
  const signal = /\bsignal=(SIG\w+)/.exec(text)?.[1];
  if (signal !== undefined) return {kind: 'signal', signal};
  if (text.includes('ran out of memory')) return {kind: 'out-of-memory'};
  if (record !== null) return {kind: 'exit', code: record.code, uncaught: record.uncaught};
  // jest-worker's text for an exit with a code is about jest-worker's own retries.
  if (text.includes('exceeding retry limit')) return {kind: 'broken', message: NOT_READY};
  return {kind: 'broken', message: `it could not go on: ${text}`};
}
