/** What a process that runs a file must know if the file is cut over shards, and what it finds. */
import type {Granularity, Grouping} from '../plan/units';
import {dictionary, list, ProtocolError, record, text, whole} from './values';

/** Which tests of a file this shard runs. */
export interface FileCut {
  readonly granularity: Granularity;
  readonly grouping: Grouping;
  /** This shard, from 1. */
  readonly shard: number;
  /** The shard that runs all tests that `given` lacks. */
  readonly owner: number;
  /** The shards of the tests that the owner does not run, by full name. */
  readonly given: Readonly<Record<string, number>>;
}

/** What the file defines: each shard must find the same. */
export interface CutTests {
  /** The full names of all tests of the file, in the order of the source. */
  readonly names: readonly string[];
  /** The places of the tests that this shard runs, ascending. */
  readonly own: readonly number[];
  /** How many console entries the file had when its tests were listed. */
  readonly loadEntries: number;
}

/** @throws {ProtocolError} */
export function parseFileCut(value: unknown): FileCut {
  const {granularity, grouping, shard, owner, given} = record(value, 'the cut of a file');
  if (granularity !== 'tests' && granularity !== 'each') throw new ProtocolError('a granularity', granularity);
  if (grouping !== 'none' && grouping !== 'scope' && grouping !== 'named') {
    throw new ProtocolError('a grouping', grouping);
  }
  return {granularity, grouping, shard: whole(shard), owner: whole(owner), given: dictionary(given, 'shards', whole)};
}

/** @throws {ProtocolError} */
export function parseCutTests(value: unknown): CutTests {
  const {names, own, loadEntries} = record(value, 'the tests of a file that is cut');
  return {names: list(names, text), own: list(own, whole), loadEntries: whole(loadEntries)};
}
