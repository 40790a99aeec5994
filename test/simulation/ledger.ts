/**
 * Tracks the scheduler's commands and their outcomes, and checks that both agree. It asserts the rules for opening a
 * unit in several workers as the commands arrive.
 */
import type {Resumption} from '../../src/core/wire/resumption';
import type {GroupView} from './fileView';
import {newAttempt, newOrder, resultsOf, type Attempt, type Order, type SplitOrder} from './orders';
import {TestLedger, type DeathTally, type Dying, type Fate, type TestEnd} from './testLedger';
import type {JoinOutcome, Moment, SplitWorld} from './world';

/** `salvaged`: workers have died of it, and what they have left is part of its result. */
export type End = 'done' | 'merged' | 'salvaged' | 'blamed' | 'abandoned' | 'interrupted';

/** Counts rare events. A simulation in which they never happen proves nothing. */
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
  /** Units whose rest was run, and those that other workers joined for it; those that ended with what dead workers have left. */
  resumes: number;
  restsJoined: number;
  salvaged: number;
  /** Sessions that were all that was left of a file when they died before they were given a test. */
  lastJoinersLost: number;
  /** Units whose rest could not be loaded, or for which no worker was left. */
  unloadable: number;
  abandonedRests: number;
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
    resumes: 0,
    restsJoined: 0,
    salvaged: 0,
    lastJoinersLost: 0,
    unloadable: 0,
    abandonedRests: 0,
  };
  readonly tests: TestLedger;
  readonly #attempts = new Map<number, Attempt>();
  /** Units of which a worker has found that they must run whole. */
  readonly #whole = new Set<number>();
  /** Units whose rest was run; and those that are to begin anew since a worker has died. */
  readonly #resumed = new Set<number>();
  readonly #anew = new Set<number>();
  /** Per unit: how many sessions have ended. */
  readonly #sessions = new Map<number, number>();
  /** Per unit: how many workers have joined. */
  readonly #joins = new Map<number, number>();
  /** Per unit: how many workers were to go on with it. */
  readonly #resumptions = new Map<number, number>();
  /** Per unit and killer: how often it has killed. */
  readonly #killed = new Map<string, number>();

  readonly #onEnd: (unit: number) => void;

  /** @param resume whether the rest of a file whose worker died runs in a new one */
  constructor(units: number, resume: boolean, onEnd: (unit: number) => void) {
    this.#onEnd = onEnd;
    this.tests = new TestLedger(resume);
    this.begun = new Uint16Array(units);
    this.again = new Uint16Array(units);
  }

  /** How often things have happened, by name. */
  get tallies(): Tally & DeathTally {
    return {...this.tally, ...this.tests.tally};
  }

  /** A unit is given to a worker. */
  give(unit: number, world: SplitWorld | undefined, whole: boolean, resumes: Resumption | null): Order {
    if (world === undefined) return {unit, join: false, split: null};
    const order = newOrder(unit, false, world, this.#attempt(unit), whole, resumes);
    if (order.split.attempt.live.size > 0) throw new Error(`unit ${unit} is given while a worker has it`);
    order.split.attempt.live.add(order);
    return order;
  }

  join(unit: number, world: SplitWorld | undefined, resumes: Resumption | null): Order {
    this.tally.joins++;
    if (resumes !== null) this.tally.restsJoined++;
    if (world === undefined) throw new Error(`unit ${unit} is joined, and cannot be split`);
    if (this.#whole.has(unit)) throw new Error(`unit ${unit} is joined, and must run whole`);
    const order = newOrder(unit, true, world, this.#attempt(unit), false, resumes);
    if (order.split.attempt.live.size === 0) throw new Error(`unit ${unit} is joined while no worker is at it`);
    order.split.attempt.live.add(order);
    return order;
  }

  giveTests({unit}: Order, split: SplitOrder, groups: readonly number[], last: boolean): void {
    if (!split.wanted || split.complete) throw new Error(`unit ${unit}: tests for a session that is to end`);
    for (const group of groups) {
      if (group >= split.attempt.groups) throw new Error(`unit ${unit} has no group ${group}`);
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
    const {unit, join, split} = order;
    if (!join && (split === null || split.resumes === null)) this.begun[unit]!++;
    if (split === null) return 'same';
    if (join) return split.world.joins?.[count(this.#joins, unit)] ?? 'same';
    if (split.attempt.begins++ > 0) throw new Error(`unit ${unit} is begun twice`);
    if (split.resumes === null || split.world.unloadable?.has(count(this.#resumptions, unit)) !== true) return 'same';
    this.tally.unloadable++;
    return 'error';
  }

  /** A worker has listed the tests of a unit. */
  lists({join}: Order, split: SplitOrder, view: readonly GroupView[]): void {
    split.view = view;
    split.tests = view.reduce((sum, {places}) => sum + places.length, 0);
    if (!join) split.attempt.groups = view.length;
  }

  beginsTest(order: Order, split: SplitOrder, place: number): void {
    const {unit} = order;
    const {attempt, wanted, running, tests} = split;
    if (attempt.begun.has(place)) throw new Error(`unit ${unit}: test ${place} is run twice`);
    attempt.begun.add(place);
    attempt.runners.add(order);
    running.add(place);
    if (wanted) this.tests.begins(unit, place, tests);
  }

  /** Whether what a worker comes to kills it. @param running how many tests run */
  kills({unit}: Order, {world}: SplitOrder, moment: Moment, running: number): boolean {
    for (const [index, {at, times}] of (world.killers ?? []).entries()) {
      if (!isAt(at, moment, running)) continue;
      const key = `${unit}/${index}`;
      const killed = this.#killed.get(key) ?? 0;
      if (killed >= times) continue;
      this.#killed.set(key, killed + 1);
      return true;
    }
    return false;
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
    if (split === null) return;
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
    if (!failed) {
      const reported = resultsOf(order, split);
      attempt.reported.push(...reported);
      this.tests.ended(unit, reported);
    }
    if (opened && !failed && !split.complete) {
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

  /** A worker in the middle of a unit has died, and this has become of that. */
  died({unit}: Order, dying: Dying, fate: Fate): void {
    this.tests.died(unit, dying, fate);
    if (fate === 'whole') this.#anew.add(unit);
  }

  /** Places of the tests that the sessions of a unit have reported. */
  reported(unit: number): readonly number[] {
    return this.#attempts.get(unit)?.reported ?? [];
  }

  /** The rest of a unit is to be run. */
  resume(unit: number): void {
    this.tally.resumes++;
    const {live, spoilt} = this.#attempt(unit);
    this.#resumed.add(unit);
    if (live.size > 0) throw new Error(`unit ${unit} is run again while it is run`);
    if (spoilt) throw new Error(`unit ${unit} goes on with what cannot be used`);
    this.#attempts.delete(unit);
  }

  /**
   * A unit has ended.
   *
   * @param ends the results that it has; null: those that its one worker has reported
   * @param together tests that were in a death together, of which none killed again alone; null: no worker has died of it
   */
  close(
    unit: number,
    world: SplitWorld,
    end: End,
    ends: readonly TestEnd[] | null,
    together: readonly (readonly number[])[] | null,
  ): void {
    const {live, spoilt, failed, reported, runners} = this.#attempt(unit);
    if (end === 'interrupted') {
      this.tests.isWhole(unit, world, ends ?? []);
      this.end(unit, end);
      return;
    }
    if (live.size > 0) throw new Error(`unit ${unit} ends before its sessions have ended`);
    if (spoilt) throw new Error(`unit ${unit} ends with what cannot be used`);
    if (this.#whole.has(unit) && runners.size > 1) throw new Error(`unit ${unit} should have run whole`);
    if (end === 'merged') this.tally.merges++;
    if (end === 'salvaged') this.tally.salvaged++;
    if (end === 'abandoned') this.tally.abandonedRests++;
    if (together !== null || !failed) {
      const all = ends ?? reported.map(place => ({place, as: 'ended'}) as const);
      const excused = together !== null && (failed || end === 'abandoned');
      this.tests.closes(unit, world, {ends: all, together: together ?? [], excused});
    }
    this.end(unit, end);
  }

  beginAgain(unit: number): void {
    if (this.#attempt(unit).live.size > 0) throw new Error(`unit ${unit} begins again while it is run`);
    // What dead workers have left of a unit that was resumed is not given away for what the others find.
    if (this.#resumed.has(unit) && !this.#anew.delete(unit)) throw new Error(`unit ${unit} loses what was kept of it`);
    this.#attempts.delete(unit);
    this.tests.again(unit);
    this.again[unit]!++;
  }

  end(unit: number, end: End): void {
    const before = this.ends.get(unit);
    if (before !== undefined) throw new Error(`unit ${unit} is reported twice: ${before}, ${end}`);
    this.ends.set(unit, end);
    this.#onEnd(unit);
  }

  #attempt(unit: number): Attempt {
    let attempt = this.#attempts.get(unit);
    if (attempt === undefined) {
      attempt = newAttempt();
      this.#attempts.set(unit, attempt);
    }
    return attempt;
  }
}

function isAt(at: Moment, moment: Moment, running: number): boolean {
  if (at.type === 'together') return running > 1 && moment.type === 'test' && moment.group === at.group;
  if (at.type !== moment.type) return false;
  if ('group' in at && 'group' in moment && at.group !== moment.group) return false;
  return at.type !== 'test' || moment.type !== 'test' || at.index === moment.index;
}

/** How often it was called with this unit before. */
function count(counts: Map<number, number>, unit: number): number {
  const before = counts.get(unit) ?? 0;
  counts.set(unit, before + 1);
  return before;
}
