/**
 * What Jest is told of each file: its start, its tests and one end. A file is one unit; or where it runs on
 * several nodes, one unit for each, of which Jest hears as of one.
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
  /** null: no file declares one. */
  readonly fixtures: Pick<SharedFixtures, 'ended'> | null;
  /** null: each file is one unit. */
  readonly nodes: NodeResults | null;
  /** Jest's `--bail`: it leaves at so many failed tests; 0: never. */
  readonly bail: number;
  /** A result could not be put together. @returns what the file fails with */
  readonly onFault: (doing: string, error: unknown) => FileError;
}

export class FileReports {
  readonly #options: FileReportsOptions;
  readonly #started = new Set<Test>();
  #failedTests = 0;

  constructor(options: FileReportsOptions) {
    this.#options = options;
  }

  /** One that is run again has started once, for Jest. */
  started(unit: number): void {
    const test = this.#options.testOf(unit);
    if (this.#started.has(test)) return;
    this.#started.add(test);
    // A listener that threw has made it the file's failure already.
    this.#options.reports.fileStarted(test).catch(() => undefined);
  }

  /** An event of Jest's own code inside a worker. @param unit the one that it runs; null: none is known */
  jestEvent(unit: number | null, name: string, payload: unknown): void {
    const {nodes, reports, testOf} = this.#options;
    const test = unit === null ? null : testOf(unit);
    void reports.jestEvent(test, name, nodes === null || unit === null ? payload : nodes.named(unit, payload));
  }

  ended(unit: number, end: UnitEnd): void {
    const {nodes, bail, testOf} = this.#options;
    const whole = nodes === null ? end : nodes.add(unit, end);
    if (whole !== null) this.#report(testOf(unit), whole);
    // What cannot be had is told of where the file is reported.
    if (nodes !== null && bail > 0) this.#bailEarly(nodes, end).catch(() => undefined);
  }

  /** A signal has ended the run while the unit was run. */
  interrupted(unit: number, error: FileError): void {
    const {nodes, reports, testOf} = this.#options;
    if (nodes === null) void reports.fileFailed(testOf(unit), error);
    else this.ended(unit, {outcome: {type: 'error', error}, wasTold: null});
  }

  /** The run is over: files that have come to something on a node, and will not on the others. @param why */
  leftOver(why: string): void {
    for (const {test, end} of this.#options.nodes?.takeAll(why) ?? []) this.#report(test, end);
  }

  /** Jest counts the failures of files that have ended: with nodes that may be long after the first node's. */
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
 * An error of a file's run as jest-worker hands it to the stock runner: of the plain object that
 * testWorker throws it makes a String object with the object's fields, and a reporter that writes
 * results as JSON gets a string where it would otherwise get an object.
 */
function asJestWorkerDelivers(error: FileError): FileError {
  return Object.assign(Object(error.message) as FileError, error);
}
