/** The tests of each file: several workers may have run some of them, or the same ones one after the other. */
import type {RecordedTest} from '../recording/lines';
import {printable} from '../recording/printable';
import type {ReportTest} from './model';

/** What one worker, here or elsewhere, says of the tests of a file. */
export interface TestsOfLane {
  readonly tests: readonly RecordedTest[];
  /** The name of the node; null: all workers are alike. */
  readonly node: string | null;
  /** null: unknown. */
  readonly lane: number | null;
}

export function testsOf(shares: readonly TestsOfLane[]): ReportTest[] {
  const tests = new Map<string, {test: RecordedTest; lane: number | null}>();
  for (const share of shares) {
    const {lane} = share;
    const seen = new Map<string, number>();
    for (const test of share.tests) {
      const name = JSON.stringify([share.node, ...test.titles]);
      // Tests of a file may have the same name.
      const nth = (seen.get(name) ?? 0) + 1;
      seen.set(name, nth);
      const key = `${nth} ${name}`;
      const known = tests.get(key);
      if (known === undefined || hasRun(test) || !hasRun(known.test)) tests.set(key, {test, lane});
    }
  }
  return [...tests.values()].map(({test, lane}) => [
    test.titles.map(printable),
    test.status,
    rounded(test.ms),
    rounded(test.at),
    hasRun(test) ? lane : null,
  ]);
}

/** A worker also lists the tests that others run, as pending. */
function hasRun({status, ms}: RecordedTest): boolean {
  return ms !== null || status === 'passed' || status === 'failed';
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
