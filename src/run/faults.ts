/**
 * Handles errors of the runner itself. The first fault of a run is printed and ends the run. Every file without a
 * result fails with it.
 */
import {inspect} from 'node:util';
import type {FileError} from '../core/texts/deaths';
import {describeFault} from '../core/texts/faults';
import {ownPackage} from './ownPackage';

export interface FaultsOptions {
  readonly jestVersion: string;
  /** The path of the run's recording; null: there is none. */
  readonly recording: () => string | null;
  readonly warn: (text: string) => void;
  /** Called at the first fault. */
  readonly onFirst: () => void;
}

export class Faults {
  readonly #options: FaultsOptions;
  #first: FileError | null = null;
  #endRun: () => void = () => undefined;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** The failure of files without a result; null: there is no fault. */
  get first(): FileError | null {
    return this.#first;
  }

  /** @param endRun called at the first fault, or at once if there already is a fault */
  whenFound(endRun: () => void): void {
    this.#endRun = endRun;
    if (this.#first !== null) endRun();
  }

  /**
   * @param doing what the runner was doing, as a clause that follows "while"
   * @returns the failure of the run's files: always the first fault, because it probably caused the later ones
   */
  report(doing: string, error: unknown): FileError {
    if (this.#first !== null) return this.#first;
    const {jestVersion, recording, warn, onFirst} = this.#options;
    const evidence = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    const {version, reportAt} = ownPackage();
    const versions = `jest-runner-xdist ${version}, Jest ${jestVersion}, Node ${process.version}, ${process.platform}`;
    this.#first = describeFault({doing, evidence}, {versions, reportAt, recording: recording()});
    warn(this.#first.message);
    onFirst();
    this.#endRun();
    return this.#first;
  }

  /** Wraps a function: if it throws, the error is reported here and goes no further. */
  guard<Args extends unknown[]>(doing: string, act: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      try {
        act(...args);
      } catch (error) {
        this.report(doing, error);
      }
    };
  }
}
