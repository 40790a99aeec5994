/**
 * The loop of a run over workers. It turns news into events, calls `step`, and executes the commands that `step`
 * returns. Only this file knows both the scheduler and the workers. It decides nothing and awaits nothing.
 */
import type {Test} from '@jest/test-result';
import type {FileRecord} from '../core/plan/durations';
import {groupCosts} from '../core/plan/groupCosts';
import type {Generation, NodeId, SlotNumber} from '../core/plan/units';
import type {Culprit} from '../core/results/culprit';
import {digestOf} from '../core/results/deadSession';
import {snapshotUseOf} from '../core/results/snapshotUse';
import {
  type Command,
  createSchedule,
  type FixtureHolder,
  hasGroupSessions,
  heardUnit,
  idleReason,
  type IdleReason,
  type LoadSample,
  type Notice,
  type ScheduleEvent,
  type ScheduleState,
  step,
  type StopReason,
} from '../core/schedule';
import {type Death} from '../core/texts/deaths';
import {describeSlots} from '../core/texts/slotSummary';
import {parseJournal} from '../core/wire/journal';
import type {CollectedTest, FromWorker, SplitOrder, UnitOrder} from '../core/wire/workerMessages';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import type {CutFiles} from './shard/cutFiles';
import type {WorkerHost, WorkerListener} from './workers/workerHost';
import {type Cause, type DeadWorker, deadIn, messageIn} from './cause';
import {UnitResults, type ResultOptions} from './unitResults';

/** The methods of a worker that dispatch uses. */
export type DispatchWorker = Pick<WorkerHost, 'tell' | 'close' | 'evidence' | 'readJournal' | 'pid'>;

export interface DispatchOptions extends ResultOptions {
  /** Jest's test of a unit. */
  readonly testOf: (unit: number) => Test;
  readonly startWorker: (
    slot: SlotNumber,
    generation: Generation,
    node: NodeId,
    listener: WorkerListener,
  ) => DispatchWorker;
  /** The record of a unit from earlier runs; null: there is none. */
  readonly pastOf: (unit: number) => FileRecord | null;
  /** The time limit of each test and hook of a unit, in ms; 0: no limit; null: its file sets none. */
  readonly hardTimeoutOf: (unit: number) => number | null;
  /** An earlier file has killed the worker. @param running the path of the file that runs again; null: none ran */
  readonly onLeftBehind: (slot: SlotNumber, culprit: Culprit, running: string | null, death: Death) => void;
  /** A worker has died while it loaded a file that other workers have open. They run all of its tests. */
  readonly onLostJoiner: (path: string, slot: SlotNumber, death: Death) => void;
  /** A phase of a worker takes long. @param name the phase. @param ms how long it has lasted */
  readonly onSlow: (slot: SlotNumber, name: string, ms: number) => void;
  /** null: no file declares a fixture. */
  readonly fixtures: DispatchFixtures | null;
  readonly cuts: Pick<CutFiles, 'cutOf' | 'found' | 'beginsAgain'>;
  /** null: all units are here from the beginning. */
  readonly arriving: DispatchArrivals | null;
  /** Dispatch, or code that it calls, has thrown. Called once, after `halt`. @param doing follows "while" */
  readonly onFault: (doing: string, error: unknown) => void;
}

/** The methods of the shared fixtures that dispatch uses. */
export type DispatchFixtures = Pick<SharedFixtures, 'setUp' | 'takeDown' | 'valuesFor'>;

/** Who decides which units are here (see SchedulePlan.arriving). */
export interface DispatchArrivals {
  /** These units have left: no worker has begun one of them. */
  gaveBack(units: readonly number[]): void;
  /** So many workers run something now. */
  busy(workers: number): void;
}

