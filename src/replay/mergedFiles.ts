/** The files of a merged run: what the shards have of each, and whether that is one result. */
import {listDifference, quoteName, shown} from '../core/texts/nameDifference';
import type {PlacedRecording} from './checkedRecordings';
import type {FileOrder, RecordingOrder, ReplayOrder, SharedFile} from './order';
import type {RecordedPart} from './recordedParts';

/** A shard's recording that was read to its end. */
export interface ReadShard {
  /** From 1. */
  readonly index: number;
  readonly recording: PlacedRecording;
  readonly parts: readonly RecordedPart[];
}

export interface MergedFiles {
  readonly order: Omit<ReplayOrder, 'incomplete'>;
  /** Files and tests without a result, or with two, as sentences. */
  readonly problems: readonly string[];
}

/** A file, with the parts of it in the order of the shards. */
interface Collected {
  readonly file: FileOrder;
  readonly parts: readonly [ShardPart, ...ShardPart[]];
}

interface ShardPart extends RecordedPart {
  /** The shard, from 1. */
  readonly shard: number;
  /** The index of its recording. */
  readonly recording: number;
}

/** What Jest is told of a file. */
interface Verdict {
  readonly problem: string | null;
  /** The parts whose end is missing, of a file without any result. */
  readonly withoutEnd?: readonly ShardPart[];
  /** Why the file fails whatever its parts say. */
  readonly failure: string | null;
}

/** Jest's own text. */
const NO_TESTS = 'Your test suite must contain at least one test.';

const GOOD: Verdict = {problem: null, failure: null};

/** @param shards by index */
export function mergeFiles(shards: readonly ReadShard[]): MergedFiles {
  const {collected, recordings} = collect(shards);
  const shared: SharedFile[] = [];
  const problems: string[] = [];
  /** The files without any result, by the parts whose end is missing. */
  const without = new Map<string, string[]>();
  for (const [file, one] of collected.entries()) {
    const {problem, failure, withoutEnd} = judge(one);
    if (problem !== null) problems.push(problem);
    if (withoutEnd !== undefined) {
      const who = whoLacks(withoutEnd);
      without.set(who, [...(without.get(who) ?? []), one.file.path]);
    }
    const [first, ...others] = one.parts;
    if (others.length === 0 && first.cut === null) continue;
    const last = one.parts.findLast(({ended}) => ended !== null) ?? one.parts.at(-1) ?? first;
    const cuts = one.parts.flatMap(({recording, cut}) => (cut === null ? [] : [{recording, cut}]));
    shared.push({file, endsIn: last.recording, failure, cuts});
  }
  for (const [who, paths] of without) problems.push(`No shard has a result of these files (${who}):\n${listed(paths)}`);
  return {order: {files: collected.map(({file}) => file), recordings, shared}, problems};
}

function collect(shards: readonly ReadShard[]): {collected: Collected[]; recordings: RecordingOrder[]} {
  const indexes = new Map<string, number>();
  const collected: {file: FileOrder; parts: [ShardPart, ...ShardPart[]]}[] = [];
  const recordings = shards.map(({index: shard, recording: {path, root, files}, parts}, recording): RecordingOrder => ({
    path,
    root,
    files: files.map((file, at) => {
      const part: ShardPart = {...(parts[at] ?? {ended: null, tests: 0, cut: null}), shard, recording};
      const key = `${file.configId} ${file.path}`;
      const known = indexes.get(key);
      if (known !== undefined) {
        collected[known]?.parts.push(part);
        return known;
      }
      indexes.set(key, collected.length);
      return collected.push({file, parts: [part]}) - 1;
    }),
  }));
  return {collected, recordings};
}

function judge({file: {path}, parts}: Collected): Verdict {
  const failed = (text: string): Verdict => ({problem: text, failure: text});
  const whole = parts.find(({ended, cut}) => ended === 'result' && cut === null);
  const ran = parts.filter(({ended, cut}) => ended !== null || (cut !== null && cut.own.length > 0));
  const other = whole && ran.find(part => part !== whole);
  if (other !== undefined) {
    return failed(
      `${path} has two results: shard ${whole?.shard} ran all of it, and shard ${other.shard} ran it, too.`,
    );
  }
  if (whole !== undefined || ran.some(({ended}) => ended === 'failure')) return GOOD;
  const cut = parts.flatMap(part => (part.cut === null ? [] : [{...part, cut: part.cut}]));
  const [first] = cut;
  if (first === undefined) return {...GOOD, withoutEnd: parts};
  const different = cut.find(({cut: {names}}) => !isSame(names, first.cut.names));
  if (different !== undefined) return failed(differenceText(path, first, different));
  if (first.cut.names.length === 0) return {problem: null, failure: NO_TESTS};
  return judgeTests(path, parts, cut, first.cut.names);
}

/** @param cut the parts whose tests are known, and all the same */
function judgeTests(
  path: string,
  parts: readonly ShardPart[],
  cut: readonly Parted[],
  names: readonly string[],
): Verdict {
  const ranIn = names.map((): number[] => []);
  for (const part of cut) if (part.ended !== null) for (const place of part.cut.own) ranIn[place]?.push(part.shard);
  const namesAt = (places: readonly number[]) => listed(places.map(place => quoteName(names[place])));
  const placesWith = (wanted: (count: number) => boolean) =>
    [...names.keys()].filter(place => wanted(ranIn[place]?.length ?? 0));
  const odd = cut.find(({ended, tests, cut: {own}}) => ended !== null && tests !== own.length);
  if (odd !== undefined) {
    const text = `${path}: shard ${odd.shard} has ${odd.tests} results for ${odd.cut.own.length} tests.`;
    return {problem: text, failure: text};
  }
  const double = placesWith(count => count > 1);
  if (double.length > 0) {
    const shards = [...new Set(double.flatMap(place => ranIn[place] ?? []))].join(' and ');
    const text = `More than one shard ran these tests of ${path} (shards ${shards}):\n${namesAt(double)}`;
    return {problem: text, failure: text};
  }
  const missing = placesWith(count => count === 0);
  if (missing.length === 0) return GOOD;
  const silent = parts.filter(({ended, cut: known}) => ended === null && known?.own.length !== 0);
  const who = silent.length === 0 ? '' : ` (${whoLacks(silent)})`;
  return {problem: `No shard has a result of these tests of ${path}${who}:\n${namesAt(missing)}`, failure: null};
}

type Parted = ShardPart & {readonly cut: NonNullable<ShardPart['cut']>};

function differenceText(path: string, one: Parted, other: Parted): string {
  const named = ({shard, cut: {names}}: Parted) => ({where: `shard ${shard}`, names});
  return [
    `${path} was cut over shards, and its tests are not the same in each of them (shard ${one.shard} found ` +
      `${one.cut.names.length} tests, shard ${other.shard} found ${other.cut.names.length}).`,
    ...listDifference(named(one), named(other)).map(line => `  ${line}`),
    'The tests of a file and their names must not depend on time, chance or the machine. `jest-runner-xdist timings ' +
      'from` notes this in the timings: the next run does not cut the file.',
  ].join('\n');
}

function whoLacks(parts: readonly ShardPart[]): string {
  const shards = parts.map(({shard}) => shard);
  return shards.length === 1 ? `shard ${shards[0]} was to run them` : `shards ${shards.join(', ')} were to run them`;
}

function listed(lines: readonly string[]): string {
  return shown(lines)
    .map(line => `  ${line}`)
    .join('\n');
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}
