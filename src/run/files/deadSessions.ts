/**
 * What workers that died have left of the files that they ran: their journals are read, and made into
 * slices of the file's result like those of workers that live.
 */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {hookCrash, notRun, outsideCrash, testCrash, togetherCrash} from '../../core/texts/crashTexts';
import {describeDeath, type DeathReport} from '../../core/texts/deaths';
import {parseJournal} from '../../core/wire/journal';
import type {SliceResult} from '../../core/results/merge';
import type {Resumption} from '../../core/wire/workerMessages';
import {deadConsole, Salvage, snapshotsOf, type DeadSession, type Fate} from '../../core/results/salvage';
import type {SlotNumber} from '../../core/plan/units';
import {epochMs, monotonicMs} from '../../pristine/clock';

/** What of jest-message-util is used: it lays out the text of a file's failures. */
export interface MessageUtil {
  formatResultsErrors(
    results: readonly AssertionResult[],
    config: Config.ProjectConfig,
    globalConfig: Config.GlobalConfig,
    path: string,
  ): string | null;
  formatExecError(
    error: {readonly message: string; readonly stack: string},
    config: Config.ProjectConfig,
    globalConfig: Config.GlobalConfig,
    path: string,
  ): string;
}

export interface DeadSessionsOptions {
  readonly testOf: (unit: number) => Test;
  readonly globalConfig: Config.GlobalConfig;
  readonly messageUtil: () => MessageUtil;
  /** Whether the rest of a file whose worker died runs in a new one. */
  readonly resume: boolean;
}

/** A death in the middle of a file. */
export interface LostFile {
  readonly slot: SlotNumber;
  /** Of the worker: what is in it. */
  readonly journal: string;
  /** Resolves when the worker's last words are read. */
  readonly report: Promise<DeathReport>;
  /** Places of the tests whose results other workers have delivered. */
  readonly reported: readonly number[];
  readonly shared: boolean;
  readonly innocent: boolean;
  readonly hung: string | null;
  readonly final: boolean;
}

interface Remains {
  readonly salvage: Salvage;
  readonly deaths: Map<DeadSession, {readonly report: Promise<DeathReport>; readonly at: Moment}>;
  lastReport: Promise<DeathReport>;
  /** Of the workers that were done with their share. */
  readonly ended: SliceResult[];
  /** What the workers leave out that have it open now. */
  resumes: Resumption | null;
}

/** The time by two clocks. The time of day may jump; the other one says how long something took, here and in a worker. */
interface Moment {
  readonly epochMs: number;
  readonly monotonicMs: number;
}

function thisMoment(): Moment {
  return {epochMs: epochMs(), monotonicMs: monotonicMs()};
}

export class DeadSessions {
  readonly #options: DeadSessionsOptions;
  readonly #remains = new Map<number, Remains>();

  constructor(options: DeadSessionsOptions) {
    this.#options = options;
  }

  lost(unit: number, {slot, journal: text, report, reported, shared, innocent, hung, final}: LostFile): Fate {
    let journal = parseJournal(text);
    const [first] = journal;
    if (first?.type !== 'unit' || first.unit !== unit) journal = []; // of another file, or not followed
    const remains = this.#remains.get(unit) ?? {
      salvage: new Salvage(this.#options.resume),
      deaths: new Map<DeadSession, {report: Promise<DeathReport>; at: Moment}>(),
      lastReport: report,
      ended: [],
      resumes: null,
    };
    if (journal.length === 0 && remains.salvage.isEmpty) return 'blame'; // nobody followed it
    this.#remains.set(unit, remains);
    remains.salvage.reported(reported);
    const fate = remains.salvage.lose({slot, journal, shared, innocent, hung, final});
    remains.lastReport = report;
    const session = remains.salvage.sessions.at(-1);
    if (session !== undefined && !remains.deaths.has(session)) remains.deaths.set(session, {report, at: thisMoment()});
    if (fate === 'whole') {
      // Nothing of what has run so far is wanted; that its workers have died is remembered.
      remains.deaths.clear();
      remains.ended.length = 0;
      remains.resumes = null;
    }
    return fate;
  }

  /** Whether workers that died have left results of the unit. */
  has(unit: number): boolean {
    return this.#remains.get(unit)?.salvage.isEmpty === false;
  }

  /** How many workers have died while they loaded the unit. */
  loads(unit: number): number {
    return this.#remains.get(unit)?.salvage.loads ?? 0;
  }

  /** Whether tests of the unit are to be run still, when the workers that have it open are done. */
  hasRest(unit: number): boolean {
    return this.has(unit) && this.#remains.get(unit)?.salvage.hasRest === true;
  }

