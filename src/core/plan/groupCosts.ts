/** What the tests of a file are expected to take that was just loaded, by what is known of them. */
import type {CollectedTest} from '../wire/workerMessages';
import type {FileRecord} from './durations';

/** What a test takes at the most (ms) that the record of its file leaves out. */
const SHORT_MS = 1;

/**
 * What each group of tests that stay together is expected to take, in ms; null: there is no telling.
 *
 * @param past null: the file has never run
 * @param loadMs what it took to load the file
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
 * What a test is taken for that the record does not name, in ms; null: it may be anything, because the file never ran
 * in full, or because some test in it is new or has another name now. Nobody can tell which one that is.
 */
function shortMs(tests: readonly CollectedTest[], past: FileRecord | null, loadMs: number): number | null {
  if (past?.ms == null) return null;
  const recorded = Object.values(past.tests).reduce((sum, ms) => sum + ms, 0);
  const count = tests.filter(({name, group}) => group !== null && !Object.hasOwn(past.tests, name)).length;
  if (count > past.short) return null;
  return count === 0 ? 0 : Math.min(SHORT_MS, Math.max(0, past.ms - recorded - loadMs) / count);
}
