/** Units as they are given to workers, and what is known of each while it is run. */
import type {Resumption} from '../../src/core/wire/resumption';
import {skippedOf, type GroupView} from './fileView';
import type {Dying} from './testLedger';
import type {SplitWorld} from './world';

/** A unit as it was given to one worker. */
export interface Order {
  readonly unit: number;
  /** Another worker is at the unit: this one is to open it, too. */
  readonly join: boolean;
  /** null: its tests are not told apart. */
  readonly split: SplitOrder | null;
}

export interface SplitOrder {
  readonly world: SplitWorld;
  readonly attempt: Attempt;
  /** It is to run all tests, without a word about them. */
  readonly whole: boolean;
  /** It is to go on with what a worker has begun that died. */
  readonly resumes: Resumption | null;
  /** The tests that it is to run, when it has listed them. */
  view: readonly GroupView[];
  /** How many these are. */
  tests: number;
  /** The scheduler has not said that it wants nothing of this. */
  wanted: boolean;
  /** Groups that it was given, and whether it was told that these are all. */
  readonly given: number[];
  complete: boolean;
  /** Places of the tests that it has run to their end. */
  readonly ended: number[];
  /** Of those that run. */
  readonly running: Set<number>;
  /** The hook that runs. */
  hook: Dying['hook'];
  /** Its worker is through with it. */
  over: boolean;
}

/** A unit from its first dispatch until it begins again, or its rest is run. */
export interface Attempt {
  /** Workers that have the unit, and of which something is wanted. */
  readonly live: Set<Order>;
  /** How many groups its first worker has listed. */
  groups: number;
  readonly given: Set<number>;
  /** Places of tests that were begun, by any session. */
  readonly begun: Set<number>;
  /** Places of the tests that sessions have reported which were wanted to their end. */
  readonly reported: number[];
  /** Workers that began a group. */
  readonly runners: Set<Order>;
  /** A session of it has ended with an error. */
  failed: boolean;
  /** What has run of it cannot be used. */
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
