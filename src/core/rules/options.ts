/** The options as a user writes them. The schema that checks them is in optionSchemas.ts, the defaults in resolvedOptions.ts. */

/** How tests are distributed over workers. */
export type Dist = 'load' | 'loadfile' | 'loadscope' | 'loadgroup' | 'worksteal' | 'each';

/** How much work a worker holds beyond the file it runs, in expected ms. */
export interface Watermark {
  /** A worker that holds less expected work than this is refilled. Default 50 ms. */
  low?: number;
  /** A refill stops when the worker holds this much expected work. Default 200 ms. */
  high?: number;
}

/** What some test files ask for: the pragmas' words for folders. A pragma in the file wins over it, and adds to its lists. */
export interface FilesEntry {
  /** A glob or a list of them, relative to rootDir. */
  match: string | readonly string[];
  /** As after `@shared-fixture`: `'./fixtures/db.ts'` or `'./fixtures/db.ts scope=worker'`; relative to rootDir. */
  sharedFixtures?: readonly string[];
  /** `true`: as `@can-split`; `'each'`: as `@can-split each`; `false`: whatever an earlier entry or `canSplit` says, not. */
  canSplit?: boolean | 'each';
  serial?: boolean;
  workerGroup?: string;
  /** As after `@resource`: `'gpu'` or `'gpu:2'`. */
  resources?: readonly string[];
  hardTimeout?: number | string;
  restartWorker?: boolean;
}

/** A kind of worker: what is not as in Jest's own process. */
export interface NodeOption {
  /** What reports call it, and what its workers find in XDIST_NODE: one line, no two alike. */
  name: string;
  /** The Node that it runs: a path, relative to rootDir, or a command in PATH. Default: that of Jest's own process. */
  execPath?: string;
  /** Its flags, instead of those of Jest's own process. Default: those. */
  execArgv?: readonly string[];
  /**
   * Variables that it has beside those of Jest's own process; null takes one away, one that is undefined was not
   * said. JEST_WORKER_ID and those that begin with XDIST_ and tell a worker where it is are the runner's.
   */
  env?: Readonly<Record<string, string | null | undefined>>;
}

/** The options of jest-runner-xdist, as a user writes them. Every one may be left out. */
export interface XdistOptions {
  /**
   * How the tests are distributed, by pytest-xdist's names. `'load'` (default): each worker gets the next file as soon
   * as it can take one, longest first, and files that may be split are split test by test. `'loadfile'`: every file
   * whole. `'loadscope'`: a file that may be split is split by its outermost describe blocks. `'loadgroup'`: as `load`;
   * what is in describe blocks of a file whose titles end in the same `@group:name` stays together. `'worksteal'`:
   * every worker gets an even share of the files at once; one that is through takes half of what the one with most has left.
   * `'each'`: every file runs once on every one of the `nodes`.
   */
  dist?: Dist;
  /** The kinds of worker. A later place replaces the list. Default: none; every worker is like Jest's own process. */
  nodes?: readonly NodeOption[];
  /**
   * Globs, relative to rootDir, of test files that are treated as if they said `@can-split`: their tests
   * may be spread over several workers. Default: none.
   */
  canSplit?: readonly string[];
  /**
   * What test files ask for, by their place. Of several entries that match a file the later one wins,
   * field by field, and lists are added up. Default: none.
   */
  files?: readonly FilesEntry[];
  /** How much there is of each resource that files ask for. What is not listed there is 1 of. */
  resources?: Readonly<Record<string, number>>;
  /** How much work a worker holds ahead. */
  watermark?: Watermark;
  /** The most files given to a worker at once; pytest-xdist's `--maxschedchunk`. Default: no limit. */
  maxScheduleChunk?: number;
  /**
   * How many workers run at a time: a number, whatever `-w` says; or `'auto'`: as many as `-w` says, and more while the
   * cores are idle and memory allows. Default: as many as `-w` says.
   */
  slots?: number | 'auto';
  /** The most workers that `slots: 'auto'` starts. Default: 4 for each core that the run may use, or `-w` if that is more. */
  maxSlots?: number;
  /** How many dead workers a run replaces. 0: none. Default: no cap (but see `README`, "When a worker dies"). */
  maxWorkerRestarts?: number;
  /**
   * `'file'`: a new worker for each test file (nose's `--process-restartworker`); `'run'`: new workers for each run of a
   * watch session, which otherwise keeps those that are as fresh ones. Default `'never'`.
   */
  restartWorkers?: 'never' | 'run' | 'file';
  /**
   * When a worker dies in the middle of a test file: `'resume'` (default) runs the rest of the file in a new worker,
   * without the test that ran; `'fail-file'` does not, for files whose tests depend on each other.
   */
  onCrash?: 'resume' | 'fail-file';
  /**
   * The time after which a test, a hook or the loading of a file is taken to hang, and its worker is killed: a
   * number of ms or a text like `'30s'`, `'5m'`; nose's `--process-timeout`. No test or hook is given less than 1.5
   * times its own Jest timeout. The pragma `@hard-timeout` sets it for a file, exactly. 0: none. Default 5 min.
   */
  hardTimeout?: number | string;
  /** The time after which one line says that a test, a hook or a file's loading is still running. 0: never. Default 60 s. */
  slowTimeout?: number | string;
  /** The time that a shared fixture's setup may take, and its teardown. 0: any. Default 60 s. */
  fixtureTimeout?: number | string;
  /** The file that keeps past durations, relative to rootDir. Default: one in Jest's cacheDirectory. */
  timings?: string;
  /**
   * Whether Jest's guess that a run is quick enough to need no workers is followed. `'never'`: it is
   * not; only `-i`, one worker (without `nodes`) and `--detectOpenHandles` run in band. Default `'auto'`.
   */
  inBand?: 'auto' | 'never';
  /**
   * Whether what V8 has compiled of a module is used again for the next test file, and kept in Jest's cacheDirectory for
   * the next run. Default true, on the versions of Jest that are known to allow it.
   */
  compileCache?: boolean;
}
