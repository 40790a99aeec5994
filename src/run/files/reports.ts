/**
 * What Jest is told. The reports of one file keep their order, those of different files overlap, as with the stock
 * runner: a reporter may be slow. So nobody waits for them but the end of the run: the next file of a worker has long
 * begun when the last one is printed.
 */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {FileError} from '../../core/texts/deaths';
import type {UnitOutcome} from '../../core/wire/workerMessages';
import type {Emitter} from '../jest/runningJest';

export interface ReportsOptions {
  readonly emitter: Emitter;
  /** Jest's `--bail`: it leaves at so many failed tests; 0: never. */
  readonly bail: number;
  /**
   * Called, and awaited, before the result at which Jest leaves is reported: it ends the process from
   * inside that very report, so workers must be gone and everything written by then.
   */
  readonly beforeBail: () => Promise<void>;
  /**
   * A listener threw (a reporter, say) when it was told of something else than a file's start. What it was told of
   * counts all the same: Jest adds up before it tells its reporters. `test` null: it is of no file that is known.
   */
  readonly onFailure: (error: unknown, test: Test | null) => void;
}

export class Reports {
  readonly #options: ReportsOptions;
  /** By file, until the last report of it that is known has been dealt with. */
  readonly #last = new Map<Test | null, Promise<void>>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #started = new Set<Test>();
  readonly #ended = new Set<Test>();
  /** The report at which Jest leaves, if it does. */
  #leaving: Promise<void> | null = null;
  #failedTests = 0;
  /** Files at whose start a listener threw. */
  readonly #refused = new Map<Test, Error>();

  constructor(options: ReportsOptions) {
    this.#options = options;
  }

  /**
   * Rejects with what a listener threw. As with the stock runner that is then the file's failure, and
   * no other file's business.
   */
  fileStarted(test: Test): Promise<void> {
    this.#started.add(test);
    return this.#enqueue(test, () =>
      this.#emit('test-file-start', [test]).catch((error: unknown) => {
        this.#refused.set(test, error as Error);
      }),
    ).then(() => {
      const refused = this.#refused.get(test);
      if (refused !== undefined) throw refused;
    });
  }

  /** An event of Jest's own code inside a worker. @param test null: of no file that is known */
  jestEvent(test: Test | null, name: string, payload: unknown): Promise<void> {
    return this.#enqueue(test, () => this.#emit(name, payload));
  }

  /**
   * The end of a file whose workers died: events of its tests may have been lost with them.
   *
   * @param outcome has to be waited for: dead workers' last words are read first
   * @param wasTold whether Jest has heard of a test's end
   */
  fileEnded(test: Test, outcome: Promise<UnitOutcome>, wasTold: (result: AssertionResult) => boolean): Promise<void> {
    this.#ended.add(test);
    return this.#enqueue(test, async () => {
      const known = await outcome;
      if (known.type === 'error') return this.#emitFailure(test, known.error);
      for (const result of known.result.testResults) {
        if (result.status === 'pending' || wasTold(result)) continue;
        await this.#emit('test-case-result', [test.path, result]);
      }
      return this.#emitSuccess(test, known.result);
    });
  }

  fileSucceeded(test: Test, result: TestResult): Promise<void> {
    this.#ended.add(test);
    return this.#enqueue(test, () => this.#emitSuccess(test, result));
  }

  /** @param error may have to be waited for: a dead worker's last words are read first */
  fileFailed(test: Test, error: FileError | Promise<FileError>): Promise<void> {
    this.#ended.add(test);
    return this.#enqueue(test, () => Promise.resolve(error).then(known => this.#emitFailure(test, known)));
  }

  /** A file that is not run, because of what it says; or whose run has come to nothing. */
  fileRefused(test: Test, error: FileError): void {
    // It may have started; but reporters expect the two in pairs. What a listener throws is the file's failure then.
    if (!this.#started.has(test)) this.fileStarted(test).catch(() => undefined);
    void this.fileFailed(test, error);
  }

  /** Whether Jest was told, or is about to be, how a file has ended. */
  hasEnded(test: Test): boolean {
    return this.#ended.has(test);
  }

  /** Resolves when Jest has dealt with everything that it was told so far, and with what it was told meanwhile. */
  async drained(): Promise<void> {
    while (this.#last.size > 0) await Promise.all(this.#last.values());
  }

  // No async functions from here on: they would stand at the end of the stack of what Jest itself throws in there.
  #emitSuccess(test: Test, result: TestResult): Promise<void> {
    if (this.#refused.has(test)) return this.#emitFailure(test, null);
    const event = ['test-file-success', [test, result]] as const;
    return this.#bailsAt(result) && this.#leaving === null ? this.#emitLast(...event) : this.#emit(...event);
  }

  /** @param error null: there is one already, of a listener */
  #emitFailure(test: Test, error: FileError | Error | null): Promise<void> {
    return this.#emit('test-file-failure', [test, this.#refused.get(test) ?? error]);
  }

  /** Whether Jest will leave in the report of this result; its own rule, in TestScheduler's onResult. */
  #bailsAt(result: TestResult): boolean {
    // These two it turns into failures without looking at `bail`.
    if (result.testResults.length === 0 || result.leaks) return false;
    this.#failedTests += result.numFailingTests;
    return this.#options.bail !== 0 && this.#failedTests >= this.#options.bail;
  }

  #emit(name: string, payload: unknown): Promise<void> {
    return this.#leaving === null
      ? this.#emitNow(name, payload)
      : this.#leaving.then(() => this.#emitNow(name, payload));
  }

  /**
   * The report at which Jest leaves comes alone: Jest asks whether to leave at the end of each, and would leave in
   * several of those that are under way, each with a summary.
   */
  #emitLast(name: string, payload: unknown): Promise<void> {
    const others = [...this.#underWay].map(report => report.catch(() => undefined));
    const told = Promise.all([this.#options.beforeBail(), ...others]).then(() => this.#emitNow(name, payload));
    // If it does not leave, as in watch mode, or where a reporter throws, the others go on.
    this.#leaving = told.catch(() => undefined);
    return told;
  }

  #emitNow(name: string, payload: unknown): Promise<void> {
    const told = this.#options.emitter.emit(name, payload);
    this.#underWay.add(told);
    const end = () => this.#underWay.delete(told);
    told.then(end, end);
    return told;
  }

  #enqueue(test: Test | null, report: () => Promise<void>): Promise<void> {
    const reported = (this.#last.get(test) ?? Promise.resolve()).then(report);
    const dealtWith: Promise<void> = reported
      .catch((error: unknown) => this.#options.onFailure(error, test))
      .then(() => {
        if (this.#last.get(test) === dealtWith) this.#last.delete(test);
      });
    this.#last.set(test, dealtWith);
    return reported;
  }
}
