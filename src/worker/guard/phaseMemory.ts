/**
 * What the main thread does, as its watchdog sees it: memory that both share. The main thread writes,
 * at every step of every test, so writing is all that it does here; the watchdog reads now and then.
 */

import type {LimitSource} from '../../core/wire/watchdogMessages';
import {monotonicMs} from '../../pristine/clock';

/** What the main thread is doing, and for how long it may. */
export interface Phase {
  readonly name: string;
  /** After so long (ms) it is worth a word; null: never. */
  readonly slowMs: number | null;
  /** After so long (ms) it is hung; null: never. */
  readonly hardMs: number | null;
  /** It is hung when the event loop has not turned for so long (ms); null: that is not looked at. */
  readonly stuckMs: number | null;
  /** What the limit, `hardMs` or `stuckMs`, comes from; null: from none of the user's settings. */
  readonly limitBy: LimitSource | null;
  /** The option hardTimeout, in ms. */
  readonly optionMs: number;
  /** Whether code of the test file may be running. Before that only the environment's is, or an earlier file's. */
  readonly began: boolean;
}

/** A phase as the watchdog reads it. */
export interface SeenPhase extends Phase {
  /** Another number: another phase. */
  readonly number: number;
  /** By monotonicMs. */
  readonly startedAt: number;
}

// Test files share this process, and may mock what is in it: taken before the first of them is loaded.
const encoder = new TextEncoder();
const encodeInto = encoder.encodeInto.bind(encoder);

/** A limit of none of these has the number -1. */
const LIMIT_SOURCES: readonly LimitSource[] = ['option', 'file', 'timeout'];

const NUMBERS = {startedAt: 0, slowMs: 1, hardMs: 2, stuckMs: 3, optionMs: 4, count: 5};
const WORDS = {version: 0, nameBytes: 1, stopped: 2, began: 3, turns: 4, limitBy: 5, ending: 6, count: 7};
const WORDS_AT = NUMBERS.count * Float64Array.BYTES_PER_ELEMENT;
const NAME_AT = WORDS_AT + WORDS.count * Int32Array.BYTES_PER_ELEMENT;
const NAME_BYTES = 1024;

/** How often a reader tries again that met a writer. Writing takes less than a microsecond. */
const READ_ATTEMPTS = 100;

/** Nothing is under way that could take too long. */
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
  /** What both threads share. */
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: Float64Array;
  readonly #words: Int32Array;
  readonly #name: Uint8Array;

  /** @param buffer that of another thread's PhaseMemory */
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
    // Odd while something is written, so that nobody takes halves of two phases for one.
    Atomics.add(words, WORDS.version, 1);
    numbers[NUMBERS.startedAt] = monotonicMs();
    numbers[NUMBERS.slowMs] = slowMs ?? Infinity;
    numbers[NUMBERS.hardMs] = hardMs ?? Infinity;
    numbers[NUMBERS.stuckMs] = stuckMs ?? Infinity;
    numbers[NUMBERS.optionMs] = optionMs;
    words[WORDS.limitBy] = limitBy === null ? -1 : LIMIT_SOURCES.indexOf(limitBy);
    words[WORDS.began] = began ? 1 : 0;
    // What does not fit is left off, character by character.
    words[WORDS.nameBytes] = encodeInto(name, this.#name).written;
    Atomics.add(words, WORDS.version, 1);
  }

  /** null: the main thread has been writing all the while. */
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

  /** Whether a phase is still the one that the main thread is in. */
  isStill(phase: SeenPhase): boolean {
    return Atomics.load(this.#words, WORDS.version) === phase.number * 2;
  }

  /** The event loop of the main thread has turned. */
  noteTurn(): void {
    Atomics.add(this.#words, WORDS.turns, 1);
  }

  /** How often the main thread has told that its event loop has turned. */
  get turns(): number {
    return Atomics.load(this.#words, WORDS.turns);
  }

  /** The main thread wants to be watched no more. */
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
