/**
 * The format of a recording: what one run of the runner did, as JSON lines. docs/recording.md documents it for others.
 *
 * The first line is a RunLine. The others follow in the order of time. `at` is always in ms since the run began, by a
 * monotonic clock. A file is named by its index in the FilesLine. Paths are relative to the root of the repository,
 * with forward slashes.
 */
import type {Death} from '../core/texts/deaths';
import type {Generation, SlotNumber} from '../core/plan/units';
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';
import type {FileProfile} from '../core/wire/fileProfile';

/** Raised with every change that an older reader would misread. */
export const FORMAT = 1;

/** `default`: what the scheduler did and how each test ended. `full`: also everything that Jest was told. */
export type Level = 'default' | 'full';

/** The first line: the circumstances of the run. */
export interface RunLine {
  readonly type: 'run';
  readonly format: number;
  readonly level: Level;
  readonly runId: string;
  /** When the run began, in ms since the epoch. */
  readonly startedAt: number;
  /** How long Jest's process had run by then (ms): Jest's own start, the search for test files, `globalSetup`. */
  readonly beforeMs: number;
  readonly versions: {readonly runner: string; readonly jest: string; readonly node: string};
  readonly machine: {
    readonly platform: string;
    readonly arch: string;
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
  };
  /** The options that differ from the defaults, with the place where each was set. */
  readonly options: Readonly<Record<string, {readonly value: unknown; readonly from: string}>>;
  readonly jest: JestSettings;
  readonly projects: readonly RecordedProject[];
  /** The run's rootDir; '': the root of the repository. */
  readonly rootDir: string;
  /** From variables of the CI; null: they name none. */
  readonly git: {readonly commit: string | null; readonly branch: string | null};
  /** Hashes. Runs with equal hashes have the same config, and the same list of files. */
  readonly fingerprints: {readonly config: string; readonly files: string};
  /** Why the run is in band; null: it runs over workers. */
  readonly inBand: string | null;
}

/** The settings of Jest that decide what a run does and reports. Nothing else of its config is recorded. */
export interface JestSettings {
  readonly bail: number;
  readonly ci: boolean;
  readonly collectCoverage: boolean;
  readonly coverageProvider: 'babel' | 'v8';
  readonly expand: boolean;
  readonly maxWorkers: number;
  readonly randomize: boolean;
  readonly seed: number;
  readonly shard: {readonly shardIndex: number; readonly shardCount: number} | null;
  readonly silent: boolean;
  readonly testNamePattern: string | null;
  readonly testPathPatterns: readonly string[];
  readonly updateSnapshot: 'all' | 'new' | 'none';
  readonly verbose: boolean | null;
  readonly watch: boolean;
  /** Whether Jest chose the files by something other than a pattern of paths: `-o`, `--findRelatedTests` and so on. */
  readonly related: boolean;
}

/** A project of Jest's config that has files in the run. */
export interface RecordedProject {
  /** Jest's own id of the project's config. */
  readonly id: string;
  /** Its displayName; null: it has none. */
  readonly name: string | null;
  readonly rootDir: string;
  /** A hash of its config. Shards of one run may have files of different projects, so each project has its own. */
  readonly fingerprint: string;
}

export interface RecordedFile {
  /** The index of its project in the RunLine. */
  readonly project: number;
  readonly path: string;
}

/**
 * The list of test files, in the order in which Jest gave it; in a fleet, in the order that all machines have. Other
 * lines refer to a file by its index.
 */
export interface FilesLine {
  readonly type: 'files';
  readonly files: readonly RecordedFile[];
}

/** The run is a shard of a larger one. It follows the list of files. */
export interface ShardLine {
  readonly type: 'shard';
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** Shards with equal hashes have the same plan. */
  readonly planHash: string;
  /** What the plan was made from, for the user. */
  readonly madeFrom: string;
  /** How many files the plan gives to this shard, in whole or in part. */
  readonly files: number;
  /** How many of these belong to projects with another runner, so this recording does not have them. */
  readonly ofOtherRunners: number;
  /** The shards that run no file of this runner, so that they leave no recording. */
  readonly withoutRecording: readonly number[];
}

