/**
 * Tracks which tests have run, which ran when a worker died, and what has to become of each test. It restates the rules
 * of src/core/schedule/lostUnits.ts independently: it sees the workers themselves, not their journals.
 */
import {runCount, testCount} from './fileView';
import type {SplitWorld} from './world';

/** What a test's result says in the end. */
export interface TestEnd {
  readonly place: number;
  readonly as: 'ended' | 'blamed' | 'not run';
}

/** What became of a unit whose worker died: it was blamed, it began anew, or what the worker left was kept. */
export type Fate = 'blame' | 'whole' | 'kept';

/** What a worker was at when it died. */
export interface Dying {
  /** Whether it had listed the file's tests. */
  readonly opened: boolean;
  /** Tests that it had run to their end. */
  readonly ended: readonly number[];
  /** Tests that ran. */
  readonly running: readonly number[];
  /** The tests of the block whose hook ran: `before` them, or not. */
  readonly hook: {readonly before: boolean; readonly from: number; readonly to: number} | null;
  readonly innocent: boolean;
  /** Whether other workers had tests of the file. */
  readonly shared: boolean;
}

/** Deaths of workers in the middle of a unit, and what came of them: a simulation without them shows nothing. */
export interface DeathTally {
  atLoad: number;
  inHook: number;
  inTest: number;
  together: number;
  between: number;
  innocent: number;
  /** What became of them: the unit as a whole was blamed, began anew, or was kept. */
  blame: number;
  whole: number;
  kept: number;
  /** Tests that ran together in a death were run alone; and were in one again. */
  alone: number;
  guiltyAlone: number;
  /** Of tests that ran together none killed again. */
  neverAgain: number;
  /** Results: of tests that had ended when their worker died, that were to blame, that were not run. */
  saved: number;
  blamed: number;
  notRun: number;
}

/** A unit, from its first dispatch until it begins anew or ends. */
interface Life {
  /** Tests of which there is a result. */
  readonly kept: Set<number>;
  /** Tests that have failed by a death. */
  readonly blamed: Set<number>;
  /** Tests that are to be run alone. */
  readonly suspects: Set<number>;
  /** Tests that ran at the same time when a worker died. */
  readonly together: (readonly number[])[];
  /** Deaths in a row without which the file would have come as far; of these: by other files' faults. */
  fruitless: number;
  innocentOnes: number;
  keptAtDeath: number;
  opened: boolean;
  /** So much went wrong that the rest need not be run. */
  gaveUp: boolean;
}

/** A worker may die once without the file having come any further; of another file's fault, three times. */
const FRUITLESS = 1;
const INNOCENT = 3;

export class TestLedger {
  readonly tally: DeathTally = {
    atLoad: 0,
    inHook: 0,
    inTest: 0,
    together: 0,
    between: 0,
    innocent: 0,
    blame: 0,
    whole: 0,
    kept: 0,
    alone: 0,
    guiltyAlone: 0,
    neverAgain: 0,
    saved: 0,
    blamed: 0,
    notRun: 0,
  };
  readonly #resume: boolean;
  readonly #lives = new Map<number, Life>();

  constructor(resume: boolean) {
    this.#resume = resume;
  }

  /** A worker begins a test, as one of so many that it is to run. */
  begins(unit: number, place: number, among: number): void {
    const life = this.#lives.get(unit);
    if (life === undefined) return;
    const where = `unit ${unit}: test ${place}`;
    if (life.blamed.has(place)) throw new Error(`${where} is run again, and was to blame`);
    if (life.kept.has(place)) throw new Error(`${where} is run again, and had ended`);
    if (!life.suspects.delete(place)) return;
    if (among > 1) throw new Error(`${where} is to be run alone`);
    this.tally.alone++;
  }

  /** A session that was wanted to its end has reported these. */
  ended(unit: number, places: readonly number[]): void {
    const {kept} = this.#life(unit);
    for (const place of places) kept.add(place);
  }

  /** A worker in the middle of a unit has died. */
  died(unit: number, dying: Dying, fate: Fate): void {
    this.tally[fate]++;
    const life = this.#life(unit);
    const anew = dying.opened && dying.hook !== null && dying.shared && !dying.innocent;
    if (dying.innocent) this.tally.innocent++;
    else if (!dying.opened) this.tally.atLoad++;
    else if (dying.running.length > 1) this.tally.together++;
    else if (dying.running.length === 1) this.tally.inTest++;
    else this.tally[dying.hook === null ? 'between' : 'inHook']++;
    if (fate === 'blame' && (life.opened || dying.opened)) throw new Error(`unit ${unit} loses all its tests`);
    // Tests that depend on each other, and are not to blame, all run again.
    const forgiven = dying.innocent && !this.#resume;
    if (fate === 'whole' && !anew && !forgiven && (life.opened || dying.opened))
      throw new Error(`unit ${unit} begins anew for nothing`);
    if (fate === 'kept' && anew) throw new Error(`unit ${unit} keeps what is not one worker's`);
    if (anew) life.fruitless = life.innocentOnes = 0;
    else if (fate !== 'kept') this.#fruitless(life, dying.innocent);
    if (fate !== 'kept') return;
    if (dying.opened) this.#keep(unit, life, dying);
    const progress = life.kept.size > life.keptAtDeath || (dying.running.length > 1 && !dying.innocent);
    if (progress) [life.fruitless, life.innocentOnes] = [0, 0];
    else this.#fruitless(life, dying.innocent);
    life.keptAtDeath = life.kept.size;
    life.gaveUp ||= !this.#resume;
  }

