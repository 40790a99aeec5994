/** Which tests of a traced file stay together: what src/worker/circus/collection.ts finds in a real one. */
import type {Grouping} from '../src/core/plan/units';
import type {TracedFile} from './trace';

/** @returns the group of each test; they are numbered in the order of their first tests */
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

/** The sets of tests that this grouping keeps together besides. */
function setsUnder(grouping: Grouping, {tests, block, group}: TracedFile): number[][] {
  switch (grouping) {
    case 'none':
      return [];
    case 'scope':
      // Those that are in no block stay together, too.
      return sameIn(block ?? tests.map(() => null));
    case 'named':
      return sameIn(group ?? []).filter(([first]) => group?.[first!] != null);
  }
}

/** The places of equal entries, by entry. */
function sameIn(entries: readonly (number | null)[]): number[][] {
  const places = new Map<number | null, number[]>();
  for (const [place, entry] of entries.entries()) places.set(entry, [...(places.get(entry) ?? []), place]);
  return [...places.values()];
}
