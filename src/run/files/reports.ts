/**
 * Sends Jest its reports: one file's reports in order, while reports of different files may overlap, as with the stock
 * runner. A reporter may be slow, so only the end of the run waits for reports. A worker may start its next file before
 * Jest prints the previous one.
 */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {FileError} from '../../core/texts/deaths';
import type {UnitOutcome} from '../../core/wire/workerMessages';

/** Who is told: Jest, or whoever stands in for it. */
export interface Listener {
  /** @param test the file that an event is about; null: unknown. Jest does not need it */
  emit(name: string, payload: unknown, test: Test | null): Promise<void>;
}

export interface ReportsOptions {
  readonly emitter: Listener;
  /** Jest's `--bail`: Jest exits at this number of failed tests; 0: never. */
  readonly bail: number;
  /**
   * Called and awaited before the report of the result at which Jest exits. Jest exits during that report, so all
   * workers must have ended and all files must be written first.
   */
  readonly beforeBail: () => Promise<void>;
  /**
   * A listener (such as a reporter) threw on an event other than a file's start. The event counts nevertheless, because
   * Jest adds up results before it calls its reporters. `test` null: the file is unknown.
   */
  readonly onFailure: (error: unknown, test: Test | null) => void;
  /** What Jest is told of a file's result; null: nothing, not even its end. Default: the result itself. */
  readonly ownPart?: (test: Test, result: TestResult) => TestResult | null;
  /** Called right before Jest is told. Default: nobody listens. */
  readonly onTold?: (name: string, payload: unknown, test: Test | null) => void;
  /** Called when Jest was told all of a file, also if that is nothing. Default: nobody listens. */
  readonly onEnded?: (test: Test) => void;
}

