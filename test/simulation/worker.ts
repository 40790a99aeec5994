/** Simulates a worker with timers: it does in virtual time what src/worker does. */
import type {JournalRecord} from '../../src/core/wire/journal';
import {NEWS_EVERY_MS} from '../../src/core/wire/workerMessages';
import type {ScheduleEvent} from '../../src/core/schedule/events';
import {listedTests, viewOf} from './fileView';
import type {Ledger} from './ledger';
import type {Order, SplitOrder} from './orders';
import {groupSteps, teardownStep, topHookSteps, type Stage, type Step} from './steps';
import type {World} from './world';

/** What a worker is in. */
export interface Surroundings {
  readonly world: World;
  readonly ledger: Ledger;
  now(): number;
  at(time: number, run: () => void): void;
  post(event: ScheduleEvent): void;
  /** Computes, and waits; by itself, where there is no machine. @param computing the share of it that is computing */
  spend(ms: number, computing: number, done: () => void): () => void;
  /** A worker begins to load a file. */
  begins(worker: SimulatedWorker, unit: number): void;
  /** Whether what a worker that was told to close says about its unit is still heard. */
  hearsClosing(worker: SimulatedWorker): boolean;
  /** A worker is through with an order. `opened`: as a session. */
  unitDone(worker: SimulatedWorker, order: Order, end: OrderEnd): void;
  /** A worker has died, and all that it said before was heard. `leftBy`: the unit that left behind what killed it; null: none. */
  lost(worker: SimulatedWorker, order: Order | null, leftBy: number | null): void;
  /** The worker waits for its first, or next, unit; or has got it. */
  waits(worker: SimulatedWorker, waits: boolean): void;
}

export interface OrderEnd {
  readonly ms: number;
  readonly opened: boolean;
  readonly failed: boolean;
  readonly retiring: boolean;
}

/** A unit whose tests are told apart, being run. */
interface Session extends Stage {
  readonly order: Order;
  /** It has listed its tests and takes what it is given; false: it runs whole. */
  opened: boolean;
  /** Given, and not begun. */
  ahead: number[];
  last: boolean;
  /** What it has run so far, in ms. */
  ranMs: number;
  /** The hooks outside of any block have run. */
  begun: boolean;
  /** Groups that have ended since the last news of them. */
  done: [group: number, ms: number][];
  /** Below so many groups ahead, the parent is told what runs, so that more can arrive in time. */
  low: number;
  toldAt: number;
  /** Since when it waits for tests; null: it does not. */
  waitsSince: number | null;
}

export class SimulatedWorker {
  readonly slot: number;
  readonly generation: number;
  readonly node: number;
  alive = true;
  closing = false;
  /** How many files it has begun to load. */
  begun = 0;
  /** Orders of which the scheduler has heard no end, in the order in which they were given. */
  readonly orders: Order[] = [];
  /** What it has written of the unit that it runs. */
  journal: JournalRecord[] = [];
  readonly #in: Surroundings;
  readonly #discarded = new Set<Order>();
  #queue: Order[] = [];
  #running: Order | null = null;
  #session: Session | null = null;
  /** Begins nothing more. */
  #retired = false;
  #computes = false;
  #stopComputing = () => {};
  /** Messages that arrived while it was deaf. */
  readonly #unheard: (() => void)[] = [];

  constructor(surroundings: Surroundings, slot: number, generation: number, node: number) {
    this.#in = surroundings;
    this.slot = slot;
    this.generation = generation;
    this.node = node;
  }

  /** @param stop ends what its start computes */
  starts(stop: () => void): void {
    this.#stopComputing = stop;
  }

  /** The unit that it is at; null: it waits. */
  get at(): number | null {
    return this.#running?.unit ?? null;
  }

