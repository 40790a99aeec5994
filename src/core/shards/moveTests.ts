/** Moves tests of a cut file between the shards that have its pieces: tests are smaller than what `refine` moves. */
import {dealTests, sumOf, type CutFile} from './cuts';
import type {ShardLoads} from './shardLoads';

/** Deals the tests of a cut file anew over the shards that have its pieces. @returns whether it relieved one */
export function moveTests(cut: CutFile, loads: ShardLoads): boolean {
  const held = loads.piecesOf(cut.key);
  const bases = held.map(({shard, item}) => loads.us(shard) - sumOf(item.piece.tests));
  const dealt = dealTests(cut.tests, bases);
  const before = Math.max(...held.map(({shard}) => loads.us(shard)));
  const after = Math.max(...dealt.map((tests, index) => (bases[index] ?? 0) + sumOf(tests)));
  if (after >= before) return false;
  for (const [index, {shard, item}] of held.entries()) {
    const tests = dealt[index] ?? [];
    const us = sumOf(tests) - sumOf(item.piece.tests);
    loads.remove(shard, item);
    item.piece.tests = tests;
    item.piece.us += us;
    item.us += us;
    // A piece without tests is none; only the owner's stays, for the tests that nobody knows yet.
    if (tests.length > 0 || item.piece === cut.pieces[0]) loads.add(shard, item);
  }
  return true;
}
