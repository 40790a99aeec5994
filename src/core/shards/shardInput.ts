/** What the plan of shards is made from: the files, their rules, and what the timings say. */
import type {FileRecord} from '../plan/durations';

/** One test file of a run that is cut into shards. */
export interface ShardInput {
  /** The key of the PlannedFile. No two inputs share one. */
  readonly key: string;
  /** null: the timings do not know the file. */
  readonly record: FileRecord | null;
  /** The file's size in bytes. Called only if the duration of this file, or of one near it, is unknown. */
  readonly size: () => number;
  /** Whether the file may be split, and its tests can write no snapshot. */
  readonly mayCut: boolean;
  /** Files of one group run in one shard. Groups of two projects have different names. null: the file is in no group. */
  readonly workerGroup: string | null;
  /** Whether nothing else may run at the same time. */
  readonly serial: boolean;
  /** The names of the shared fixtures of scope `run` that must be up for the file. */
  readonly fixtures: readonly string[];
}

/** What a shard spends besides its files. All shards of a run must be given the same costs. */
export interface ShardCosts {
  /** From the start of Jest until the first test file begins, in ms. */
  readonly startMs: number;
  /** What a shared fixture takes to set up, in ms, by its name. Each shard with a file that needs it spends that. */
  readonly fixtures: ReadonlyMap<string, number>;
  /** How many workers a shard has. A serial file keeps all of them. Default: 1. */
  readonly workers?: number;
}

/** The costs are unknown. */
export const NO_COSTS: ShardCosts = {startMs: 0, fixtures: new Map()};

/** Orders texts by their code units: `localeCompare` depends on the machine. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
