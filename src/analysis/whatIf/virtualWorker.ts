/** A worker that exists only as timers: it takes orders as src/worker does, and tells what src/worker tells. */
import type {ScheduleEvent} from '../../core/schedule';
import {NEWS_EVERY_MS} from '../../core/wire/workerMessages';
import {NO_WORK, type Work} from './cores';

/** What one unit takes. */
export interface UnitWork {
  /** From its start until its tests are known; each worker that opens the file spends it. */
  readonly load: Work;
  /** The groups of its tests, in the order of the file. Of a unit that runs whole: all of its tests in one. */
  readonly groups: readonly Work[];
  /** After its last test: hooks and teardown; in each worker that opened the file. */
  readonly end: Work;
}

export interface UnitOrder {
  readonly unit: number;
  /** Whether the scheduler gives it the groups of its tests. */
  readonly shared: boolean;
  /** Whether another worker has the unit open. */
  readonly join: boolean;
}

export interface WorkerSurroundings {
  readonly slot: number;
  readonly generation: number;
  readonly units: readonly UnitWork[];
  readonly first: Work;
  readonly compute: (work: Work, done: () => void) => void;
  readonly now: () => number;
  /** An event arrives at the scheduler. */
  readonly heard: (event: ScheduleEvent) => void;
  /** An order arrives at the worker. */
  readonly hears: (run: () => void) => void;
}

interface Session {
  readonly order: UnitOrder;
  readonly beganAt: number;
  /** Groups that it was given and has not begun. */
  readonly ahead: number[];
  readonly ran: number[];
  /** Groups that have ended since the last news. */
  done: [group: number, ms: number][];
  toldAt: number;
  /** It tells its progress when it holds so few groups. */
  low: number;
  last: boolean;
  waits: boolean;
  discarded: boolean;
}

export class VirtualWorker {
  /** Whether the scheduler has not closed it. */
  isOpen = true;
  readonly #in: WorkerSurroundings;
  readonly #queue: UnitOrder[] = [];
  #session: Session | null = null;
  #isFresh = true;

  constructor(surroundings: WorkerSurroundings) {
    this.#in = surroundings;
  }

  give(order: UnitOrder): void {
    this.#in.hears(() => {
      this.#queue.push(order);
      this.#begin();
    });
  }

  takeBack(asked: readonly number[]): void {
    this.#in.hears(() => {
      const units = this.#queue.filter(({unit, join}) => !join && asked.includes(unit)).map(({unit}) => unit);
      for (const unit of units) this.#forget(unit);
      this.#tell({type: 'units-returned', ...this.#who(), asked, units});
    });
  }

  giveTests(unit: number, groups: readonly number[], last: boolean): void {
    this.#in.hears(() => {
      const session = this.#session;
      if (session?.order.unit !== unit) return;
      session.ahead.push(...groups);
      session.last ||= last;
      session.low = Math.ceil(groups.length / 2);
      if (session.waits) this.#walk(session);
    });
  }

  discard(unit: number): void {
    this.#in.hears(() => {
      const session = this.#session;
      if (session?.order.unit !== unit) {
        this.#forget(unit);
        this.#tell({type: 'unit-done', ...this.#who(), unit, ms: 0, retiring: false, failed: false, tests: null});
        return;
      }
      session.discarded = true;
      if (session.waits) this.#walk(session);
    });
  }

  close(): void {
    this.isOpen = false;
  }

  #forget(unit: number): void {
    const index = this.#queue.findIndex(order => order.unit === unit);
    if (index >= 0) this.#queue.splice(index, 1);
  }

  #begin(): void {
    if (this.#session !== null || !this.isOpen) return;
    const order = this.#queue.shift();
    const work = this.#in.units[order?.unit ?? -1];
    if (order === undefined || work === undefined) return;
    const now = this.#in.now();
    const session: Session = {
      order,
      beganAt: now,
      ahead: [],
      ran: [],
      done: [],
      toldAt: now,
      low: 0,
      last: false,
      waits: false,
      discarded: false,
    };
    this.#session = session;
    this.#tell({type: 'unit-started', ...this.#who(), unit: order.unit});
    const load = this.#isFresh ? sumOf(work.load, this.#in.first) : work.load;
    this.#isFresh = false;
    this.#in.compute(load, () => this.#loaded(session, work));
  }

  #loaded(session: Session, {groups}: UnitWork): void {
    const {order, beganAt} = session;
    if (session.discarded) return this.#end(session);
    if (!order.shared) {
      session.ahead.push(...groups.keys());
      session.last = true;
      return this.#walk(session);
    }
    const ms = this.#in.now() - beganAt;
    // The next run knows what each group took in this one.
    const costs = groups.map(group => Math.round(group.ms));
    session.waits = true;
    this.#tell({type: 'unit-opened', ...this.#who(), unit: order.unit, ms, costs});
  }

  #walk(session: Session): void {
    session.waits = false;
    const group = session.discarded ? undefined : session.ahead.shift();
    const work = this.#in.units[session.order.unit];
    if (group === undefined) {
      if (session.last || session.discarded) {
        this.#in.compute(work?.end ?? NO_WORK, () => this.#end(session));
        return;
      }
      session.waits = true;
      this.#tellProgress(session, null);
      return;
    }
    const isDue = session.ahead.length <= session.low || this.#in.now() - session.toldAt >= NEWS_EVERY_MS;
    if (session.order.shared && !session.last && isDue) this.#tellProgress(session, group);
    const began = this.#in.now();
    this.#in.compute(work?.groups[group] ?? NO_WORK, () => {
      session.ran.push(group);
      session.done.push([group, this.#in.now() - began]);
      this.#walk(session);
    });
  }

  #tellProgress(session: Session, running: number | null): void {
    const {order, done} = session;
    session.done = [];
    session.toldAt = this.#in.now();
    this.#tell({type: 'tests-progress', ...this.#who(), unit: order.unit, done, running});
  }

  #end(session: Session): void {
    const {order, beganAt, ran, discarded} = session;
    this.#session = null;
    this.#tell({
      type: 'unit-done',
      ...this.#who(),
      unit: order.unit,
      ms: this.#in.now() - beganAt,
      retiring: false,
      failed: false,
      tests: order.shared && !discarded ? [...ran] : null,
    });
    this.#begin();
  }

  #who(): {readonly slot: number; readonly generation: number} {
    const {slot, generation} = this.#in;
    return {slot, generation};
  }

  #tell(event: ScheduleEvent): void {
    this.#in.heard(event);
  }
}

function sumOf(one: Work, other: Work): Work {
  return {ms: one.ms + other.ms, cpuMs: one.cpuMs + other.cpuMs};
}
