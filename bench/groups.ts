/** Computes which tests of a traced file stay together, as src/worker/circus/collection.ts does for a real file. */
import type {Grouping} from '../src/core/plan/units';
import type {TracedFile} from './trace';

/** @returns the group of each test; groups are numbered in the order of their first tests */
export function groupsUnder(grouping: Grouping, file: TracedFile): number[] {
  const labels = [...(file.together ?? file.tests.keys())];
  for (const tests of setsUnder(grouping, file)) {
    const [first] = tests;
    const old = new Set(tests.map(test => labels[test]));
    for (const [test, label] of labels.entries()) if (old.has(label)) labels[test] = labels[first!]!;
  }
  const numbers = new Map<number, number>();
  return labels.map(label => {
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
}

/** The sets of tests that this grouping keeps together, in addition to `together`. */
function setsUnder(grouping: Grouping, {tests, block, group}: TracedFile): number[][] {
  switch (grouping) {
    case 'none':
      return [];
    case 'scope':
      // Tests outside all blocks stay together, too.
      return sameIn(block ?? tests.map(() => null));
    case 'named':
      return sameIn(group ?? []).filter(([first]) => group?.[first!] != null);
  }
}

/** For each distinct entry, the indexes at which it occurs. */
function sameIn(entries: readonly (number | null)[]): number[][] {
  const places = new Map<number | null, number[]>();
  for (const [place, entry] of entries.entries()) places.set(entry, [...(places.get(entry) ?? []), place]);
  return [...places.values()];
}