  again(unit: number): void {
    const life = this.#lives.get(unit);
    if (life === undefined) return;
    this.#lives.set(unit, {...newLife(), fruitless: life.fruitless, innocentOnes: life.innocentOnes});
  }

  /** The unit was to blame, or never run, as a whole. */
  failed(unit: number): void {
    const life = this.#lives.get(unit);
    if (life !== undefined && life.kept.size > 0) throw new Error(`unit ${unit} loses results`);
  }

  /**
   * The unit has ended; each of its tests has to have one result.
   *
   * @param excused a worker could not go on with it, or none was left
   */
  closes(
    unit: number,
    file: SplitWorld,
    {ends, together, excused}: {ends: readonly TestEnd[]; together: readonly (readonly number[])[]; excused: boolean},
  ): void {
    const where = `unit ${unit}`;
    const life = this.#life(unit);
    const runs = runCount(file);
    const results = new Map<number, TestEnd['as']>();
    for (const {place, as} of ends) {
      if (results.has(place)) throw new Error(`${where}: test ${place} has two results: ${results.get(place)}, ${as}`);
      results.set(place, as);
      if (as === 'not run' && place < runs) {
        this.tally.notRun++;
        if (!life.gaveUp && !excused) throw new Error(`${where}: test ${place} was not run for nothing`);
      }
      if ((as === 'blamed') !== life.blamed.has(place)) {
        throw new Error(`${where}: test ${place} is ${as}${life.blamed.has(place) ? ', and was to blame' : ''}`);
      }
      if (as === 'ended' && !life.kept.has(place)) throw new Error(`${where}: test ${place} has never ended`);
    }
    this.isWhole(unit, file, ends);
    this.tally.blamed += life.blamed.size;
    const never = life.together.filter(places => places.every(place => results.get(place) === 'ended'));
    if (never.length !== together.length) throw new Error(`${where} does not say that tests killed together`);
    this.tally.neverAgain += never.length;
  }

  /** Each test of the unit has one result. */
  isWhole(unit: number, file: SplitWorld, ends: readonly TestEnd[]): void {
    const places = new Set(ends.map(({place}) => place));
    const count = testCount(file);
    if (places.size !== count || ends.length !== count) {
      throw new Error(`unit ${unit} has ${ends.length} results, of ${places.size} of ${count} tests`);
    }
  }

  #keep(unit: number, life: Life, {ended, running, hook, innocent, opened}: Dying): void {
    life.opened ||= opened;
    for (const place of ended) {
      if (life.kept.has(place)) throw new Error(`unit ${unit}: test ${place} has ended twice`);
      life.kept.add(place);
    }
    this.tally.saved += ended.length;
    if (innocent) return;
    if (running.length > 1 && this.#resume) {
      for (const place of running) life.suspects.add(place);
      life.together.push(running);
      return;
    }
    if (running.length > 0) {
      if (life.together.flat().some(place => running.includes(place))) this.tally.guiltyAlone++;
      for (const place of running) blame(life, place);
    } else if (hook?.before === true) {
      for (let place = hook.from; place < hook.to; place++) if (!life.kept.has(place)) blame(life, place);
    }
  }

  #fruitless(life: Life, innocent: boolean): void {
    if (innocent) life.innocentOnes++;
    else life.fruitless++;
    life.gaveUp ||= life.fruitless > FRUITLESS || life.innocentOnes > INNOCENT;
  }

  #life(unit: number): Life {
    let life = this.#lives.get(unit);
    if (life === undefined) this.#lives.set(unit, (life = newLife()));
    return life;
  }
}

function blame(life: Life, place: number): void {
  life.blamed.add(place);
  life.kept.add(place);
  life.suspects.delete(place);
}

function newLife(): Life {
  return {
    kept: new Set(),
    blamed: new Set(),
    suspects: new Set(),
    together: [],
    fruitless: 0,
    innocentOnes: 0,
    keptAtDeath: 0,
    opened: false,
    gaveUp: false,
  };
}
