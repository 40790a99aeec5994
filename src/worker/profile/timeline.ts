/** The time of a test file by what the process does: at each moment it does one thing. */
import {monotonicMs} from '../../pristine/clock';

/**
 * `jest`: Jest's own work, such as loading jest-circus into the realm of the file. `waiting`: for the parent, in a file
 * whose tests several workers share.
 */
export type Activity =
  'environment' | 'setup' | 'jest' | 'modules' | 'tests' | 'hooks' | 'between' | 'waiting' | 'teardown';

interface Spent {
  /** In ms. */
  ms: number;
  /** The part of it that Jest's transformer took. */
  transformMs: number;
}

export class Timeline {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #spent = new Map<Activity, Spent>();
  #activity: Activity = 'environment';
  #since: number;

  /** @param now a monotonic clock, in ms */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
    this.#startedAt = this.#since = now();
  }

  /** What the process does now. */
  get activity(): Activity {
    return this.#activity;
  }

  /** The process begins to do something else. */
  enter(activity: Activity): void {
    if (activity === this.#activity) return;
    this.#close();
    this.#activity = activity;
  }

  /** The transformer has taken so much of the time of the current activity. */
  transformed(ms: number): void {
    this.#of(this.#activity).transformMs += ms;
  }

  /** All time of an activity (ms), up to the last change of the activity. */
  ms(activity: Activity): number {
    return this.#spent.get(activity)?.ms ?? 0;
  }

  /** The time (ms) that the transformer took, in one activity or in all of them. */
  transformMs(activity?: Activity): number {
    if (activity !== undefined) return this.#spent.get(activity)?.transformMs ?? 0;
    return [...this.#spent.values()].reduce((sum, {transformMs}) => sum + transformMs, 0);
  }

  /** Ends the last activity. @returns the time since the start, in ms */
  end(): number {
    this.#close();
    return this.#since - this.#startedAt;
  }

  #close(): void {
    const time = this.#now();
    this.#of(this.#activity).ms += time - this.#since;
    this.#since = time;
  }

  #of(activity: Activity): Spent {
    let spent = this.#spent.get(activity);
    if (spent === undefined) this.#spent.set(activity, (spent = {ms: 0, transformMs: 0}));
    return spent;
  }
}
