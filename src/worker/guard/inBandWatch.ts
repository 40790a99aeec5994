/**
 * The watchdog of a run in band. Jest's process is its own worker there: nothing can be started anew, but a
 * hang must end, and say where it was.
 */
import {FollowedFile} from '../circus/followedFile';
import {Journal} from './journal';
import {Phases, type PhaseLimits, type PhaseListener} from './phases';
import type {CircusFile} from '../circus/testFramework';
import {Watchdog} from './watchdog';

export class InBandWatch {
  readonly #watchdog: Watchdog;
  readonly #phases: Phases;

  /**
   * @param remedy what the user can do after a hang, printed with it
   * @param listener hears of the phases
   */
  constructor(limits: PhaseLimits, remedy: string, listener: PhaseListener) {
    this.#watchdog = Watchdog.start({transport: {kind: 'in-band', remedy}});
    this.#phases = new Phases(this.#watchdog, limits, listener);
  }

  /**
   * @param name what the user knows the file by
   * @param hardTimeoutMs of the file's pragma; 0: none; null: it has no such pragma
   * @returns what is to follow it
   */
  fileBegins(name: string, hardTimeoutMs: number | null): CircusFile {
    this.#phases.fileBegins(name, hardTimeoutMs, false);
    // A journal that was never begun: nobody would read it.
    return new FollowedFile(new Journal(''), this.#phases);
  }

  /** What runs, and for how long (ms); '': nothing. */
  get status(): {name: string; ms: number} {
    return this.#phases.status;
  }

  /** A hang ends this process, and the watchdog has printed it with the remedy. */
  get endsProcess(): boolean {
    return this.#watchdog.endsProcess;
  }

  fileEnds(): void {
    this.#phases.fileEnds();
  }

  stop(): void {
    this.#watchdog.stop();
  }
}
