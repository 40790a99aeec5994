/**
 * A run in virtual time: the production scheduler, and workers that exist only as timers. One seed
 * replays a whole run. After every step the invariants of ARCHITECTURE.md are asserted.
 */
import {MAX_BARREN_DEATHS, step, type Command, type ScheduleEvent} from '../../src/core/schedule';
import {createSchedule, type SchedulePlan, type ScheduleState, type StopReason} from '../../src/core/scheduleState';

/** What happens in a simulated run besides the plan itself. All times in ms. */
export interface World {
  /** What each unit really takes. */
  readonly actualMs: readonly number[];
  /** From start-slot until the worker is up. */
  readonly startMs: number;
  /** From parent to worker, and back. */
  readonly latencyMs: number;
  /** Units that kill their worker, at this share of their time. */
  readonly deadly?: ReadonlyMap<number, number>;
  /** Of starts, in order: which never come up. */
  readonly stillborn?: (start: number) => boolean;
  /** Kills the worker in a slot at a time, whatever it does. */
  readonly kills?: readonly {readonly at: number; readonly slot: number}[];
  readonly stop?: {readonly at: number; readonly reason: StopReason};
  /** Units that leave something behind which kills their worker so many ms after their end, whatever it runs then. */
  readonly leftovers?: ReadonlyMap<number, number>;
  /** Units after which the worker retires. */
  readonly retiring?: ReadonlySet<number>;
  /** A worker in the middle of a unit answers a take-back only when that is done: it computes. */
  readonly deaf?: boolean;
}

export type End = 'done' | 'blamed' | 'abandoned';

export interface SimulationResult {
  readonly makespan: number;
  /** How often each unit was begun, and how it ended. */
  readonly begun: Uint16Array;
  readonly ends: ReadonlyMap<number, End>;
  readonly events: number;
  readonly state: ScheduleState;
  /** Worker time (ms) spent idle between the first unit and the last, while units were pending elsewhere. */
  readonly starved: number;
}

interface Worker {
  readonly slot: number;
  readonly generation: number;
  alive: boolean;
  up: boolean;
  closing: boolean;
  /** Begins nothing more. */
  retired: boolean;
  held: number[];
  running: number | null;
  recalls: number[][];
}

export interface SimulateOptions {
  /** Off for measuring: asserting costs more than scheduling. */
  readonly check?: boolean;
}

export function simulate(plan: SchedulePlan, world: World, {check = true}: SimulateOptions = {}): SimulationResult {
  return new Simulator(plan, world, check).run();
}

class Simulator {
  readonly #plan: SchedulePlan;
  readonly #world: World;
  readonly #check: boolean;
  readonly #state: ScheduleState;
  readonly #timers = new TimerQueue();
  readonly #workers = new Map<number, Worker>();
  readonly #begun: Uint16Array;
  readonly #ends = new Map<number, End>();
  #now = 0;
  #starts = 0;
  #events = 0;
  #finished = false;
  #idleSince = new Map<number, number>();
  #starved = 0;

  constructor(plan: SchedulePlan, world: World, check: boolean) {
    this.#plan = plan;
    this.#world = world;
    this.#check = check;
    this.#state = createSchedule(plan);
    this.#begun = new Uint16Array(plan.units.length);
  }

