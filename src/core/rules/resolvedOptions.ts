/** The resolved options of a run, and the defaults. */
import type {FolderRules} from './folderRules';
import type {Dist, FleetOption, NodeOption, Watermark} from './options';

/** The fleet that a run belongs to. */
export interface ResolvedFleet {
  /** A password is in it only if it comes from XDIST_FLEET. */
  readonly url: string;
  /** null: CI's variables say it. */
  readonly run: string | null;
  /** null: the variables of its own say it. */
  readonly secret: Readonly<NonNullable<FleetOption['secret']>> | null;
  /** In ms. */
  readonly lease: number;
}

export const DEFAULT_LEASE = 30_000;

/** The options of a run with every default filled in. */
export interface ResolvedOptions {
  readonly dist: Dist;
  /** Empty: every worker is like Jest's own process. */
  readonly nodes: readonly NodeOption[];
  readonly canSplit: readonly string[];
  readonly files: readonly FolderRules[];
  readonly resources: Readonly<Record<string, number>>;
  readonly watermark: Readonly<Required<Watermark>>;
  readonly maxScheduleChunk: number | null;
  /** null: as many as Jest's `maxWorkers`. */
  readonly slots: number | 'auto' | null;
  /** null: the option is not set. */
  readonly maxSlots: number | null;
  readonly maxWorkerRestarts: number | null;
  readonly restartWorkers: 'never' | 'file';
  readonly onCrash: 'resume' | 'fail-file';
  /** In ms; 0: no limit. */
  readonly hardTimeout: number;
  /** In ms; 0: never. */
  readonly slowTimeout: number;
  /** In ms; 0: no limit. */
  readonly fixtureTimeout: number;
  readonly timings: string | null;
  readonly inBand: 'auto' | 'never';
  readonly compileCache: boolean;
  /** `path` null: in Jest's cacheDirectory. null: nothing is recorded. */
  readonly recording: {readonly path: string | null; readonly keep: number} | null;
  /** null: the run is this machine's alone. */
  readonly fleet: ResolvedFleet | null;
  /** Where each option that is not a default was set: "xdist.config.js". */
  readonly from: Readonly<Record<string, string>>;
}

export const DEFAULT_OPTIONS: ResolvedOptions = Object.freeze({
  dist: 'load',
  nodes: Object.freeze([]),
  canSplit: Object.freeze([]),
  files: Object.freeze([]),
  resources: Object.freeze({}),
  watermark: Object.freeze({low: 50, high: 200}),
  maxScheduleChunk: null,
  slots: null,
  maxSlots: null,
  maxWorkerRestarts: null,
  restartWorkers: 'never',
  onCrash: 'resume',
  hardTimeout: 300_000,
  slowTimeout: 60_000,
  fixtureTimeout: 60_000,
  timings: null,
  inBand: 'auto',
  compileCache: true,
  recording: Object.freeze({path: null, keep: 10}),
  fleet: null,
  from: Object.freeze({}),
});
