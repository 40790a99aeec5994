/** Moves and swaps items until the fullest shard cannot be relieved. */
import type {Item} from './items';
import type {ShardLoads} from './shardLoads';

/** It is enough if the fullest shard is above the mean by this share. */
const NEAR = 0.0005;

/** How many changes are made at most: so many, and so many more for each shard. Time limits would differ by machine. */
const MOST_CHANGES = {all: 100, perShard: 10};

/** An item of the fullest shard goes to another one, which may give one in exchange. */
interface Change {
  readonly given: Item;
  readonly taken: Item | null;
  /** What the fuller of the two shards takes then, in µs. */
  readonly us: number;
}

export function refine(loads: ShardLoads): void {
  const changes = MOST_CHANGES.all + MOST_CHANGES.perShard * loads.count;
  for (let change = 0; change < changes; change++) {
    const fullest = loads.fullest();
    if (loads.us(fullest) <= (loads.totalUs / loads.count) * (1 + NEAR)) return;
    if (!relieve(loads, fullest)) return;
  }
}

/** @returns whether the shard was relieved */
function relieve(loads: ShardLoads, fullest: number): boolean {
  const others = Array.from({length: loads.count}, (_, shard) => shard).filter(shard => shard !== fullest);
  others.sort((a, b) => loads.us(a) - loads.us(b) || a - b);
  for (const other of others) {
    const change = bestChange(loads, fullest, other);
    if (change === null) continue;
    loads.remove(fullest, change.given);
    if (change.taken !== null) {
      loads.remove(other, change.taken);
      loads.add(fullest, change.taken);
    }
    loads.add(other, change.given);
    return true;
  }
  return false;
}

/** @returns null: none lowers the fuller of the two shards */
function bestChange(loads: ShardLoads, fullest: number, other: number): Change | null {
  let best: Change | null = null;
  const consider = (given: Item, taken: Item | null) => {
    if (taken?.serial === true || !loads.mayTake(other, given, taken)) return;
    if (taken !== null && !loads.mayTake(fullest, taken, given)) return;
    const us = Math.max(loads.usWith(fullest, taken, given), loads.usWith(other, given, taken));
    if (us < (best?.us ?? loads.us(fullest))) best = {given, taken, us};
  };
  const gap = loads.us(fullest) - loads.us(other);
  const candidates = loads.items(other);
  // Both lists have the longest first: what comes closest to half of the gap moves on with the item that is given.
  let place = 0;
  for (const given of loads.items(fullest)) {
    if (given.serial) continue;
    consider(given, null);
    const wanted = given.us - gap / 2;
    while (place < candidates.length && (candidates[place]?.us ?? 0) > wanted) place++;
    for (const taken of [candidates[place - 1], candidates[place]]) if (taken !== undefined) consider(given, taken);
  }
  return best;
}
