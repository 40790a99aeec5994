/**
 * The memory that the main thread shares with its watchdog. The main thread writes its phase at every step of every
 * test, so writing must be cheap. The watchdog reads at intervals.
 */

import type {LimitSource} from '../../core/wire/watchdogMessages';
import {monotonicMs} from '../../pristine/clock';

/** What the main thread is doing, and its time limits. */
export interface Phase {
  readonly name: string;
  /** After this time (ms) the watchdog reports the phase as slow; null: never. */
  readonly slowMs: number | null;
  /** After this time (ms) the phase counts as hung; null: never. */
  readonly hardMs: number | null;
  /** If the event loop has not turned for this time (ms), the phase counts as hung; null: nobody checks that. */
  readonly stuckMs: number | null;
  /** The setting that `hardMs` or `stuckMs` comes from; null: no setting of the user's. */
  readonly limitBy: LimitSource | null;
  /** The option hardTimeout, in ms. */
  readonly optionMs: number;
  /** Whether the test file's code may be running. If not, only code of the environment or an earlier file may be. */
  readonly began: boolean;
}

/** A phase as the watchdog reads it. */
export interface SeenPhase extends Phase {
  /** Identifies the phase. */
  readonly number: number;
  /** By monotonicMs. */
  readonly startedAt: number;
}

// Taken before the first test file is loaded, because test files share this process and may mock its globals.
const encoder = new TextEncoder();
const encodeInto = encoder.encodeInto.bind(encoder);

/** The shared memory holds an index into this list; -1: `limitBy` is null. */
const LIMIT_SOURCES: readonly LimitSource[] = ['option', 'file', 'timeout'];

const NUMBERS = {startedAt: 0, slowMs: 1, hardMs: 2, stuckMs: 3, optionMs: 4, count: 5};
const WORDS = {version: 0, nameBytes: 1, stopped: 2, began: 3, turns: 4, limitBy: 5, ending: 6, count: 7};
const WORDS_AT = NUMBERS.count * Float64Array.BYTES_PER_ELEMENT;
const NAME_AT = WORDS_AT + WORDS.count * Int32Array.BYTES_PER_ELEMENT;
const NAME_BYTES = 1024;

/** How often a reader tries again after it has met a writer. Writing takes less than a microsecond. */
const READ_ATTEMPTS = 100;

/** Nothing is running that could take too long. */
export const IDLE: Phase = {
  name: '',
  slowMs: null,
  hardMs: null,
  stuckMs: null,
  limitBy: null,
  optionMs: 0,
  began: false,
};

export class PhaseMemory {
  /** The memory that both threads share. */
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;
  readonly #name: Uint8Array;

  /** @param buffer the buffer of the other thread's PhaseMemory */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#numbers = new Float64Array(buffer, 0, NUMBERS.count);
    this.#words = new Int32Array(buffer, WORDS_AT, WORDS.count);
    this.#name = new Uint8Array(buffer, NAME_AT, NAME_BYTES);
  }

  static create(): PhaseMemory {
    const memory = new PhaseMemory(new SharedArrayBuffer(NAME_AT + NAME_BYTES));
    memory.write(IDLE);
    return memory;
  }

  /** A phase begins now, and the one before has ended. */
  write({name, slowMs, hardMs, stuckMs, limitBy, optionMs, began}: Phase): void {
    const numbers = this.#numbers;
    const words = this.#words;
    // The version is odd during a write, so that no reader mixes two phases.
    Atomics.add(words, WORDS.version, 1);
    numbers[NUMBERS.startedAt] = monotonicMs();
    numbers[NUMBERS.slowMs] = slowMs ?? Infinity;
    numbers[NUMBERS.hardMs] = hardMs ?? Infinity;
    numbers[NUMBERS.stuckMs] = stuckMs ?? Infinity;
    numbers[NUMBERS.optionMs] = optionMs;
    words[WORDS.limitBy] = limitBy === null ? -1 : LIMIT_SOURCES.indexOf(limitBy);
    words[WORDS.began] = began ? 1 : 0;
    // encodeInto drops whole characters that do not fit.
    words[WORDS.nameBytes] = encodeInto(name, this.#name).written;
    Atomics.add(words, WORDS.version, 1);
  }

  /** @returns null: the main thread was writing at every attempt */
  read(): SeenPhase | null {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      const version = Atomics.load(this.#words, WORDS.version);
      if (version % 2 !== 0) continue;
      const [startedAt = 0, slowMs = 0, hardMs = 0, stuckMs = 0, optionMs = 0] = this.#numbers;
      const limitBy = LIMIT_SOURCES[this.#words[WORDS.limitBy] ?? -1] ?? null;
      const began = this.#words[WORDS.began] === 1;
      const name = this.#name.slice(0, this.#words[WORDS.nameBytes]);
      if (Atomics.load(this.#words, WORDS.version) !== version) continue;
      return {
        number: version / 2,
        startedAt,
        slowMs: orNone(slowMs),
        hardMs: orNone(hardMs),
        stuckMs: orNone(stuckMs),
        limitBy,
        optionMs,
        began,
        name: new TextDecoder().decode(name),
      };
    }
    return null;
  }

  /** Whether the main thread is still in the phase. */
  isStill(phase: SeenPhase): boolean {
    return Atomics.load(this.#words, WORDS.version) === phase.number * 2;
  }

  /** The event loop of the main thread has turned. */
  noteTurn(): void {
    Atomics.add(this.#words, WORDS.turns, 1);
  }

  /** How often the main thread has noted a turn of its event loop. */
  get turns(): number {
    return Atomics.load(this.#words, WORDS.turns);
  }

  /** The main thread ends the watch. */
  stop(): void {
    Atomics.store(this.#words, WORDS.stopped, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, WORDS.stopped) === 1;
  }

  /** The watchdog is about to end the process. */
  noteEnding(): void {
    Atomics.store(this.#words, WORDS.ending, 1);
  }

  get ending(): boolean {
    return Atomics.load(this.#words, WORDS.ending) === 1;
  }
}

function orNone(ms: number): number | null {
  return ms === Infinity ? null : ms;
}
