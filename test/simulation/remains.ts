/**
 * What src/run/files/deadSessions.ts does, without its texts: keeps what dead workers have left of the units
 * that they ran, and lets the real Salvage decide what is to become of these.
 */
import type {JournalRecord} from '../../src/core/wire/journal';
import type {Resumption} from '../../src/core/wire/workerMessages';
import {Salvage, type Fate} from '../../src/core/results/salvage';

/** What a test's result says in the end. */
export interface TestEnd {
  readonly place: number;
  readonly as: 'ended' | 'blamed' | 'not run';
}

export interface LostUnit {
  readonly slot: number;
  readonly journal: readonly JournalRecord[];
  /** Places of the tests whose results other workers have delivered. */
  readonly reported: readonly number[];
  readonly shared: boolean;
  readonly innocent: boolean;
}

interface Left {
  readonly salvage: Salvage;
  /** Places of the tests that workers have reported which were done with their share. */
  readonly ended: number[];
  resumes: Resumption | null;
}

export class Remains {
  readonly #resume: boolean;
  readonly #left = new Map<number, Left>();

  constructor(resume: boolean) {
    this.#resume = resume;
  }

  lost(unit: number, {slot, journal, reported, shared, innocent}: LostUnit): Fate {
    const [first] = journal;
    const own = first?.type === 'unit' && first.unit === unit ? journal : [];
    const left = this.#left.get(unit) ?? {salvage: new Salvage(this.#resume), ended: [], resumes: null};
    if (first === undefined && left.salvage.isEmpty) return 'blame';
    this.#left.set(unit, left);
    left.salvage.reported(reported);
    const fate = left.salvage.lose({slot, journal: own, shared, innocent, hung: null, final: false});
    if (fate === 'whole') {
      left.ended.length = 0;
      left.resumes = null;
    }
    return fate;
  }

  has(unit: number): boolean {
    return this.#left.get(unit)?.salvage.isEmpty === false;
  }

  hasRest(unit: number): boolean {
    return this.has(unit) && this.#left.get(unit)?.salvage.hasRest === true;
  }

  /** The unit is given to a worker. @returns what that is to leave out; null: nothing */
  begin(unit: number): Resumption | null {
    const left = this.#left.get(unit);
    return left === undefined ? null : (left.resumes = left.salvage.resumption());
  }

  /** What those that join it are to leave out: the same, whatever has ended since. */
  resumes(unit: number): Resumption | null {
    return this.#left.get(unit)?.resumes ?? null;
  }

  reported(unit: number, places: readonly number[]): void {
    this.#left.get(unit)?.salvage.reported(places);
  }

  /** The unit is opened anew for what is left of it; of these tests there is a result. */
  keep(unit: number, places: readonly number[]): void {
    const left = this.#left.get(unit);
    if (left === undefined) return;
    left.ended.push(...places);
  }

  giveUp(unit: number): void {
    this.#left.get(unit)?.salvage.giveUp();
  }

  forget(unit: number): void {
    this.#left.delete(unit);
  }

  /** @returns what the unit's tests have come to, but for those of the workers that have it open now */
  ends(unit: number): TestEnd[] {
    const left = this.#left.get(unit);
    if (left === undefined) return [];
    const {salvage, ended} = left;
    const ends: TestEnd[] = ended.map(place => ({place, as: 'ended'}));
    for (const session of salvage.sessions) {
      for (const place of session.ended.keys()) ends.push({place, as: 'ended'});
      for (const place of session.failed) ends.push({place, as: 'blamed'});
    }
    for (const place of salvage.notRun) ends.push({place, as: 'not run'});
    return ends;
  }

  /** Tests that were in a death together, of which none did it again alone. */
  together(unit: number): (readonly number[])[] {
    return (this.#left.get(unit)?.salvage.together ?? []).flatMap(({crash}) =>
      crash.type === 'together' ? [crash.places] : [],
    );
  }
}
