/**
 * Which shard runs which file. docs/design/shards.md gives the reasons.
 *
 * The plan is a pure function of its input, and the order of the inputs does not matter: the shards of a run plan on
 * different machines and must get the same.
 */
import {cutFiles, type CutFile} from './cuts';
import {itemsOf, type Item} from './items';
import {moveTests} from './moveTests';
import {placeItems, shardsByFixture} from './placeItems';
import {refine} from './refine';
import {compareTexts, type ShardCosts, type ShardInput} from './shardInput';
import {ShardLoads} from './shardLoads';
import type {PlannedFile, ShardPlan} from './shardPlan';
import {weighFiles} from './weights';

export interface PlannedShards {
  readonly plan: ShardPlan;
  /** By shard: what it is expected to take its workers together, with its start and its shared fixtures, in ms. */
  readonly expectedMs: readonly number[];
  /** The time of the slowest shard, divided by the mean of all shards. */
  readonly ratio: number;
  /**
   * What `ratio` no plan undercuts: the time of a shard that has nothing but the longest part, divided by the same mean;
   * at least 1. A part is a file that is not cut, a worker group, or the longest test of a file that is cut, with its
   * loading. If there are more parts than shards, two of the longest have to share one.
   */
  readonly bound: number;
}

/** How often tests of cut files move between pieces after items have moved between shards. */
const ROUNDS = 4;

type FixtureTimes = ReadonlyMap<string, number>;

/** @param count how many shards there are; 1 or more */
export function planShards(inputs: readonly ShardInput[], count: number, costs: ShardCosts): PlannedShards {
  const workers = costs.workers ?? 1;
  const fixtureUs = new Map([...costs.fixtures].map(([name, ms]) => [name, Math.round(ms * 1000)]));
  const files = weighFiles(inputs);
  const startUs = Math.round(costs.startMs * 1000) * workers;
  const setups = [...new Set(inputs.flatMap(({fixtures}) => fixtures))];
  const setupUs = setups.reduce((sum, name) => sum + (fixtureUs.get(name) ?? 0), 0);
  const totalUs = files.reduce(
    (sum, {input, us}) => sum + us * (input.serial ? workers : 1),
    count * startUs + setupUs,
  );
  const cuts = cutFiles(files, count, totalUs, startUs);
  const items = itemsOf(files, cuts, workers);
  const loads = new ShardLoads(count, startUs, fixtureUs);
  placeItems(items, loads, shardsByFixture(items, {count, totalUs, startUs, fixtureUs}));
  for (let round = 0; round < ROUNDS; round++) {
    refine(loads);
    if (!cuts.map(cut => moveTests(cut, loads)).includes(true)) break;
  }
  const us = Array.from({length: count}, (_, shard) => loads.us(shard));
  const mean = loads.totalUs / count;
  return {
    plan: {count, files: plannedFiles(loads, cuts)},
    expectedMs: us.map(one => Math.round(one / 1000)),
    ratio: mean === 0 ? 1 : Math.max(...us) / mean,
    bound: mean === 0 ? 1 : Math.max(1, leastUs(items, cuts, {startUs, count, fixtureUs}) / mean),
  };
}

/** What no shard undercuts that has the longest part, and nothing else that it need not have; in µs. */
function leastUs(
  items: readonly Item[],
  cuts: readonly CutFile[],
  {startUs, count, fixtureUs}: {readonly startUs: number; readonly count: number; readonly fixtureUs: FixtureTimes},
): number {
  const setupUs = (fixtures: readonly string[]) => fixtures.reduce((sum, name) => sum + (fixtureUs.get(name) ?? 0), 0);
  const whole = items.filter(({piece}) => piece === null);
  const times = whole.map(({us, fixtures}) => us + setupUs(fixtures));
  for (const {loadUs, restUs, tests, fixtures} of cuts) {
    times.push(loadUs + Math.max(restUs, tests[0]?.us ?? 0) + setupUs(fixtures));
  }
  const longest = whole.map(({us}) => us).sort((a, b) => b - a);
  const ofTwo = (longest[count - 1] ?? 0) + (longest[count] ?? 0);
  return startUs + times.reduce((most, us) => Math.max(most, us), longest.length > count ? ofTwo : 0);
}

function plannedFiles(loads: ShardLoads, cuts: readonly CutFile[]): PlannedFile[] {
  const files: PlannedFile[] = [];
  for (let shard = 0; shard < loads.count; shard++) {
    for (const key of loads.items(shard).flatMap(({keys}) => keys)) files.push({key, shard: shard + 1, given: null});
  }
  for (const {key, pieces} of cuts) {
    const held = loads.piecesOf(key);
    const owner = held.find(({item}) => item.piece === pieces[0])?.shard ?? 0;
    const others = held.filter(({shard}) => shard !== owner);
    const given = others.flatMap(({shard, item}) =>
      item.piece.tests.map(({fullName}) => [fullName, shard + 1] as const),
    );
    given.sort(([a], [b]) => compareTexts(a, b));
    // Object.fromEntries, because a test may be called "__proto__".
    files.push({key, shard: owner + 1, given: given.length === 0 ? null : Object.fromEntries(given)});
  }
  return files.sort((a, b) => compareTexts(a.key, b.key));
}
