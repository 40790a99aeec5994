/** Obsolete snapshots of a file whose tests are cut over shards. */
import type {CutTests} from '../wire/fileCut';

/**
 * The keys that no test of another shard can ask for. A shard does not run these tests, so Jest finds their keys
 * unused.
 *
 * Jest's keys are `name 1` or, with a hint, `name: hint 1`. If a key fits both a test of this shard and one of another
 * shard, only all shards together know whether it is obsolete, so it is not among the returned keys either.
 */
export function keysOfShard(keys: readonly string[], {names, own}: Pick<CutTests, 'names' | 'own'>): string[] {
  const places = new Set(own);
  const foreign = new Set(names.filter((_, place) => !places.has(place)).flatMap(name => [name, withoutBreaks(name)]));
  return keys.filter(key => !possibleNames(key).some(name => foreign.has(name)));
}

/** The names of the tests that may have asked for a key: a name and a hint may themselves contain a colon. */
function possibleNames(key: string): string[] {
  const counted = key.replace(/ \d+$/, '');
  const names = [counted];
  for (let at = counted.indexOf(': '); at !== -1; at = counted.indexOf(': ', at + 1)) names.push(counted.slice(0, at));
  return names;
}

/** From Jest 30 on, keys have line breaks escaped. */
function withoutBreaks(name: string): string {
  return name.replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}
