/**
 * The plan of a run that is cut into shards: which shard runs which file, or which tests of a file. All shards of a run
 * must have the same plan, so it depends on nothing but the list of files, their rules and the timings.
 */

export interface ShardPlan {
  /** How many shards there are. */
  readonly count: number;
  /** Sorted by key. */
  readonly files: readonly PlannedFile[];
}

export interface PlannedFile {
  /** As `fileKey` makes it. A second project without a name over the same file has ` #2` after it, and so on. */
  readonly key: string;
  /** The shard that runs the file, from 1. Of a file that is cut, the owner: it runs all tests that `given` lacks. */
  readonly shard: number;
  /**
   * If the file is cut, the tests that other shards than the owner run: shards by full name. Tests with equal names run
   * in the same shard. null: the file runs whole.
   */
  readonly given: Readonly<Record<string, number>> | null;
}

/** The shard that runs a test of a file: a total function, so no shard needs another's list of tests. */
export function shardOfTest({shard, given}: Pick<PlannedFile, 'shard' | 'given'>, fullName: string): number {
  return given !== null && Object.hasOwn(given, fullName) ? (given[fullName] ?? shard) : shard;
}

/** The shards that run tests of a file, the owner first. */
export function shardsOfFile({shard, given}: Pick<PlannedFile, 'shard' | 'given'>): number[] {
  return [...new Set([shard, ...Object.values(given ?? {})])];
}
