/**
 * A run in virtual time: the production scheduler, and workers that exist only as timers. One seed
 * replays a whole run. After every step the invariants of ARCHITECTURE.md are asserted.
 */
import {maySplit, step, type Command, type ScheduleEvent} from '../../src/core/schedule';
import {createSchedule, type SchedulePlan, type ScheduleState} from '../../src/core/scheduleState';
import type {LogLine} from '../../src/shell/eventLog';
import {checkInvariants} from './invariants';
import {Ledger, type End, type Tally} from './ledger';
import {TimerQueue} from './timers';
import {SimulatedWorker, type Surroundings} from './worker';
import type {World} from './world';

export type {End, Tally} from './ledger';
export type {JoinOutcome, SplitWorld, World} from './world';

export interface SimulationResult {
  readonly makespan: number;
  /** How often each unit was begun by the worker that had it first or alone, how often it began again, and how it ended. */
  readonly begun: Uint16Array;
  readonly again: Uint16Array;
  readonly ends: ReadonlyMap<number, End>;
  readonly events: number;
  readonly state: ScheduleState;
  /** Worker time (ms) spent idle between the first unit and the last, while units were pending elsewhere. */
  readonly starved: number;
  readonly tally: Readonly<Tally>;
}

export interface SimulateOptions {
  /** Off for measuring: asserting costs more than scheduling. */
  readonly check?: boolean;
  /** What a run of the real thing would log. */
  readonly log?: (line: LogLine) => void;
}

export function simulate(plan: SchedulePlan, world: World, options: SimulateOptions = {}): SimulationResult {
  return new Simulator(plan, world, options).run();
}

class Simulator implements Surroundings {
  readonly world: World;
  readonly ledger: Ledger;
  readonly #plan: SchedulePlan;
  readonly #check: boolean;
  readonly #log: ((line: LogLine) => void) | undefined;
  readonly #state: ScheduleState;
  readonly #timers = new TimerQueue();
  readonly #workers = new Map<number, SimulatedWorker>();
  #now = 0;
  #starts = 0;
  #events = 0;
  #finished = false;
  #idleSince = new Map<number, number>();
  #starved = 0;

  constructor(plan: SchedulePlan, world: World, {check = true, log}: SimulateOptions) {
    this.world = world;
    this.ledger = new Ledger(plan.units.length);
    this.#plan = plan;
    this.#check = check;
    this.#log = log;
    this.#state = createSchedule(plan);
  }

