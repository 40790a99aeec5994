/**
 * What the scheduler has ordered, what has come of it, and whether the two agree: the rules of
 * opening a unit in several workers, asserted as the commands come.
 */
import type {JoinOutcome, SplitWorld} from './world';

export type End = 'done' | 'merged' | 'blamed' | 'abandoned';

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
  /** The scheduler has not said that it wants nothing of this. */
  wanted: boolean;
  /** Groups that it was given, and whether it was told that these are all. */
  readonly given: number[];
  complete: boolean;
  /** Groups that it has run to their end. */
  readonly ran: number[];
  /** Its worker is through with it. */
  over: boolean;
}

/** A unit from its first dispatch until it begins again. */
interface Attempt {
  /** Workers that have the unit, and of which something is wanted. */
  readonly live: Set<Order>;
  readonly given: Set<number>;
  /** Groups that were begun, by any session. */
  readonly begun: Set<number>;
  /** Groups that were run to their end in sessions that were wanted to their end. */
  readonly ended: Set<number>;
  /** Workers that began a group. */
  readonly runners: Set<Order>;
  failed: boolean;
  /** What has run of it cannot be used. */
  spoilt: boolean;
  begins: number;
}

/** How often the rarer things have happened: a simulation in which they do not shows nothing. */
export interface Tally {
  joins: number;
  /** Sessions that joined, were given tests and ended them. */
  joinersEnded: number;
  /** Sessions that died with their worker: of joiners, and of those that opened a unit first. */
  joinersLost: number;
  firstsLost: number;
  discards: number;
  /** Joiners that found other tests, or could not load the file, in time for that to matter. */
  mismatches: number;
  failures: number;
  /** Sessions that found, in time, that the tests cannot be shared. */
  indivisible: number;
  merges: number;
  wakes: number;
}

export class Ledger {
  readonly ends = new Map<number, End>();
  /** How often each unit was begun by the worker that has it first, or alone. */
  readonly begun: Uint16Array;
  /** How often each unit began again. */
  readonly again: Uint16Array;
  readonly tally: Tally = {
    joins: 0,
    joinersEnded: 0,
    joinersLost: 0,
    firstsLost: 0,
    discards: 0,
    mismatches: 0,
    failures: 0,
    indivisible: 0,
    merges: 0,
    wakes: 0,
  };
  readonly #attempts = new Map<number, Attempt>();
  /** Units of which a worker has found that they must run whole. */
  readonly #whole = new Set<number>();
  /** Per unit: how many sessions have ended. */
  readonly #sessions = new Map<number, number>();
  /** Per unit: how many workers have joined. */
  readonly #joins = new Map<number, number>();

  constructor(units: number) {
    this.begun = new Uint16Array(units);
    this.again = new Uint16Array(units);
  }

