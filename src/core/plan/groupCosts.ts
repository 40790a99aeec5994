/** What the tests of a file are expected to take that was just loaded, by what is known of them. */
import type {CollectedTest} from '../wire/workerMessages';
import type {FileRecord} from './durations';

/** What a test takes at the most (ms) that is not in the record of its file: those below 1 ms are not. */
const UNRECORDED_MS = 1;

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
  const unrecorded = unrecordedMs(tests, past, loadMs);
  return groups.map(names => {
    let sum = 0;
    for (const name of names) {
      const ms = past !== null && Object.hasOwn(past.tests, name) ? past.tests[name] : unrecorded;
      if (ms == null) return null;
      sum += ms;
    }
    return sum;
  });
}

/** What a test of which there is no record is taken for, in ms; null: it may be anything, the file never ran in full. */
function unrecordedMs(tests: readonly CollectedTest[], past: FileRecord | null, loadMs: number): number | null {
  if (past?.ms == null) return null;
  const recorded = Object.values(past.tests).reduce((sum, ms) => sum + ms, 0);
  const count = tests.filter(({name, group}) => group !== null && !Object.hasOwn(past.tests, name)).length;
  return count === 0 ? 0 : Math.min(UNRECORDED_MS, Math.max(0, past.ms - recorded - loadMs) / count);
}
