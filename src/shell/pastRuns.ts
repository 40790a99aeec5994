/** What is remembered of Jest's tests: the timings file, in terms of Test and TestResult. */
import {relative} from 'node:path';
import type {Test, TestResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {fileKey, testDurations, type FileRecord} from '../core/durations';
import type {TimingsFile} from './timings';

export class PastRuns {
  readonly #timings: TimingsFile;
  readonly #globalConfig: Config.GlobalConfig;

  constructor(timings: TimingsFile, globalConfig: Config.GlobalConfig) {
    this.#timings = timings;
    this.#globalConfig = globalConfig;
  }

  /** The file's name in the timings file. */
  key(test: Test): string {
    return fileKey(test.context.config.displayName?.name ?? null, relative(this.#globalConfig.rootDir, test.path));
  }

  of(test: Test): FileRecord | null {
    return this.#timings.get(this.key(test));
  }

  /** @param result null: the file has none, it failed to run */
  note(test: Test, ms: number | null, result: TestResult | null): void {
    if (this.#globalConfig.collectTests) return; // nothing ran
    const past = this.of(test);
    // With -t only some of its tests ran: that says little of the file, and nothing of the others.
    const partial = Boolean(this.#globalConfig.testNamePattern) || result === null;
    const failed = result === null || result.numFailingTests > 0 || result.testExecError != null;
    this.#timings.record(this.key(test), {
      ms: partial ? (past?.ms ?? null) : ms === null ? null : Math.round(ms),
      tests: {...(partial && past?.tests), ...testDurations(result?.testResults ?? [])},
      end: failed ? 'failed' : partial ? (past?.end ?? 'passed') : 'passed',
    });
  }

  noteDeath(test: Test): void {
    const past = this.of(test);
    this.#timings.record(this.key(test), {ms: past?.ms ?? null, tests: past?.tests ?? {}, end: 'died'});
  }
}
