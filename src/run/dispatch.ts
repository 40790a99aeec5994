/**
 * The one loop of a parallel run: next event -> schedule -> carry out its commands. The only place
 * that sees both the scheduler and the workers. It decides nothing and awaits nothing.
 */
import type {Test, TestResult} from '@jest/test-result';
import type {Generation, NodeId, SlotNumber} from '../core/plan/units';
import type {Fate} from '../core/results/salvage';
import {snapshotUseOf} from '../core/results/snapshotUse';
import {
  type Command,
  createSchedule,
  type FixtureHolder,
  hasSessions,
  isBystander,
  type LoadSample,
  type ScheduleEvent,
  type SchedulePlan,
  type ScheduleState,
  step,
  type StopReason,
} from '../core/schedule';
import {
  abandonFile,
  blameFile,
  culpritBefore,
  type Culprit,
  type Death,
  type DeathReport,
  type FileError,
  whyAbandoned,
} from '../core/texts/deaths';
import {interruptedFile} from '../core/texts/interruption';
import {describeSlots} from '../core/texts/slotSummary';
import type {CollectedTest, FromWorker, SplitOrder, UnitOrder, UnitOutcome} from '../core/wire/workerMessages';
import type {EventLog} from './eventLog';
import type {DeadSessions, LostFile} from './files/deadSessions';
import type {FileReports} from './files/fileReports';
import type {ClosedFile, OpenFiles} from './files/openFiles';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import type {WorkerHost, WorkerListener} from './workers/workerHost';

/** What dispatch needs of a worker. */
export type DispatchWorker = Pick<WorkerHost, 'tell' | 'close' | 'evidence' | 'readJournal' | 'pid'>;

