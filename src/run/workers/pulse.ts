/**
 * Whether a worker's process still moves: its watchdog says so every second, whatever the main thread
 * does. One that was stopped from outside, or has died in a way that nobody is told of, falls silent.
 */

/** How long (ms) after what runs there should have ended silence is waited out. */
const SLACK_MS = 10_000;

/** How long (ms) a process may take to start, at the least: a busy machine is slow. */
const LONGEST_START_MS = 60_000;

export interface PulseOptions {
  /** How long (ms) whatever runs may take, if the watchdog knows no better; 0: any time. */
  readonly hardTimeoutMs: number;
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** @param ms how long nothing was heard */
  readonly onSilence: (ms: number) => void;
}

export interface Beat {
  /** What runs; '': nothing. */
  readonly name: string;
  /** What runs has run for so long (ms), and may for so long; null: any time. */
  readonly ms: number;
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

  /** What runs, and for how long (ms); null: nothing was heard yet. */
  get now(): {name: string; ms: number} | null {
    return this.#last && {name: this.#last.name, ms: this.#last.ms + this.#options.now() - this.#beatAt};
  }

  /** The memory that the process took when it was heard of, in bytes; null: nothing was heard yet. */
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

  /** The process was started: it has this long (ms) to say that it is up, which `stop` or a first beat tells. */
  start(): void {
    const {hardTimeoutMs, now} = this.#options;
    this.#beatAt = now();
    if (hardTimeoutMs > 0) this.#waitFor(Math.max(hardTimeoutMs, LONGEST_START_MS));
  }

  /** Nothing more is expected to be heard. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #waitFor(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#listenOnce(), ms + SLACK_MS).unref();
  }

  /** This process may itself have been kept from reading: what has arrived meanwhile is heard first. */
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
