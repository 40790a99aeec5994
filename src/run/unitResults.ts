/**
 * Executes the scheduler's commands about results: stores the parts of a unit, makes a result of them, and passes it to
 * FileReports. (`files/fileReports` maps units to files; `files/reports` orders the reports and sends them to Jest.)
 */
import type {TestResult} from '@jest/test-result';
import type {Generation, SlotNumber} from '../core/plan/units';
import {deadSession, readContent} from '../core/results/deadSession';
import type {SliceResult} from '../core/results/merge';
import type {Command, Remains, SchedulePlan} from '../core/schedule';
import {abandonFile, blameFile, type Death, type DeathReport, type FileError, whyAbandoned} from '../core/texts/deaths';
import {interruptedFile} from '../core/texts/interruption';
import type {FileProfile} from '../core/wire/fileProfile';
import type {CollectedTest, UnitOutcome} from '../core/wire/workerMessages';
import {deadIn, messageIn, type Cause} from './cause';
import {thisMoment, type WhatIsLeft} from './files/deadSlices';
import type {DeliveredPart, FileEnd, FileParts} from './files/fileParts';
import type {FileReports} from './files/fileReports';
import {ToldTests} from './files/toldTests';
import type {ScheduleLog} from './scheduleLog';

/** A unit that has ended. */
export type RanUnit = Pick<FileEnd, 'ms' | 'outcome' | 'profiles'>;

/** What one worker contributed to a unit. */
export interface UnitShare {
  /** null: no worker ran the unit. */
  readonly slot: SlotNumber | null;
  /** null: the unit has no result. */
  readonly result: TestResult | null;
  /** Where the worker's time went; null: unknown. */
  readonly profile: FileProfile | null;
}

/** The parts of a run that results need. */
export interface ResultOptions {
  readonly plan: SchedulePlan;
  readonly reports: FileReports;
  readonly files: FileParts;
  /** A unit has ended; for the timings file. `end` null: it has no result. `died`: one of its workers died. */
  readonly onUnitEnd: (unit: number, end: RanUnit | null, died: boolean) => void;
  /** One worker's share of a unit. `result` null: the unit has no result. `slot` null: no worker ran the unit. */
  readonly onShare: (unit: number, share: UnitShare) => void;
  /** The evidence of a worker's death is complete. */
  readonly onDeath: (report: DeathReport) => void;
  readonly log: ScheduleLog;
  /** The monotonic clock: ms since the run began. */
  readonly now: () => number;
}

export interface UnitResultsOptions extends ResultOptions {
  /** null if the worker in the slot has not sent it. */
  readonly pidIn: (slot: SlotNumber) => number | null;
  /** The snapshots of a unit that other units wait for are on disk. */
  readonly onSettled: (unit: number) => void;
}

export type ResultCommand = Extract<
  Command,
  {
    type:
      | 'keep-list'
      | 'keep-part'
      | 'keep-remains'
      | 'resume'
      | 'begin-again'
      | 'report'
      | 'merge'
      | 'blame'
      | 'abandon'
      | 'interrupt';
  }
>;

export class UnitResults {
  readonly #options: UnitResultsOptions;
  readonly #told = new ToldTests();
  #lastDeath: Promise<DeathReport> | null = null;
  /** Keyed by slot and generation. */
  readonly #deaths = new Map<string, Promise<DeathReport>>();

  constructor(options: UnitResultsOptions) {
    this.#options = options;
  }

  /** Whether to report an event of one of the unit's tests: not if Jest heard of it before the file began anew. */
  shouldReport(unit: number, name: string, payload: unknown): boolean {
    return this.#told.shouldReport(unit, name, payload);
  }

