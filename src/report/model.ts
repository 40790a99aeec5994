/**
 * What a report shows, as JSON: the page gets it, and so do the other outputs. All times are in ms since the run began,
 * all sizes in bytes. Texts are printable: they hold no control characters and no marks that change their direction.
 */

export interface ReportModel {
  readonly run: ReportRun;
  readonly files: readonly ReportFile[];
  /** One for each worker's slot; in band, one for Jest's process. In a fleet, those of other machines follow. */
  readonly lanes: readonly Lane[];
  /** Units that one worker had to return, so that another one could run them. */
  readonly steals: readonly Steal[];
  readonly deaths: readonly ReportDeath[];
  readonly fixtures: readonly FixtureSpan[];
  /** The load of the machine. */
  readonly load: readonly LoadSample[];
  /** null: the run was in band, was one of a fleet, or ended before its units. */
  readonly floor: ReportFloor | null;
  /** The packages that took longest to load, in all files together. */
  readonly packages: readonly ReportPackage[];
  /** The project's source files that took long to load, in all files together. */
  readonly sources: readonly ReportPackage[];
  /** What each part of files took, in all files together, the longest first. */
  readonly parts: readonly FilePart[];
  readonly failures: readonly Failure[];
  /** What the runner wrote to standard error. */
  readonly warnings: readonly {readonly at: number; readonly text: string}[];
  /** null: no other run is compared. */
  readonly comparison: Comparison | null;
}

export type Verdict = 'passed' | 'failed' | 'ended-early' | 'fault' | 'unfinished';

export interface ReportRun {
  readonly verdict: Verdict;
  readonly failedOutside: boolean;
  /** In ms since the epoch. */
  readonly startedAt: number;
  /** What Jest took before the run, in ms. */
  readonly beforeMs: number;
  readonly ms: number;
  /** When the first file began, if that was before the run of this machine, in a fleet; else 0. */
  readonly from: number;
  /** As in `Jest 30.5.0`. */
  readonly versions: readonly string[];
  readonly machine: string;
  readonly cores: number;
  /** Its branch and commit; '': unknown. */
  readonly commit: string;
  /** The run's folder below the root of the repository. */
  readonly rootDir: string;
  /** The options that differ from the defaults: name, value, and where each was set. */
  readonly options: readonly (readonly [name: string, value: string, from: string])[];
  /** Why the run was in band; null: it was over workers. */
  readonly inBand: string | null;
  /** null: the run was not one of a fleet. */
  readonly fleet: ReportFleet | null;
  /** Why the recording ends where it does, or why parts of it could not be analysed. */
  readonly problems: readonly string[];
  readonly files: {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly notRun: number;
  };
  readonly tests: {readonly passed: number; readonly failed: number; readonly pending: number; readonly todo: number};
}

/** The fleet of which the run was one. What the report says beyond the results is of one machine. */
export interface ReportFleet {
  /** The name of that machine. */
  readonly machine: string;
  readonly machines: readonly {readonly name: string; readonly workers: number; readonly jobs: number}[];
  readonly round: number;
}

export type FileStatus = 'passed' | 'failed' | 'skipped' | 'not-run';

export interface ReportFile {
  readonly path: string;
  /** The name of its project; null: it has none. */
  readonly project: string | null;
  readonly status: FileStatus;
  /** What all workers together spent on it. */
  readonly ms: number;
  readonly tests: readonly ReportTest[];
  /** What it took, added up over its workers; null: unknown. */
  readonly profile: ReportProfile | null;
}

export type TestStatus = 'passed' | 'failed' | 'pending' | 'skipped' | 'todo' | 'disabled' | 'focused';

/** A test, as a tuple: a report may have tens of thousands. */
export type ReportTest = readonly [
  titles: readonly string[],
  status: TestStatus,
  /** null: it did not run. */
  ms: number | null,
  /** null: unknown. */
  at: number | null,
  /** The index of the lane in which it ran; null: unknown. */
  lane: number | null,
];

/** Where a file's time went. */
export interface ReportProfile {
  /** What it spent on the loading of its environment, setup files and modules, with transforms. */
  readonly loadingMs: number;
  readonly hooksMs: number;
  readonly testsMs: number;
  readonly cpuMs: number;
  /** All its parts, the longest first. */
  readonly parts: readonly FilePart[];
  readonly modules: number;
  readonly packages: readonly LoadTime[];
  readonly sources: readonly LoadTime[];
}

export type FilePart = readonly [name: string, ms: number];

/** A package, or a source file of the project: its own time. */
export type LoadTime = readonly [name: string, ms: number, modules: number];

