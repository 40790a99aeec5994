/** A machine's connection to the server, and its own timers: ordered, late, cut off at times, and dead with the machine. */

export interface Clock {
  now(): number;
  at(time: number, run: () => void): void;
}

export class Link {
  readonly #clock: Clock;
  readonly #latency: () => number;
  #isDead = false;
  /** What was sent later than at this time (ms) has not left the machine. */
  #sentUntil = Infinity;
  #pausedUntil = 0;
  #cutUntil = 0;
  /** When the last message arrives at the server, and the last one back. Messages do not overtake each other. */
  #lastThere = 0;
  #lastBack = 0;

  constructor(clock: Clock, latency: () => number) {
    this.#clock = clock;
    this.#latency = latency;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** Until when the machine cannot be heard. */
  get awayUntil(): number {
    return Math.max(this.#pausedUntil, this.#cutUntil);
  }

  /** @param lostMs what was sent so shortly before does not arrive, in ms */
  die(lostMs = 0): void {
    this.#isDead = true;
    this.#sentUntil = this.#clock.now() - lostMs;
  }

  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + ms);
  }

  cutOff(ms: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#clock.now() + ms);
  }

  /** @param there what the server does @param back what the machine does with its answer */
  call<T>(there: () => T, back: (answer: T) => void): void {
    this.#lastThere = this.#arrival(this.#lastThere);
    const sentAt = this.#clock.now();
    this.#clock.at(this.#lastThere, () => {
      if (sentAt <= this.#sentUntil) this.tell(there(), back);
    });
  }

  /** The server tells the machine. */
  tell<T>(answer: T, back: (answer: T) => void): void {
    this.#lastBack = this.#arrival(this.#lastBack);
    this.local(this.#lastBack, () => back(answer));
  }

  /**
   * Something that the machine does at a time, or when it goes on after a pause. What waited for the end of a pause that
   * another one prolongs comes after what arrived later: on several connections, messages overtake each other.
   */
  local(time: number, run: () => void): void {
    this.#clock.at(time, () => {
      if (this.#isDead) return;
      if (this.#clock.now() >= this.#pausedUntil) run();
      else this.local(this.#pausedUntil, run);
    });
  }

  #arrival(last: number): number {
    return Math.max(last, Math.max(this.#clock.now(), this.#cutUntil) + this.#latency());
  }
}
