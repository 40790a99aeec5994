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
  /** Units that left, and those that were wanted back and had to stay. */
  left: number;
  stayed: number;
}

export class ArrivedUnits {
  readonly tally: ArrivalTally = {arrived: 0, cameAgain: 0, neverCame: 0, left: 0, stayed: 0};
  /** null: all units are here. */
  readonly #here: Set<number> | null;
  readonly #plan: SchedulePlan;
  readonly #ledger: Pick<Ledger, 'begun' | 'ends'>;
  readonly #isRunning: (unit: number) => boolean;
  readonly #left = new Set<number>();
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

  hearsCommands(event: ScheduleEvent, commands: readonly Command[], {stopped}: ScheduleState): void {
    const back = commands.flatMap(command => (command.type === 'give-back' ? command.units : []));
    if (event.type === 'units-wanted-back') this.#wantsBack(event.units, back, stopped === null);
    else if (back.length > 0) throw new Error('units leave that nobody wants back');
    if (this.#here === null || !this.#open || stopped !== null) return;
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

  #wantsBack(asked: readonly number[], back: readonly number[], goesOn: boolean): void {
    if (this.#here === null || !this.#open || !goesOn) {
      if (back.length > 0) throw new Error('units leave at a time when none may');
      return;
    }
    if (back.length === 0) this.tally.stayed += asked.length;
    else if (back.join() !== asked.join())
      throw new Error(`[${back.join()}] leave, and [${asked.join()}] were asked for`);
    for (const unit of back) {
      if (this.isAbsent(unit)) throw new Error(`unit ${unit} leaves, and is not here`);
      if (this.#ledger.begun[unit]! > 0 || this.#isRunning(unit)) throw new Error(`unit ${unit} leaves, and has begun`);
      if (this.#ledger.ends.has(unit)) throw new Error(`unit ${unit} leaves, and has ended`);
      this.#here.delete(unit);
      this.#left.add(unit);
      this.tally.left++;
    }
  }
}