export interface Lane {
  /** As in `w1`; in a fleet, `gamma w1`. */
  readonly name: string;
  /** As in `w1`. */
  readonly label: string;
  /** The machine of the fleet; null: the run was not one of a fleet. */
  readonly machine: string | null;
  /** Whether it is of another machine: then only its files are known. */
  readonly isElsewhere: boolean;
  /** The names of its processes' nodes; null: all workers are alike. */
  readonly node: string | null;
  readonly spans: readonly Span[];
  /** When a process replaced one that was lost, or that had ended. */
  readonly replacements: readonly number[];
  /** What the process held after each file: rss and heap. */
  readonly memory: readonly MemorySample[];
  readonly busyMs: number;
  readonly startingMs: number;
  readonly idle: readonly (readonly [reason: string, ms: number])[];
}

export interface MemorySample {
  readonly at: number;
  readonly file: number;
  readonly rss: number;
  readonly heap: number;
  /** By how much rss grew since the file before in the same process; null: this was its first file. */
  readonly grew: number | null;
}

/** What a worker did. Spans of a lane follow each other; times without a process have none. */
export type Span =
  | {readonly type: 'starting'; readonly from: number; readonly to: number}
  | {
      readonly type: 'idle';
      readonly from: number;
      readonly to: number;
      /** A clause that says why. */
      readonly reason: string;
      /** Which file or resource is meant; '': none. */
      readonly detail: string;
    }
  | FileSpan;

/** A worker's session of a file. */
export interface FileSpan {
  readonly type: 'file';
  readonly from: number;
  readonly to: number;
  readonly file: number;
  /** The name of the node; null: all workers are alike. */
  readonly node: string | null;
  /** Whether another worker ran the file's other tests at that time. */
  readonly joins: boolean;
  /** What came first and last in it; null: unknown. */
  readonly phases: Phases | null;
}

/** When the phases of a session ended, in ms since the run began. What follows until the end is its teardown. */
export interface Phases {
  /** Until here the process was busy with itself: before its first file, it loads Jest. */
  readonly process: number;
  readonly environment: number;
  readonly setup: number;
  /** Until here the test file and its modules were transformed and loaded. */
  readonly modules: number;
  /** Until here tests and hooks ran. */
  readonly tests: number;
  /** What hooks took in all. The rest of the time around tests is Jest's own. */
  readonly hooksMs: number;
}

export interface Steal {
  readonly file: number;
  readonly from: {readonly lane: number; readonly at: number};
  readonly to: {readonly lane: number; readonly at: number};
}

export interface ReportDeath {
  readonly lane: number;
  readonly at: number;
  /** As in `worker 2 (pid 17)`. */
  readonly worker: string;
  readonly how: string;
  /** The end of its standard error and other circumstances. */
  readonly evidence: readonly string[];
  /** The file that it ran; null: none. */
  readonly file: number | null;
}

export interface FixtureSpan {
  readonly name: string;
  /** The lane whose worker has it for itself; null: all workers share it. */
  readonly lane: number | null;
  readonly from: number;
  /** When it was up; null: it never was. */
  readonly up: number | null;
  /** When its teardown began, and when it was gone; null: it had none by the end of the run. */
  readonly down: number | null;
  readonly to: number | null;
  readonly failed: boolean;
}

/** `busy` is the share of all cores' time since the sample before: 0 to 1. */
export type LoadSample = readonly [at: number, busy: number, freeBytes: number];

export interface ReportFloor {
  /** The least that any order of the files takes. */
  readonly ms: number;
  readonly reachedMs: number;
  readonly slots: number;
  /** A sentence without its full stop: what decides the floor. */
  readonly because: string;
  readonly serialMs: number;
  /** The files that decide it, the longest first. */
  readonly files: readonly (readonly [file: number, ms: number])[];
}

export interface ReportPackage {
  readonly name: string;
  readonly ms: number;
  readonly files: number;
  readonly modules: number;
}

export interface Failure {
  readonly file: number;
  /** Empty: the file itself failed. */
  readonly titles: readonly string[];
  /** Lines; empty: the recording has none. */
  readonly evidence: readonly string[];
}

/** How this run differs from an earlier one. */
export interface Comparison {
  /** In ms since the epoch. */
  readonly otherStartedAt: number;
  readonly otherCommit: string;
  readonly otherMs: number;
  readonly otherFloorMs: number | null;
  /** The ones that changed most come first. */
  readonly files: readonly Change[];
  readonly tests: readonly Change[];
  readonly newFiles: readonly string[];
  readonly goneFiles: readonly string[];
  /** Names of tests that fail now and did not, and the other way round. */
  readonly newFailures: readonly string[];
  readonly repaired: readonly string[];
}

export interface Change {
  readonly name: string;
  readonly beforeMs: number;
  readonly afterMs: number;
}
