/**
 * The one loop of a parallel run: what workers say becomes events, the scheduler answers with commands, and these are carried
 * out. The only place that sees both the scheduler and the workers. It decides nothing and awaits nothing.
 */
import type {Test, TestResult} from '@jest/test-result';
import type {FileRecord} from '../core/plan/durations';
import {groupCosts} from '../core/plan/groupCosts';
import type {Generation, NodeId, SlotNumber} from '../core/plan/units';
import type {Culprit} from '../core/results/culprit';
import {deadSession, digestOf, readContent} from '../core/results/deadSession';
import {snapshotUseOf} from '../core/results/snapshotUse';
import {
  type Command,
  createSchedule,
  type FixtureHolder,
  hasSessions,
  heardUnit,
  type LoadSample,
  type News,
  type Remains,
  type ScheduleEvent,
  type SchedulePlan,
  type ScheduleState,
  step,
  type StopReason,
} from '../core/schedule';
import {abandonFile, blameFile, type Death, type DeathReport, type FileError, whyAbandoned} from '../core/texts/deaths';
import {interruptedFile} from '../core/texts/interruption';
import {describeSlots} from '../core/texts/slotSummary';
import {parseJournal, type JournalRecord} from '../core/wire/journal';
import type {CollectedTest, FromWorker, SplitOrder, UnitOrder, UnitOutcome} from '../core/wire/workerMessages';
import type {EventLog} from './eventLog';
import {thisMoment, type WhatIsLeft} from './files/deadSlices';
import type {FileEnd, FileParts} from './files/fileParts';
import type {FileReports} from './files/fileReports';
import {ToldTests} from './files/toldTests';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import type {WorkerHost, WorkerKeeper, WorkerListener} from './workers/workerHost';

/** What dispatch needs of a worker. */
export type DispatchWorker = Pick<WorkerHost, 'tell' | 'close' | 'rest' | 'evidence' | 'readJournal' | 'pid'>;

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
  readonly files: FileParts;
  /** What is known of a unit's tests from runs of before; null: nothing. */
  readonly pastOf: (unit: number) => FileRecord | null;
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
  /** Who takes workers that may stay when the run has ended; null: all end with it. */
  readonly keeper: WorkerKeeper | null;
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

/** A worker that had nothing left to do, and had to be killed. */
export interface ForcedExit {
  readonly slot: SlotNumber;
  /** The paths of the files that it ran, in order. */
  readonly files: readonly string[];
}

/** A worker that died, and what it left. */
interface DeadWorker {
  readonly death: Death;
  /** Resolves when the worker's last words are read. */
  readonly report: Promise<DeathReport>;
  readonly journal: readonly JournalRecord[];
}

/** What an event was made of: the commands that answer the event may ask for it. */
interface Cause {
  readonly message?: FromWorker;
  /** Workers that are gone now, by slot. */
  readonly dead?: ReadonlyMap<SlotNumber, DeadWorker>;
}

