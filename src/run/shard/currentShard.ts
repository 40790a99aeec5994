/**
 * Which shard of a run this process runs. Our test sequencer decides it, before Jest asks the runner for anything, and
 * the runner reads it: Jest has no way to hand it on.
 */
import type {PlannedFile} from '../../core/shards/shardPlan';

export interface CurrentShard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** Shards with equal hashes have the same plan. */
  readonly planHash: string;
  /** What the plan was made from, for the user: `812 durations of xdist-timings.json`. */
  readonly madeFrom: string;
  /** How many files this shard runs, in whole or in part: those of all runners. */
  readonly files: number;
  /** How many of them belong to projects with another runner. No recording has these. */
  readonly ofOtherRunners: number;
  /** The shards that run no file of this runner, so that they leave no recording. */
  readonly withoutRecording: readonly number[];
  /** The file's part in the plan. null: the plan does not know the file. */
  readonly planned: (configId: string, path: string) => PlannedFile | null;
}

let current: CurrentShard | null = null;

/** @param shard null: the run is not sharded, or not by us */
export function setCurrentShard(shard: CurrentShard | null): void {
  current = shard;
}

export function currentShard(): CurrentShard | null {
  return current;
}