export interface DispatchOptions {
  readonly plan: SchedulePlan;
  readonly runId: string;
  /** Jest's test of a unit. */
  readonly testOf: (unit: number) => Test;
  readonly startWorker: (
    slot: SlotNumber,
    generation: Generation,
    node: NodeId,
    listener: WorkerListener,
  ) => DispatchWorker;
  readonly reports: FileReports;
  readonly openFiles: OpenFiles;
  readonly deadSessions: DeadSessions;
  /** What each test and hook of a unit may take, in ms; 0: any time; null: its file says nothing of that. */
  readonly hardTimeoutOf: (unit: number) => number | null;
  /** How a unit ended, for the timings file. `died`: a worker of it has. */
  readonly onUnitEnd: (unit: number, ms: number | null, outcome: UnitOutcome | null, died: boolean) => void;
  /** What a worker has made of a unit, alone or beside others. `result` null: nothing, the unit has none. `slot` null: no worker was at it. */
  readonly onShare: (unit: number, slot: SlotNumber | null, result: TestResult | null) => void;
  /** What one file left behind has killed the worker while it ran another, which is run again; null: it ran none. */
  readonly onLeftBehind: (slot: SlotNumber, culprit: Culprit, running: string | null, death: Death) => void;
  /** A worker has died while it loaded a file of which it was to take some tests; the others go on with it. */
  readonly onLostJoiner: (path: string, slot: SlotNumber, death: Death) => void;
  /** What a worker is at takes long: what it is, and how long it has taken, in ms. */
  readonly onSlow: (slot: SlotNumber, name: string, ms: number) => void;
  /** null: no file declares one. */
  readonly fixtures: DispatchFixtures | null;
  /** Something in here, or in what it calls, has thrown. Called once, when the run is being ended. @param doing a clause */
  readonly onFault: (doing: string, error: unknown) => void;
  readonly log: EventLog;
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/** What dispatch needs of the shared fixtures. */
export type DispatchFixtures = Pick<SharedFixtures, 'setUp' | 'takeDown' | 'valuesFor'>;

export interface LingeringWorker {
  readonly slot: SlotNumber;
  /** The paths of the files that it ran, in order. */
  readonly files: readonly string[];
}

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #state: ScheduleState;
  readonly #workers = new Map<SlotNumber, DispatchWorker>();
  /** Slots whose worker has not said yet that it is lost or closed. The scheduler's own state is not to be trusted after a fault. */
  readonly #living = new Map<SlotNumber, Generation>();
  readonly #queue: ScheduleEvent[] = [];
  #working = false;
  #stopped = false;
  #halted = false;
  readonly #lingering: LingeringWorker[] = [];
  #lastDeath: Promise<DeathReport> | null = null;
  /** Paths of the files that the worker now in a slot has run to their end. */
  readonly #endedIn = new Map<SlotNumber, string[]>();
  readonly #deaths = new Map<SlotNumber, Promise<DeathReport>>();
  readonly #unitsEnded = new Signal();
  readonly #finished = new Signal();

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#state = createSchedule(options.plan);
    options.log.write({run: options.runId, plan: options.plan});
  }

  /** Resolves when every unit has ended; workers are still on their way out then. */
  get unitsEnded(): Promise<void> {
    return this.#unitsEnded.promise;
  }

  /** Runs the plan; resolves when no worker is left. */
  run(): Promise<void> {
    this.#post({type: 'run-started'});
    return this.#finished.promise;
  }

  /** Ends the run early; resolves when no worker is left. What workers still say is dropped. */
  stop(reason: StopReason): Promise<void> {
    this.#stopped = true;
    if (!this.#state.finished && !this.#halted) this.#post({type: 'stopped', reason});
    return this.#finished.promise;
  }

  /**
   * Ends the run without the scheduler, after a fault: no step is taken any more, all workers are told to end. Those who
   * wait for the end of the run go on when no worker is left.
   */
  halt(): void {
    if (this.#halted || this.#state.finished) return;
    this.#halted = this.#stopped = true;
    this.#queue.length = 0;
    for (const [slot, generation] of this.#living) {
      try {
        this.#workers.get(slot)?.close();
      } catch {
        this.#leave(slot, generation); // Jest's end kills it
      }
    }
    try {
      this.#options.reports.leftOver('a fault of jest-runner-xdist ended the run.');
    } catch {
      // Then these files fail as a whole.
    }
    this.#finishIfLeft();
  }

  /** Workers that had to be killed because something in them kept them alive. */
  get lingering(): readonly LingeringWorker[] {
    return this.#lingering;
  }

  /** The machine's load was measured. */
  sampled(load: LoadSample): void {
    this.#postUnlessFinished({type: 'sampled', load});
  }

  /** How many workers there were, and why; null: their number was fixed. */
  get slots(): string | null {
    return describeSlots(this.#state);
  }

  /** A signal has ended the run. What was in flight is reported, with what is known of it. */
  interrupt(signal: NodeJS.Signals): void {
    this.#guard('a signal ended the run', () => this.#interrupt(signal));
  }

  #interrupt(signal: NodeJS.Signals): void {
    const inFlight = this.#stopped ? new Map<number, SlotNumber[]>() : this.#inFlight();
    for (const [unit, slots] of inFlight) {
      for (const slot of slots) {
        const worker = this.#workers.get(slot);
        if (worker === undefined) continue;
        this.#deaths.set(slot, worker.evidence({kind: 'interrupted', signal}));
        this.#keep(unit, slot, worker, {innocent: false, hung: null, final: true});
      }
    }
    void this.stop('interrupted');
    const {deadSessions, openFiles, reports} = this.#options;
    for (const [unit, slots] of inFlight) {
      if (deadSessions.has(unit)) {
        this.#endSalvaged(unit, openFiles.close(unit), null, true);
      } else {
        const workers = slots.map(slot => ({slot, pid: this.#workers.get(slot)?.pid ?? null}));
        this.#options.onShare(unit, slots[0] ?? null, null);
        reports.interrupted(unit, interruptedFile(signal, workers));
      }
    }
    reports.leftOver(`${signal} ended the run.`);
  }

  /** Units that are being run, each with the slots of the workers that run it. */
  #inFlight(): Map<number, SlotNumber[]> {
    const inFlight = new Map<number, SlotNumber[]>();
    for (const {slot, running, session} of this.#state.slots) {
      if (running === null || isBystander(session)) continue;
      inFlight.set(running, [...(inFlight.get(running) ?? []), slot]);
    }
    return inFlight;
  }

  #post(event: ScheduleEvent): void {
    if (this.#halted) return;
    this.#queue.push(event);
    if (this.#working) return; // a command's own event waits its turn
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const {type} = next;
      this.#guard(`the scheduler dealt with the event "${type}"`, () => this.#handle(next));
    }
    this.#working = false;
  }

  /** What throws in here is no mistake of the user's, and nobody's business who has called. */
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
   * Not before its time: the scheduler would find nothing to do yet, and not ask again. Node's timers end up to
   * a whole turn of the event loop too early, as they count from the turn's begin, and in whole milliseconds.
   */
  #wakeAt(at: number): void {
    const left = at - this.#options.now();
    if (left <= 0) this.#postUnlessFinished({type: 'woken'});
    else setTimeout(() => this.#wakeAt(at), Math.ceil(left)).unref();
  }

  #handle(event: ScheduleEvent): void {
    const {log, runId: run, now} = this.#options;
    const at = now();
    log.write({run, at, event});
    for (const command of step(this.#state, event, at)) {
      if (this.#halted) return;
      log.write({run, at, command});
      this.#carryOut(command);
    }
    if (this.#state.unfinished === 0) this.#unitsEnded.give();
  }

  #logGroups(unit: number, tests: readonly CollectedTest[]): void {
    const {log, runId: run, now} = this.#options;
    log.write({run, at: now(), unit, groups: tests.map(({group}) => group)});
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'start-slot': {
        const {slot, generation, node} = command;
        this.#endedIn.set(slot, []);
        let worker: DispatchWorker;
        try {
          worker = this.#options.startWorker(slot, generation, node, this.#listen(slot, generation));
        } catch (error) {
          this.#leave(slot, generation);
          throw error;
        }
        this.#workers.set(slot, worker);
        if (this.#halted) worker.close(); // while it was started
        return;
      }
      case 'give': {
        const units = command.units.map(id => this.#order(id, null, command));
        this.#workers.get(command.slot)?.tell({type: 'give', units});
        return;
      }
      case 'join': {
        const collected = this.#options.openFiles.fingerprint(command.unit);
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
      case 'merge': {
        const {openFiles, deadSessions} = this.#options;
        const closed = openFiles.close(command.unit);
        if (deadSessions.has(command.unit)) {
          this.#endSalvaged(command.unit, closed, null);
        } else {
          const {outcome, ms} = openFiles.merge(command.unit, closed);
          this.#share(command.unit, closed.slices, outcome);
          this.#end(command.unit, ms, outcome);
        }
        return;
      }
      case 'resume':
      case 'begin-again': {
        const {openFiles, deadSessions} = this.#options;
        if (command.type === 'resume') deadSessions.keep(command.unit, openFiles.close(command.unit).slices);
        // Of one whose workers have died while they loaded it, that is remembered.
        else if (deadSessions.has(command.unit)) deadSessions.forget(command.unit);
        openFiles.drop(command.unit);
        return;
      }
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
      case 'blame': {
        const death = this.#deaths.get(command.slot);
        const loads = this.#options.deadSessions.loads(command.unit);
        this.#forget(command.unit);
        this.#options.onUnitEnd(command.unit, null, null, true);
        this.#options.onShare(command.unit, command.slot, null);
        if (death === undefined) throw new Error(`slot ${command.slot} is blamed, and has not died`);
        this.#fail(
          command.unit,
          death.then(report => blameFile(report, loads)),
        );
        return;
      }
      case 'abandon': {
        const {maxWorkerRestarts} = this.#options.plan;
        if (this.#options.deadSessions.has(command.unit)) {
          const why = whyAbandoned(command.reason, maxWorkerRestarts);
          this.#endSalvaged(command.unit, this.#options.openFiles.close(command.unit), why);
          return;
        }
        const error = Promise.resolve(this.#lastDeath).then(report =>
          abandonFile(command.reason, report, maxWorkerRestarts),
        );
        this.#options.onShare(command.unit, null, null);
        // It may never have started; but reporters expect the two in pairs.
        this.#options.reports.started(command.unit);
        this.#fail(command.unit, error);
        return;
      }
      case 'finish':
        this.#finished.give();
        return;
    }
  }

  #listen(slot: SlotNumber, generation: Generation): WorkerListener {
    this.#living.set(slot, generation);
    const close = (forceExited: boolean) => {
      // One that retires, or is in the middle of a file that it is not needed for, may well be busy: that is
      // nobody's leak.
      const idle = this.#state.slots[slot - 1]?.running === null;
      if (forceExited && idle && !this.#stopped && this.#state.unfinished === 0) {
        this.#lingering.push({slot, files: [...(this.#endedIn.get(slot) ?? [])]});
      }
      this.#post({type: 'slot-closed', slot, generation});
    };
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
        this.#guard(`worker w${slot} ended`, () => close(forceExited));
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
    switch (message.type) {
      case 'unit-started':
        this.#post({type: 'unit-started', slot, generation, unit: message.unit});
        reports.started(message.unit);
        return;
      case 'unit-opened': {
        const {unit, ms} = message;
        // One that is not wanted any more may have been opened before it heard of that.
        if (this.#session(slot)?.status !== 'opening') return;
        const resumed = this.#options.deadSessions.has(unit);
        const costs = this.#options.openFiles.opened(slot, message, resumed);
        if (costs !== null && message.tests !== null) this.#logGroups(unit, message.tests);
        this.#post({type: 'unit-opened', slot, generation, unit, ms, costs});
        return;
      }
      case 'unit-indivisible': {
        const {unit, reason, anew} = message;
        const session = this.#session(slot);
        if (session?.unit !== unit || session.status === 'discarded') return;
        this.#options.openFiles.indivisible(unit, reason);
        this.#post({type: 'unit-indivisible', slot, generation, unit, anew});
        return;
      }
      case 'tests-progress': {
        const {unit, done, running} = message;
        this.#post({type: 'tests-progress', slot, generation, unit, done, running});
        return;
      }
      case 'unit-done': {
        const {unit, ms, retiring, outcome} = message;
        const session = this.#session(slot);
        // One that came to no framework that can be split has run like any other.
        const whole = session === null || (session.first && session.status === 'opening');
        const {openFiles, deadSessions} = this.#options;
        const failed = outcome.type === 'error';
        if (session !== null && session.status !== 'discarded') {
          openFiles.ended(slot, message);
          const couldNotJoin = session.status === 'opening' && !session.first; // the others can go on
          if (failed && !couldNotJoin) deadSessions.giveUp(unit);
          else deadSessions.reported(unit, message.slice?.tests ?? []);
        }
        const rest = deadSessions.hasRest(unit);
        // First the worker is given its next work, then Jest hears of this one.
        this.#post({type: 'unit-done', slot, generation, unit, ms, retiring, failed, rest});
        this.#endedIn.get(slot)?.push(this.#unit(unit).file.path);
        if (!whole) return;
        if (!deadSessions.has(unit)) {
          this.#share(unit, outcome.type === 'result' ? [{slot, result: outcome.result}] : [], outcome, slot);
          this.#end(unit, ms, outcome);
          return;
        }
        this.#endSalvaged(unit, {slices: [], error: failed ? outcome.error : null, tests: []}, null);
        return;
      }
      case 'units-returned':
        this.#post({type: 'units-returned', slot, generation, asked: message.asked, units: message.units});
        return;
      case 'fault':
        this.#fault(`worker w${slot} ${message.doing}`, message.error);
        return;
      case 'jest-event': {
        const session = this.#session(slot);
        if (session?.status === 'discarded') return;
        const running = this.#state.slots[slot - 1]?.running ?? null;
        if (running !== null && !this.#options.openFiles.isNews(running, message.name, message.payload)) return;
        reports.jestEvent(running, message.name, message.payload);
        return;
      }
    }
  }

  #lose(slot: SlotNumber, generation: Generation, death: Death): void {
    if (this.#halted) return;
    const worker = this.#workers.get(slot);
    if (worker !== undefined) {
      this.#lastDeath = worker.evidence(death);
      this.#deaths.set(slot, this.#lastDeath);
    }
    const running = this.#state.slots[slot - 1]?.running ?? null;
    const bystander = isBystander(this.#session(slot));
    const path = running === null ? null : this.#unit(running).file.path;
    if (bystander && path !== null && this.#session(slot)?.status === 'opening') {
      this.#options.onLostJoiner(path, slot, death);
    }
    const culprit = culpritBefore(death, this.#endedIn.get(slot) ?? [], path);
    const innocent = culprit !== null && path !== null && !bystander;
    if (culprit !== null) this.#options.onLeftBehind(slot, culprit, innocent ? path : null, death);
    const fate =
      running === null || bystander || worker === undefined
        ? 'blame'
        : this.#keep(running, slot, worker, {
            innocent,
            hung: death.kind === 'hung' && !innocent ? death.name : null,
            final: false,
          });
    const rest = running !== null && this.#options.deadSessions.hasRest(running);
    this.#post({type: 'slot-lost', slot, generation, death, innocent, fate, rest});
  }

  /** Keeps what a dead worker has left of the unit that it ran. */
  #keep(
    unit: number,
    slot: SlotNumber,
    worker: DispatchWorker,
    death: Pick<LostFile, 'innocent' | 'hung' | 'final'>,
  ): Fate {
    const {openFiles, deadSessions} = this.#options;
    const report = this.#deaths.get(slot);
    if (report === undefined) throw new Error(`slot ${slot} has not died`);
    openFiles.lost(slot, unit);
    return deadSessions.lost(unit, {
      slot,
      journal: worker.readJournal(),
      report,
      reported: openFiles.reported(unit),
      shared: this.#state.files.get(unit)?.shared === true,
      ...death,
    });
  }

  /** @param why why what is left of it was not run; null: as its workers died */
  #endSalvaged(unit: number, closed: ClosedFile, why: string | null, interrupted = false): void {
    const {deadSessions, openFiles, reports, onUnitEnd} = this.#options;
    const {error} = closed;
    const reason = error === null ? why : `the file's worker died, and its rest could not be run: ${error.message}`;
    const names = deadSessions.names(unit).map(name => ({name}));
    const told = openFiles.told(unit, 'test-case-result');
    const merged = deadSessions.slices(unit, reason, interrupted).then(dead => {
      const slices = [...closed.slices, ...dead];
      const end = openFiles.merge(unit, {slices, error: null, tests: names});
      onUnitEnd(unit, end.ms, end.outcome, true);
      this.#share(unit, slices, end.outcome);
      return end.outcome;
    });
    const settle = () => this.#settle(unit);
    void merged.then(settle, settle);
    this.#forget(unit);
    reports.ended(unit, {outcome: merged, wasTold: ({fullName}) => told.has(fullName)});
  }

  /** @param slot of a worker that was at it */
  #share(
    unit: number,
    shares: readonly {readonly slot: SlotNumber; readonly result: TestResult}[],
    outcome: UnitOutcome,
    slot: SlotNumber | null = shares[0]?.slot ?? null,
  ): void {
    const {onShare} = this.#options;
    if (outcome.type === 'error' || outcome.result.testResults.length === 0) return onShare(unit, slot, null);
    for (const share of shares) onShare(unit, share.slot, share.result);
  }

  #end(unit: number, ms: number | null, outcome: UnitOutcome): void {
    this.#forget(unit);
    this.#options.onUnitEnd(unit, ms, outcome, false);
    this.#settle(unit);
    this.#options.reports.ended(unit, {outcome, wasTold: null});
  }

  /** A unit ends without a result. */
  #fail(unit: number, error: Promise<FileError>): void {
    this.#settle(unit);
    const outcome = error.then((known): UnitOutcome => ({type: 'error', error: known}));
    this.#options.reports.ended(unit, {outcome, wasTold: null});
  }

  /** Its snapshots are written, if it has any. */
  #settle(unit: number): void {
    if (this.#state.followers.has(unit)) this.#postUnlessFinished({type: 'unit-settled', unit});
  }

  #forget(unit: number): void {
    this.#options.openFiles.forget(unit);
    this.#options.deadSessions.forget(unit);
  }

  /** @param collected null: this is the first worker to open it */
  #order(id: number, collected: string | null, {slot, generation}: FixtureHolder): UnitOrder {
    const unit = this.#unit(id);
    const {file, split} = unit;
    const {deadSessions} = this.#options;
    const resumes = collected === null ? deadSessions.begin(id) : deadSessions.resumes(id);
    const order: SplitOrder | null = hasSessions(this.#state, id)
      ? {granularity: split ?? 'each', grouping: this.#options.plan.grouping, collected, resumes}
      : null;
    const hardTimeoutMs = this.#options.hardTimeoutOf(id);
    const fixtures = this.#options.fixtures?.valuesFor(this.#options.testOf(id), {slot, generation}) ?? null;
    // Each of its tests fails: there is nothing to share.
    const failed = fixtures !== null && fixtures.failure !== null;
    return {
      id,
      configId: file.configId,
      path: file.path,
      hardTimeoutMs,
      split: failed ? null : order,
      fixtures,
      snapshots: snapshotUseOf(unit),
    };
  }

  /** What the unit that runs in a slot is to it, if its tests are shared. */
  #session(slot: SlotNumber) {
    return this.#state.slots[slot - 1]?.session ?? null;
  }

  #unit(id: number) {
    const unit = this.#options.plan.units[id];
    if (unit === undefined) throw new RangeError(`no unit ${id} in the plan`);
    return unit;
  }
}

/** A promise that is resolved from outside, once. */
class Signal {
  give: () => void = () => {};
  readonly promise = new Promise<void>(resolve => (this.give = resolve));
}