  /** A unit is given to a worker. */
  give(unit: number, world: SplitWorld | undefined, whole: boolean): Order {
    if (world === undefined) return {unit, join: false, split: null};
    const order = newOrder(unit, false, world, this.#attempt(unit), whole);
    if (order.split.attempt.live.size > 0) throw new Error(`unit ${unit} is given while a worker has it`);
    order.split.attempt.live.add(order);
    return order;
  }

  join(unit: number, world: SplitWorld | undefined): Order {
    this.tally.joins++;
    if (world === undefined) throw new Error(`unit ${unit} is joined, and cannot be split`);
    if (this.#whole.has(unit)) throw new Error(`unit ${unit} is joined, and must run whole`);
    const order = newOrder(unit, true, world, this.#attempt(unit), false);
    if (order.split.attempt.live.size === 0) throw new Error(`unit ${unit} is joined while no worker is at it`);
    order.split.attempt.live.add(order);
    return order;
  }

  giveTests({unit}: Order, split: SplitOrder, groups: readonly number[], last: boolean): void {
    if (!split.wanted || split.complete) throw new Error(`unit ${unit}: tests for a session that is to end`);
    for (const group of groups) {
      if (group >= split.world.groups.length) throw new Error(`unit ${unit} has no group ${group}`);
      if (group <= (split.given.at(-1) ?? -1)) throw new Error(`unit ${unit}: group ${group} comes too late`);
      if (split.attempt.given.has(group)) throw new Error(`unit ${unit}: group ${group} is given twice`);
      split.attempt.given.add(group);
      split.given.push(group);
    }
    split.complete = last;
  }

  discard(order: Order, split: SplitOrder): void {
    if (!split.wanted) throw new Error(`unit ${order.unit} is discarded twice`);
    this.tally.discards++;
    split.wanted = false;
    split.attempt.live.delete(order);
  }

  /** A worker begins a unit. @returns what comes of its opening */
  begins(order: Order): JoinOutcome {
    if (!order.join) this.begun[order.unit]!++;
    if (order.split === null) return 'same';
    if (order.join) return order.split.world.joins?.[count(this.#joins, order.unit)] ?? 'same';
    if (order.split.attempt.begins++ > 0) throw new Error(`unit ${order.unit} is begun twice`);
    return 'same';
  }

  beginsGroup(order: Order, {attempt}: SplitOrder, group: number): void {
    if (attempt.begun.has(group)) throw new Error(`unit ${order.unit}: group ${group} is run twice`);
    attempt.begun.add(group);
    attempt.runners.add(order);
  }

  /** Whether the session that has run all its tests ends with an error. */
  fails({unit}: Order, {world}: SplitOrder): boolean {
    return world.failing === count(this.#sessions, unit);
  }

  /** The scheduler is about to hear that a worker has opened a unit. */
  opened({unit}: Order, {wanted}: SplitOrder, same: boolean): void {
    if (same || !wanted) return;
    this.tally.mismatches++;
    this.#whole.add(unit);
  }

  /** The scheduler is about to hear that a unit's tests cannot be shared. */
  indivisible({unit}: Order, {wanted, attempt}: SplitOrder, anew: boolean): void {
    if (!wanted) return;
    attempt.spoilt ||= anew;
    this.tally.indivisible++;
    this.#whole.add(unit);
  }

  /** The scheduler is about to hear that a worker is through with a unit. `opened`: it was a session. */
  ended(order: Order, opened: boolean, failed: boolean): void {
    const {unit, join, split} = order;
    if (split === null) return this.end(unit, 'done');
    if (!split.wanted) return;
    const {attempt} = split;
    attempt.live.delete(order);
    if (!opened && join) {
      this.tally.failures++;
      this.#whole.add(unit);
      return;
    }
    if (join && split.given.length > 0) this.tally.joinersEnded++;
    attempt.failed ||= failed;
    for (const group of split.ran) attempt.ended.add(group);
    if (!opened) {
      this.#checkAllRan(unit, split.world, attempt);
      this.end(unit, 'done');
    } else if (!failed && !split.complete) {
      throw new Error(`unit ${unit}: a session ends before it has all its tests`);
    }
  }

  /** Nothing more comes of an order: it was handed back, or its worker is gone. `lost`: in the midst of it. */
  voided(order: Order, lost: boolean): void {
    const {split, join} = order;
    if (split === null || !split.wanted) return;
    split.wanted = false;
    split.attempt.live.delete(order);
    if (lost && join) this.tally.joinersLost++;
    else if (lost && !split.whole) this.tally.firstsLost++;
  }

  merge(unit: number, world: SplitWorld | undefined): void {
    const attempt = this.#attempt(unit);
    this.tally.merges++;
    if (world === undefined) throw new Error(`unit ${unit} is merged, and cannot be split`);
    if (attempt.live.size > 0) throw new Error(`unit ${unit} is merged before its sessions have ended`);
    this.#checkAllRan(unit, world, attempt);
    this.end(unit, 'merged');
  }

  beginAgain(unit: number): void {
    if (this.#attempt(unit).live.size > 0) throw new Error(`unit ${unit} begins again while it is run`);
    this.#attempts.delete(unit);
    this.again[unit]!++;
  }

  end(unit: number, end: End): void {
    const before = this.ends.get(unit);
    if (before !== undefined) throw new Error(`unit ${unit} is reported twice: ${before}, ${end}`);
    this.ends.set(unit, end);
  }

  #attempt(unit: number): Attempt {
    let attempt = this.#attempts.get(unit);
    if (attempt === undefined) {
      attempt = {
        live: new Set(),
        given: new Set(),
        begun: new Set(),
        ended: new Set(),
        runners: new Set(),
        failed: false,
        spoilt: false,
        begins: 0,
      };
      this.#attempts.set(unit, attempt);
    }
    return attempt;
  }

  #checkAllRan(unit: number, {groups}: SplitWorld, {ended, failed, runners, spoilt}: Attempt): void {
    if (spoilt) throw new Error(`unit ${unit} ends with what cannot be used`);
    if (!failed && ended.size !== groups.length) {
      throw new Error(`unit ${unit} ends with ${ended.size} of ${groups.length} groups`);
    }
    if (this.#whole.has(unit) && runners.size > 1) throw new Error(`unit ${unit} should have run whole`);
  }
}

function newOrder(
  unit: number,
  join: boolean,
  world: SplitWorld,
  attempt: Attempt,
  whole: boolean,
): Order & {readonly split: SplitOrder} {
  return {unit, join, split: {world, attempt, whole, wanted: true, given: [], complete: false, ran: [], over: false}};
}

/** How often it was called with this unit before. */
function count(counts: Map<number, number>, unit: number): number {
  const before = counts.get(unit) ?? 0;
  counts.set(unit, before + 1);
  return before;
}
