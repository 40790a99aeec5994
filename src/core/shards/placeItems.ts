/** The first distribution of the items, before it is refined: the longest first, each to the emptiest shard. */
import {fewestParts} from './fewestParts';
import type {Item} from './items';
import type {ShardLoads} from './shardLoads';

/** What the shards of a run spend, in µs. */
interface RunCosts {
  /** How many shards there are. */
  readonly count: number;
  /** All shards together. */
  readonly totalUs: number;
  /** Each shard, before its first file. */
  readonly startUs: number;
  /** The setup of each fixture. */
  readonly fixtureUs: ReadonlyMap<string, number>;
}

/** In how many shards each fixture is set up: each of them spends the setup, as each shard with a piece loads the file. */
export function shardsByFixture(
  items: readonly Item[],
  {count, totalUs, startUs, fixtureUs}: RunCosts,
): Map<string, number> {
  const needed = new Map<string, number>();
  for (const {us, fixtures} of items) for (const name of fixtures) needed.set(name, (needed.get(name) ?? 0) + us);
  return new Map(
    [...needed].map(([name, us]) => {
      const setup = fixtureUs.get(name) ?? 0;
      const endWith = (shards: number) =>
        Math.max(startUs + setup + us / shards, (totalUs + (shards - 1) * setup) / count);
      return [name, fewestParts(count, endWith)];
    }),
  );
}

/** Each item goes to the shard that takes least with it, of those in which its fixtures may be set up. */
export function placeItems(items: readonly Item[], loads: ShardLoads, limits: ReadonlyMap<string, number>): void {
  const used = new Map<string, number>();
  for (const item of items) {
    const isFree = item.fixtures.length === 0 && item.piece === null;
    const shard = isFree
      ? loads.emptiest()
      : shardFor(item, loads, name => (used.get(name) ?? 0) < (limits.get(name) ?? 0));
    for (const name of item.fixtures) if (!loads.has(shard, name)) used.set(name, (used.get(name) ?? 0) + 1);
    loads.add(shard, item);
  }
}

/** @param mayHaveMore whether one more shard may set a fixture up */
function shardFor(item: Item, loads: ShardLoads, mayHaveMore: (fixture: string) => boolean): number {
  const full = item.fixtures.filter(name => !mayHaveMore(name));
  let best: {shard: number; us: number; fits: boolean} | null = null;
  for (let shard = 0; shard < loads.count; shard++) {
    if (!loads.mayTake(shard, item)) continue;
    const us = loads.usWith(shard, item, null);
    const fits = full.every(name => loads.has(shard, name));
    if (best === null || (fits && !best.fits) || (fits === best.fits && us < best.us)) best = {shard, us, fits};
  }
  if (best === null) throw new Error(`${item.name} has more pieces than there are shards`);
  return best.shard;
}
