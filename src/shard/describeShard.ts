/** What a shard tells the user of itself: all shards must have the same plan, so each says which one it has. */
import {describeTimeSpan} from '../core/texts/timeSpan';
import type {CurrentShard} from '../run/shard/currentShard';
import type {PlanFile} from './planFile';
import type {ShardedFile} from './shardInputs';

/** As in `118 of 120 durations in xdist-timings.json`. */
export function describeMaking(files: readonly Pick<ShardedFile<unknown>, 'input'>[], timings: string): string {
  const known = files.filter(({input: {record}}) => record !== null && record.ms !== null).length;
  if (known === 0) return `the sizes of ${count(files.length, 'file')}, as ${timings} has no duration of them`;
  return `the durations of ${known} of ${count(files.length, 'file')} in ${timings}`;
}

/** @param all how many files all shards have */
export function describeShard(shard: CurrentShard, {expectedMs, madeFrom}: PlanFile, all: number, cut: number): string {
  const {index, files, planHash} = shard;
  const parts = cut === 0 ? '' : ` (${cut} in part)`;
  const ms = expectedMs[index - 1] ?? 0;
  return (
    `shard ${index} of ${shard.count} runs ${files} of ${count(all, 'file')}${parts}, ${describeTimeSpan(ms)} of work. ` +
    `Plan ${planHash}, made from ${madeFrom}.`
  );
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