  /** The order for a unit that the scheduler speaks of. */
  wantedOrder(unit: number): {order: Order; split: SplitOrder} {
    for (const order of this.orders) {
      if (order.unit === unit && order.split?.wanted === true) return {order, split: order.split};
    }
    throw new Error(`worker ${this.slot}.${this.generation} has no order for unit ${unit}`);
  }

  /** Units to run, or one to join; told by the parent now. */
  give(orders: readonly Order[]): void {
    for (const order of orders) if (order.split !== null) this.orders.push(order);
    this.#hears(() => {
      this.#queue.push(...orders);
      this.#begin();
    });
  }

  takeBack(asked: readonly number[]): void {
    this.#hears(() => {
      const returned = this.#queue.filter(({unit, join}) => !join && asked.includes(unit));
      this.#queue = this.#queue.filter(order => !returned.includes(order));
      const units = returned.map(({unit}) => unit);
      this.#tell({type: 'units-returned', ...this.#who(), asked, units}, () => {
        for (const order of returned) this.#forget(order);
      });
    });
  }

  giveTests(order: Order, groups: readonly number[], last: boolean): void {
    this.#hears(() => {
      const session = this.#session;
      if (order.split?.over === true) return;
      if (session?.order !== order) throw new Error(`unit ${order.unit} is not open in ${this.slot}`);
      session.ahead.push(...groups);
      session.last ||= last;
      session.low = Math.ceil(groups.length / 2);
      if (session.waitsSince !== null) this.#endWait(session);
    });
  }

  discard(order: Order): void {
    this.#hears(() => {
      if (this.#queue.includes(order)) {
        this.#queue = this.#queue.filter(other => other !== order);
        this.#tellEnd(order, 0, false, false, false);
        return;
      }
      this.#discarded.add(order);
      const session = this.#session;
      if (session?.order === order && session.waitsSince !== null) this.#endWait(session);
    });
  }

  close(): void {
    this.closing = true;
    this.#stopComputing();
    for (const order of this.orders.splice(0)) this.#in.ledger.voided(order, false);
    this.#in.at(this.#in.now() + this.#in.world.latencyMs, () => {
      if (!this.alive) return;
      this.alive = false;
      this.#in.post({type: 'slot-closed', ...this.#who(), forced: false});
    });
  }

  /** @param leftBy what this unit has left behind kills it; null: what it runs does, or nobody knows */
  kill(leftBy: number | null = null): void {
    if (!this.alive) return;
    this.alive = false;
    this.#stopComputing();
    // What it said before is heard first: messages and the news of its death arrive in order.
    this.#in.at(this.#in.now() + this.#in.world.latencyMs, () => {
      this.#in.lost(this, this.#running, leftBy);
    });
  }

  #begin(): void {
    if (this.#running !== null) return;
    const order = this.#retired ? undefined : this.#queue.shift();
    if (order === undefined) return this.#in.waits(this, true);
    this.#in.waits(this, false);
    this.#in.begins(this, order.unit);
    this.#running = order;
    this.begun++;
    const outcome = this.#in.ledger.begins(order);
    const {unit, split} = order;
    this.journal = split?.world.opens === true ? [{type: 'unit', unit, at: 0}] : [];
    this.#tell({type: 'unit-started', ...this.#who(), unit});
    if (split === null) return this.#runWhole(unit);
    const {openMs} = split.world;
    if (this.#in.ledger.kills(order, split, {type: 'load'}, 0)) return this.#compute(openMs / 2, () => this.kill());
    this.#compute(openMs, () => {
      if (outcome === 'death') this.kill();
      else if (outcome === 'error' || this.#discarded.has(order)) this.#end(order, 0, false, outcome === 'error');
      else this.#open(order, split, outcome === 'same');
    });
  }

  /** A unit whose tests are not told apart. */
  #runWhole(unit: number): void {
    const {actualMs, deadly} = this.#in.world;
    const ms = actualMs[unit]!;
    const deadAt = deadly?.get(unit);
    if (deadAt !== undefined) this.#compute(ms * deadAt, () => this.kill());
    else this.#compute(ms, () => this.#end(this.#running!, ms, false, false));
  }

  #open(order: Order, split: SplitOrder, same: boolean): void {
    const {opens, openMs} = split.world;
    const opened = opens && !split.whole;
    const view = viewOf(split.world, new Set(split.resumes?.leaveOut));
    this.#in.ledger.lists(order, split, view);
    const session: Session = {
      order,
      split,
      journal: record => {
        if (opens) this.journal.push(record);
      },
      beginsTest: place => this.#in.ledger.beginsTest(order, split, place),
      opened,
      ahead: opened ? [] : [...view.keys()],
      last: !opened,
      ranMs: 0,
      begun: false,
      done: [],
      low: 0,
      toldAt: this.#in.now(),
      waitsSince: opened ? this.#in.now() : null,
    };
    this.#session = session;
    const listing = same ? 'the same' : 'other';
    session.journal({
      type: 'opened',
      listing,
      tests: listedTests(split.world),
      ms: openMs,
      console: [],
      snapshots: null,
    });
    if (!opened) return this.#walk(session);
    const {unit} = order;
    const costs = same ? view.map(({cost}) => cost) : null;
    this.#tell({type: 'unit-opened', ...this.#who(), unit, ms: openMs, costs}, () =>
      this.#in.ledger.opened(order, split, same),
    );
  }

  #endWait(session: Session): void {
    const {latencyMs} = this.#in.world;
    const waited = this.#in.now() - (session.waitsSince ?? 0);
    // There is either something for it, or nothing ever; and no reason to think about it.
    if (waited > 2 * latencyMs + 1e-6) throw new Error(`slot ${this.slot} waited ${waited} ms for tests`);
    session.waitsSince = null;
    this.#walk(session);
  }

  #walk(session: Session): void {
    const {order, split} = session;
    const group = this.#discarded.has(order) ? undefined : session.ahead.shift();
    if (group === undefined) {
      if (session.last || this.#discarded.has(order)) return this.#finish(session);
      this.#report(session, null);
      session.waitsSince = this.#in.now();
      return;
    }
    const view = split.view[group];
    if (view === undefined) throw new Error(`slot ${this.slot} is given a group that it has not listed`);
    if (view.origin === split.world.breaking) return this.#end(order, 0, session.opened, true);
    if (this.#isDue(session)) this.#report(session, group);
    if (view.origin === split.world.indivisible) this.#tellIndivisible(session);
    const before = session.begun ? [] : topHookSteps(session, 'beforeAll');
    session.begun = true;
    this.#take([...before, ...groupSteps(session, view)], session, () => {
      session.ranMs += view.ms;
      if (split.world.unreported?.has(view.origin) !== true) session.done.push([group, view.ms]);
      this.#walk(session);
    });
  }

  /** One after the other, as far as the worker lives. */
  #take(steps: readonly Step[], session: Session, then: () => void): void {
    const [step, ...others] = steps;
    if (step === undefined) return then();
    step.begins();
    const {order, split} = session;
    const deadly = step.moments.some(moment => this.#in.ledger.kills(order, split, moment, split.running.size));
    // Where nothing takes time nothing is waited for, either.
    if (!deadly && step.ms === 0 && step.moments[0]?.type !== 'test') return this.#take(others, session, then);
    this.#compute(deadly ? step.ms / 2 : step.ms, () => {
      if (deadly) return this.kill();
      step.ends();
      this.#take(others, session, then);
    });
  }

  #finish(session: Session): void {
    const {order, split} = session;
    const {groups, indivisible, openMs} = split.world;
    if ((indivisible ?? -1) >= groups.length) this.#tellIndivisible(session);
    if (this.#in.world.batched !== true) this.#report(session, null);
    const after = session.begun ? topHookSteps(session, 'afterAll') : [];
    this.#take([...after, teardownStep(session)], session, () =>
      this.#end(order, openMs + session.ranMs, session.opened, this.#in.ledger.fails(order, split)),
    );
  }

  #tellIndivisible({order, split, opened}: Session): void {
    // The rest of a file is no whole file, however it is run.
    if (!opened || split.resumes !== null) return;
    const {unit} = order;
    const {anew = false} = split.world;
    this.#tell({type: 'unit-indivisible', ...this.#who(), unit, anew}, () =>
      this.#in.ledger.indivisible(order, split, anew),
    );
  }

  #isDue({last, ahead, low, toldAt}: Session): boolean {
    if (this.#in.world.batched !== true) return true;
    return !last && (ahead.length <= low || this.#in.now() - toldAt >= NEWS_EVERY_MS);
  }

  #report(session: Session, running: number | null): void {
    if (!session.opened) return;
    const {unit} = session.order;
    this.#tell({type: 'tests-progress', ...this.#who(), unit, done: session.done.splice(0), running});
    session.toldAt = this.#in.now();
  }

  #end(order: Order, ms: number, opened: boolean, failed: boolean): void {
    const {leftovers, retiring} = this.#in.world;
    this.#running = null;
    this.#session = null;
    this.#discarded.delete(order);
    if (order.split !== null) order.split.over = true;
    const leftover = leftovers?.get(order.unit);
    if (leftover !== undefined) {
      this.#later(leftover, () => {
        // A file that its own leftovers kill has killers of its own: see World.killers.
        if (this.#running?.unit !== order.unit) this.kill(order.unit);
      });
    }
    this.#retired = retiring?.has(order.unit) === true;
    this.#tellEnd(order, ms, opened, failed, this.#retired);
    this.#listen();
    this.#begin();
  }

  #tellEnd(order: Order, ms: number, opened: boolean, failed: boolean, retiring: boolean): void {
    this.#in.at(this.#in.now() + this.#in.world.latencyMs, () => {
      if (this.closing && !this.#in.hearsClosing(this)) return;
      const index = this.orders.indexOf(order);
      if (index >= 0) this.orders.splice(index, 1);
      this.#in.unitDone(this, order, {ms, opened, failed, retiring});
    });
  }

  /** The scheduler has heard that an order was handed back. */
  #forget(order: Order): void {
    const index = this.orders.indexOf(order);
    if (index === -1) return;
    this.orders.splice(index, 1);
    this.#in.ledger.voided(order, false);
  }

  #who() {
    return {slot: this.slot, generation: this.generation};
  }

  /** Something that was said to it now. */
  #hears(run: () => void): void {
    this.#later(this.#in.world.latencyMs, () => {
      if (this.#in.world.deaf === true && this.#computes) this.#unheard.push(run);
      else run();
    });
  }

  #listen(): void {
    for (let next = this.#unheard.shift(); next !== undefined; next = this.#unheard.shift()) next();
  }

  #compute(ms: number, then: () => void): void {
    this.#computes = true;
    const unit = this.#running?.unit;
    this.#stopComputing = this.#in.spend(ms, this.#in.world.machine?.computing[unit ?? -1] ?? 1, () => {
      if (!this.alive || this.closing) return;
      this.#computes = false;
      // The end of a unit is told before it listens.
      if (this.#session !== null || this.#running?.split !== null) this.#listen();
      then();
    });
  }

  /** Runs the callback later, unless the worker has died by then. */
  #later(ms: number, run: () => void): void {
    this.#in.at(this.#in.now() + ms, () => {
      if (this.alive && !this.closing) run();
    });
  }

  /** What was sent arrives even if the sender is dead by then. `heard`: just before it does. */
  #tell(event: ScheduleEvent, heard?: () => void): void {
    this.#in.at(this.#in.now() + this.#in.world.latencyMs, () => {
      if (this.closing) return;
      heard?.();
      this.#in.post(event);
    });
  }
}