  /** The unit is given to a worker. @returns what that is to leave out; null: nothing */
  begin(unit: number): Resumption | null {
    const remains = this.#remains.get(unit);
    if (remains === undefined) return null;
    return (remains.resumes = remains.salvage.resumption());
  }

  /** What those that join it are to leave out: the same, whatever has ended since. */
  resumes(unit: number): Resumption | null {
    return this.#remains.get(unit)?.resumes ?? null;
  }

  /** A worker is done with its share of the unit. */
  reported(unit: number, places: readonly number[]): void {
    this.#remains.get(unit)?.salvage.reported(places);
  }

  /** The unit is opened anew for what is left of it; these are the shares that are done. */
  keep(unit: number, slices: readonly SliceResult[]): void {
    const remains = this.#remains.get(unit);
    if (remains === undefined) return;
    remains.ended.push(...slices);
  }

  /** The rest of the unit is not run. */
  giveUp(unit: number): void {
    this.#remains.get(unit)?.salvage.giveUp();
  }

  forget(unit: number): void {
    this.#remains.delete(unit);
  }

  /** The names of the unit's tests, by place. */
  names(unit: number): string[] {
    return this.#remains.get(unit)?.salvage.tests?.map(({titles}) => titles.join(' ')) ?? [];
  }

  /**
   * All slices of the unit but those of the workers that have it open now.
   *
   * @param why why tests have no result that have none, which is their failure; null: their worker has died again and again
   * @param interrupted the run was: they are skipped
   */
  async slices(unit: number, why: string | null, interrupted: boolean): Promise<SliceResult[]> {
    const remains = this.#remains.get(unit);
    if (remains === undefined) return [];
    const {salvage, deaths, ended} = remains;
    const slices = [...ended];
    const left = salvage.notRun;
    // What did not run, or not to its end, has asked for none of its snapshots: they are not obsolete.
    const kept = [...left, ...salvage.sessions.flatMap(({failed}) => failed)];
    for (const session of salvage.sessions) {
      const death = deaths.get(session);
      if (death === undefined) throw new Error('a session is dead, and nobody knows of what');
      slices.push(...this.#slicesOf(unit, session, await death.report, death.at, kept));
    }
    const last = salvage.sessions.at(-1);
    if (left.length > 0 && last !== undefined) {
      const reason = why ?? this.#whyNotRun(await remains.lastReport);
      const toRetry = new Map(salvage.sessions.flatMap(session => [...session.toRetry]));
      const failed = left.flatMap(place => toRetry.get(place) ?? []);
      slices.push(this.#endedSlice(unit, last, failed));
      const unknown = left.filter(place => !toRetry.has(place));
      slices.push(this.#failedSlice(unit, last, unknown, () => (interrupted ? null : notRun(reason)), thisMoment()));
    }
    for (const session of salvage.together) {
      const report = await (deaths.get(session) as {report: Promise<DeathReport>}).report;
      const places = session.crash.type === 'together' ? session.crash.places : [];
      const text = togetherCrash(places, {session, report, coverage: this.#coverage});
      slices.push(this.#outsideSlice(unit, session, text));
    }
    return slices;
  }

  get #coverage(): boolean {
    return this.#options.globalConfig.collectCoverage;
  }

  #whyNotRun({death}: DeathReport): string {
    const died = describeDeath(death);
    return this.#options.resume
      ? `the file's worker died, and those that went on with it came no further: ${died}.`
      : `the file's worker died (${died}), and onCrash is 'fail-file'.`;
  }

  /** @param kept places of all of the file's tests whose snapshots are not obsolete, whatever has run */
  #slicesOf(
    unit: number,
    session: DeadSession,
    report: DeathReport,
    at: Moment,
    kept: readonly number[],
  ): SliceResult[] {
    const options = {session, report, coverage: this.#coverage};
    const {crash, failed} = session;
    const ended = [...session.ended].sort(([a], [b]) => a - b);
    const names = kept.map(place => session.opened.tests[place]?.titles.join(' ') ?? '');
    const {changes, counts} = snapshotsOf(session, names);
    const {entries, places} = deadConsole(session);
    const slices: SliceResult[] = [
      {
        slot: session.slot,
        result: this.#result(
          unit,
          session,
          ended.map(([, {result}]) => result),
          at.epochMs,
          {console: entries, counts},
        ),
        slice: {
          tests: ended.map(([place]) => place),
          ran: session.began,
          console: places,
          loadMs: session.opened.ms,
          snapshot: changes,
        },
        apart: null,
      },
    ];
    if (failed.length > 0) {
      const text =
        crash.type === 'hook'
          ? () => hookCrash(crash.titles, crash.hook, options)
          : (place: number) => testCrash(place, options);
      slices.push(this.#failedSlice(unit, session, failed, text, at));
    }
    const outside = outsideCrash(options);
    if (outside !== null) slices.push(this.#outsideSlice(unit, session, outside));
    return slices;
  }

  /** Tests that had failed, and were to be retried: nothing else is known of them. */
  #endedSlice(
    unit: number,
    session: DeadSession,
    ended: readonly {place: number; result: AssertionResult}[],
  ): SliceResult {
    return {
      slot: session.slot,
      result: this.#result(
        unit,
        session,
        ended.map(({result}) => result),
        session.startedAt,
        {},
      ),
      slice: {tests: ended.map(({place}) => place), ran: [], console: [], loadMs: 0, snapshot: null},
      apart: null,
    };
  }

  /** @param text a test's failure; null: it is skipped */
  #failedSlice(
    unit: number,
    session: DeadSession,
    places: readonly number[],
    text: (place: number) => string | null,
    at: Moment,
  ): SliceResult {
    const tests = places.map((place): AssertionResult => {
      const {titles, mode} = session.opened.tests[place] ?? {titles: ['?'], mode: 'run' as const};
      const began = session.running.get(place)?.at;
      const failure = mode === 'run' ? text(place) : null;
      return {
        ancestorTitles: titles.slice(0, -1),
        duration: began === undefined ? null : Math.max(0, Math.round(at.monotonicMs) - began),
        failing: false,
        failureDetails: failure === null ? [] : [{}],
        failureMessages: failure === null ? [] : [failure],
        fullName: titles.join(' '),
        invocations: began === undefined ? 0 : 1,
        location: null,
        numPassingAsserts: 0,
        retryReasons: [],
        status: failure !== null ? 'failed' : mode === 'todo' ? 'todo' : 'pending',
        title: titles.at(-1) ?? '?',
      };
    });
    return {
      slot: session.slot,
      result: this.#result(unit, session, tests, at.epochMs, {}),
      slice: {tests: places, ran: [], console: [], loadMs: 0, snapshot: null},
      apart: null,
    };
  }

  /** A failure that is no test's. */
  #outsideSlice(unit: number, session: DeadSession, message: string): SliceResult {
    const {context, path} = this.#options.testOf(unit);
    const result = this.#result(unit, session, [], session.startedAt, {});
    const text = this.#options
      .messageUtil()
      .formatExecError({message, stack: ''}, context.config, this.#options.globalConfig, path);
    return {
      slot: session.slot,
      result: {...result, testExecError: {message: '', stack: message}, failureMessage: `\n\n${text}`},
      slice: {tests: [], ran: [], console: [], loadMs: 0, snapshot: null},
      apart: null,
    };
  }

  #result(
    unit: number,
    {startedAt: start}: DeadSession,
    testResults: AssertionResult[],
    end: number,
    extra: {
      readonly console?: NonNullable<TestResult['console']>;
      readonly counts?: Pick<TestResult['snapshot'], 'added' | 'matched' | 'unmatched' | 'updated'>;
    },
  ): TestResult {
    const {
      context: {config},
      path,
    } = this.#options.testOf(unit);
    const {globalConfig} = this.#options;
    const count = (wanted: AssertionResult['status']) => testResults.filter(({status}) => status === wanted).length;
    return {
      ...(config.displayName !== undefined && {displayName: config.displayName}),
      failureMessage: this.#options.messageUtil().formatResultsErrors(testResults, config, globalConfig, path),
      leaks: false,
      numFailingTests: count('failed'),
      numPassingTests: count('passed'),
      numPendingTests: count('pending'),
      numTodoTests: count('todo'),
      openHandles: [],
      perfStats: {
        end,
        loadTestEnvironmentEnd: start,
        loadTestEnvironmentStart: start,
        runtime: Math.max(0, end - start),
        setupAfterEnvEnd: start,
        setupAfterEnvStart: start,
        setupFilesEnd: start,
        setupFilesStart: start,
        slow: false,
        start,
      },
      skipped: false,
      snapshot: {
        added: 0,
        fileDeleted: false,
        matched: 0,
        unchecked: 0,
        uncheckedKeys: [],
        unmatched: 0,
        updated: 0,
        ...extra.counts,
      },
      testFilePath: path,
      testResults,
      ...(extra.console !== undefined && extra.console.length > 0 && {console: extra.console}),
    };
  }
}
