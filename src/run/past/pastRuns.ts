/** Durations and outcomes from earlier runs, by Jest Test. Wraps the timings file. */
import {relative} from 'node:path';
import type {Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {
  continued,
  correctedMs,
  fileKey,
  measuredBy,
  recordOfDeath,
  testDurations,
  type FileRecord,
} from '../../core/plan/durations';
import {ownPart} from '../../core/shards/cutRecords';
import type {FileCut} from '../../core/wire/fileCut';
import type {FileProfile} from '../../core/wire/fileProfile';
import {thisMachine} from './thisMachine';
import type {TimingsFile} from './timings';

/** A file's end, for the timings. */
export interface RanFile {
  /** The duration by a monotonic clock; null: unknown. */
  readonly ms: number | null;
  /** null: the file failed to run. */
  readonly result: TestResult | null;
  /** Where the time went, in each process that ran some of the file's tests and can tell. */
  readonly profiles: readonly FileProfile[];
}

export class PastRuns {
  readonly #timings: TimingsFile;
  readonly #globalConfig: Config.GlobalConfig;
  readonly #cutOf: (test: Test) => FileCut | null;

  /** @param cutOf null: this run has the whole file */
  constructor(timings: TimingsFile, globalConfig: Config.GlobalConfig, cutOf: (test: Test) => FileCut | null) {
    this.#timings = timings;
    this.#globalConfig = globalConfig;
    this.#cutOf = cutOf;
  }

  /** The file's key in the timings file. @param node the node's name with `dist: 'each'`; null otherwise */
  key(test: Test, node: string | null = null): string {
    const path = relative(this.#globalConfig.rootDir, test.path);
    return fileKey(test.context.config.displayName?.name ?? null, path, node);
  }

  /** Of a file that is cut: the record of the part. */
  of(test: Test, node: string | null = null): FileRecord | null {
    const cut = this.#cutOf(test);
    if (cut === null) return this.#timings.get(this.key(test, node));
    const own = this.#timings.get(this.#ownKey(test, node));
    if (own !== null) return own;
    const record = this.#timings.get(this.key(test, node));
    return record === null ? null : ownPart(record, cut);
  }

  /** @returns the record, of a file that is cut: that of the part; null: nothing is remembered */
  note(test: Test, {ms, result, profiles}: RanFile, node: string | null = null): FileRecord | null {
    if (this.#globalConfig.collectTests) return null; // nothing ran
    const past = this.of(test, node);
    // With -t only some tests ran, so this duration is not the file's, and the other tests keep their records. What a
    // shard ran of a file is not written: see TimingsOptions.
    const partial = Boolean(this.#globalConfig.testNamePattern) || result === null;
    const failed = result === null || result.numFailingTests > 0 || result.testExecError != null;
    const {tests, short} = testDurations(result?.testResults ?? [], ms ?? Infinity);
    const measured = partial ? past?.measured : measuredBy(profiles, thisMachine());
    return this.#timings.record(this.#ownKey(test, node), {
      ms: partial ? (past?.ms ?? null) : ms === null ? null : Math.round(ms),
      tests: {...(partial && past?.tests), ...tests},
      short: partial ? (past?.short ?? 0) : short,
      end: failed ? 'failed' : partial ? (past?.end ?? 'passed') : 'passed',
      ...(measured && {measured}),
      ...continued(past, partial || ms === null ? null : correctedMs(ms, profiles)),
    });
  }

  /** @returns the record, as in `note` */
  noteDeath(test: Test, node: string | null = null): FileRecord {
    return this.#timings.record(this.#ownKey(test, node), recordOfDeath(this.of(test, node)));
  }

  /** Where this run keeps what it learns: of a file that is cut, apart for each part. No run with parts writes it. */
  #ownKey(test: Test, node: string | null): string {
    const cut = this.#cutOf(test);
    return cut === null ? this.key(test, node) : `${this.key(test, node)} part ${cut.shard}`;
  }
}
