/**
 * Says how far this process has come on its way out. Jest's warning of a worker that does not end blames the tests: the parent
 * gives it only where they, not we, Node or a busy machine keep the process.
 */
import type {Departure} from '../../core/wire/workerMessages';
import {renameSync, rmSync, writeText} from '../../pristine/fs';
import {statefulAddons} from '../leaks/addons';
import type {OpenResources} from './openResources';

/** Test files share it, and may mock it. */
const {setInterval: every} = globalThis;

/** So often in its grace does a process that has not ended say why. */
const TIMES_IN_GRACE = 4;

export class DepartureRecorder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Does what is for later processes. */
  save(work: () => void): void {
    this.#leave({at: 'saving'});
    work();
    try {
      rmSync(this.#path, {force: true});
    } catch {
      // The disk may be read-only by now. The parent then waits a little longer than it has to.
    }
  }

  /** Nothing is left to do: from here on, the process ends as soon as nothing keeps it alive. */
  begin(resources: OpenResources, graceMs: number): void {
    every(
      () => this.#leave({at: 'waiting', leftOpen: resources.leftOpen(), addons: statefulAddons()}),
      graceMs / TIMES_IN_GRACE,
    ).unref();
    process.on('exit', () => {
      this.#leave({at: 'exiting', addons: statefulAddons()});
      // What a test has set is no word on this process; and jest-worker starts one anew that ends with another code.
      process.exitCode = 0;
    });
  }

  #leave(departure: Departure): void {
    try {
      // In two steps: the process may be killed in the middle of one.
      writeText(`${this.#path}.draft`, JSON.stringify(departure));
      renameSync(`${this.#path}.draft`, this.#path);
    } catch {
      // The parent then says that it was not told.
    }
  }
}
