/** The expected durations of the tests of a file that was just loaded. */
import type {CollectedTest} from '../wire/workerMessages';
import type {FileRecord} from './durations';

/** The maximum duration (ms) of a test that its file's record leaves out. */
const SHORT_MS = 1;

/**
 * The expected duration of each group of tests that stay together, in ms; null: unknown.
 *
 * @param past null: the file has never run
 * @param loadMs how long the file took to load
 */
export function groupCosts(
  tests: readonly CollectedTest[],
  past: FileRecord | null,
  loadMs: number,
): (number | null)[] {
  const groups: Set<string>[] = [];
  for (const {name, group} of tests) {
    if (group !== null) (groups[group] ??= new Set()).add(name);
  }
  const short = shortMs(tests, past, loadMs);
  return groups.map(names => {
    let sum = 0;
    for (const name of names) {
      const ms = past !== null && Object.hasOwn(past.tests, name) ? past.tests[name] : short;
      if (ms == null) return null;
      sum += ms;
    }
    return sum;
  });
}

/**
 * The assumed duration (ms) of a test that the record does not name; null: unknown, because the file never ran to its end,
 * or because some test in it is new or has a new name, and nobody can tell which one.
 */
function shortMs(tests: readonly CollectedTest[], past: FileRecord | null, loadMs: number): number | null {
  if (past?.ms == null) return null;
  const recorded = Object.values(past.tests).reduce((sum, ms) => sum + ms, 0);
  const count = tests.filter(({name, group}) => group !== null && !Object.hasOwn(past.tests, name)).length;
  if (count > past.short) return null;
  return count === 0 ? 0 : Math.min(SHORT_MS, Math.max(0, past.ms - recorded - loadMs) / count);
}
