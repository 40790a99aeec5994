/**
 * A run in virtual time: the production scheduler, and workers that exist only as timers. It is for runs in which no
 * worker dies and no file fails to load. (test/simulation has all that can go wrong.)
 */
import {createSchedule, hasGroupSessions, step, type Command, type ScheduleEvent} from '../../core/schedule';
import type {SchedulePlan, ScheduleState} from '../../core/schedule';
import {Cores, NO_WORK, type Work} from './cores';
import {TimerQueue} from './timers';
import {VirtualWorker, type UnitWork} from './virtualWorker';

export type {UnitWork} from './virtualWorker';

/** What everything in a run takes. Times are in ms. */
export interface RunWork {
  /** By unit. */
  readonly units: readonly UnitWork[];
  /** By fixture. `start`: the part of its setup in which its process starts; `setupMs`: what follows. */
  readonly fixtures: readonly {readonly start: Work; readonly setupMs: number; readonly teardownMs: number}[];
  /** The start of a worker. */
  readonly start: Work;
  /** What the first file in a process takes more than a later one: its code is loaded for the first time. */
  readonly first: Work;
  /** From the order to close a worker until its process has ended. */
  readonly closeMs: number;
  /** The way of a message, from Jest's process to a worker or back. */
  readonly latencyMs: number;
  readonly cores: number;
}

export interface VirtualEnd {
  /** From the start of the first worker until the last has ended, in ms. */
  readonly ms: number;
  /** Until every unit has ended. */
  readonly unitsMs: number;
}

/** The virtual run cannot go on. The text says why. */
export class VirtualRunError extends Error {}

/**
 * @param samples the load of the machine by time, for a run whose number of workers follows it
 * @param mayGoOn asked before each event
 * @throws {VirtualRunError} if the run comes to a standstill, or may not go on
 */
export function virtualRun(
  plan: SchedulePlan,
  work: RunWork,
  {
    samples = [],
    mayGoOn = () => true,
  }: {readonly samples?: readonly {readonly at: number; readonly event: ScheduleEvent}[]; mayGoOn?: () => boolean} = {},
): VirtualEnd {
  return new VirtualRun(plan, work, mayGoOn).run(samples);
}

class VirtualRun {
  readonly #work: RunWork;
  readonly #mayGoOn: () => boolean;
  readonly #state: ScheduleState;
  readonly #timers = new TimerQueue();
  readonly #cores: Cores;
  readonly #workers = new Map<number, VirtualWorker>();
  #now = 0;
  #unitsMs = 0;
  #finished = false;

  constructor(plan: SchedulePlan, work: RunWork, mayGoOn: () => boolean) {
    this.#work = work;
    this.#mayGoOn = mayGoOn;
    this.#state = createSchedule(plan);
    this.#cores = new Cores(work.cores, this.#timers, () => this.#now);
  }

  run(samples: readonly {readonly at: number; readonly event: ScheduleEvent}[]): VirtualEnd {
    for (const {at, event} of samples) {
      this.#timers.at(at, () => {
        if (!this.#finished) this.#post(event);
      });
    }
    this.#post({type: 'run-started'});
    while (!this.#finished) {
      const timer = this.#timers.next();
      if (timer === null) throw new VirtualRunError('the scheduler waits for something that this recording lacks');
      this.#now = timer.at;
      timer.run();
    }
    return {ms: this.#now, unitsMs: this.#unitsMs};
  }

  #post(event: ScheduleEvent): void {
    if (!this.#mayGoOn()) throw new VirtualRunError('it takes too long to compute');
    for (const command of step(this.#state, event, this.#now)) this.#carryOut(command);
  }

  #later(ms: number, run: () => void): void {
    this.#timers.at(this.#now + ms, run);
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'start-slot':
        this.#start(command);
        return;
      case 'give':
        for (const unit of command.units) {
          this.#worker(command).give({unit, shared: hasGroupSessions(this.#state, unit), join: false});
        }
        return;
      case 'join':
        this.#worker(command).give({unit: command.unit, shared: true, join: true});
        return;
      case 'take-back':
        this.#worker(command).takeBack(command.units);
        return;
      case 'give-tests':
        this.#worker(command).giveTests(command.unit, command.groups, command.last);
        return;
      case 'discard':
        this.#worker(command).discard(command.unit);
        return;
      case 'report':
      case 'merge': {
        const {unit, awaited} = command;
        if (awaited) this.#later(this.#work.latencyMs, () => this.#post({type: 'unit-settled', unit}));
        return;
      }
      case 'wake':
        this.#timers.at(command.at, () => {
          if (!this.#finished) this.#post({type: 'woken'});
        });
        return;
      case 'set-up-fixture': {
        const {fixture, slot, generation} = command;
        const {start = NO_WORK, setupMs = 0} = this.#work.fixtures[fixture] ?? {};
        this.#cores.run(start, () =>
          this.#later(setupMs, () => this.#post({type: 'fixture-up', fixture, slot, generation})),
        );
        return;
      }
      case 'take-down-fixture': {
        const {fixture, slot, generation} = command;
        const {teardownMs = 0} = this.#work.fixtures[fixture] ?? {};
        this.#later(teardownMs, () => this.#post({type: 'fixture-gone', fixture, slot, generation}));
        return;
      }
      case 'close-slot': {
        const {slot, generation} = command;
        this.#worker(command).close();
        this.#later(this.#work.closeMs, () => this.#post({type: 'slot-closed', slot, generation, forced: false}));
        return;
      }
      case 'units-ended':
        this.#unitsMs = this.#now;
        return;
      case 'finish':
        this.#finished = true;
        return;
      case 'keep-list':
      case 'keep-part':
      case 'tell':
      case 'give-back': // a virtual run has all units from the beginning
      case 'busy':
        return;
      case 'keep-remains':
      case 'resume':
      case 'begin-again':
      case 'blame':
      case 'abandon':
      case 'interrupt':
        throw new VirtualRunError('the scheduler gives up a file in which nothing has gone wrong');
    }
  }

  #start({slot, generation}: Extract<Command, {type: 'start-slot'}>): void {
    const {units, start, first, latencyMs} = this.#work;
    const worker = new VirtualWorker({
      slot,
      generation,
      units,
      first,
      compute: (work, done) => this.#cores.run(work, done),
      now: () => this.#now,
      heard: event => this.#later(latencyMs, () => this.#post(event)),
      hears: run => this.#later(latencyMs, run),
    });
    this.#workers.set(slot, worker);
    this.#cores.run(start, () => {
      if (worker.isOpen) this.#post({type: 'slot-up', slot, generation});
    });
  }

  #worker({slot}: {readonly slot: number}): VirtualWorker {
    const worker = this.#workers.get(slot);
    if (worker === undefined) throw new VirtualRunError(`there is no worker ${slot}`);
    return worker;
  }
}