  run(): SimulationResult {
    const {kills = [], stop} = this.world;
    this.#log?.({run: 'simulated', plan: this.#plan});
    for (const {at, slot} of kills) this.at(at, () => this.#workers.get(slot)?.kill());
    if (stop !== undefined) this.at(stop.at, () => this.post({type: 'stopped', reason: stop.reason}));
    this.post({type: 'run-started'});
    while (!this.#finished) {
      const timer = this.#timers.next();
      if (timer === null) throw new Error(`the run hangs at ${this.#now} ms: ${describe(this.#state)}`);
      this.#now = timer.at;
      timer.run();
    }
    if (this.#check) this.#checkEnd();
    const {begun, again, ends, tally} = this.ledger;
    return {
      makespan: this.#now,
      begun,
      again,
      ends,
      events: this.#events,
      state: this.#state,
      starved: this.#starved,
      tally,
    };
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): void {
    this.#timers.at(time, run);
  }

  post(event: ScheduleEvent): void {
    this.#events++;
    const at = this.#now;
    this.#log?.({run: 'simulated', at, event});
    const commands = step(this.#state, event, at);
    for (const command of commands) {
      this.#log?.({run: 'simulated', at, command});
      this.#carryOut(command);
    }
    if (this.#check) checkInvariants(this.#state, this.ledger.ends);
  }

  /** A stopped run hears nothing more of its workers' units. */
  hearsClosing(worker: SimulatedWorker): boolean {
    return this.#state.stopped === null && worker.alive;
  }

  waits({slot}: SimulatedWorker, waits: boolean): void {
    const since = this.#idleSince.get(slot);
    if (!waits && since !== undefined) {
      this.#starved += this.#now - since;
      this.#idleSince.delete(slot);
    } else if (waits && this.#check) {
      this.#idleSince.set(slot, this.#now);
    }
  }

  #carryOut(command: Command): void {
    const {world, ledger} = this;
    if (this.#finished) throw new Error(`a command after the finish: ${command.type}`);
    switch (command.type) {
      case 'start-slot':
        this.#start(command.slot, command.generation);
        return;
      case 'give':
        this.#worker(command).give(
          command.units.map(unit => ledger.give(unit, world.split?.get(unit), !maySplit(this.#state, unit))),
        );
        return;
      case 'join':
        this.#worker(command).give([ledger.join(command.unit, world.split?.get(command.unit))]);
        return;
      case 'take-back':
        this.#worker(command).takeBack(command.units);
        return;
      case 'give-tests': {
        const worker = this.#worker(command);
        const {order, split} = worker.wantedOrder(command.unit);
        ledger.giveTests(order, split, command.groups, command.last);
        worker.giveTests(order, command.groups, command.last);
        return;
      }
      case 'discard': {
        const worker = this.#worker(command);
        if (worker.closing) return;
        const {order, split} = worker.wantedOrder(command.unit);
        ledger.discard(order, split);
        worker.discard(order);
        return;
      }
      case 'merge':
        ledger.merge(command.unit, world.split?.get(command.unit));
        return;
      case 'resume':
        throw new Error('no worker here has left anything');
      case 'begin-again':
        ledger.beginAgain(command.unit);
        return;
      case 'wake':
        if (command.at <= this.#now) throw new Error('a wake-up for the past');
        ledger.tally.wakes++;
        this.at(command.at, () => this.post({type: 'woken'}));
        return;
      case 'close-slot':
        this.#worker(command).close();
        return;
      case 'blame':
        ledger.end(command.unit, 'blamed');
        return;
      case 'abandon':
        ledger.end(command.unit, 'abandoned');
        return;
      case 'finish':
        this.#finished = true;
        return;
    }
  }

  #start(slot: number, generation: number): void {
    if (this.#workers.get(slot)?.alive === true) throw new Error(`slot ${slot} is started twice`);
    const worker = new SimulatedWorker(this, slot, generation);
    this.#workers.set(slot, worker);
    if (this.#check) {
      const alive = [...this.#workers.values()].filter(other => other.alive).length;
      if (alive > this.#plan.slots) throw new Error('more processes than slots');
    }
    const stillborn = this.world.stillborn?.(this.#starts++) === true;
    this.at(this.#now + this.world.startMs, () => {
      if (!worker.alive || worker.closing) return;
      if (stillborn) worker.kill();
      else this.post({type: 'slot-up', slot, generation});
    });
  }

  #worker({slot, generation}: {slot: number; generation: number}): SimulatedWorker {
    const worker = this.#workers.get(slot);
    if (worker === undefined || worker.generation !== generation) throw new Error(`no worker ${slot}.${generation}`);
    return worker;
  }

  #checkEnd(): void {
    const {units} = this.#plan;
    const {ends, begun} = this.ledger;
    if (this.#state.stopped !== null) return;
    for (const {id} of units) {
      if (!ends.has(id)) throw new Error(`unit ${id} was never reported`);
      if (ends.get(id) === 'done' && begun[id] === 0) throw new Error(`unit ${id} is done and never ran`);
    }
  }
}

function describe({slots, returned, nextUnit, plan, unfinished}: ScheduleState): string {
  const lines = slots.map(
    ({slot, status, running, held}) => `${slot}:${status} runs ${running} holds [${held.join()}]`,
  );
  return `${unfinished} unfinished, ${returned.length + plan.units.length - nextUnit} pending, ${lines.join('; ')}`;
}