export class Reports {
  readonly #options: ReportsOptions;
  /** For each file, its last report, until Jest has processed it. */
  readonly #last = new Map<Test | null, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #started = new Set<Test>();
  readonly #ended = new Set<Test>();
  /** The report during which Jest exits; null: none so far. */
  #leaving: Promise<void> | null = null;
  #failedTests = 0;
  /** The files whose start made a listener throw, with its error. */
  readonly #refused = new Map<Test, Error>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /** Rejects with the error that a listener threw. As in Jest's own runner, the error fails that file only. */
  fileStarted(test: Test): Promise<void> {
    this.#started.add(test);
    return this.#enqueue(test, () =>
      this.#emit(test, 'test-file-start', [test]).catch((error: unknown) => {
        this.#refused.set(test, error as Error);
      }),
    ).then(() => {
      const refused = this.#refused.get(test);
      if (refused !== undefined) throw refused;
    });
  }

  /** An event of Jest's own code inside a worker. @param test null: the file is unknown */
  jestEvent(test: Test | null, name: string, payload: unknown): Promise<void> {
    return this.#enqueue(test, () => this.#emit(test, name, payload));
  }

  /**
   * The end of a file whose workers died. Its tests' events may have been lost with the workers.
   *
   * @param outcome resolves when the evidence of the dead workers is read
   * @param wasTold whether Jest has heard of a test's end
   */
  fileEnded(test: Test, outcome: Promise<UnitOutcome>, wasTold: (result: AssertionResult) => boolean): Promise<void> {
    return this.#end(test, async () => {
      const known = await outcome;
      if (known.type === 'error') return this.#emitFailure(test, known.error);
      for (const result of known.result.testResults) {
        if (result.status === 'pending' || wasTold(result)) continue;
        await this.#emit(test, 'test-case-result', [test.path, result]);
      }
      return this.#emitSuccess(test, known.result);
    });
  }

  fileSucceeded(test: Test, result: TestResult): Promise<void> {
    return this.#end(test, () => this.#emitSuccess(test, result));
  }

  /** @param error a promise if the evidence of a dead worker must be read first */
  fileFailed(test: Test, error: FileError | Promise<FileError>): Promise<void> {
    return this.#end(test, () => Promise.resolve(error).then(known => this.#emitFailure(test, known)));
  }

  /** A file that its pragmas prevent from running, or that the run never produced a result for. */
  fileRefused(test: Test, error: FileError): void {
    // Reporters expect a start before each end. If a listener throws at the start, that error is the file's failure.
    if (!this.#started.has(test)) this.fileStarted(test).catch(() => undefined);
    void this.fileFailed(test, error);
  }

  /** Other shards of the run run the file. Jest is told nothing of it. */
  fileLeftOut(test: Test): void {
    this.#ended.add(test);
  }

  /** Whether the end of a file was reported or is in the queue, or the run leaves the file out. */
  hasEnded(test: Test): boolean {
    return this.#ended.has(test);
  }

  /** Resolves when Jest has processed all reports so far, and those that arrive meanwhile. */
  async drained(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }

  // No async functions from here on: they would add a frame to errors that Jest throws.
  #emitSuccess(test: Test, result: TestResult): Promise<void> {
    if (this.#refused.has(test)) return this.#emitFailure(test, null);
    const {ownPart} = this.#options;
    const told = ownPart === undefined ? result : ownPart(test, result);
    if (told === null) return Promise.resolve();
    const event = [test, 'test-file-success', [test, told]] as const;
    return this.#bailsAt(told) && this.#leaving === null ? this.#emitLast(...event) : this.#emit(...event);
  }

  /** @param error null: a listener's error is the failure */
  #emitFailure(test: Test, error: FileError | Error | null): Promise<void> {
    return this.#emit(test, 'test-file-failure', [test, this.#refused.get(test) ?? error]);
  }

  /** Whether Jest will exit in the report of this result. The rule is that of TestScheduler's onResult. */
  #bailsAt(result: TestResult): boolean {
    // Jest turns these two cases into failures and ignores `bail`.
    if (result.testResults.length === 0 || result.leaks) return false;
    this.#failedTests += result.numFailingTests;
    return this.#options.bail !== 0 && this.#failedTests >= this.#options.bail;
  }

  #emit(test: Test | null, name: string, payload: unknown): Promise<void> {
    return this.#leaving === null
      ? this.#emitNow(test, name, payload)
      : this.#leaving.then(() => this.#emitNow(test, name, payload));
  }

  /**
   * Sends the report during which Jest exits when no other report is running. Jest checks at the end of each report
   * whether to exit, so several running reports would each print a summary.
   */
  #emitLast(test: Test, name: string, payload: unknown): Promise<void> {
    const others = [...this.#underWay].map(report => report.catch(() => undefined));
    const told = Promise.all([this.#options.beforeBail(), ...others]).then(() => this.#emitNow(test, name, payload));
    // If Jest does not exit, as in watch mode or after a reporter's error, the other reports continue.
    this.#leaving = told.catch(() => undefined);
    return told;
  }

  #emitNow(test: Test | null, name: string, payload: unknown): Promise<void> {
    this.#options.onTold?.(name, payload, test);
    const told = this.#options.emitter.emit(name, payload, test);
    if (this.#options.bail === 0) return told; // nobody asks what is under way
    this.#underWay.add(told);
    const end = () => this.#underWay.delete(told);
    told.then(end, end);
    return told;
  }

  #end(test: Test, report: () => Promise<void>): Promise<void> {
    const {onEnded} = this.#options;
    this.#ended.add(test);
    return this.#enqueue(test, onEnded === undefined ? report : () => report().then(() => onEnded(test)));
  }

  #enqueue(test: Test | null, report: () => Promise<void>): Promise<void> {
    const reported = (this.#last.get(test) ?? Promise.resolve()).then(report);
    const forget = () => {
      if (this.#last.get(test) === dealtWith) this.#last.delete(test);
    };
    const dealtWith: Promise<void> = reported.then(forget, (error: unknown) => {
      this.#options.onFailure(error, test);
      forget();
    });
    this.#last.set(test, dealtWith);
    return reported;
  }
}