export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #state: ScheduleState;
  readonly #workers = new Map<SlotNumber, DispatchWorker>();
  /** Slots whose worker has not said yet that it is lost or closed. The scheduler's own state is not to be trusted after a fault. */
  readonly #living = new Map<SlotNumber, Generation>();
  readonly #queue: {readonly event: ScheduleEvent; readonly cause: Cause}[] = [];
  #working = false;
  #stopped = false;
  #halted = false;
  readonly #forcedExits: ForcedExit[] = [];
  readonly #told = new ToldTests();
  #lastDeath: Promise<DeathReport> | null = null;
  /** By slot and generation. */
  readonly #reports = new Map<string, Promise<DeathReport>>();
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
  get forcedExits(): readonly ForcedExit[] {
    return this.#forcedExits;
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
    if (this.#working) return; // a command's own event waits its turn
    this.#working = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const {event: current, cause: its} = next;
      this.#guard(`the scheduler dealt with the event "${current.type}"`, () => this.#handle(current, its));
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

  #handle(event: ScheduleEvent, cause: Cause): void {
    const {log, runId: run, now} = this.#options;
    const at = now();
    log.write({run, at, event});
    for (const command of step(this.#state, event, at)) {
      if (this.#halted) return;
      log.write({run, at, command});
      this.#carryOut(command, cause);
    }
  }

  #logGroups(unit: number, tests: readonly CollectedTest[]): void {
    const {log, runId: run, now} = this.#options;
    log.write({run, at: now(), unit, groups: tests.map(({group}) => group)});
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
        if (this.#halted) worker.close(); // while it was started
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
      case 'keep-list': {
        const {unit, slot} = command;
        const {tests, fingerprint} = of(cause.message, 'unit-opened');
        this.#options.files.keepList(unit, {slot, tests: tests ?? [], fingerprint});
        this.#logGroups(unit, tests ?? []);
        return;
      }
      case 'keep-part': {
        const {unit, slot, part, apart} = command;
        const {outcome, slice} = of(cause.message, 'unit-done');
        if (outcome.type === 'error' || slice === null) throw new Error(`worker w${slot} has delivered no part`);
        this.#options.files.keepPart(unit, part, {slot, result: outcome.result, slice, apart});
        return;
      }
      case 'keep-remains': {
        const {unit, slot, part} = command;
        const {journal, report} = deadIn(cause, slot);
        const content = readContent(journal);
        if (content === null) throw new Error(`worker w${slot} has left nothing of unit ${unit}`);
        const session = deadSession(slot, content, command);
        this.#options.files.keepRemains(unit, part, {session, report, at: thisMoment()});
        return;
      }
      case 'resume':
        this.#options.files.resume(command.unit, command.resumption);
        this.#told.beginAnew(command.unit);
        return;
      case 'begin-again':
        this.#options.files.forget(command.unit);
        this.#told.beginAnew(command.unit);
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
      case 'close-slot': {
        const {keeper} = this.#options;
        if (command.atEnd && keeper !== null) this.#workers.get(command.slot)?.rest(keeper);
        else this.#workers.get(command.slot)?.close();
        return;
      }
      case 'tell':
        this.#tell(command.news, cause);
        return;
      case 'report': {
        const {unit, slot, awaited} = command;
        const {outcome, ms} = of(cause.message, 'unit-done');
        this.#share(unit, outcome.type === 'result' ? [{slot, result: outcome.result}] : [], outcome, slot);
        this.#end(unit, {ms, outcome}, awaited);
        return;
      }
      case 'merge':
        this.#merge(command, cause);
        return;
      case 'blame': {
        const {unit, slot, loads, awaited} = command;
        const {report} = deadIn(cause, slot);
        this.#options.onUnitEnd(unit, null, null, true);
        this.#options.onShare(unit, slot, null);
        this.#fail(
          unit,
          report.then(known => blameFile(known, loads)),
          awaited,
        );
        return;
      }
      case 'abandon': {
        const {unit, reason, awaited} = command;
        const {maxWorkerRestarts} = this.#options.plan;
        const error = Promise.resolve(this.#lastDeath).then(last => abandonFile(reason, last, maxWorkerRestarts));
        this.#options.onShare(unit, null, null);
        // It may never have started; but reporters expect the two in pairs.
        this.#options.reports.started(unit);
        this.#fail(unit, error, awaited);
        return;
      }
      case 'interrupt': {
        const {unit, slots} = command;
        const {death} = deadIn(cause, slots[0] ?? 0);
        const workers = slots.map(slot => ({slot, pid: this.#workers.get(slot)?.pid ?? null}));
        this.#options.onShare(unit, slots[0] ?? null, null);
        this.#options.reports.interrupted(unit, interruptedFile(signalOf(death), workers));
        return;
      }
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
        if (unit === 'none' || (unit !== null && !this.#told.isNews(unit, name, payload))) return;
        reports.jestEvent(unit, name, payload);
        return;
      }
    }
  }

  /** What each group of the listed tests is expected to take, in ms; null: they are other tests than the first worker's. */
  #costsOf(unit: number, tests: readonly CollectedTest[] | null, loadMs: number): (number | null)[] | null {
    const isListed = this.#options.files.fingerprint(unit) !== null;
    // A worker that finds the tests that it was told of lists none.
    if (tests === null) return isListed ? [] : null;
    return isListed ? null : groupCosts(tests, this.#options.pastOf(unit), loadMs);
  }

  #lose(slot: SlotNumber, generation: Generation, death: Death): void {
    if (this.#halted) return;
    const dead = this.#dead(slot, generation, death);
    this.#lastDeath = dead.report;
    const journal = digestOf(dead.journal, death.kind === 'hung' ? death.name : null);
    this.#post({type: 'slot-lost', slot, generation, death, journal}, {dead: new Map([[slot, dead]])});
  }

  #dead(slot: SlotNumber, generation: Generation, death: Death): DeadWorker {
    const worker = this.#workers.get(slot);
    // One that could not even be started has left nothing.
    const report = worker?.evidence(death) ?? Promise.resolve({death, slot, generation, pid: null, stderr: ''});
    this.#reports.set(processOf(slot, generation), report);
    return {death, report, journal: worker === undefined ? [] : parseJournal(worker.readJournal())};
  }

  #tell(news: News, cause: Cause): void {
    const {message} = cause;
    const {files, onLeftBehind, onLostJoiner} = this.#options;
    switch (news.type) {
      case 'left-behind':
        onLeftBehind(news.slot, news.culprit, news.running, deadIn(cause, news.slot).death);
        return;
      case 'joiner-lost':
        onLostJoiner(this.#unit(news.unit).file.path, news.slot, deadIn(cause, news.slot).death);
        return;
      case 'other-tests':
        files.warnOfOtherTests(news.unit, news.slot, of(message, 'unit-opened').tests ?? []);
        return;
      case 'joiner-failed': {
        const {outcome} = of(message, 'unit-done');
        if (outcome.type === 'error') files.warnOfRefusal(news.unit, news.slot, outcome.error);
        return;
      }
      case 'indivisible':
        files.warnOfIndivisible(news.unit, of(message, 'unit-indivisible').reason);
        return;
      case 'forced-exit':
        this.#forcedExits.push({slot: news.slot, files: news.units.map(unit => this.#unit(unit).file.path)});
        return;
    }
  }

  #merge({unit, parts, failedIn, remains, awaited}: Extract<Command, {type: 'merge'}>, {message}: Cause): void {
    const {files, onUnitEnd, reports} = this.#options;
    const failure = failedIn === null ? null : of(message, 'unit-done').outcome;
    const error = failure?.type === 'error' ? failure.error : null;
    if (remains === null) {
      const end =
        error === null ? files.merge(unit, parts) : {outcome: {type: 'error', error} as const, ms: null, slices: []};
      this.#share(unit, end.slices, end.outcome);
      this.#end(unit, end, awaited);
      return;
    }
    const told = this.#told.of(unit, 'test-case-result');
    const merged = files.mergeRemains(unit, parts, this.#whatIsLeft(remains, error)).then(end => {
      onUnitEnd(unit, end.ms, end.outcome, true);
      this.#share(unit, end.slices, end.outcome);
      return end.outcome;
    });
    const settle = () => this.#settle(unit, awaited);
    void merged.then(settle, settle);
    this.#forget(unit);
    reports.ended(unit, {outcome: merged, wasTold: ({fullName}) => told.has(fullName)});
  }

  #whatIsLeft({notRun, because, together, lastDeath}: Remains, error: FileError | null): WhatIsLeft {
    const report = lastDeath === null ? undefined : this.#reports.get(processOf(lastDeath.slot, lastDeath.generation));
    if (report === undefined) throw new Error('a unit has remains, and no worker has died of it');
    const why =
      error !== null
        ? `the file's worker died, and its rest could not be run: ${error.message}`
        : because === 'all-barren' || because === 'restarts-spent'
          ? whyAbandoned(because, this.#options.plan.maxWorkerRestarts)
          : null;
    return {notRun, together, why, interrupted: because === 'interrupted', lastReport: report};
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

  #end(unit: number, {ms, outcome}: Pick<FileEnd, 'ms' | 'outcome'>, awaited: boolean): void {
    this.#forget(unit);
    this.#options.onUnitEnd(unit, ms, outcome, false);
    this.#settle(unit, awaited);
    this.#options.reports.ended(unit, {outcome, wasTold: null});
  }

  /** A unit ends without a result. */
  #fail(unit: number, error: Promise<FileError>, awaited: boolean): void {
    this.#forget(unit);
    this.#settle(unit, awaited);
    const outcome = error.then((known): UnitOutcome => ({type: 'error', error: known}));
    this.#options.reports.ended(unit, {outcome, wasTold: null});
  }

  /** The unit's snapshots are written, if it has any. */
  #settle(unit: number, awaited: boolean): void {
    if (awaited) this.#postUnlessFinished({type: 'unit-settled', unit});
  }

  #forget(unit: number): void {
    this.#options.files.forget(unit);
    this.#told.forget(unit);
  }

  /** @param collected null: this is the first worker to open it */
  #order(id: number, collected: string | null, {slot, generation}: FixtureHolder): UnitOrder {
    const unit = this.#unit(id);
    const {file, split} = unit;
    const resumes = this.#options.files.resumption(id);
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

function processOf(slot: SlotNumber, generation: Generation): string {
  return `${slot}.${generation}`;
}

/** The message that an event was made of. */
function of<T extends FromWorker['type']>(message: FromWorker | undefined, type: T): Extract<FromWorker, {type: T}> {
  if (message?.type !== type) throw new Error(`a command answers a message "${type}", and there is none`);
  return message as Extract<FromWorker, {type: T}>;
}

/** The worker that an event tells of, and that is gone. */
function deadIn({dead}: Cause, slot: SlotNumber): DeadWorker {
  const worker = dead?.get(slot);
  if (worker === undefined) throw new Error(`a command answers the death of worker w${slot}, which has not died`);
  return worker;
}

function signalOf(death: Death): string {
  return death.kind === 'interrupted' ? death.signal : death.kind;
}
