/**
 * Corrects the durations of tests. jest-circus subtracts two times of day, so its durations contain corrections of the
 * clock and the time that a test waits for the parent.
 */
import type {Circus} from '@jest/types';
import {monotonicMs} from '../../pristine/clock';

/** Systems often correct the clock by less than this (ms), so up to this difference circus's duration stays. */
const CLOCK_STEP_MS = 1000;

export class TestDurations {
  readonly #starts = new WeakMap<Circus.TestEntry, number>();

  /** Circus has taken the time of the test's start. */
  starts(test: Circus.TestEntry): void {
    this.#starts.set(test, monotonicMs());
  }

  /** The test has waited since its start. The wait does not count. */
  waited(test: Circus.TestEntry): void {
    const start = this.#starts.get(test);
    if (start === undefined || typeof test.startedAt !== 'number') return;
    const time = monotonicMs();
    test.startedAt += Math.round(time - start);
    this.#starts.set(test, time);
  }

  /** Circus has taken the time of the test's end. */
  ended(test: Circus.TestEntry): void {
    const start = this.#starts.get(test);
    if (start === undefined || typeof test.duration !== 'number') return;
    const ms = monotonicMs() - start;
    if (Math.abs(test.duration - ms) >= CLOCK_STEP_MS) test.duration = Math.round(ms);
  }
}
