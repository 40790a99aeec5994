/**
 * Whether a worker begins what it was given. Its watchdog sees a main thread that is stuck; it does not see
 * that an order never arrives, or an answer, because a test file has broken what carries them.
 */

/** How long (ms) a worker may take to begin a file, at the least: it may have to start first. */
const LEAST_MS = 60_000;

/** How long (ms) after that the worker's watchdog is waited for, which can say more. */
const SLACK_MS = 20_000;

export interface GivenUnitsOptions {
  /** How long (ms) whatever runs may take; 0: any time. */
  readonly hardTimeoutMs: number;
  /** Whether somebody looks at the process with a debugger. */
  readonly isDebugged: () => boolean;
  /** @param ms how long nothing was begun */
  readonly onIgnored: (ms: number) => void;
}

export class GivenUnits {
  readonly #options: GivenUnitsOptions;
  /** Those that have not begun. */
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

  /** It has ended; or it was not wanted any more, and never began. */
  ended(unit: number): void {
    this.#held.delete(unit);
    if (this.#running === unit) this.#running = null;
    this.#wait();
  }

  returned(units: readonly number[]): void {
    for (const unit of units) this.#held.delete(unit);
    this.#wait();
  }

  /** Nothing more is expected of it. */
  stop(): void {
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
    // This process may itself have been kept from reading: what has arrived meanwhile is heard first.
    const timer = this.#timer;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#timer === timer && this.#held.size > 0) this.#options.onIgnored(ms);
      }),
    );
  }
}
