/** The files of a merged run: what the shards have of each, and whether that is one result. */
import type {PlacedRecording} from './checkedRecordings';
import {judgeFile, listed, sharedFile, whoLacks, type JudgedPart, type PartWords} from './fileVerdict';
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
  readonly parts: readonly [JudgedPart, ...JudgedPart[]];
}

const WORDS: PartWords = {
  noun: 'shard',
  over: 'shards',
  next: '`jest-runner-xdist timings from` notes this in the timings: the next run does not cut the file.',
};

/** @param shards by index */
export function mergeFiles(shards: readonly ReadShard[]): MergedFiles {
  const {collected, recordings} = collect(shards);
  const shared: SharedFile[] = [];
  const problems: string[] = [];
  /** The files without any result, by the parts whose end is missing. */
  const without = new Map<string, string[]>();
  for (const [index, {file, parts}] of collected.entries()) {
    const {problem, failure, withoutEnd} = judgeFile(file.path, parts, WORDS);
    if (problem !== null) problems.push(problem);
    if (withoutEnd !== undefined) {
      const who = whoLacks(withoutEnd, WORDS.noun);
      without.set(who, [...(without.get(who) ?? []), file.path]);
    }
    if (parts.length > 1 || parts[0].cut !== null) shared.push(sharedFile(index, parts, failure));
  }
  for (const [who, paths] of without) problems.push(`No shard has a result of these files (${who}):\n${listed(paths)}`);
  return {order: {files: collected.map(({file}) => file), recordings, shared}, problems};
}

function collect(shards: readonly ReadShard[]): {collected: Collected[]; recordings: RecordingOrder[]} {
  const indexes = new Map<string, number>();
  const collected: {file: FileOrder; parts: [JudgedPart, ...JudgedPart[]]}[] = [];
  const recordings = shards.map(({index, recording: {path, root, files}, parts}, recording): RecordingOrder => ({
    path,
    root,
    files: files.map((file, at) => {
      const recorded = parts[at] ?? {ended: null, tests: 0, cut: null};
      const part: JudgedPart = {...recorded, number: index, name: `shard ${index}`, recording};
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