/** This shard's part of a file that is cut over shards has ended. It precedes the line of the file's end. */
export interface CutLine {
  readonly type: 'cut';
  readonly at: number;
  readonly file: number;
  /** The full names of all tests of the file, in the order of the source. */
  readonly names: readonly string[];
  /** The places of the tests that this shard runs, ascending. The result that Jest was told has them in this order. */
  readonly own: readonly number[];
  /** How many of the result's console entries, at its beginning, are from the loading of the file. */
  readonly loadEntries: number;
  /** The keys of the snapshot file that no test of this shard asked for, in the order of the snapshot file. */
  readonly unchecked: readonly string[];
}

/** The plan of a run over workers. The paths of its units are those of FilesLine. */
export interface PlanLine {
  readonly type: 'plan';
  readonly at: number;
  readonly plan: SchedulePlan;
  /** For each unit, the index of its file. */
  readonly files: readonly number[];
  /** The names of the nodes; empty: all workers are alike. */
  readonly nodes: readonly string[];
  /** The titles of the plan's fixtures: their modules' paths, relative to rootDir. Not set by older versions. */
  readonly fixtures?: readonly string[] | undefined;
}

export interface EventLine {
  readonly type: 'event';
  readonly at: number;
  readonly event: ScheduleEvent;
}

export interface CommandLine {
  readonly type: 'command';
  readonly at: number;
  readonly command: Command;
}

/**
 * For each test of a file that may be split, in the order of the source, the number of its group; null: the test does
 * not run.
 */
export interface GroupsLine {
  readonly type: 'groups';
  readonly at: number;
  readonly unit: number;
  readonly groups: readonly (number | null)[];
}

/** A worker's process has started, or was started ahead of the run. */
export interface ProcessLine {
  readonly type: 'process';
  readonly at: number;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number;
}

/** A worker that watch mode started ahead of the run has this state. */
export interface AheadLine {
  readonly type: 'ahead';
  readonly at: number;
  readonly slot: SlotNumber;
  readonly pid: number | null;
  readonly state: AheadState;
}

/** `waits`: it has loaded its modules. `ready`: it can serve the new run. `leaves`: it cannot, because of `why`. */
export type AheadState = {readonly type: 'waits' | 'ready'} | {readonly type: 'leaves'; readonly why: string};

export type TestStatus = 'passed' | 'failed' | 'pending' | 'skipped' | 'todo' | 'disabled' | 'focused';

export interface RecordedTest {
  /** The titles of its describe blocks and its own. */
  readonly titles: readonly string[];
  readonly status: TestStatus;
  /** In ms; null: it did not run. */
  readonly ms: number | null;
  /** When its last try began; null: unknown, as it did not run, or because Jest 29 does not say so. */
  readonly at: number | null;
}

/** What one worker contributed to a file. A file that was not split has one share. */
export interface ShareLine {
  readonly type: 'share';
  /** When it ended. */
  readonly at: number;
  readonly file: number;
  /** The unit; null: the run is in band. */
  readonly unit: number | null;
  /** null: the run is in band, or no worker ran the file. */
  readonly slot: SlotNumber | null;
  /** The node's name; null: all workers are alike. */
  readonly node: string | null;
  readonly tests: readonly RecordedTest[];
  /** Where its time went; null: unknown, as the worker died. */
  readonly profile: FileProfile | null;
}

/**
 * Another machine of the fleet has ended a file, or a part of a file that is cut over machines. It precedes the line of
 * the file's end.
 */
