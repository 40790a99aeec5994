/** Whether the parts of a file are one result of it. */
import {listDifference, quoteName, shown} from '../core/texts/nameDifference';
import type {SharedFile} from './order';
import type {RecordedPart} from './recordedParts';

/** What a shard, or a job of a fleet, has of a file. */
export interface JudgedPart extends RecordedPart {
  /** The number of the shard or of the part, from 1. */
  readonly number: number;
  /** For texts: `shard 2`. */
  readonly name: string;
  /** The index of its recording, or of the part. */
  readonly recording: number;
}

/** How the texts call what they are about. */
export interface PartWords {
  /** What has a part of a file: `shard`. */
  readonly noun: string;
  /** Over what a file is cut: `shards`. */
  readonly over: string;
  /** A sentence: what keeps the next run from cutting a file whose tests are not the same everywhere. */
  readonly next: string;
}

/** What Jest is told of a file. */
export interface Verdict {
  readonly problem: string | null;
  /** The parts whose end is missing, of a file without any result. */
  readonly withoutEnd?: readonly JudgedPart[];
  /** Why the file fails whatever its parts say. */
  readonly failure: string | null;
}

/** Jest's own text. */
const NO_TESTS = 'Your test suite must contain at least one test.';

const GOOD: Verdict = {problem: null, failure: null};

/** @param path for texts @param parts in their order */
export function judgeFile(path: string, parts: readonly JudgedPart[], words: PartWords): Verdict {
  const failed = (text: string): Verdict => ({problem: text, failure: text});
  const whole = parts.find(({ended, cut}) => ended === 'result' && cut === null);
  const ran = parts.filter(({ended, cut}) => ended !== null || (cut !== null && cut.own.length > 0));
  const other = whole && ran.find(part => part !== whole);
  if (other !== undefined) {
    return failed(`${path} has two results: ${whole?.name} ran all of it, and ${other.name} ran it, too.`);
  }
  if (whole !== undefined || ran.some(({ended}) => ended === 'failure')) return GOOD;
  const cut = parts.flatMap(part => (part.cut === null ? [] : [{...part, cut: part.cut}]));
  const [first] = cut;
  if (first === undefined) return {...GOOD, withoutEnd: parts};
  const different = cut.find(({cut: {names}}) => !isSame(names, first.cut.names));
  if (different !== undefined) return failed(differenceText(path, first, different, words));
  if (first.cut.names.length === 0) return {problem: null, failure: NO_TESTS};
  return judgeTests(path, parts, cut, first.cut.names, words);
}

/** How a file of several parts is told: it ends with the last part that has an end. */
export function sharedFile(
  file: number,
  parts: readonly [JudgedPart, ...JudgedPart[]],
  failure: Verdict['failure'],
): SharedFile {
  const last = parts.findLast(({ended}) => ended !== null) ?? parts.at(-1) ?? parts[0];
  const cuts = parts.flatMap(({recording, cut}) => (cut === null ? [] : [{recording, cut}]));
  return {file, endsIn: last.recording, failure, cuts};
}

/** @param cut the parts whose tests are known, and all the same */
function judgeTests(
  path: string,
  parts: readonly JudgedPart[],
  cut: readonly Parted[],
  names: readonly string[],
  {noun}: PartWords,
): Verdict {
  const ranIn = names.map((): number[] => []);
  for (const part of cut) if (part.ended !== null) for (const place of part.cut.own) ranIn[place]?.push(part.number);
  const namesAt = (places: readonly number[]) => listed(places.map(place => quoteName(names[place])));
  const placesWith = (wanted: (count: number) => boolean) =>
    [...names.keys()].filter(place => wanted(ranIn[place]?.length ?? 0));
  const odd = cut.find(({ended, tests, cut: {own}}) => ended !== null && tests !== own.length);
  if (odd !== undefined) {
    const text = `${path}: ${odd.name} has ${odd.tests} results for ${odd.cut.own.length} tests.`;
    return {problem: text, failure: text};
  }
  const double = placesWith(count => count > 1);
  if (double.length > 0) {
    const numbers = [...new Set(double.flatMap(place => ranIn[place] ?? []))].join(' and ');
    const text = `More than one ${noun} ran these tests of ${path} (${noun}s ${numbers}):\n${namesAt(double)}`;
    return {problem: text, failure: text};
  }
  const missing = placesWith(count => count === 0);
  if (missing.length === 0) return GOOD;
  const silent = parts.filter(({ended, cut: known}) => ended === null && known?.own.length !== 0);
  const who = silent.length === 0 ? '' : ` (${whoLacks(silent, noun)})`;
  return {problem: `No ${noun} has a result of these tests of ${path}${who}:\n${namesAt(missing)}`, failure: null};
}

type Parted = JudgedPart & {readonly cut: NonNullable<JudgedPart['cut']>};

function differenceText(path: string, one: Parted, other: Parted, {over, next}: PartWords): string {
  const named = ({name, cut: {names}}: Parted) => ({where: name, names});
  return [
    `${path} was cut over ${over}, and its tests are not the same in each of them (${one.name} found ` +
      `${one.cut.names.length} tests, ${other.name} found ${other.cut.names.length}).`,
    ...listDifference(named(one), named(other)).map(line => `  ${line}`),
    `The tests of a file and their names must not depend on time, chance or the machine. ${next}`,
  ].join('\n');
}

/** As in `shard 2 was to run them`. @param noun what has a part of a file */
export function whoLacks(parts: readonly JudgedPart[], noun: string): string {
  const numbers = parts.map(({number}) => number);
  return numbers.length === 1
    ? `${noun} ${numbers[0]} was to run them`
    : `${noun}s ${numbers.join(', ')} were to run them`;
}

/** Indented lines, at most ten. */
export function listed(lines: readonly string[]): string {
  return shown(lines)
    .map(line => `  ${line}`)
    .join('\n');
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
