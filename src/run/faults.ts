/**
 * The one way of what goes wrong in the runner itself, and is nobody else's mistake: the first fault of a run is told,
 * ends the run, and is the failure of each file that has no result by then.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {inspect} from 'node:util';
import type {FileError} from '../core/texts/deaths';
import {describeFault} from '../core/texts/faults';

export interface FaultsOptions {
  readonly jestVersion: string;
  /** What XDIST_LOG says. */
  readonly log: string | undefined;
  readonly warn: (text: string) => void;
  /** Called with the first. */
  readonly onFirst: () => void;
}

export class Faults {
  readonly #options: FaultsOptions;
  #first: FileError | null = null;
  #endRun: () => void = () => undefined;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** What files without a result fail with; null: nothing has gone wrong. */
  get first(): FileError | null {
    return this.#first;
  }

  /** @param endRun called at the first fault; at once, if there has been one */
  whenFound(endRun: () => void): void {
    this.#endRun = endRun;
    if (this.#first !== null) endRun();
  }

  /**
   * @param doing a clause: what was being done
   * @returns what the run's files fail with: the first fault, of which others are likely to follow
   */
  report(doing: string, error: unknown): FileError {
    if (this.#first !== null) return this.#first;
    const {jestVersion, log = '', warn, onFirst} = this.#options;
    const evidence = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
    const {version, reportAt} = ownPackage();
    const versions = `jest-runner-xdist ${version}, Jest ${jestVersion}, Node ${process.version}, ${process.platform}`;
    this.#first = describeFault({doing, evidence}, {versions, reportAt, log: log === '' ? null : log});
    warn(this.#first.message);
    onFirst();
    this.#endRun();
    return this.#first;
  }

  /** A function of which nobody hears what it throws but this. */
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

function ownPackage(): {version: string; reportAt: string | null} {
  try {
    const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
    const {version, bugs} = JSON.parse(text) as {version: string; bugs?: {url?: string}};
    return {version, reportAt: bugs?.url ?? null};
  } catch {
    return {version: 'of an unknown version', reportAt: null};
  }
}
