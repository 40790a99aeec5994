/**
 * The watchdog of a run in band. There, Jest's own process runs the tests, so nobody can replace it. Still, the
 * watchdog must end a hang and print where it was.
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
   * @param remedy what the user can do after a hang; the watchdog prints it with the hang
   * @param core a file of the running Jest's @jest/core
   * @param listener hears of the phases
   */
  constructor(limits: PhaseLimits, remedy: string, core: string, listener: PhaseListener) {
    this.#watchdog = Watchdog.start({transport: {kind: 'in-band', remedy, core}});
    this.#phases = new Phases(this.#watchdog, limits, listener);
  }

  /**
   * @param name the name of the file for the user
   * @param hardTimeoutMs the limit of the file's pragma; 0: no limit; null: the file has no such pragma
   * @returns the follower that the file must get
   */
  fileBegins(name: string, hardTimeoutMs: number | null): CircusFile {
    this.#phases.fileBegins(name, hardTimeoutMs, false);
    // An empty path: in band, nobody would read the journal.
    return new FollowedFile(new Journal(''), this.#phases);
  }

  /** The name of what runs ('': nothing), and for how long it has run (ms). */
  get status(): {name: string; ms: number} {
    return this.#phases.status;
  }

  /** Whether the watchdog is ending this process because of a hang. It has printed the hang and the remedy. */
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
