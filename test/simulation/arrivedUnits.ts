/** Checks that units begin only when they are here, and leave only as long as no worker has begun them. */
import type {Command, ScheduleEvent} from '../../src/core/schedule/events';
import type {SchedulePlan, ScheduleState} from '../../src/core/schedule/state';
import type {Ledger} from './ledger';

/** Counts rare events. A simulation in which they never happen proves nothing. */
export interface ArrivalTally {
  /** Units that came, those of them that came again after they had left, and those that never came. */
  arrived: number;
  cameAgain: number;
  neverCame: number;
  /** Units that left, those of them that a worker held, and those that were wanted back and had to stay. */
  left: number;
  leftWorker: number;
  stayed: number;
}

export class ArrivedUnits {
  readonly tally: ArrivalTally = {arrived: 0, cameAgain: 0, neverCame: 0, left: 0, leftWorker: 0, stayed: 0};
  /** null: all units are here. */
  readonly #here: Set<number> | null;
  readonly #plan: SchedulePlan;
  readonly #ledger: Pick<Ledger, 'begun' | 'ends'>;
  readonly #isRunning: (unit: number) => boolean;
  readonly #left = new Set<number>();
  /** Units that were wanted back together and have not left. */
  readonly #wanted: (readonly number[])[] = [];
  #busy = 0;
  #open: boolean;

  constructor(plan: SchedulePlan, ledger: Pick<Ledger, 'begun' | 'ends'>, isRunning: (unit: number) => boolean) {
    this.#plan = plan;
    this.#ledger = ledger;
    this.#isRunning = isRunning;
    this.#here = plan.arriving ? new Set() : null;
    this.#open = plan.arriving;
  }

  isAbsent(unit: number): boolean {
    return this.#here?.has(unit) === false;
  }

  /** The scheduler is about to hear this. */
  hears(event: ScheduleEvent, {stopped}: ScheduleState): void {
    if (!this.#open || stopped !== null || this.#here === null) return;
    if (event.type === 'no-more-units') {
      this.#open = false;
      this.tally.neverCame += this.#plan.units.length - this.#here.size;
    } else if (event.type === 'units-added') {
      for (const unit of event.units) {
        if (this.#here.has(unit)) continue;
        this.#here.add(unit);
        this.tally[this.#left.has(unit) ? 'cameAgain' : 'arrived']++;
      }
    }
  }

  hearsCommands(event: ScheduleEvent, commands: readonly Command[], state: ScheduleState): void {
    const {stopped, slots, arrivals} = state;
    const goesOn = this.#open && stopped === null;
    if (event.type === 'units-wanted-back' && this.#here !== null && goesOn) {
      this.#wanted.push(event.units);
      this.tally.stayed += event.units.length;
    }
    for (const command of commands) {
      if (command.type === 'busy') this.#busy = command.workers;
      if (command.type !== 'give-back') continue;
      if (!goesOn) throw new Error('units leave at a time when none may');
      this.#leave(command.units);
      if (event.type !== 'units-wanted-back') this.tally.leftWorker += command.units.length;
    }
    if (this.#here === null || stopped !== null) return;
    const busy = slots.filter(({running}) => running !== null).length;
    if (busy !== this.#busy) throw new Error(`${busy} workers are busy, and ${this.#busy} were told`);
    if (!this.#open) return;
    for (const units of arrivals?.wanted ?? []) {
      const isAsked = units.some(unit => slots.some(({recalled}) => recalled.has(unit)));
      if (!isAsked) throw new Error(`[${units.join()}] are wanted back, and no worker was asked`);
    }
    for (const {type} of commands) {
      if (type === 'finish' || type === 'units-ended') throw new Error(`"${type}" while units may still come`);
    }
  }

  begins(unit: number): void {
    if (this.isAbsent(unit)) throw new Error(`unit ${unit} begins, and is not here`);
  }

  /** Units that will not come any more. */
  neverComing({stopped}: ScheduleState): readonly number[] {
    if (this.#here === null || this.#open || stopped !== null) return [];
    return this.#plan.units.flatMap(({id}) => (this.isAbsent(id) ? id : []));
  }

  #leave(units: readonly number[]): void {
    const wanted = this.#wanted.findIndex(asked => asked.join() === units.join());
    if (wanted < 0) throw new Error(`[${units.join()}] leave, and nobody wants them back`);
    this.#wanted.splice(wanted, 1);
    this.tally.stayed -= units.length;
    for (const unit of new Set(units)) {
      if (this.isAbsent(unit)) throw new Error(`unit ${unit} leaves, and is not here`);
      if (this.#ledger.begun[unit]! > 0 || this.#isRunning(unit)) throw new Error(`unit ${unit} leaves, and has begun`);
      if (this.#ledger.ends.has(unit)) throw new Error(`unit ${unit} leaves, and has ended`);
      this.#here?.delete(unit);
      this.#left.add(unit);
      this.tally.left++;
    }
  }
}
