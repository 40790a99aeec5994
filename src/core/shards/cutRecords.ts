/** The records of files that are cut over shards: of the whole file by those of its parts, and the other way round. */
import type {FileRecord} from '../plan/durations';
import {shardOfTest, type PlannedFile} from './shardPlan';

/** What one shard says of its part of the file. */
export interface CutRecord {
  readonly record: FileRecord;
  /** The full names of all tests that the shard found in the file, in the order of the source. */
  readonly names: readonly string[];
  /** The places of those that it ran. */
  readonly own: readonly number[];
}

/**
 * The file as if one shard had run all of it: one loading, and the tests of all.
 *
 * @returns null: no shard, or more than one, ran some test, so nobody knows how long the whole file takes. If the shards
 *   found different tests, the record is `unstable`, and what it says of the duration is a guess.
 */
export function combineCut(parts: readonly CutRecord[]): FileRecord | null {
  const [first, ...others] = parts;
  if (first === undefined) return null;
  const unstable = others.some(({names}) => JSON.stringify(names) !== JSON.stringify(first.names));
  if (!unstable && !isWhole(first.names.length, parts)) return null;
  return others.reduce<FileRecord>((all, {record}) => sumOf(all, record), {
    ...first.record,
    ...(unstable && {unstable: true}),
  });
}

/** Whether each test of a file ran in one of the shards. */
function isWhole(tests: number, parts: readonly CutRecord[]): boolean {
  const ran = parts.flatMap(({own}) => own);
  return ran.length === tests && new Set(ran).size === tests;
}

function sumOf(all: FileRecord, other: FileRecord): FileRecord {
  const loadMs = loadOf(other);
  const more = (ms: number | null | undefined, own: number | null | undefined) =>
    ms == null || own == null ? null : ms + Math.max(0, own - loadMs);
  const recent = more(all.recent?.at(-1), other.recent?.at(-1));
  const {recent: _, ...rest} = all;
  return {
    ...rest,
    at: Math.max(all.at, other.at),
    ms: more(all.ms, other.ms),
    // Tests with equal names run in the same shard.
    tests: {...all.tests, ...other.tests},
    short: all.short + other.short,
    end: all.end === 'passed' ? other.end : all.end,
    ...(all.measured &&
      other.measured && {
        // Loading is mostly computing: the CPU time of the other shards is taken to contain their loading.
        measured: {...all.measured, cpuMs: all.measured.cpuMs + Math.max(0, other.measured.cpuMs - loadMs)},
      }),
    ...(recent !== null && {recent: [recent]}),
  };
}

/**
 * What a shard is expected to spend on its part of a cut file: the loading, its tests, and all else if it is the owner.
 *
 * @param record of the whole file
 */
export function ownPart(
  record: FileRecord,
  {shard, owner, given}: {readonly shard: number; readonly owner: number} & Pick<PlannedFile, 'given'>,
): FileRecord {
  const own = Object.entries(record.tests).filter(([name]) => shardOfTest({shard: owner, given}, name) === shard);
  const loadMs = loadOf(record);
  const rest = Math.max(0, (record.ms ?? 0) - loadMs - totalOf(Object.values(record.tests)));
  return {
    ...record,
    ms: record.ms === null ? null : loadMs + totalOf(own.map(([, ms]) => ms)) + (shard === owner ? rest : 0),
    tests: Object.fromEntries(own),
    short: shard === owner ? record.short : 0,
  };
}

/** What a shard spent before its first test, in ms. Unknown, it is all that was spent in no test. */
function loadOf({ms, tests, measured}: FileRecord): number {
  return measured?.loadMs ?? Math.max(0, (ms ?? 0) - totalOf(Object.values(tests)));
}

function totalOf(durations: readonly number[]): number {
  return durations.reduce((sum, ms) => sum + ms, 0);
}
