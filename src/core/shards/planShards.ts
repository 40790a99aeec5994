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
import {weighFiles, type WeighedFile} from './weights';

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

/** It is enough if the slowest shard is above the mean by this share. */
const NEAR = 0.0005;

/**
 * A plan that leaves files where they were is good enough if its slowest shard is above the mean, or above what a new
 * plan reaches, by this share. Moved files find no caches, and take longer: they would be moved on by the next plan.
 */
const NEAR_AT_HOME = 0.02;

/** @param count how many shards there are; 1 or more */
export function planShards(inputs: readonly ShardInput[], count: number, costs: ShardCosts): PlannedShards {
  const task = taskOf(inputs, count, costs);
  const hasHomes = inputs.some(({record}) => record?.shard?.[1] === count);
  const kept = hasHomes ? distribute(task, true) : null;
  const isGood = kept !== null && slowestOf(kept) <= Math.max(meanOf(kept), leastUs(kept, task)) * (1 + NEAR_AT_HOME);
  const made = isGood ? null : distribute(task, false);
  const takesKept = made === null || (kept !== null && slowestOf(kept) <= slowestOf(made) * (1 + NEAR_AT_HOME));
  const best = takesKept ? (kept as Distribution) : made;
  const mean = meanOf(best);
  return {
    plan: {count, files: plannedFiles(best)},
    expectedMs: Array.from({length: count}, (_, shard) => Math.round(best.loads.us(shard) / 1000)),
    ratio: mean === 0 ? 1 : slowestOf(best) / mean,
    bound: mean === 0 ? 1 : Math.max(1, leastUs(best, task) / mean),
  };
}

/** All that a plan is made from. Times are in µs. */
interface Task {
  readonly files: readonly WeighedFile[];
  readonly count: number;
  readonly workers: number;
  /** What a shard takes before its first file. */
  readonly startUs: number;
  readonly fixtureUs: ReadonlyMap<string, number>;
  /** What all shards take together if no file is cut, and each fixture is set up once. */
  readonly totalUs: number;
}

function taskOf(inputs: readonly ShardInput[], count: number, costs: ShardCosts): Task {
  const workers = costs.workers ?? 1;
  const files = weighFiles(inputs);
  const startUs = Math.round(costs.startMs * 1000) * workers;
  const fixtureUs = new Map([...costs.fixtures].map(([name, ms]) => [name, Math.round(ms * 1000)]));
  const setups = [...new Set(inputs.flatMap(({fixtures}) => fixtures))];
  const setupUs = setups.reduce((sum, name) => sum + (fixtureUs.get(name) ?? 0), 0);
  const filesUs = files.reduce((sum, {input, us}) => sum + us * (input.serial ? workers : 1), 0);
  return {files, count, workers, startUs, fixtureUs, totalUs: count * startUs + setupUs + filesUs};
}

interface Distribution {
  readonly items: readonly Item[];
  readonly cuts: readonly CutFile[];
  readonly loads: ShardLoads;
}

/** @param atHome whether files begin where they were in the last run */
function distribute(task: Task, atHome: boolean): Distribution {
  const {files, count, startUs, fixtureUs, totalUs} = task;
  const cuts = cutFiles(files, count, totalUs, startUs);
  const all = itemsOf(files, cuts, task);
  const items = atHome ? all : all.map(item => ({...item, home: null}));
  const loads = new ShardLoads(count, startUs, fixtureUs);
  placeItems(items, loads, shardsByFixture(items, task));
  for (let round = 0; round < ROUNDS; round++) {
    refine(loads, atHome ? NEAR_AT_HOME : NEAR);
    if (!cuts.map(cut => moveTests(cut, loads)).includes(true)) break;
  }
  return {items, cuts, loads};
}

function slowestOf({loads}: Distribution): number {
  return loads.us(loads.fullest());
}

function meanOf({loads}: Distribution): number {
  return loads.totalUs / loads.count;
}

/** What no shard undercuts that has the longest part, and nothing else that it need not have; in µs. */
function leastUs({items, cuts}: Distribution, {startUs, count, fixtureUs}: Task): number {
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

function plannedFiles({loads, cuts}: Distribution): PlannedFile[] {
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
