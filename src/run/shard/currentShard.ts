/**
 * Which shard of a run this process runs. Our test sequencer decides it, before Jest asks the runner for anything, and
 * the runner reads it: Jest has no way to hand it on.
 */
import type {PlannedFile} from '../../core/shards/shardPlan';
import type {ShardLine} from '../../recording/lines';

/** What a recording says of the shard, and the plan itself. */
export interface CurrentShard extends Omit<ShardLine, 'type'> {
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
