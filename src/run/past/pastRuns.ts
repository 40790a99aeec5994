/** Durations and outcomes from earlier runs, by Jest Test. Wraps the timings file. */
import {relative} from 'node:path';
import type {Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {recordOfDeath, fileKey, testDurations, type FileRecord} from '../../core/plan/durations';
import type {TimingsFile} from './timings';

export class PastRuns {
  readonly #timings: TimingsFile;
  readonly #globalConfig: Config.GlobalConfig;

  constructor(timings: TimingsFile, globalConfig: Config.GlobalConfig) {
    this.#timings = timings;
    this.#globalConfig = globalConfig;
  }

  /** The file's key in the timings file. @param node the node's name with `dist: 'each'`; null otherwise */
  key(test: Test, node: string | null = null): string {
    const path = relative(this.#globalConfig.rootDir, test.path);
    return fileKey(test.context.config.displayName?.name ?? null, path, node);
  }

  of(test: Test, node: string | null = null): FileRecord | null {
    return this.#timings.get(this.key(test, node));
  }

  /** @param ms the duration by a monotonic clock. @param result null: the file failed to run */
  note(test: Test, ms: number | null, result: TestResult | null, node: string | null = null): void {
    if (this.#globalConfig.collectTests) return; // nothing ran
    const past = this.of(test, node);
    // With -t only some tests ran, so this duration is not the file's, and the other tests keep their records.
    const partial = Boolean(this.#globalConfig.testNamePattern) || result === null;
    const failed = result === null || result.numFailingTests > 0 || result.testExecError != null;
    const {tests, short} = testDurations(result?.testResults ?? [], ms ?? Infinity);
    this.#timings.record(this.key(test, node), {
      ms: partial ? (past?.ms ?? null) : ms === null ? null : Math.round(ms),
      tests: {...(partial && past?.tests), ...tests},
      short: partial ? (past?.short ?? 0) : short,
      end: failed ? 'failed' : partial ? (past?.end ?? 'passed') : 'passed',
    });
  }

  noteDeath(test: Test, node: string | null = null): void {
    const past = this.of(test, node);
    this.#timings.record(this.key(test, node), recordOfDeath(past));
  }
}
