/** Which files are cut over shards, and into which pieces. */
import {fewestParts} from './fewestParts';
import {partsOf, type FileParts, type TestWeight, type WeighedFile} from './weights';

/** A file that is cut. */
export interface CutFile extends FileParts {
  readonly key: string;
  readonly fixtures: readonly string[];
  /** The owner's comes first. */
  readonly pieces: readonly Piece[];
}

/** The tests of a file that one shard runs. */
export interface Piece {
  readonly file: {readonly key: string};
  tests: readonly TestWeight[];
  /** What it takes besides the loading, in µs. */
  us: number;
}

/**
 * Cuts each file that is longer than a shard's share, the longest first.
 *
 * @param files in the order of their keys
 * @param totalUs what all shards together spend if no file is cut
 * @param fixedUs what a shard spends before its first file
 */
export function cutFiles(files: readonly WeighedFile[], count: number, totalUs: number, fixedUs: number): CutFile[] {
  const cuts: CutFile[] = [];
  let total = totalUs;
  const long = files.filter(({us}) => fixedUs + us > totalUs / count).sort((a, b) => b.us - a.us);
  for (const file of long) {
    const parts = partsOf(file);
    if (parts === null) continue;
    const {loadUs, tests, restUs} = parts;
    const longest = tests[0]?.us ?? 0;
    const most = Math.min(count, tests.length);
    const pieces = fewestParts(most, number => {
      const testsUs = file.us - loadUs - restUs;
      const even = Math.max((restUs + testsUs) / number, restUs, longest);
      return Math.max(fixedUs + loadUs + even, (total + (number - 1) * loadUs) / count);
    });
    if (pieces === 1) continue;
    total += (pieces - 1) * loadUs;
    cuts.push(cutInto(pieces, file, parts));
  }
  return cuts;
}

function cutInto(count: number, {input: {key, fixtures}}: WeighedFile, parts: FileParts): CutFile {
  const bases = Array.from({length: count}, (_, number) => (number === 0 ? parts.restUs : 0));
  const file = {key};
  const pieces = dealTests(parts.tests, bases).map((tests, number): Piece => ({
    file,
    tests,
    us: sumOf(tests) + (number === 0 ? parts.restUs : 0),
  }));
  return {...parts, key, fixtures, pieces};
}

/**
 * Each test goes to the piece that would take least.
 *
 * @param tests the longest first
 * @param bases what each piece takes without tests, in µs
 */
export function dealTests(tests: readonly TestWeight[], bases: readonly number[]): TestWeight[][] {
  const loads = [...bases];
  const dealt = bases.map((): TestWeight[] => []);
  for (const test of tests) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + test.us;
    dealt[least]?.push(test);
  }
  return dealt;
}

export function sumOf(tests: readonly TestWeight[]): number {
  return tests.reduce((sum, {us}) => sum + us, 0);
}
