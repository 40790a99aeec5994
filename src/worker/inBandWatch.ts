/**
 * The watchdog of a run in band. Jest's process is its own worker there: nothing can be started anew, but a
 * hang must end, and say where it was.
 */
import {FollowedFile} from './followedFile';
import {Journal} from './journal';
import {Phases, type PhaseLimits} from './phases';
import {canFollow, expectFile} from './testFramework';
import {Watchdog} from './watchdog';

export class InBandWatch {
  readonly #watchdog: Watchdog;
  readonly #phases: Phases;

  constructor(limits: PhaseLimits) {
    this.#watchdog = Watchdog.start({transport: {kind: 'in-band'}});
    this.#phases = new Phases(this.#watchdog, limits);
  }

  /**
   * @param name what the user knows the file by
   * @param hardTimeoutMs of the file's pragma; 0: none; null: it has no such pragma
   */
  fileBegins(name: string, testRunner: string, hardTimeoutMs: number | null): void {
    this.#phases.fileBegins(name, hardTimeoutMs);
    // A journal that was never begun: nobody would read it.
    expectFile(canFollow(testRunner) ? new FollowedFile(new Journal(''), this.#phases) : null);
  }

  /** What runs, and for how long (ms); '': nothing. */
  get status(): {name: string; ms: number} {
    return this.#phases.status;
  }

  fileEnds(): void {
    this.#phases.fileEnds();
    expectFile(null);
  }

  stop(): void {
    this.#watchdog.stop();
  }
}