export interface ElsewhereLine {
  readonly type: 'elsewhere';
  /** When this machine had the result. */
  readonly at: number;
  /** The name of the other machine, as in the FleetLine. */
  readonly machine: string;
  readonly file: number;
  /** From 1; null: the file is not cut. */
  readonly part: number | null;
  /** The worker of the other machine that ended it; null: none ran it. */
  readonly slot: SlotNumber | null;
  /** When it began, as `at`. It is negative if this machine's run began later. */
  readonly begunAt: number;
  readonly ms: number;
  /** Whether the result is of an earlier round: it did not run again. */
  readonly kept: boolean;
  readonly tests: readonly RecordedTest[];
}

/** The run was one of a fleet. Written at the end of the run. */
export interface FleetLine {
  readonly type: 'fleet';
  readonly at: number;
  /** From 1. A later round runs again what failed or is missing in the round before. */
  readonly round: number;
  /** The name of this machine. */
  readonly machine: string;
  /** All machines that have taken part in one of the rounds. */
  readonly machines: readonly FleetMachine[];
  readonly jobs: {
    /** What machines take from the fleet's queue: a file, a part of one, or the files of a worker group. */
    readonly all: number;
    /** With those that were kept. */
    readonly completed: number;
    readonly failed: number;
    /** The results of earlier rounds that stand. */
    readonly kept: number;
  };
}

export interface FleetMachine {
  /** Of two machines with one name, the second one has ` #2`. Names are the same in the recordings of all machines. */
  readonly name: string;
  readonly workers: number;
  /** How many jobs of this run it has completed, with those of earlier rounds that were kept. */
  readonly jobs: number;
}

/** The end of a file. */
export interface FileLine {
  readonly type: 'file';
  readonly at: number;
  readonly file: number;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** How many of its tests have each outcome. */
  readonly tests: {
    readonly passed: number;
    readonly failed: number;
    readonly pending: number;
    readonly todo: number;
  };
  /** The first line of the reason why the file has no result; null: it has one. */
  readonly error: string | null;
}

/** A worker died. */
export interface DeathLine {
  readonly type: 'death';
  readonly at: number;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number | null;
  readonly death: Death;
  /** The end of what the process wrote to its standard error. */
  readonly stderr: string;
}

/** A text of the runner that the user read on standard error. */
export interface WarningLine {
  readonly type: 'warning';
  readonly at: number;
  readonly text: string;
}

/** How busy the machine was. */
export interface LoadLine {
  readonly type: 'load';
  readonly at: number;
  /** The share of all cores' time since the last such line, by all programs: 0 to 1. */
  readonly busy: number;
  /** Free memory, in bytes. */
  readonly freeBytes: number;
}

/** Full recordings: an event that Jest was told. */
export interface ToldLine {
  readonly type: 'told';
  readonly at: number;
  readonly name: ToldName;
  /** null: the file is unknown. */
  readonly file: number | null;
  /** What follows the Test in the event's data, in the encoding of `json.ts`. */
  readonly data: unknown;
}

export type ToldName =
  'test-file-start' | 'test-file-success' | 'test-file-failure' | 'test-case-start' | 'test-case-result';

/** Full recordings: what coverage says of one source that does not depend on the run, once for each content. */
export interface SourceLine {
  readonly type: 'source';
  /** A hash of `source`. */
  readonly id: string;
  readonly source: unknown;
}

/** The last line. A recording without it is of a run that was killed, or that goes on. */
export interface EndLine {
  readonly type: 'end';
  readonly at: number;
  /** `ended-early`: by `--bail` or by the user. `fault`: by an error of the runner. */
  readonly verdict: 'passed' | 'failed' | 'ended-early' | 'fault';
  /** Whether the run failed by something that is not the result of a file: a fixture that could not be taken down. */
  readonly failedOutside: boolean;
}

export type RecordingLine =
  | RunLine
  | FilesLine
  | ShardLine
  | CutLine
  | PlanLine
  | EventLine
  | CommandLine
  | GroupsLine
  | ProcessLine
  | AheadLine
  | ShareLine
  | ElsewhereLine
  | FileLine
  | DeathLine
  | WarningLine
  | LoadLine
  | ToldLine
  | SourceLine
  | FleetLine
  | EndLine;
