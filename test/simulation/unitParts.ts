/** The parts of units' results that commands say are kept, as src/run/files/fileParts.ts keeps them, without the results. */
import type {Command, ScheduleEvent} from '../../src/core/schedule/events';
import type {Resumption} from '../../src/core/wire/resumption';
import type {TestEnd} from './testLedger';

interface Part {
  readonly ends: readonly TestEnd[];
  /** Places of the tests that ran together in the death that left the part. */
  readonly together: readonly number[];
}

export class UnitParts {
  readonly #parts = new Map<number, Map<number, Part>>();
  readonly #resumptions = new Map<number, Resumption>();

  /** @param event what the command answers: it has what is kept */
  keep(command: Extract<Command, {type: 'keep-part' | 'keep-remains'}>, event: ScheduleEvent): void {
    const {unit, part, slot} = command;
    const parts = this.#parts.get(unit) ?? new Map<number, Part>();
    this.#parts.set(unit, parts);
    if (parts.has(part)) throw new Error(`part ${part} of unit ${unit} is kept twice`);
    if (command.type === 'keep-part') {
      if (event.type !== 'unit-done' || event.slot !== slot) throw new Error(`slot ${slot} has delivered nothing`);
      parts.set(part, {ends: (event.tests ?? []).map(place => ({place, as: 'ended'})), together: []});
      return;
    }
    const journals = event.type === 'stopped' ? event.journals : event.type === 'slot-lost' ? [event] : [];
    const opened = journals?.find(one => one.slot === slot)?.journal?.opened;
    if (opened == null) throw new Error(`slot ${slot} has left nothing of unit ${unit}`);
    const {crash, failed} = command;
    const ended = opened.ended.filter(place => !failed.includes(place));
    parts.set(part, {
      ends: [
        ...ended.map(place => ({place, as: 'ended'}) as const),
        ...failed.map(place => ({place, as: 'blamed'}) as const),
      ],
      together: crash.type === 'together' ? crash.places : [],
    });
  }

  /** The results that these parts have, one after the other. */
  ends(unit: number, parts: readonly number[]): TestEnd[] {
    return parts.flatMap(part => this.#part(unit, part).ends);
  }

  /** Tests that ran together in the deaths that left these parts. */
  together(unit: number, parts: readonly number[]): (readonly number[])[] {
    return parts.map(part => this.#part(unit, part).together);
  }

  /** What workers are to leave out of the unit; null: nothing. */
  resumption(unit: number): Resumption | null {
    return this.#resumptions.get(unit) ?? null;
  }

  resume(unit: number, resumption: Resumption): void {
    this.#resumptions.set(unit, resumption);
  }

  forget(unit: number): void {
    this.#parts.delete(unit);
    this.#resumptions.delete(unit);
  }

  #part(unit: number, part: number): Part {
    const known = this.#parts.get(unit)?.get(part);
    if (known === undefined) throw new Error(`unit ${unit} has no part ${part}`);
    return known;
  }
}
