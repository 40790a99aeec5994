/** How far to spread what costs something in each shard that has a part of it. */

/** A further part has to lower the end of the run by more than this share of it. */
const WORTH = 0.01;

/**
 * @param most the highest number of parts
 * @param endWith when the run ends at the earliest if so many shards have a part
 * @returns the fewest parts of those with which the run ends early
 */
export function fewestParts(most: number, endWith: (parts: number) => number): number {
  let best = {parts: 1, end: endWith(1)};
  for (let parts = 2; parts <= most; parts++) {
    const end = endWith(parts);
    if (end < best.end * (1 - WORTH)) best = {parts, end};
  }
  return best.parts;
}
