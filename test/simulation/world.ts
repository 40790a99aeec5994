/** Defines everything in a simulated run that the plan does not decide. */
import type {StopReason} from '../../src/core/schedule/state';

/** All times in ms. */
export interface World {
  /** The actual duration of each unit. Not read for units in `split`. */
  readonly actualMs: readonly number[];
  /** The time from start-slot until the worker is up. */
  readonly startMs: number;
  /** The latency of a message between parent and worker, in either direction. */
  readonly latencyMs: number;
  /** Units that kill their worker, at this share of their time. */
  readonly deadly?: ReadonlyMap<number, number>;
  /** Whether the worker of the nth start never comes up. */
  readonly stillborn?: (start: number) => boolean;
  /** Kills the worker in a slot at a given time, whatever the worker is doing. */
  readonly kills?: readonly {readonly at: number; readonly slot: number}[];
  readonly stop?: {readonly at: number; readonly reason: StopReason};
  /** Units that leave something behind. It kills their worker this many ms after the unit's end, whatever runs then. */
  readonly leftovers?: ReadonlyMap<number, number>;
  /** Units after which the worker retires. */
  readonly retiring?: ReadonlySet<number>;
  /** Whether workers compute in units and groups of tests, and so hear no message before the unit or group ends. */
  readonly deaf?: boolean;
  /**
   * The contents of the units whose tests can be listed. Some of these may not be split. The other units leave no
   * journal.
   */
  readonly split?: ReadonlyMap<number, SplitWorld>;
  /** Whether workers report progress only if the parent may have to act on it, or has heard nothing for long. */
  readonly batched?: boolean;
  /** The behavior of each of the plan's fixtures. */
  readonly fixtures?: readonly FixtureWorld[];
  /** Whether a new worker runs the rest of a file after its worker's death. Default: yes. */
  readonly resume?: boolean;
  /** When units come, if the plan's units arrive. */
  readonly arrivals?: ArrivalWorld;
  /** The cores that workers share. Left out: each worker has a core of its own, and the load is not measured. */
  readonly machine?: MachineWorld;
}

/** Units come and are wanted back, and at some time no more will come. */
export interface ArrivalWorld {
  readonly moves: readonly {
    readonly at: number;
    readonly type: 'add' | 'want-back';
    readonly units: readonly number[];
  }[];
  /** The units that come and leave together. A unit that is in none does so alone. */
  readonly jobs?: readonly (readonly number[])[];
  /**
   * Of the events after which a worker holds a unit behind another one: those, by number, at which it is wanted back,
   * with its job.
   */
  readonly heldWanted?: readonly number[];
  readonly noMoreAt: number;
}

/** A machine, and the measurements of its load. */
export interface MachineWorld {
  readonly cores: number;
  /** For each unit, the share of its time that is computing (0 to 1); the rest is waiting. Left out for a unit: 1. */
  readonly computing: readonly number[];
  /** The load of other programs, which is constant, in cores. */
  readonly others?: number;
  readonly sampleEveryMs: number;
  /** The error of each load sample, in cores. The samples take the values in turn. */
  readonly noise?: readonly number[];
  readonly totalBytes: number;
  /** The memory of a worker, in bytes. */
  readonly workerBytes: number;
}

export interface FixtureWorld {
  readonly setupMs: number;
  readonly teardownMs: number;
  /** Whether the fixture's nth setup fails. */
  readonly fails: readonly boolean[];
}

/** A file whose tests are in groups. */
export interface SplitWorld {
  /** The time to list the file's tests. */
  readonly openMs: number;
  /** The actual duration of each group. */
  readonly groups: readonly number[];
  /** The expected duration of each group. null: unknown. */
  readonly costs: readonly (number | null)[];
  /** false: the worker turns out not to list the tests, and the file runs whole. */
  readonly opens: boolean;
  /** The outcome of the nth opening by a joining worker. Left out: `same`. */
  readonly joins?: readonly JoinOutcome[];
  /** The session that ends with an error, counted in the order in which sessions end. null: none. */
  readonly failing?: number | null;
  /** The group at which a session stops with an error. null: none. */
  readonly breaking?: number | null;
  /**
   * The group whose beginning shows that the tests cannot be shared. A number beyond the last group: the file's end
   * shows it. null: the tests can be shared.
   */
  readonly indivisible?: number | null;
  /** Whether the results from before that discovery are unusable, too. */
  readonly anew?: boolean;
  /** Groups whose end the worker does not report. */
  readonly unreported?: ReadonlySet<number>;
  /** The number of tests in each group. Left out: one. */
  readonly sizes?: readonly number[];
  /** Groups whose tests all run at the same time. */
  readonly concurrent?: ReadonlySet<number>;
  /** Groups that are a describe block with hooks of its own. */
  readonly hooked?: ReadonlySet<number>;
  /** Whether the file has hooks outside all blocks. */
  readonly topHooks?: boolean;
  /** The number of tests at the end of the file that no worker runs. */
  readonly skipped?: number;
  /** The time to tear down the file's environment. */
  readonly teardownMs?: number;
  /** The parts of the file that kill its worker. */
  readonly killers?: readonly Killer[];
  /** Which workers cannot load the file, counted among those that continue it after a death. */
  readonly unloadable?: ReadonlySet<number>;
}

/**
 * A place in a file at which something happens. `group` is the group's number in the whole file, also if the worker
 * runs only a part of the file.
 */
export type Moment =
  | {readonly type: 'load' | 'top-before' | 'top-after' | 'teardown'}
  | {readonly type: 'before' | 'after' | 'between'; readonly group: number}
  | {readonly type: 'test'; readonly group: number; readonly index: number}
  /** While several of the group's tests run at the same time. */
  | {readonly type: 'together'; readonly group: number};

/** Something in a file that kills its worker. */
export interface Killer {
  readonly at: Moment;
  /** How many times the killer kills, counted from the first time that a worker reaches it. */
  readonly times: number;
}

/**
 * The outcome when a worker joins a file. `other`: the worker finds different tests; `error`: it cannot load the file;
 * `death`: loading the file kills it.
 */
export type JoinOutcome = 'same' | 'other' | 'error' | 'death';