/** A worker that had no work left, but did not exit, so that the runner killed it. */
export interface ForcedExit {
  readonly slot: SlotNumber;
  /** The paths of the files that it ran, in order. */
  readonly files: readonly string[];
}

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #state: ScheduleState;
  readonly #workers = new Map<SlotNumber, DispatchWorker>();
  /** The slots whose worker is neither lost nor closed. Kept here: a fault may corrupt the scheduler's state. */
  readonly #living = new Map<SlotNumber, Generation>();
  readonly #queue: {readonly event: ScheduleEvent; readonly cause: Cause}[] = [];
  #working = false;
  #stopped = false;
  #halted = false;
  readonly #forcedExits: ForcedExit[] = [];
  readonly #results: UnitResults;
  readonly #unitsEnded = new Signal();
  readonly #finished = new Signal();

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#state = createSchedule(options.plan);
    this.#results = new UnitResults({
      ...options,
      pidIn: slot => this.#workers.get(slot)?.pid ?? null,
      onSettled: unit => this.#postUnlessFinished({type: 'unit-settled', unit}),
    });
    options.log.write({type: 'plan', at: options.now(), plan: options.plan});
  }

  /** Resolves when every unit has ended; workers may still be exiting. */
  get unitsEnded(): Promise<void> {
    return this.#unitsEnded.promise;
  }

  /** Runs the plan; resolves when no worker is left. */
  run(): Promise<void> {
    this.#post({type: 'run-started'});
    return this.#finished.promise;
  }

  /** Ends the run early; resolves when no worker is left. Later news is ignored. */
  stop(reason: StopReason): Promise<void> {
    this.#stopped = true;
    if (!this.#state.finished && !this.#halted) this.#post({type: 'stopped', reason});
    return this.#finished.promise;
  }

  /**
   * Ends the run after a fault, without the scheduler: makes no further step, and closes all workers. The promise of
   * `run` resolves when no worker is left.
   */
  halt(): void {
    if (this.#halted || this.#state.finished) return;
    this.#halted = this.#stopped = true;
    this.#queue.length = 0;
    for (const [slot, generation] of this.#living) {
      try {
        this.#workers.get(slot)?.close();
      } catch {
        this.#leave(slot, generation); // the worker dies when Jest exits
      }
    }
    try {
      this.#options.reports.leftOver('a fault of jest-runner-xdist ended the run.');
    } catch {
      // Without their partial results, these files fail as a whole.
    }
    this.#finishIfLeft();
  }

  /** These units have arrived (see SchedulePlan.arriving). */
  add(units: readonly number[]): void {
    this.#postUnlessFinished({type: 'units-added', units});
  }

  /** These units are wanted back. If all of them leave, `gaveBack` is told so, at once or later. */
  takeBack(units: readonly number[]): void {
    this.#postUnlessFinished({type: 'units-wanted-back', units});
  }

  /** No more units arrive. */
  noMore(): void {
    this.#postUnlessFinished({type: 'no-more-units'});
  }

  /** The workers that the runner had to kill because something kept them alive. */
  get forcedExits(): readonly ForcedExit[] {
    return this.#forcedExits;
  }

  /** The machine's load was measured. */
  sampled(load: LoadSample): void {
    this.#postUnlessFinished({type: 'sampled', load});
  }

  /** The text about the number of workers; null: the number was fixed. */
  get slots(): string | null {
    return describeSlots(this.#state);
  }

  /** Why a worker that runs nothing runs nothing. null: there is no such slot, or a fault has halted the run. */
  whyIdle(slot: SlotNumber): IdleReason | null {
    const state = this.#state.slots[slot - 1];
    return state === undefined || this.#halted ? null : idleReason(this.#state, state);
  }

  /** A signal has ended the run. Reports the units that were running, with the results that they have so far. */
  interrupt(signal: NodeJS.Signals): void {
    this.#guard('a signal ended the run', () => this.#interrupt(signal));
  }

  #interrupt(signal: NodeJS.Signals): void {
    if (!this.#stopped) {
      const dead = new Map<SlotNumber, DeadWorker>();
      for (const [slot, generation] of this.#living) {
        dead.set(slot, this.#dead(slot, generation, {kind: 'interrupted', signal}));
      }
      const journals = [...dead].map(([slot, {journal}]) => ({slot, journal: digestOf(journal, null)}));
      this.#stopped = true;
      if (!this.#state.finished) this.#post({type: 'stopped', reason: 'interrupted', journals}, {dead});
    }
    this.#options.reports.leftOver(`${signal} ended the run.`);
  }

  #post(event: ScheduleEvent, cause: Cause = {}): void {
    if (this.#halted) return;
    this.#queue.push({event, cause});
    if (this.#working) return; // an event that a command causes waits its turn
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const {event: current, cause: its} = next;
      this.#guard(`the scheduler dealt with the event "${current.type}"`, () => this.#handle(current, its));
    }
    this.#working = false;
  }

  /** An error in `act` is a fault of the runner; the caller must not see it. */
  #guard(doing: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#fault(doing, error);
    }
  }

  #fault(doing: string, error: unknown): void {
    if (this.#halted) return;
    this.halt();
    this.#options.onFault(doing, error);
  }

  #postUnlessFinished(event: ScheduleEvent): void {
    if (!this.#state.finished) this.#post(event);
  }

  /**
   * Never wakes the scheduler too early: it would find nothing to do and not ask again. Node's timers can fire early by
   * up to one turn of the event loop, because they count from the start of the turn, in whole milliseconds.
   */
  #wakeAt(at: number): void {
    const left = at - this.#options.now();
    if (left <= 0) this.#postUnlessFinished({type: 'woken'});
    else setTimeout(() => this.#wakeAt(at), Math.ceil(left)).unref();
  }

  #handle(event: ScheduleEvent, cause: Cause): void {
    const {log, now} = this.#options;
    const at = now();
    log.write({type: 'event', at, event});
    for (const command of this.#step(event, cause, at)) {
      if (this.#halted) return;
      log.write({type: 'command', at, command});
      this.#carryOut(command, cause);
    }
  }

  /** If the scheduler throws at the end of a file, the file keeps its result. */
  #step(event: ScheduleEvent, cause: Cause, at: number): Command[] {
    try {
      return step(this.#state, event, at);
    } catch (error) {
      if (event.type === 'unit-done' && !hasGroupSessions(this.#state, event.unit)) {
        this.#results.carryOut({type: 'report', unit: event.unit, slot: event.slot, awaited: false}, cause);
      }
      throw error;
    }
  }

  #carryOut(command: Command, cause: Cause): void {
    switch (command.type) {
      case 'start-slot': {
        const {slot, generation, node} = command;
        let worker: DispatchWorker;
        try {
          worker = this.#options.startWorker(slot, generation, node, this.#listen(slot, generation));
        } catch (error) {
          this.#leave(slot, generation);
          throw error;
        }
        this.#workers.set(slot, worker);
        if (this.#halted) worker.close(); // a fault occurred while the worker started
        return;
      }
      case 'give': {
        const units = command.units.map(unit => this.#order(unit, null, command));
        this.#workers.get(command.slot)?.tell({type: 'give', units});
        return;
      }
      case 'join': {
        const collected = this.#options.files.fingerprint(command.unit);
        this.#workers.get(command.slot)?.tell({type: 'give', units: [this.#order(command.unit, collected, command)]});
        return;
      }
      case 'give-tests': {
        const {type, unit, groups, last} = command;
        this.#workers.get(command.slot)?.tell({type, unit, groups, last});
        return;
      }
      case 'discard':
        this.#workers.get(command.slot)?.tell({type: 'discard', unit: command.unit});
        return;
      case 'set-up-fixture': {
        const {fixture, slot, generation} = command;
        this.#options.fixtures?.setUp(fixture, {slot, generation}).then(
          up => this.#postUnlessFinished({type: up ? 'fixture-up' : 'fixture-failed', fixture, slot, generation}),
          (error: unknown) => this.#fault('a shared fixture was set up', error),
        );
        return;
      }
      case 'take-down-fixture': {
        const {fixture, slot, generation} = command;
        this.#options.fixtures?.takeDown(fixture, {slot, generation}).then(
          () => this.#postUnlessFinished({type: 'fixture-gone', fixture, slot, generation}),
          (error: unknown) => this.#fault('a shared fixture was taken down', error),
        );
        return;
      }
      case 'wake':
        this.#wakeAt(command.at);
        return;
      case 'take-back':
        this.#workers.get(command.slot)?.tell({type: 'take-back', units: command.units});
        return;
      case 'close-slot':
        this.#workers.get(command.slot)?.close();
        return;
      case 'tell':
        this.#tell(command.notice, cause);
        return;
      case 'begin-again':
        this.#options.cuts.beginsAgain(this.#options.testOf(command.unit));
        this.#results.carryOut(command, cause);
        return;
      case 'keep-list':
      case 'keep-part':
      case 'keep-remains':
      case 'resume':
      case 'report':
      case 'merge':
      case 'blame':
      case 'abandon':
      case 'interrupt':
        this.#results.carryOut(command, cause);
        return;
      case 'give-back':
        this.#options.arriving?.gaveBack(command.units);
        return;
      case 'busy':
        this.#options.arriving?.busy(command.workers);
        return;
      case 'units-ended':
        this.#unitsEnded.give();
        return;
      case 'finish':
        this.#finished.give();
        return;
    }
  }

  #listen(slot: SlotNumber, generation: Generation): WorkerListener {
    this.#living.set(slot, generation);
    return {
      up: () => this.#post({type: 'slot-up', slot, generation}),
      message: message =>
        this.#guard(`worker w${slot} said "${message.type}"`, () => this.#hear(slot, generation, message)),
      lost: death => {
        this.#guard(`worker w${slot} died`, () => this.#lose(slot, generation, death));
        this.#leave(slot, generation);
      },
      slow: (name, ms) => this.#guard(`worker w${slot} was slow`, () => this.#options.onSlow(slot, name, ms)),
      closed: forceExited => {
        this.#post({type: 'slot-closed', slot, generation, forced: forceExited});
        this.#leave(slot, generation);
      },
    };
  }

  /** The worker is gone. */
  #leave(slot: SlotNumber, generation: Generation): void {
    if (this.#living.get(slot) === generation) this.#living.delete(slot);
    this.#finishIfLeft();
  }

  #finishIfLeft(): void {
    if (this.#halted && this.#living.size === 0) this.#finished.give();
  }

  #hear(slot: SlotNumber, generation: Generation, message: FromWorker): void {
    if (this.#stopped) return;
    const {reports} = this.#options;
    const post = (event: ScheduleEvent) => this.#post(event, {message});
    switch (message.type) {
      case 'unit-started':
        post({type: 'unit-started', slot, generation, unit: message.unit});
        reports.started(message.unit);
        return;
      case 'unit-cut':
        this.#options.cuts.found(this.#options.testOf(message.unit), message.tests);
        return;
      case 'unit-opened': {
        const {unit, ms, tests} = message;
        const costs = this.#costsOf(unit, tests, ms);
        post({type: 'unit-opened', slot, generation, unit, ms, costs});
        return;
      }
      case 'unit-indivisible': {
        const {unit, anew} = message;
        post({type: 'unit-indivisible', slot, generation, unit, anew});
        return;
      }
      case 'tests-progress': {
        const {unit, done, running} = message;
        post({type: 'tests-progress', slot, generation, unit, done, running});
        return;
      }
      case 'unit-done': {
        const {unit, ms, retiring, outcome, slice} = message;
        const tests = slice?.tests ?? null;
        post({type: 'unit-done', slot, generation, unit, ms, retiring, failed: outcome.type === 'error', tests});
        return;
      }
      case 'units-returned':
        post({type: 'units-returned', slot, generation, asked: message.asked, units: message.units});
        return;
      case 'fault':
        this.#fault(`worker w${slot} ${message.doing}`, message.error);
        return;
      case 'jest-event': {
        const {name, payload} = message;
        const unit = heardUnit(this.#state, slot);
        if (unit === 'none' || (unit !== null && !this.#results.shouldReport(unit, name, payload))) return;
        reports.jestEvent(unit, name, payload);
        return;
      }
    }
  }

  /** The expected duration of each group, in ms; null: the tests differ from those of the file's first worker. */
  #costsOf(unit: number, tests: readonly CollectedTest[] | null, loadMs: number): (number | null)[] | null {
    const isListed = this.#options.files.fingerprint(unit) !== null;
    // A worker that finds the same tests as the file's first worker sends no list.
    if (tests === null) return isListed ? [] : null;
    return isListed ? null : groupCosts(tests, this.#options.pastOf(unit), loadMs);
  }

  #lose(slot: SlotNumber, generation: Generation, death: Death): void {
    if (this.#halted) return;
    const dead = this.#dead(slot, generation, death);
    const journal = digestOf(dead.journal, death.kind === 'hung' ? death.name : null);
    this.#post({type: 'slot-lost', slot, generation, death, journal}, {dead: new Map([[slot, dead]])});
  }

  #dead(slot: SlotNumber, generation: Generation, death: Death): DeadWorker {
    const worker = this.#workers.get(slot);
    // A worker that could not start has left no evidence.
    const report = worker?.evidence(death) ?? Promise.resolve({death, slot, generation, pid: null, stderr: ''});
    this.#results.noteDeath(slot, generation, report);
    return {death, report, journal: worker === undefined ? [] : parseJournal(worker.readJournal())};
  }

  #tell(notice: Notice, cause: Cause): void {
    const {files, onLeftBehind, onLostJoiner} = this.#options;
    switch (notice.type) {
      case 'left-behind':
        onLeftBehind(notice.slot, notice.culprit, notice.running, deadIn(cause, notice.slot).death);
        return;
      case 'joiner-lost':
        onLostJoiner(this.#unit(notice.unit).file.path, notice.slot, deadIn(cause, notice.slot).death);
        return;
      case 'other-tests':
        files.warnOfOtherTests(notice.unit, notice.slot, messageIn(cause, 'unit-opened').tests ?? []);
        return;
      case 'joiner-failed': {
        const {outcome} = messageIn(cause, 'unit-done');
        if (outcome.type === 'error') files.warnOfRefusal(notice.unit, notice.slot, outcome.error);
        return;
      }
      case 'indivisible':
        files.warnOfIndivisible(notice.unit, messageIn(cause, 'unit-indivisible').reason);
        return;
      case 'forced-exit':
        this.#forcedExits.push({slot: notice.slot, files: notice.units.map(unit => this.#unit(unit).file.path)});
        return;
    }
  }

  /** @param collected the fingerprint of the file's tests; null: this is the first worker to open the file */
  #order(id: number, collected: string | null, {slot, generation}: FixtureHolder): UnitOrder {
    const unit = this.#unit(id);
    const {file, split} = unit;
    const resumes = this.#options.files.resumption(id);
    const order: SplitOrder | null = hasGroupSessions(this.#state, id)
      ? {granularity: split ?? 'each', grouping: this.#options.plan.grouping, collected, resumes}
      : null;
    const hardTimeoutMs = this.#options.hardTimeoutOf(id);
    const test = this.#options.testOf(id);
    const fixtures = this.#options.fixtures?.valuesFor(test, {slot, generation}) ?? null;
    // If a fixture failed, each test of the file fails, so splitting gains nothing.
    const failed = fixtures !== null && fixtures.failure !== null;
    return {
      id,
      configId: file.configId,
      path: file.path,
      hardTimeoutMs,
      split: failed ? null : order,
      cut: this.#options.cuts.cutOf(test),
      fixtures,
      snapshots: snapshotUseOf(unit),
    };
  }

  #unit(id: number) {
    const unit = this.#options.plan.units[id];
    if (unit === undefined) throw new RangeError(`no unit ${id} in the plan`);
    return unit;
  }
}

/** A promise that its owner resolves once. */
class Signal {
  give: () => void = () => {};
  readonly promise = new Promise<void>(resolve => (this.give = resolve));
}
