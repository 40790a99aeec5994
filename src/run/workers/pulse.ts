/**
 * Whether a worker's process still runs. Its watchdog sends a beat every second, whatever the main thread does. A
 * process falls silent if something suspends it, or if it dies and nothing reports the death.
 */

/** How long (ms) a process may be silent after the time limit of what runs in it. */
const SLACK_MS = 10_000;

/** The least time (ms) that a process may take to start: a busy machine is slow. */
const LONGEST_START_MS = 60_000;

export interface PulseOptions {
  /** How long (ms) whatever runs may take, if the watchdog knows no other limit; 0: any time. */
  readonly hardTimeoutMs: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** The process is silent. @param ms for how long */
  readonly onSilence: (ms: number) => void;
}

export interface Beat {
  /** What runs; '': nothing. */
  readonly name: string;
  /** For how long (ms) that has run. */
  readonly ms: number;
  /** How long (ms) that may run; null: the watchdog knows no limit. */
  readonly limitMs: number | null;
  readonly debugged: boolean;
  /** The memory that the process takes, in bytes. */
  readonly rss: number;
}

export class Pulse {
  readonly #options: PulseOptions;
  #timer: NodeJS.Timeout | undefined;
  #beatAt = 0;
  #last: Beat | null = null;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** What runs, and for how long (ms); null: no beat has come yet. */
  get now(): {name: string; ms: number} | null {
    return this.#last && {name: this.#last.name, ms: this.#last.ms + this.#options.now() - this.#beatAt};
  }

  /** The memory that the process took at its last beat, in bytes; null: no beat has come yet. */
  get rss(): number | null {
    return this.#last && this.#last.rss;
  }

  /** Whether somebody looks at the process with a debugger. */
  get debugged(): boolean {
    return this.#last?.debugged === true;
  }

  beat(beat: Beat): void {
    const {ms, limitMs, debugged} = beat;
    this.#last = beat;
    const {hardTimeoutMs, now} = this.#options;
    clearTimeout(this.#timer);
    this.#beatAt = now();
    const limit = limitMs ?? hardTimeoutMs;
    if (debugged || limit === 0) return;
    this.#waitFor(Math.max(0, limit - (limitMs === null ? 0 : ms)));
  }

  /** The process was started. `expectNothing` or a first beat must follow, or the process is silent. */
  start(): void {
    const {hardTimeoutMs, now} = this.#options;
    this.#beatAt = now();
    if (hardTimeoutMs > 0) this.#waitFor(Math.max(hardTimeoutMs, LONGEST_START_MS));
  }

  /** The process may be silent, until the next beat. */
  expectNothing(): void {
    clearTimeout(this.#timer);
  }

  #waitFor(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#listenOnce(), ms + SLACK_MS).unref();
  }

  /** Something may have kept this process from reading. It first reads what has arrived meanwhile. */
  #listenOnce(): void {
    const {now, onSilence} = this.#options;
    const beatAt = this.#beatAt;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#beatAt === beatAt) onSilence(now() - beatAt);
      }),
    );
  }
}
