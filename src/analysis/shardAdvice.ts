/** How long a recorded run would take in shards: each of them again in virtual time, by the plan that they would have. */
import {fileKey, testDurations, type FileRecord} from '../core/plan/durations';
import {planShards} from '../core/shards/planShards';
import type {ShardCosts, ShardInput} from '../core/shards/shardInput';
import {shardOfTest, shardsOfFile, type PlannedFile} from '../core/shards/shardPlan';
import type {RecordingLine, ShareLine} from '../recording/lines';
import type {ObservedRun} from './whatIf/observedRun';
import {wholeOf, type Predictor, type WhatIf} from './whatIf/predict';
import {VirtualRunError, type UnitWork} from './whatIf/virtualRun';

export interface ShardPrediction {
  readonly shards: number;
  /** The slowest shard, from the start of its Jest to the end, in ms. */
  readonly ms: number;
  /** The time of each shard rounded up to whole minutes, and added up. */
  readonly billedMinutes: number;
}

/** The numbers of shards that are tried. */
const SHARDS = [2, 3, 4, 6, 8, 12, 16];

/** More shards pay if they take at most this share of the time with fewer. */
const PAYS = 0.95;

const MINUTE_MS = 60_000;

/** One shard, and each number of shards that pays, with this number of workers in each. */
export function shardAdvice(
  lines: readonly RecordingLine[],
  run: ObservedRun,
  predictor: Predictor,
  workers: number,
): ShardPrediction[] {
  const files = filesOf(lines, run, predictor);
  const {fixtures, start} = predictor.work;
  const costs: ShardCosts = {
    startMs: run.beforeMs + start.ms,
    workers,
    fixtures: new Map(fixtures.map((fixture, id) => [String(id), fixture.start.ms + fixture.setupMs])),
  };
  const predictions = [predictionOf([predictor.predict({workers}).ms])];
  for (const count of SHARDS) {
    let made: ShardPrediction;
    try {
      const inputs = files.map(({input}) => input);
      const planned = new Map(planShards(inputs, count, costs).plan.files.map(file => [file.key, file]));
      made = predictionOf(
        Array.from({length: count}, (_, shard) => {
          const ofShard = whatIfOf(files, planned, shard + 1, predictor);
          return ofShard === null ? run.beforeMs + run.afterMs : predictor.predict({workers, ...ofShard}).ms;
        }),
      );
    } catch (error) {
      if (error instanceof VirtualRunError) break; // it takes too long to compute
      throw error;
    }
    if (made.ms <= PAYS * (predictions.at(-1)?.ms ?? 0)) predictions.push(made);
  }
  return predictions;
}

function predictionOf(times: readonly number[]): ShardPrediction {
  const billedMinutes = times.reduce((sum, ms) => sum + Math.ceil(ms / MINUTE_MS), 0);
  return {shards: times.length, ms: Math.max(...times), billedMinutes};
}

/** A file, and its units: one, or one on each node. */
interface ShardedFile {
  readonly input: ShardInput;
  readonly units: readonly number[];
  /** The full name of the first test of each group; empty: the file runs whole. */
  readonly groups: readonly string[];
}

function filesOf(lines: readonly RecordingLine[], {plan: {plan}}: ObservedRun, {work}: Predictor): ShardedFile[] {
  const shares = new Map<number, ShareLine[]>();
  const groups = new Map<number, readonly (number | null)[]>();
  for (const line of lines) {
    if (line.type === 'share' && line.unit !== null) shares.set(line.unit, [...(shares.get(line.unit) ?? []), line]);
    else if (line.type === 'groups') groups.set(line.unit, line.groups);
  }
  const byFile = new Map<string, (typeof plan.units)[number][]>();
  for (const unit of plan.units) {
    const key = JSON.stringify([unit.file.configId, fileKey(null, unit.file.path)]);
    byFile.set(key, [...(byFile.get(key) ?? []), unit]);
  }
  return [...byFile].flatMap(([key, units]) => {
    const [first] = units;
    if (first === undefined) return [];
    const {id, split, constraints, file} = first;
    const own = shares.get(id) ?? [];
    const all = own.flatMap(({tests}) => tests.map(({titles, ms}) => ({fullName: titles.join(' '), duration: ms})));
    const ms = units.reduce((sum, unit) => sum + wholeOf(work.units[unit.id] ?? NOTHING).ms, 0);
    const loadMs = work.units[id]?.load.ms ?? 0;
    const record: FileRecord = {
      at: 0,
      ms: Math.round(ms),
      ...testDurations(all),
      end: 'passed',
      measured: {loadMs, cpuMs: 0, on: ''},
    };
    const names = split === null || units.length > 1 ? [] : firstNames(groups.get(id) ?? [], own[0]);
    const group = constraints?.workerGroup ?? null;
    const input: ShardInput = {
      key,
      record,
      size: () => 0,
      mayCut: names.length > 0,
      workerGroup: group === null ? null : JSON.stringify([file.configId, group]),
      serial: constraints?.serial ?? false,
      fixtures: (constraints?.fixtures ?? []).filter(fixture => plan.fixtures[fixture]?.scope === 'run').map(String),
    };
    return [{input, units: units.map(unit => unit.id), groups: names}];
  });
}

const NOTHING: UnitWork = {load: {ms: 0, cpuMs: 0}, groups: [], end: {ms: 0, cpuMs: 0}};

function firstNames(groups: readonly (number | null)[], share: ShareLine | undefined): string[] {
  const names: string[] = [];
  if (share?.tests.length !== groups.length) return [];
  for (const [place, group] of groups.entries()) {
    if (group !== null) names[group] ??= share.tests[place]?.titles.join(' ') ?? '';
  }
  return Array.from(names, name => name ?? '');
}

/** What runs in a shard; null: nothing. */
function whatIfOf(
  files: readonly ShardedFile[],
  planned: ReadonlyMap<string, PlannedFile>,
  shard: number,
  {work}: Predictor,
): Pick<WhatIf, 'only' | 'units'> | null {
  const only = new Set<number>();
  const changed = new Map<number, {readonly work: UnitWork; readonly split: null}>();
  for (const {input, units, groups} of files) {
    const part = planned.get(input.key);
    if (part === undefined || !shardsOfFile(part).includes(shard)) continue;
    for (const unit of units) {
      only.add(unit);
      const whole = work.units[unit];
      if (part.given === null || whole === undefined) continue;
      const own = whole.groups.filter((_, group) => shardOfTest(part, groups[group] ?? '') === shard);
      changed.set(unit, {work: {...whole, groups: own}, split: null});
    }
  }
  return only.size === 0 ? null : {only, units: changed};
}
