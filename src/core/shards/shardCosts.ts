/** What a shard is taken to spend, by what runs have spent. */
import {median} from '../plan/recent';
import type {RunCosts} from '../plan/runCosts';
import {NO_COSTS, type ShardCosts} from './shardInput';

/** @param costs null: unknown */
export function shardCosts(costs: RunCosts | null): ShardCosts {
  if (costs === null) return NO_COSTS;
  return {
    startMs: median(costs.startMs) ?? NO_COSTS.startMs,
    workers: Math.round(median(costs.workers) ?? 1),
    fixtures: new Map(Object.entries(costs.fixtures).map(([title, recent]) => [title, median(recent) ?? 0])),
  };
}
