/**
 * Whether a worker begins the units that it was given. The worker's watchdog sees a stuck main thread. The watchdog
 * does not see that an order or an answer never arrives, because a test file has broken what carries messages.
 */

/** The least time (ms) that a worker may take to begin a file: the worker may have to start first. */
const LEAST_MS = 60_000;

/** How long (ms) after that the parent waits for the worker's watchdog, which can say more. */
const SLACK_MS = 20_000;

export interface GivenUnitsOptions {
  /** How long (ms) whatever runs may take; 0: any time. */
  readonly hardTimeoutMs: number;
  /** Whether somebody looks at the process with a debugger. */
  readonly isDebugged: () => boolean;
  /** The worker has begun nothing. @param ms for how long */
  readonly onIgnored: (ms: number) => void;
}

export class GivenUnits {
  readonly #options: GivenUnitsOptions;
  /** The units that have not begun. */
  readonly #held = new Set<number>();
  #running: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GivenUnitsOptions) {
    this.#options = options;
  }

  gave(units: readonly number[]): void {
    for (const unit of units) this.#held.add(unit);
    if (this.#timer === undefined) this.#wait();
  }

  began(unit: number): void {
    this.#held.delete(unit);
    this.#running = unit;
    this.#wait();
  }

  /** The unit has ended, or nobody wanted it any more and it never began. */
  ended(unit: number): void {
    this.#held.delete(unit);
    if (this.#running === unit) this.#running = null;
    this.#wait();
  }

  returned(units: readonly number[]): void {
    for (const unit of units) this.#held.delete(unit);
    this.#wait();
  }

  /** The worker need not begin anything any more. */
  expectNothing(): void {
    clearTimeout(this.#timer);
    this.#held.clear();
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const {hardTimeoutMs} = this.#options;
    if (hardTimeoutMs === 0 || this.#running !== null || this.#held.size === 0) return;
    const ms = Math.max(hardTimeoutMs, LEAST_MS) + SLACK_MS;
    this.#timer = setTimeout(() => this.#judge(ms), ms).unref();
  }

  #judge(ms: number): void {
    if (this.#options.isDebugged()) return this.#wait();
    // Something may have kept this process from reading. It first reads what has arrived meanwhile.
    const timer = this.#timer;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#timer === timer && this.#held.size > 0) this.#options.onIgnored(ms);
      }),
    );
  }
}
