/**
 * What Jest is told, in order. Each method resolves when Jest has dealt with that report. Jest's reporters are slow, so nobody waits for this queue but the end
 * of the run: the next file of a worker has long begun when the last one is printed.
 */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {FileError} from '../core/deaths';
import type {UnitOutcome} from '../core/protocol';
import type {Emitter} from './runningJest';

export interface ReportsOptions {
  readonly emitter: Emitter;
  /** Jest's `--bail`: it leaves at so many failed tests; 0: never. */
  readonly bail: number;
  /**
   * Called, and awaited, before the result at which Jest leaves is reported: it ends the process from
   * inside that very report, so workers must be gone and everything written by then.
   */
  readonly beforeBail: () => Promise<void>;
  /** A listener threw (a reporter, say): Jest hears nothing more, so the run need not go on. */
  readonly onFailure: () => void;
}

export class Reports {
  readonly #options: ReportsOptions;
  #last: Promise<void> = Promise.resolve();
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
    return this.#enqueue(() =>
      this.#options.emitter.emit('test-file-start', [test]).catch((error: unknown) => {
        this.#refused.set(test, error as Error);
      }),
    ).then(() => {
      const refused = this.#refused.get(test);
      if (refused !== undefined) throw refused;
    });
  }

  /** An event of Jest's own code inside a worker. */
  jestEvent(name: string, payload: unknown): Promise<void> {
    return this.#enqueue(() => this.#options.emitter.emit(name, payload));
  }

  /**
   * The end of a file whose workers died: events of its tests may have been lost with them.
   *
   * @param outcome has to be waited for: dead workers' last words are read first
   * @param wasTold whether Jest has heard of a test's end
   */
  fileEnded(test: Test, outcome: Promise<UnitOutcome>, wasTold: (result: AssertionResult) => boolean): Promise<void> {
    return this.#enqueue(async () => {
      const known = await outcome;
      if (known.type === 'error') return this.#emitFailure(test, known.error);
      for (const result of known.result.testResults) {
        if (result.status === 'pending' || wasTold(result)) continue;
        await this.#options.emitter.emit('test-case-result', [test.path, result]);
      }
      return this.#emitSuccess(test, known.result);
    });
  }

  fileSucceeded(test: Test, result: TestResult): Promise<void> {
    return this.#enqueue(() => this.#emitSuccess(test, result));
  }

  /** @param error may have to be waited for: a dead worker's last words are read first */
  fileFailed(test: Test, error: FileError | Promise<FileError>): Promise<void> {
    return this.#enqueue(() => Promise.resolve(error).then(known => this.#emitFailure(test, known)));
  }

  /** A file that is not run, because of what it says. */
  fileRefused(test: Test, error: FileError): void {
    this.fileStarted(test).catch(() => undefined); // then that is its failure
    void this.fileFailed(test, error);
  }

  // No async functions here: they would stand at the end of the stack of what Jest itself throws in there.
  #emitSuccess(test: Test, result: TestResult): Promise<void> {
    if (this.#refused.has(test)) return this.#emitFailure(test, null);
    const emit = () => this.#options.emitter.emit('test-file-success', [test, result]);
    return this.#bailsAt(result) ? this.#options.beforeBail().then(emit) : emit();
  }

  /** @param error null: there is one already, of a listener */
  #emitFailure(test: Test, error: FileError | Error | null): Promise<void> {
    return this.#options.emitter.emit('test-file-failure', [test, this.#refused.get(test) ?? error]);
  }

  /** Resolves when Jest has been told everything. @throws what a listener threw */
  drained(): Promise<void> {
    return this.#last;
  }

  /** Whether Jest will leave in the report of this result; its own rule, in TestScheduler's onResult. */
  #bailsAt(result: TestResult): boolean {
    // These two it turns into failures without looking at `bail`.
    if (result.testResults.length === 0 || result.leaks) return false;
    this.#failedTests += result.numFailingTests;
    return this.#options.bail !== 0 && this.#failedTests >= this.#options.bail;
  }

  #enqueue(report: () => Promise<void>): Promise<void> {
    const reported = this.#last.then(report);
    // The run's end awaits it; until then a failure is not unhandled.
    reported.catch(() => this.#options.onFailure());
    return (this.#last = reported);
  }
}
