/** Makes slices of a file's result from the journals of dead workers, like the slices that living workers send. */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {hookCrash, notRun, outsideCrash, testCrash, togetherCrash} from '../../core/texts/crashTexts';
import {describeDeath, type DeathReport} from '../../core/texts/deaths';
import type {SliceResult} from '../../core/results/merge';
import type {Remains} from '../../core/schedule';
import {deadConsole, snapshotsOf, type DeadSession} from '../../core/results/deadSession';
import {epochMs, monotonicMs} from '../../pristine/clock';

/** The part of jest-message-util that we use: it formats the text of a file's failures. */
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

export interface DeadSlicesOptions {
  readonly globalConfig: Config.GlobalConfig;
  readonly messageUtil: () => MessageUtil;
  /** Why the rest of a file does not run in a new worker after its worker died; null: it runs. */
  readonly noRestBecause: string | null;
}

/** The evidence of a file that a dead worker left. */
export interface DeadPart {
  readonly session: DeadSession;
  /** Resolves when the worker's exit record and standard error are read. */
  readonly report: Promise<DeathReport>;
  readonly at: Moment;
}

/** The facts about a file whose workers died that are not in their journals. */
export interface WhatIsLeft extends Pick<Remains, 'notRun' | 'together'> {
  /** Why some tests did not run; null: because the file's workers died. */
  readonly why: string | null;
  /** Whether the run was interrupted: then tests without a result are skipped and do not fail. */
  readonly interrupted: boolean;
  /** The report of the file's last dead worker. */
  readonly lastReport: Promise<DeathReport>;
}

/** The time by two clocks. The time of day may jump. The monotonic clock gives durations across processes. */
export interface Moment {
  readonly epochMs: number;
  readonly monotonicMs: number;
}

export function thisMoment(): Moment {
  return {epochMs: epochMs(), monotonicMs: monotonicMs()};
}

export class DeadSlices {
  readonly #options: DeadSlicesOptions;

  constructor(options: DeadSlicesOptions) {
    this.#options = options;
  }

  /** @param parts keyed by number, in the order of the deaths; `left.together` contains some of the numbers */
  async of(file: Test, parts: ReadonlyMap<number, DeadPart>, left: WhatIsLeft): Promise<SliceResult[]> {
    const slices: SliceResult[] = [];
    const sessions = [...parts.values()].map(({session}) => session);
    // A test that did not run to its end may not have asked for its snapshots, so these are not obsolete.
    const kept = [...left.notRun, ...sessions.flatMap(({failed}) => failed)];
    for (const {session, report, at} of parts.values()) {
      slices.push(...this.#slicesOf(file, session, await report, at, kept));
    }
    const last = sessions.at(-1);
    if (left.notRun.length > 0 && last !== undefined) {
      const reason = left.why ?? this.#whyNotRun(await left.lastReport);
      const toRetry = new Map(sessions.flatMap(session => [...session.toRetry]));
      const failed = left.notRun.flatMap(place => toRetry.get(place) ?? []);
      slices.push(this.#endedSlice(file, last, failed));
      const unknown = left.notRun.filter(place => !toRetry.has(place));
      const text = () => (left.interrupted ? null : notRun(reason));
      slices.push(this.#failedSlice(file, last, unknown, text, thisMoment()));
    }
    for (const part of left.together) {
      const known = parts.get(part);
      if (known === undefined) throw new Error(`part ${part} of ${file.path} is not there`);
      const {session} = known;
      const places = session.crash.type === 'together' ? session.crash.places : [];
      const text = togetherCrash(places, {session, report: await known.report, coverage: this.#coverage});
      slices.push(this.#outsideSlice(file, session, text));
    }
    return slices;
  }

  get #coverage(): boolean {
    return this.#options.globalConfig.collectCoverage;
  }

  #whyNotRun({death}: DeathReport): string {
    const died = describeDeath(death);
    const {noRestBecause} = this.#options;
    return noRestBecause === null
      ? `the file's worker died, and those that went on with it came no further: ${died}.`
      : `the file's worker died (${died}), and ${noRestBecause}.`;
  }

  /** @param kept the places of the tests whose snapshots are not obsolete */
  #slicesOf(file: Test, session: DeadSession, report: DeathReport, at: Moment, kept: readonly number[]): SliceResult[] {
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
          file,
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
      slices.push(this.#failedSlice(file, session, failed, text, at));
    }
    const outside = outsideCrash(options);
    if (outside !== null) slices.push(this.#outsideSlice(file, session, outside));
    return slices;
  }

  /** Tests that failed and waited for a retry: the failure is their only result. */
  #endedSlice(
    file: Test,
    session: DeadSession,
    ended: readonly {place: number; result: AssertionResult}[],
  ): SliceResult {
    return {
      slot: session.slot,
      result: this.#result(
        file,
        session,
        ended.map(({result}) => result),
        session.startedAt,
        {},
      ),
      slice: {tests: ended.map(({place}) => place), ran: [], console: [], loadMs: 0, snapshot: null},
      apart: null,
    };
  }

  /** @param text the test's failure; null: the test is skipped */
  #failedSlice(
    file: Test,
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
      result: this.#result(file, session, tests, at.epochMs, {}),
      slice: {tests: places, ran: [], console: [], loadMs: 0, snapshot: null},
      apart: null,
    };
  }

  /** A failure outside of any test. */
  #outsideSlice(file: Test, session: DeadSession, message: string): SliceResult {
    const {context, path} = file;
    const result = this.#result(file, session, [], session.startedAt, {});
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
    {context: {config}, path}: Test,
    {startedAt: start}: DeadSession,
    testResults: AssertionResult[],
    end: number,
    extra: {
      readonly console?: NonNullable<TestResult['console']>;
      readonly counts?: Pick<TestResult['snapshot'], 'added' | 'matched' | 'unmatched' | 'updated'>;
    },
  ): TestResult {
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