  /** A worker has died. */
  noteDeath(slot: SlotNumber, generation: Generation, report: Promise<DeathReport>): void {
    this.#lastDeath = report;
    this.#deaths.set(processOf(slot, generation), report);
    void report.then(this.#options.onDeath, () => undefined);
  }

  carryOut(command: ResultCommand, cause: Cause): void {
    switch (command.type) {
      case 'keep-list': {
        const {unit, slot} = command;
        const {tests, fingerprint} = messageIn(cause, 'unit-opened');
        this.#options.files.keepList(unit, {slot, tests: tests ?? [], fingerprint});
        this.#logGroups(unit, tests ?? []);
        return;
      }
      case 'keep-part': {
        const {unit, slot, part, apart} = command;
        const {outcome, slice, profile} = messageIn(cause, 'unit-done');
        if (outcome.type === 'error' || slice === null) throw new Error(`worker w${slot} has delivered no part`);
        this.#options.files.keepPart(unit, part, {slot, result: outcome.result, slice, apart, profile});
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
      case 'report': {
        const {unit, slot, awaited} = command;
        const {outcome, ms, profile} = messageIn(cause, 'unit-done');
        const result = outcome.type === 'result' ? outcome.result : null;
        this.#share(unit, [{slot, result, profile}], outcome);
        this.#end(unit, {ms, outcome, profiles: profile === null ? [] : [profile]}, awaited);
        return;
      }
      case 'merge':
        this.#merge(command, cause);
        return;
      case 'blame': {
        const {unit, slot, loads, awaited} = command;
        const {report} = deadIn(cause, slot);
        this.#options.onUnitEnd(unit, null, true);
        this.#options.onShare(unit, {slot, result: null, profile: null});
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
        this.#options.onShare(unit, {slot: null, result: null, profile: null});
        // The file may never have started, but reporters expect a start before each end.
        this.#options.reports.started(unit);
        this.#fail(unit, error, awaited);
        return;
      }
      case 'interrupt': {
        const {unit, slots} = command;
        const {death} = deadIn(cause, slots[0] ?? 0);
        const workers = slots.map(slot => ({slot, pid: this.#options.pidIn(slot)}));
        this.#options.onShare(unit, {slot: slots[0] ?? null, result: null, profile: null});
        this.#options.reports.interrupted(unit, interruptedFile(signalOf(death), workers));
        return;
      }
    }
  }

  #logGroups(unit: number, tests: readonly CollectedTest[]): void {
    const {log, now} = this.#options;
    log.write({type: 'groups', at: now(), unit, groups: tests.map(({group}) => group)});
  }

  #merge({unit, parts, failedIn, remains, awaited}: Extract<Command, {type: 'merge'}>, cause: Cause): void {
    const {files, onUnitEnd, reports} = this.#options;
    const failure = failedIn === null ? null : messageIn(cause, 'unit-done').outcome;
    const error = failure?.type === 'error' ? failure.error : null;
    if (remains === null) {
      const end: FileEnd =
        error === null
          ? files.merge(unit, parts)
          : {outcome: {type: 'error', error}, ms: null, slices: [], profiles: []};
      this.#share(unit, end.slices, end.outcome);
      this.#end(unit, end, awaited);
      return;
    }
    const told = this.#told.of(unit, 'test-case-result');
    const merged = files.mergeRemains(unit, parts, this.#whatIsLeft(remains, error)).then(end => {
      onUnitEnd(unit, end, true);
      this.#share(unit, end.slices, end.outcome);
      return end.outcome;
    });
    const settle = () => this.#settle(unit, awaited);
    void merged.then(settle, settle);
    this.#forget(unit);
    reports.ended(unit, {outcome: merged, wasTold: ({fullName}) => told.has(fullName)});
  }

  #whatIsLeft({notRun, because, together, lastDeath}: Remains, error: FileError | null): WhatIsLeft {
    const report = lastDeath === null ? undefined : this.#deaths.get(processOf(lastDeath.slot, lastDeath.generation));
    if (report === undefined) throw new Error('a unit has remains, and no worker has died of it');
    const why =
      error !== null
        ? `the file's worker died, and its rest could not be run: ${error.message}`
        : because === 'all-barren' || because === 'restarts-spent'
          ? whyAbandoned(because, this.#options.plan.maxWorkerRestarts)
          : null;
    return {notRun, together, why, interrupted: because === 'interrupted', lastReport: report};
  }

  #share(unit: number, shares: readonly (SliceResult | DeliveredPart | UnitShare)[], outcome: UnitOutcome): void {
    const {onShare} = this.#options;
    const profileOf = (share: object) => (share as Partial<UnitShare>).profile ?? null;
    if (outcome.type === 'error' || outcome.result.testResults.length === 0) {
      const [first = {slot: null}] = shares;
      return onShare(unit, {slot: first.slot, result: null, profile: profileOf(first)});
    }
    for (const share of shares) onShare(unit, {slot: share.slot, result: share.result, profile: profileOf(share)});
  }

  #end(unit: number, end: RanUnit, awaited: boolean): void {
    this.#forget(unit);
    this.#options.onUnitEnd(unit, end, false);
    this.#settle(unit, awaited);
    this.#options.reports.ended(unit, {outcome: end.outcome, wasTold: null});
  }

  /** A unit ends without a result. */
  #fail(unit: number, error: Promise<FileError>, awaited: boolean): void {
    this.#forget(unit);
    this.#settle(unit, awaited);
    const outcome = error.then((known): UnitOutcome => ({type: 'error', error: known}));
    this.#options.reports.ended(unit, {outcome, wasTold: null});
  }

  /** The unit's snapshots, if any, are written. */
  #settle(unit: number, awaited: boolean): void {
    if (awaited) this.#options.onSettled(unit);
  }

  #forget(unit: number): void {
    this.#options.files.forget(unit);
    this.#told.forget(unit);
  }
}

function processOf(slot: SlotNumber, generation: Generation): string {
  return `${slot}.${generation}`;
}

function signalOf(death: Death): string {
  return death.kind === 'interrupted' ? death.signal : death.kind;
}
