/**
 * Maps the events of units to reports about files: each file has a start, its tests and one end. A file is one unit, or
 * one unit per node with `dist: 'each'`. (`reports` orders the reports and sends them to Jest.)
 */
import type {Test} from '@jest/test-result';
import type {FileError} from '../../core/texts/deaths';
import type {NodeResults} from './nodeResults';
import type {Reports} from './reports';
import type {SharedFixtures} from '../fixtures/sharedFixtures';
import type {UnitEnd} from './unitEnd';
import type {UnitOutcome} from '../../core/wire/workerMessages';

export interface FileReportsOptions {
  readonly reports: Reports;
  /** Jest's test of a unit. */
  readonly testOf: (unit: number) => Test;
  /** null: no file declares a fixture. */
  readonly fixtures: Pick<SharedFixtures, 'ended'> | null;
  /** null: each file is one unit. */
  readonly nodes: NodeResults | null;
  /** Jest's `--bail`: Jest exits at this number of failed tests; 0: never. */
  readonly bail: number;
  /** A result could not be merged. @returns the failure of the file */
  readonly onFault: (doing: string, error: unknown) => FileError;
}

export class FileReports {
  readonly #options: FileReportsOptions;
  readonly #started = new Set<Test>();
  #failedTests = 0;

  constructor(options: FileReportsOptions) {
    this.#options = options;
  }

  /** A unit has started, or starts again. Jest hears of the file's start once. */
  started(unit: number): void {
    const test = this.#options.testOf(unit);
    if (this.#started.has(test)) return;
    this.#started.add(test);
    // If a listener threw, its error already is the file's failure.
    this.#options.reports.fileStarted(test).catch(() => undefined);
  }

  /** An event of Jest's own code inside a worker. @param unit the unit that the worker runs; null: unknown */
  jestEvent(unit: number | null, name: string, payload: unknown): void {
    const {nodes, reports, testOf} = this.#options;
    const test = unit === null ? null : testOf(unit);
    void reports.jestEvent(test, name, nodes === null || unit === null ? payload : nodes.named(unit, payload));
  }

  ended(unit: number, end: UnitEnd): void {
    const {nodes, bail, testOf} = this.#options;
    const whole = nodes === null ? end : nodes.add(unit, end);
    if (whole !== null) this.#report(testOf(unit), whole);
    // An error surfaces where the file is reported.
    if (nodes !== null && bail > 0) this.#bailEarly(nodes, end).catch(() => undefined);
  }

  /** A signal has ended the run while the unit ran. */
  interrupted(unit: number, error: FileError): void {
    const {nodes, reports, testOf} = this.#options;
    if (nodes === null) void reports.fileFailed(testOf(unit), error);
    else this.ended(unit, {outcome: {type: 'error', error}, wasTold: null});
  }

  /** The run is over. Reports the files that have ended on some nodes only. @param why why they do not end elsewhere */
  leftOver(why: string): void {
    for (const {test, end} of this.#options.nodes?.takeAll(why) ?? []) this.#report(test, end);
  }

  /** Jest counts failures only at the end of a file, which may be long after its end on the first node. */
  async #bailEarly(nodes: NodeResults, {outcome}: UnitEnd): Promise<void> {
    const known = await outcome;
    if (known.type === 'error' || known.result.numFailingTests === 0) return;
    this.#failedTests += known.result.numFailingTests;
    if (this.#failedTests < this.#options.bail) return;
    for (const {test, end} of nodes.takeFailed()) this.#report(test, end);
  }

  #report(test: Test, {outcome, wasTold}: UnitEnd): void {
    const {reports, fixtures, onFault} = this.#options;
    const all = fixtures?.ended(test, outcome) ?? outcome;
    if (wasTold !== null || all instanceof Promise) {
      const known = Promise.resolve(all).catch((error: unknown): UnitOutcome => ({
        type: 'error',
        error: onFault(`the result of ${test.path} was put together`, error),
      }));
      void reports.fileEnded(test, known, result => wasTold?.(result) ?? true);
    } else if (all.type === 'result') {
      void reports.fileSucceeded(test, all.result);
    } else {
      void reports.fileFailed(test, asJestWorkerDelivers(all.error));
    }
  }
}

/**
 * Gives an error the form in which jest-worker delivers it to the stock runner. testWorker throws a plain object, and
 * jest-worker makes of it a String object with the same fields. A reporter that writes JSON then writes a string.
 */
function asJestWorkerDelivers(error: FileError): FileError {
  return Object.assign(Object(error.message) as FileError, error);
}
