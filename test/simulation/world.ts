/** What happens in a simulated run besides the plan itself. */
import type {StopReason} from '../../src/core/scheduleState';

/** All times in ms. */
export interface World {
  /** What each unit really takes; of one in `split` this is not read. */
  readonly actualMs: readonly number[];
  /** From start-slot until the worker is up. */
  readonly startMs: number;
  /** From parent to worker, and back. */
  readonly latencyMs: number;
  /** Units that kill their worker, at this share of their time. */
  readonly deadly?: ReadonlyMap<number, number>;
  /** Of starts, in order: which never come up. */
  readonly stillborn?: (start: number) => boolean;
  /** Kills the worker in a slot at a time, whatever it does. */
  readonly kills?: readonly {readonly at: number; readonly slot: number}[];
  readonly stop?: {readonly at: number; readonly reason: StopReason};
  /** Units that leave something behind which kills their worker so many ms after their end, whatever it runs then. */
  readonly leftovers?: ReadonlyMap<number, number>;
  /** Units after which the worker retires. */
  readonly retiring?: ReadonlySet<number>;
  /** A worker in the middle of a unit, or of a group of tests, hears nothing until that is done: it computes. */
  readonly deaf?: boolean;
  /** What is in the units whose tests can be listed. */
  readonly split?: ReadonlyMap<number, SplitWorld>;
  /** Workers tell of their progress only where the parent might have to act on it, or has not heard for long. */
  readonly batched?: boolean;
}

/** A file in groups of tests. */
export interface SplitWorld {
  /** What it takes to list its tests. */
  readonly openMs: number;
  /** What each group really takes. */
  readonly groups: readonly number[];
  /** What each group is expected to take; null: unknown. */
  readonly costs: readonly (number | null)[];
  /** false: its tests are not listed after all, and it runs whole. */
  readonly opens: boolean;
  /** What comes of the openings by workers that join, in their order; of all others: `same`. */
  readonly joins?: readonly JoinOutcome[];
  /** The number of the session, in the order of their ends, that ends with an error; null: none does. */
  readonly failing?: number | null;
  /** The group at which a session breaks off, with an error; null: at none. */
  readonly breaking?: number | null;
  /** The group that shows, when it begins, that the tests cannot be shared; beyond the last: the end shows it; null: nothing does. */
  readonly indivisible?: number | null;
  /** What has run until then cannot be used either. */
  readonly anew?: boolean;
  /** Groups of whose end the worker says nothing. */
  readonly unreported?: ReadonlySet<number>;
}

/** `other`: it finds other tests; `error`: it cannot be loaded; `death`: that kills the worker. */
export type JoinOutcome = 'same' | 'other' | 'error' | 'death';
