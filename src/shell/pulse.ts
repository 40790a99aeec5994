/**
 * Whether a worker's process still moves: its watchdog says so every second, whatever the main thread
 * does. One that was stopped from outside, or has died in a way that nobody is told of, falls silent.
 */

/** How long (ms) after what runs there should have ended silence is waited out. */
const SLACK_MS = 10_000;

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

  beat(beat: Beat): void {
    const {ms, limitMs, debugged} = beat;
    this.#last = beat;
    const {hardTimeoutMs, now} = this.#options;
    clearTimeout(this.#timer);
    this.#beatAt = now();
    if (debugged || hardTimeoutMs === 0) return;
    const left = Math.max(0, (limitMs ?? hardTimeoutMs) - (limitMs === null ? 0 : ms));
    this.#timer = setTimeout(() => this.#listenOnce(), left + SLACK_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
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
