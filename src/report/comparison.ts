/** How a run differs from an earlier one: what became slower, what is new, what fails now. */
import type {Change, Comparison, ReportFile, ReportModel} from './model';

/** Changes below this many ms are noise. */
const LEAST_MS = 20;
/** As a share of the earlier time. */
const LEAST_SHARE = 0.1;
const MOST_CHANGES = 100;

export function compare(now: ReportModel, before: ReportModel): Comparison {
  const [files, earlier] = [byPath(now), byPath(before)];
  const [tests, earlierTests] = [testsByName(now), testsByName(before)];
  const fails = (all: Map<string, TestOutcome>, name: string) => all.get(name)?.failed ?? null;
  return {
    otherStartedAt: before.run.startedAt,
    otherCommit: before.run.commit,
    otherMs: before.run.ms,
    otherFloorMs: before.floor?.ms ?? null,
    files: changes(files, earlier, file => (file.ms === 0 ? null : file.ms)),
    tests: changes(tests, earlierTests, test => test.ms),
    newFiles: [...files.keys()].filter(name => !earlier.has(name)),
    goneFiles: [...earlier.keys()].filter(name => !files.has(name)),
    newFailures: [...tests.keys()].filter(name => fails(tests, name) === true && fails(earlierTests, name) !== true),
    repaired: [...tests.keys()].filter(name => fails(tests, name) === false && fails(earlierTests, name) === true),
  };
}

function changes<T>(
  after: ReadonlyMap<string, T>,
  before: ReadonlyMap<string, T>,
  msOf: (one: T) => number | null,
): Change[] {
  const all = [...after].flatMap(([name, one]): Change[] => {
    const other = before.get(name);
    const afterMs = msOf(one);
    const beforeMs = other === undefined ? null : msOf(other);
    if (afterMs === null || beforeMs === null) return [];
    const least = Math.max(LEAST_MS, LEAST_SHARE * beforeMs);
    return Math.abs(afterMs - beforeMs) < least ? [] : [{name, beforeMs, afterMs}];
  });
  const size = ({beforeMs, afterMs}: Change) => Math.abs(afterMs - beforeMs);
  return all.sort((a, b) => size(b) - size(a)).slice(0, MOST_CHANGES);
}

function byPath({files}: ReportModel): Map<string, ReportFile> {
  return new Map(files.map(file => [nameOf(file), file]));
}

function nameOf({project, path}: ReportFile): string {
  return project === null ? path : `${project}: ${path}`;
}

interface TestOutcome {
  readonly ms: number | null;
  /** null: it did not run. */
  readonly failed: boolean | null;
}

function testsByName({files}: ReportModel): Map<string, TestOutcome> {
  const tests = new Map<string, TestOutcome>();
  for (const file of files) {
    for (const [titles, status, ms] of file.tests) {
      const failed = status === 'failed' ? true : status === 'passed' ? false : null;
      tests.set(`${nameOf(file)} › ${titles.join(' › ')}`, {ms, failed});
    }
  }
  return tests;
}
