/**
 * Records the shutdown steps of this process. Jest's warning about a worker that stays alive blames the tests. With
 * this record, the parent prints the warning only if the tests keep the process alive, not we, Node or a busy machine.
 */
import type {Departure} from '../../core/wire/workerMessages';
import {renameSync, rmSync, writeText} from '../../pristine/fs';
import {statefulAddons} from '../leaks/addons';
import type {OpenResources} from './openResources';

/** Taken now, because test files share this global and may mock it. */
const {setInterval: every} = globalThis;

/** How often a process that stays alive records the reason during its grace period. */
const TIMES_IN_GRACE = 4;

export class DepartureRecorder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Does the work that only later processes need. */
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
      // A test may have set another exit code. jest-worker replaces a process that ends with a code other than 0.
      process.exitCode = 0;
    });
  }

  #leave(departure: Departure): void {
    try {
      // Write and rename, because the process may be killed in the middle of the write.
      writeText(`${this.#path}.draft`, JSON.stringify(departure));
      renameSync(`${this.#path}.draft`, this.#path);
    } catch {
      // The parent then knows no reason, and says so.
    }
  }
}
