/** From Jest's list of test files to this shard's: makes the plan of all shards, or reads it. */
import {isAbsolute, relative, sep} from 'node:path';
import {planShards} from '../core/shards/planShards';
import {shardCosts} from '../core/shards/shardCosts';
import type {ShardCosts} from '../core/shards/shardInput';
import {shardsOfFile, type PlannedFile, type ShardPlan} from '../core/shards/shardPlan';
import {asksForOnlyFailures, asksForSnapshots} from '../core/rules/commandLine';
import {PLAN_TO_VARIABLE, PLAN_VARIABLE} from '../core/rules/optionSchemas';
import {cacheDirectoryOf} from '../run/cache/cacheDirectory';
import {findRunningJest} from '../run/jest/runningJest';
import {readOptionFiles, resolveFoundOptions} from '../run/optionSources';
import {TimingsFile} from '../run/past/timings';
import type {CurrentShard} from '../run/shard/currentShard';
import {warn} from '../run/warn';
import {describeMaking, describeShard} from './describeShard';
import {checkPlanFile, hashOf, readPlanFile, writePlanFile, type PlanFile} from './planFile';
import {runMayCut, shardInputs, type SequencedTest, type ShardedFile} from './shardInputs';

/** The part of Jest's GlobalConfig that we use. */
export interface KnownConfig {
  readonly rootDir: string;
  readonly updateSnapshot: string;
  readonly randomize?: boolean;
  readonly onlyFailures: boolean;
}

export interface ShardRequest<T> {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** null: Jest 29 does not tell its sequencer. */
  readonly config: KnownConfig | null;
  /** Those of these tests that Jest's own sequencer remembers as failed. */
  readonly failedOf: (tests: T[]) => T[] | Promise<T[]>;
}

/**
 * @returns the shard; and its tests, in the order in which Jest gave them
 * @throws {OptionsError}
 * @throws {ShardPlanError}
 */
export async function makeShard<T extends SequencedTest>(
  tests: readonly T[],
  {index, count, config, failedOf}: ShardRequest<T>,
): Promise<{readonly shard: CurrentShard; readonly own: T[]}> {
  const jest = findRunningJest();
  const rootDir = config?.rootDir ?? likelyRootDir(tests);
  const runnerOptions = tests.map(({context}) => context.config.runnerOptions).find(value => value !== undefined);
  const options = resolveFoundOptions([
    ...readOptionFiles(rootDir),
    {name: "the runner's options in the Jest config", value: runnerOptions ?? {}},
  ]);
  const cacheDirectory = cacheDirectoryOf(tests);
  const timings = new TimingsFile({path: options.timings, rootDir, cacheDirectory, runId: '', readOnly: true, warn});
  timings.load();
  const all = shardInputs(tests, {
    jest,
    rootDir,
    options,
    mayCut: runMayCut(options, config ?? (asksForSnapshots(process.argv.slice(2)) ? {updateSnapshot: 'new'} : {})),
    recordOf: key => timings.get(key),
  });
  const onlyFailures = config?.onlyFailures ?? asksForOnlyFailures(process.argv.slice(2));
  const files = onlyFailures ? await failedAmong(all, failedOf) : all;
  const made = planFor(files, count, {
    costs: shardCosts(timings.costs),
    madeFrom: () => describeMaking(files, shownPath(rootDir, timings.path)),
  });
  const placed = place(files, made.plan);
  const shard = shardOf(made, index, placed);
  const own = placed.filter(({shards}) => shards.includes(index));
  const inPart = own.filter(({planned}) => planned.given !== null).length;
  warn(describeShard(shard, made, placed.length, inPart));
  return {shard, own: own.map(({file}) => file.test)};
}

function planFor<T>(
  files: readonly ShardedFile<T>[],
  count: number,
  {costs, madeFrom}: {readonly costs: ShardCosts; readonly madeFrom: () => string},
): PlanFile {
  const inputs = files.map(({input}) => input);
  const from = process.env[PLAN_VARIABLE];
  if (from !== undefined && from !== '') {
    const read = readPlanFile(from);
    checkPlanFile(
      from,
      read,
      count,
      inputs.map(({key}) => key),
    );
    return read;
  }
  const {plan, ...expected} = planShards(inputs, count, costs);
  const made: PlanFile = {plan, madeFrom: madeFrom(), ...expected};
  const to = process.env[PLAN_TO_VARIABLE];
  if (to !== undefined && to !== '') writePlanFile(to, made);
  return made;
}

/** A test file and its part in the plan. */
interface PlacedFile<T> {
  readonly file: ShardedFile<T>;
  readonly planned: PlannedFile;
  readonly shards: readonly number[];
}

function place<T>(files: readonly ShardedFile<T>[], {files: planned}: ShardPlan): PlacedFile<T>[] {
  const byKey = new Map(planned.map(file => [file.key, file]));
  return files.map(file => {
    const found = byKey.get(file.input.key);
    if (found === undefined) throw new Error(`jest-runner-xdist: the plan of the shards lacks ${file.input.key}`);
    return {file, planned: found, shards: shardsOfFile(found)};
  });
}

function shardOf<T extends SequencedTest>(
  {plan, madeFrom}: PlanFile,
  index: number,
  placed: readonly PlacedFile<T>[],
): CurrentShard {
  const own = placed.filter(({shards}) => shards.includes(index));
  const recorded = new Set(placed.filter(({file}) => file.isOurs).flatMap(({shards}) => shards));
  const identity = (configId: string, path: string) => `${configId} ${path}`;
  const parts = new Map(
    placed.map(({file: {test}, planned}) => [identity(test.context.config.id, test.path), planned]),
  );
  return {
    index,
    count: plan.count,
    planHash: hashOf(plan),
    madeFrom,
    files: own.length,
    ofOtherRunners: own.filter(({file}) => !file.isOurs).length,
    withoutRecording: Array.from({length: plan.count}, (_, at) => at + 1).filter(number => !recorded.has(number)),
    planned: (configId, path) => parts.get(identity(configId, path)) ?? null,
  };
}

/**
 * The files that failed last time. All shards must find the same ones, so the timings count, which all shards have. They
 * do not know the files of other runners.
 */
async function failedAmong<T extends SequencedTest>(
  files: readonly ShardedFile<T>[],
  failedOf: ShardRequest<T>['failedOf'],
): Promise<ShardedFile<T>[]> {
  const others = files.filter(({isOurs}) => !isOurs).map(({test}) => test);
  const failed = new Set(others.length > 0 ? await failedOf(others) : []);
  return files.filter(({isOurs, test, input: {record}}) =>
    isOurs ? record !== null && record.end !== 'passed' : failed.has(test),
  );
}

/**
 * The run's rootDir, for Jest 29. With several projects it is that of the config in the folder where Jest was called,
 * as a rule that folder itself.
 */
function likelyRootDir(tests: readonly SequencedTest[]): string {
  const configs = new Map(tests.map(({context: {config}}) => [config.id, config]));
  const [first] = configs.values();
  return configs.size === 1 && first !== undefined ? first.rootDir : (first?.cwd ?? process.cwd());
}

/** Relative to rootDir, unless it is elsewhere, as the default cache is. */
function shownPath(rootDir: string, path: string): string {
  const below = relative(rootDir, path);
  return below.startsWith(`..${sep}`) || isAbsolute(below) ? path : below;
}
