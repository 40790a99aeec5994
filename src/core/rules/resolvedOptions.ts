/** The resolved options of a run, and the defaults. */
import type {FolderRules} from './folderRules';
import type {Dist, NodeOption, Watermark} from './options';

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
  from: Object.freeze({}),
});
