/** Orders to run units, and the state of each unit while it runs. */
import type {Resumption} from '../../src/core/wire/resumption';
import {skippedOf, type GroupView} from './fileView';
import type {Dying} from './testLedger';
import type {SplitWorld} from './world';

/** A unit as it was given to one worker. */
export interface Order {
  readonly unit: number;
  /** Whether the worker joins a unit that another worker already has. */
  readonly join: boolean;
  /** null: the worker does not tell the unit's tests apart. */
  readonly split: SplitOrder | null;
}

export interface SplitOrder {
  readonly world: SplitWorld;
  readonly attempt: Attempt;
  /** Whether the worker runs all tests, without reporting them one by one. */
  readonly whole: boolean;
  /** What a dead worker has left of the unit, for this worker to continue. null: nothing. */
  readonly resumes: Resumption | null;
  /** The tests that the worker has to run, once it has listed them. */
  view: readonly GroupView[];
  /** The number of these tests. */
  tests: number;
  /** Whether the scheduler still wants the results of this order. */
  wanted: boolean;
  /** The groups that the worker got, and whether it knows that these are all. */
  readonly given: number[];
  complete: boolean;
  /** The places of the tests that the worker has run to their end. */
  readonly ended: number[];
  /** The places of the tests that are running. */
  readonly running: Set<number>;
  /** The hook that is running. */
  hook: Dying['hook'];
  /** Whether the worker has finished the order. */
  over: boolean;
}

/** A unit from its first dispatch until it begins again, or its rest is run. */
export interface Attempt {
  /** The orders of workers that have the unit and whose results the scheduler still wants. */
  readonly live: Set<Order>;
  /** The number of groups that the unit's first worker has listed. */
  groups: number;
  readonly given: Set<number>;
  /** The places of tests that any session has begun. */
  readonly begun: Set<number>;
  /** Places of the tests that sessions have reported which were wanted to their end. */
  readonly reported: number[];
  /** The orders of workers that have begun a group. */
  readonly runners: Set<Order>;
  /** Whether a session of the unit has ended with an error. */
  failed: boolean;
  /** Whether the results so far are unusable. */
  spoilt: boolean;
  begins: number;
}

export function newOrder(
  unit: number,
  join: boolean,
  world: SplitWorld,
  attempt: Attempt,
  whole: boolean,
  resumes: Resumption | null,
): Order & {readonly split: SplitOrder} {
  return {
    unit,
    join,
    split: {
      world,
      attempt,
      whole,
      resumes,
      view: [],
      tests: 0,
      wanted: true,
      given: [],
      complete: false,
      ended: [],
      running: new Set(),
      hook: null,
      over: false,
    },
  };
}

export function newAttempt(): Attempt {
  return {
    live: new Set(),
    groups: 0,
    given: new Set(),
    begun: new Set(),
    reported: [],
    runners: new Set(),
    failed: false,
    spoilt: false,
    begins: 0,
  };
}

/** What a session reports: the tests that it ran; the file's first one, those that nobody runs. */
export function resultsOf({join}: Order, {world, resumes, ended}: SplitOrder): number[] {
  return join ? ended : [...ended, ...skippedOf(world, new Set(resumes?.leaveOut))];
}
