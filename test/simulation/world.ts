/** What happens in a simulated run besides the plan itself. */
import type {StopReason} from '../../src/core/schedule/state';

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
  /** What is in the units whose tests can be listed; not all of these may be split. Of the others there is no journal. */
  readonly split?: ReadonlyMap<number, SplitWorld>;
  /** Workers tell of their progress only where the parent might have to act on it, or has not heard for long. */
  readonly batched?: boolean;
  /** Of each of the plan's fixtures. */
  readonly fixtures?: readonly FixtureWorld[];
  /** Whether the rest of a file whose worker died runs in a new one. Default: yes. */
  readonly resume?: boolean;
  /** The cores that workers share; without it each has one of its own, and nobody looks at its load. */
  readonly machine?: MachineWorld;
}

/** A machine, and what is measured of it. */
export interface MachineWorld {
  readonly cores: number;
  /** What share of a unit's time is computing (0 to 1), by unit; of the rest it waits. Where nothing is said: all of it. */
  readonly computing: readonly number[];
  /** What others compute all the time, in cores. */
  readonly others?: number;
  readonly sampleEveryMs: number;
  /** By how many cores each sample is off, in turn. */
  readonly noise?: readonly number[];
  readonly totalBytes: number;
  /** What a worker takes, in bytes. */
  readonly workerBytes: number;
}

export interface FixtureWorld {
  readonly setupMs: number;
  readonly teardownMs: number;
  /** Of its setups, in their order: which fail. */
  readonly fails: readonly boolean[];
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
  /** How many tests each group has; where nothing is said: one. */
  readonly sizes?: readonly number[];
  /** Groups whose tests all run at the same time. */
  readonly concurrent?: ReadonlySet<number>;
  /** Groups that are a describe block with hooks of its own. */
  readonly hooked?: ReadonlySet<number>;
  /** The file has hooks outside of any block. */
  readonly topHooks?: boolean;
  /** How many tests, at the end of the file, no worker runs. */
  readonly skipped?: number;
  /** What tearing down its environment takes. */
  readonly teardownMs?: number;
  /** What in it kills its worker. */
  readonly killers?: readonly Killer[];
  /** Of the workers that go on with the file after a death, in their order: those that cannot load it. */
  readonly unloadable?: ReadonlySet<number>;
}

/** Where in a file something happens; `group`: one of the file's, whatever is left of it. */
export type Moment =
  | {readonly type: 'load' | 'top-before' | 'top-after' | 'teardown'}
  | {readonly type: 'before' | 'after' | 'between'; readonly group: number}
  | {readonly type: 'test'; readonly group: number; readonly index: number}
  /** While several of the group's tests run at the same time. */
  | {readonly type: 'together'; readonly group: number};

/** Something in a file that kills its worker. */
export interface Killer {
  readonly at: Moment;
  /** The first so many times that a worker comes to it. */
  readonly times: number;
}

/** `other`: it finds other tests; `error`: it cannot be loaded; `death`: that kills the worker. */
export type JoinOutcome = 'same' | 'other' | 'error' | 'death';