  run(): SimulationResult {
    const {kills = [], stop} = this.#world;
    for (const {at, slot} of kills) this.#timers.at(at, () => this.#kill(this.#workers.get(slot)));
    if (stop !== undefined) this.#timers.at(stop.at, () => this.#post({type: 'stopped', reason: stop.reason}));
    this.#post({type: 'run-started'});
    while (!this.#finished) {
      const timer = this.#timers.next();
      if (timer === null) throw new Error(`the run hangs at ${this.#now} ms: ${describe(this.#state)}`);
      this.#now = timer.at;
      timer.run();
    }
    if (this.#check) this.#checkEnd();
    return {
      makespan: this.#now,
      begun: this.#begun,
      ends: this.#ends,
      events: this.#events,
      state: this.#state,
      starved: this.#starved,
    };
  }

  #post(event: ScheduleEvent): void {
    this.#events++;
    const commands = step(this.#state, event, this.#now);
    for (const command of commands) this.#carryOut(command);
    if (this.#check) this.#checkInvariants();
  }

  #carryOut(command: Command): void {
    const {latencyMs} = this.#world;
    if (this.#finished) throw new Error(`a command after the finish: ${command.type}`);
    switch (command.type) {
      case 'start-slot': {
        const {slot, generation} = command;
        if (this.#workers.get(slot)?.alive === true) throw new Error(`slot ${slot} is started twice`);
        const worker: Worker = {
          slot,
          generation,
          alive: true,
          up: false,
          closing: false,
          retired: false,
          held: [],
          running: null,
          recalls: [],
        };
        this.#workers.set(slot, worker);
        if (this.#check) {
          const alive = [...this.#workers.values()].filter(other => other.alive).length;
          if (alive > this.#plan.slots) throw new Error('more processes than slots');
        }
        const stillborn = this.#world.stillborn?.(this.#starts++) === true;
        this.#timers.at(this.#now + this.#world.startMs, () => {
          if (!worker.alive || worker.closing) return;
          if (stillborn) return this.#kill(worker);
          worker.up = true;
          this.#post({type: 'slot-up', slot, generation});
        });
        return;
      }
      case 'give': {
        const worker = this.#worker(command);
        this.#later(worker, latencyMs, () => {
          worker.held.push(...command.units);
          if (worker.running === null) this.#begin(worker);
        });
        return;
      }
      case 'take-back': {
        const worker = this.#worker(command);
        this.#later(worker, latencyMs, () => {
          if (this.#world.deaf === true && worker.running !== null) worker.recalls.push([...command.units]);
          else this.#giveBack(worker, command.units);
        });
        return;
      }
      case 'close-slot': {
        const worker = this.#worker(command);
        worker.closing = true;
        this.#timers.at(this.#now + latencyMs, () => {
          if (!worker.alive) return;
          worker.alive = false;
          this.#post({type: 'slot-closed', slot: worker.slot, generation: worker.generation});
        });
        return;
      }
      case 'blame':
        this.#end(command.unit, 'blamed');
        return;
      case 'abandon':
        this.#end(command.unit, 'abandoned');
        return;
      case 'finish':
        this.#finished = true;
        return;
    }
  }

  #begin(worker: Worker): void {
    const unit = worker.retired ? undefined : worker.held.shift();
    if (unit === undefined) {
      if (this.#check) this.#idleSince.set(worker.slot, this.#now);
      return;
    }
    const since = this.#idleSince.get(worker.slot);
    if (since !== undefined) this.#starved += this.#now - since;
    this.#idleSince.delete(worker.slot);
    const {latencyMs, actualMs, deadly, retiring, leftovers} = this.#world;
    const {slot, generation} = worker;
    worker.running = unit;
    this.#begun[unit]!++;
    this.#tell(worker, latencyMs, {type: 'unit-started', slot, generation, unit});
    const ms = actualMs[unit]!;
    const deadAt = deadly?.get(unit);
    if (deadAt !== undefined) {
      this.#later(worker, ms * deadAt, () => this.#kill(worker));
      return;
    }
    this.#later(worker, ms, () => {
      worker.running = null;
      const leftover = leftovers?.get(unit);
      if (leftover !== undefined) this.#later(worker, leftover, () => this.#kill(worker, true));
      const retires = retiring?.has(unit) === true;
      worker.retired = retires;
      this.#timers.at(this.#now + latencyMs, () => {
        if (worker.closing && !this.#heardWhileClosing(worker)) return;
        this.#end(unit, 'done');
        this.#post({type: 'unit-done', slot, generation, unit, ms, retiring: retires});
      });
      for (const units of worker.recalls.splice(0)) this.#giveBack(worker, units);
      this.#begin(worker);
    });
  }

  /** A stopped run hears nothing more of its workers' units. */
  #heardWhileClosing(worker: Worker): boolean {
    return this.#state.stopped === null && worker.alive;
  }

  #giveBack(worker: Worker, asked: readonly number[]): void {
    const units = worker.held.filter(unit => asked.includes(unit));
    worker.held = worker.held.filter(unit => !units.includes(unit));
    const {slot, generation} = worker;
    this.#tell(worker, this.#world.latencyMs, {type: 'units-returned', slot, generation, asked, units});
  }

  #kill(worker: Worker | undefined, innocent = false): void {
    if (worker === undefined || !worker.alive || this.#finished) return;
    worker.alive = false;
    const {slot, generation} = worker;
    // What it said before is heard first: messages and the news of its death arrive in order.
    this.#timers.at(this.#now + this.#world.latencyMs, () =>
      this.#post({type: 'slot-lost', slot, generation, death: {kind: 'signal', signal: 'SIGKILL'}, innocent}),
    );
  }

  /** Happens only if the worker lives to see it. */
  #later(worker: Worker, ms: number, run: () => void): void {
    this.#timers.at(this.#now + ms, () => {
      if (worker.alive && !worker.closing) run();
    });
  }

  /** What was sent arrives even if the sender is dead by then. */
  #tell(worker: Worker, ms: number, event: ScheduleEvent): void {
    this.#timers.at(this.#now + ms, () => {
      if (!this.#finished && !worker.closing) this.#post(event);
    });
  }

  #worker({slot, generation}: {slot: number; generation: number}): Worker {
    const worker = this.#workers.get(slot);
    if (worker === undefined || worker.generation !== generation) throw new Error(`no worker ${slot}.${generation}`);
    return worker;
  }

  #end(unit: number, end: End): void {
    const before = this.#ends.get(unit);
    if (before !== undefined) throw new Error(`unit ${unit} is reported twice: ${before}, ${end}`);
    this.#ends.set(unit, end);
  }

  #checkInvariants(): void {
    const {slots, plan, nextUnit, returned, idle} = this.#state;
    const places = new Map<number, string>();
    const place = (unit: number, name: string) => {
      const before = places.get(unit);
      if (before !== undefined) throw new Error(`unit ${unit} is in two places: ${before}, ${name}`);
      if (this.#ends.has(unit)) throw new Error(`unit ${unit} has ended, and is ${name}`);
      places.set(unit, name);
    };
    for (const unit of returned) place(unit, 'returned');
    for (let unit = nextUnit; unit < plan.units.length; unit++) place(unit, 'pending');
    for (const slot of slots) {
      if (slot.running !== null && !this.#ends.has(slot.running)) place(slot.running, `running in ${slot.slot}`);
      for (const unit of slot.held) place(unit, `held by ${slot.slot}`);
      const known = slot.held.reduce((sum, unit) => sum + (plan.units[unit]?.expectedMs ?? 0), 0);
      if (Math.abs(known - slot.heldKnownMs) > 1e-3) throw new Error(`slot ${slot.slot} miscounts what it holds`);
      if (slot.barrenDeaths > MAX_BARREN_DEATHS) throw new Error(`slot ${slot.slot} was replaced too often`);
    }
    if (this.#state.stopped === null && places.size + this.#ends.size !== plan.units.length) {
      throw new Error(`units are lost: ${plan.units.length - places.size - this.#ends.size}`);
    }
    const pending = returned.length + plan.units.length - nextUnit;
    const without = slots.filter(({status, running, held}) => status === 'up' && running === null && held.length === 0);
    if (without.length !== idle.size && this.#state.stopped === null)
      throw new Error('an idle worker is not known as one');
    if (pending > 0 && idle.size > 0 && this.#state.stopped === null)
      throw new Error('a worker is idle while units are pending');
    const alive = slots.filter(({status}) => status === 'starting' || status === 'up' || status === 'closing').length;
    if (alive > plan.slots) throw new Error('more workers than allowed');
    const {maxWorkerRestarts} = plan;
    if (maxWorkerRestarts !== null && this.#state.restarts > maxWorkerRestarts)
      throw new Error('more replacements than allowed');
    const recalled = slots.reduce((sum, slot) => sum + slot.recalled.size, 0);
    if (recalled !== this.#state.recallsOut) throw new Error('take-backs are miscounted');
  }

  #checkEnd(): void {
    const {units} = this.#plan;
    if (this.#state.stopped !== null) return;
    for (const {id} of units) {
      if (!this.#ends.has(id)) throw new Error(`unit ${id} was never reported`);
      if (this.#ends.get(id) === 'done' && this.#begun[id] === 0) throw new Error(`unit ${id} is done and never ran`);
    }
  }
}

function describe({slots, returned, nextUnit, plan, unfinished}: ScheduleState): string {
  const lines = slots.map(
    ({slot, status, running, held}) => `${slot}:${status} runs ${running} holds [${held.join()}]`,
  );
  return `${unfinished} unfinished, ${returned.length + plan.units.length - nextUnit} pending, ${lines.join('; ')}`;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Timers by time, and by the order in which they were set where that is equal: a binary heap. */
class TimerQueue {
  readonly #heap: Timer[] = [];
  #order = 0;

  at(at: number, run: () => void): void {
    const heap = this.#heap;
    const timer = {at, order: this.#order++, run};
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  next(): Timer | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
