/** What workers that died have left of a file, made into slices of the file's result like those of workers that live. */
import type {AssertionResult, Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {hookCrash, notRun, outsideCrash, testCrash, togetherCrash} from '../../core/texts/crashTexts';
import {describeDeath, type DeathReport} from '../../core/texts/deaths';
import type {SliceResult} from '../../core/results/merge';
import type {Remains} from '../../core/schedule';
import {deadConsole, snapshotsOf, type DeadSession} from '../../core/results/deadSession';
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

export interface DeadSlicesOptions {
  readonly globalConfig: Config.GlobalConfig;
  readonly messageUtil: () => MessageUtil;
  /** Why the rest of a file whose worker died does not run in a new one; null: it does. */
  readonly noRestBecause: string | null;
}

/** What a worker has left of a file. */
export interface DeadPart {
  readonly session: DeadSession;
  /** Resolves when the worker's last words are read. */
  readonly report: Promise<DeathReport>;
  readonly at: Moment;
}

/** What is to be said of a file whose workers died, besides what they have left. */
export interface WhatIsLeft extends Pick<Remains, 'notRun' | 'together'> {
  /** Why tests were not run; null: as the file's workers died. */
  readonly why: string | null;
  /** Whether the run was interrupted: tests without a result are skipped, and have not failed. */
  readonly interrupted: boolean;
  /** Of the last worker that died of the file. */
  readonly lastReport: Promise<DeathReport>;
}

/** The time by two clocks. The time of day may jump; the other one says how long something took, here and in a worker. */
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

  /** @param parts by number, in the order of the deaths: `left.together` names some of them */
  async of(file: Test, parts: ReadonlyMap<number, DeadPart>, left: WhatIsLeft): Promise<SliceResult[]> {
    const slices: SliceResult[] = [];
    const sessions = [...parts.values()].map(({session}) => session);
    // What did not run, or not to its end, has asked for none of its snapshots: they are not obsolete.
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

  /** @param kept places of all of the file's tests whose snapshots are not obsolete, whatever has run */
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

  /** Tests that had failed, and were to be retried: nothing else is known of them. */
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

  /** @param text a test's failure; null: it is skipped */
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

  /** A failure that is no test's. */
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
