/**
 * The options as a user writes them. The schema that checks them is in optionSchemas.ts, the defaults are in resolvedOptions.ts.
 *
 * The doc comments of the interfaces that a user writes (XdistOptions, FilesEntry, NodeOption and so on) are the
 * only descriptions of the options: editors show them, and docs/generateOptions.ts makes docs/options.md of them.
 */

/** How the runner distributes tests over workers. */
export type Dist = 'load' | 'loadfile' | 'loadscope' | 'loadgroup' | 'worksteal' | 'each';

/** How much work a worker holds beyond the file that it runs, in expected milliseconds. */
export interface Watermark {
  /** The scheduler refills a worker that holds less expected work than this. Default 50. */
  low?: number;
  /** A refill stops at this much expected work. A worker never holds a file that is longer than this. Default 200. */
  high?: number;
}

/** What a run leaves for later: who ran what, where and when. */
export interface RecordingOption {
  /**
   * The file of a full recording, relative to `rootDir`. A full recording contains everything that Jest was told, so
   * `jest-runner-xdist show --as-jest` can report the run again. Each run replaces the file. Default: a smaller
   * recording for each run in Jest's `cacheDirectory`.
   */
  path?: string;
  /** How many recordings `cacheDirectory` keeps for a project. The oldest are removed first. Default 10. */
  keep?: number;
}

/** A live run of Jest that several machines share. */
export interface FleetOption {
  /**
   * A Redis (6.2 or later) or Valkey that all machines reach: `redis://host:6379`, with TLS `rediss://host:6379`, with a
   * user `rediss://me@host:6379`, with the number of a database `redis://host:6379/2`. A password in a URL is taken from
   * `XDIST_FLEET` alone, because anybody can read a config. Without a URL there is no fleet.
   */
  url?: string;
  /** Names the run: all machines with the same name share one. Default: what CI's variables say. */
  run?: string;
  /**
   * Where the secret is that seals what the machines write: the name of a variable, or the path of a file relative to
   * `rootDir`. It has 16 characters or more. Default: `XDIST_FLEET_SECRET`, else `XDIST_FLEET_SECRET_FILE`. Only a server
   * of the machine itself needs none.
   */
  secret?: {variable: string} | {file: string};
  /** A machine that has not been heard of for so long is dead, and others run what it had. Default 30 s; 1 s or more. */
  lease?: number | string;
}

/** Pragmas of many test files, selected by path. A pragma in a file overrides an entry; the lists of both add up. */
export interface FilesEntry {
  /** A glob or a list of globs, relative to `rootDir`. A glob with a leading `!` removes what earlier globs matched. */
  match: string | readonly string[];
  /** As `@shared-fixture`: `'./fixtures/db.ts'` or `'./fixtures/db.ts scope=worker'`, relative to `rootDir`. */
  sharedFixtures?: readonly string[];
  /** `true`: `@can-split`; `'each'`: `@can-split each`; `false` overrides earlier entries and the option `canSplit`. */
  canSplit?: boolean | 'each';
  /** As `@serial`. `false` overrides an earlier entry. */
  serial?: boolean;
  /** As `@worker-group`. */
  workerGroup?: string;
  /** As `@resource`: `'gpu'` or `'gpu:2'`. */
  resources?: readonly string[];
  /** As `@hard-timeout`, written like the option `hardTimeout`. */
  hardTimeout?: number | string;
  /** As `@restart-worker`. `false` overrides an earlier entry. */
  restartWorker?: boolean;
}

/** A kind of worker: how its process differs from Jest's own process. */
export interface NodeOption {
  /** The name in reports, and the value of `XDIST_NODE` in the node's workers: one line, unique among the nodes. */
  name: string;
  /**
   * The Node executable (20 or later): a path relative to `rootDir`, or a command in `PATH` (no slash). Default: the
   * executable of Jest's own process.
   */
  execPath?: string;
  /** Node flags, in place of the flags of Jest's own process, which are the default. `[]` means no flags. */
  execArgv?: readonly string[];
  /**
   * Environment variables on top of those of Jest's own process. `null` removes a variable, `undefined` leaves it
   * unchanged. `NODE_OPTIONS` replaces the inherited value, so repeat flags such as `--experimental-vm-modules`. The
   * runner's own variables (`JEST_WORKER_ID`, `XDIST_WORKER`, …) cannot be set.
   */
  env?: Readonly<Record<string, string | null | undefined>>;
}

/** The options of jest-runner-xdist, as a user writes them. Every option may be left out. */
export interface XdistOptions {
  /**
   * How the runner distributes tests over workers. The names are those of pytest-xdist.
   *
   * @see distribution.md
   */
  dist?: Dist;
  /**
   * The kinds of worker: another Node version, other Node flags, another environment. A higher-priority source replaces
   * the whole list.
   *
   * @default none; every worker is like Jest's own process
   * @see nodes.md
   */
  nodes?: readonly NodeOption[];
  /**
   * Globs, relative to `rootDir`, of test files that the runner treats as if they had the pragma `@can-split`: it may
   * spread their tests over several workers.
   *
   * @see splitting.md
   */
  canSplit?: readonly string[];
  /**
   * Pragmas for all files that a glob matches. If several entries match a file, the later entry wins, field by field,
   * and lists add up. A higher-priority source replaces the whole list.
   *
   * @see pragmas.md
   */
  files?: readonly FilesEntry[];
  /**
   * The amount of each resource that `@resource` can request, such as `{gpu: 2}`. Sources are merged name by name.
   *
   * @default 1 of each resource
   * @see pragmas.md
   */
  resources?: Readonly<Record<string, number>>;
  /**
   * How much work a worker holds ahead, in expected milliseconds. Sources are merged key by key.
   *
   * @see distribution.md
   */
  watermark?: Watermark;
  /**
   * The maximum number of files that the scheduler gives to a worker at once (pytest-xdist's `--maxschedchunk`).
   *
   * @default no limit
   * @see distribution.md
   */
  maxScheduleChunk?: number;
  /**
   * The number of workers: a number, which overrides `-w`; or `'auto'`, which starts as many as `-w` and adds workers
   * while the cores are idle and memory allows.
   *
   * @default as many as `-w`
   * @see distribution.md
   */
  slots?: number | 'auto';
  /**
   * The maximum number of workers with `slots: 'auto'`.
   *
   * @default 4 for each core that the run may use, or `-w` if that is more
   * @see distribution.md
   */
  maxSlots?: number;
  /**
   * How many dead workers a run replaces; 0 replaces none.
   *
   * @default no limit, but a slot whose worker dies 3 times in a row without having run a test stays down
   * @see crashes-and-hangs.md
   */
  maxWorkerRestarts?: number;
  /**
   * `'file'` starts a new worker for each test file, for the strongest isolation at the highest cost.
   *
   * @see distribution.md
   */
  restartWorkers?: 'never' | 'file';
  /**
   * What the runner does with a file whose worker dies. `'resume'` runs the rest of the file in a new worker, without
   * the test that crashed. `'fail-file'` runs no more of that file; use it if tests within a file depend on each other.
   *
   * @see crashes-and-hangs.md
   */
  onCrash?: 'resume' | 'fail-file';
  /**
   * The time after which the runner kills a worker whose test, hook or file loading has not ended: milliseconds, or a
   * text such as `'500ms'`, `'30s'`, `'5m'`; 0 means no limit. A test or hook always gets at least 1.5 times its own
   * Jest timeout. The pragma `@hard-timeout` sets the limit for a file, exactly.
   *
   * @see crashes-and-hangs.md
   */
  hardTimeout?: number | string;
  /**
   * The time after which one line reports that a test, a hook or a file's loading is still running. 0 means never.
   *
   * @see crashes-and-hangs.md
   */
  slowTimeout?: number | string;
  /**
   * The time limit for a shared fixture's setup (including the loading of its module), and the limit for its teardown.
   * 0 means no limit.
   *
   * @see shared-fixtures.md
   */
  fixtureTimeout?: number | string;
  /**
   * The file that stores past durations, relative to `rootDir`. Put it where your CI caches it.
   *
   * @default a file in Jest's `cacheDirectory`
   * @see ci.md
   */
  timings?: string;
  /**
   * Whether the runner follows Jest's guess that a run is too small for workers. With `'never'`, only `-i`, a single
   * worker (without `nodes`) and `--detectOpenHandles` run in band.
   *
   * @see distribution.md
   */
  inBand?: 'auto' | 'never';
  /**
   * Whether the runner reuses V8's compiled code of a module for the next test file, and stores it in Jest's
   * `cacheDirectory` for the next run. The cache works on the Jest versions that the runner knows.
   *
   * @see speed.md
   */
  compileCache?: boolean;
  /**
   * The recording that each run leaves. `false`: none. The variable `XDIST_RECORDING` may also be a path.
   *
   * @default a small recording in Jest's `cacheDirectory`; the last 10 are kept
   * @see recording.md
   */
  recording?: false | RecordingOption;
  /**
   * One run on several machines, each of which runs the same command. `false`: none. The variable `XDIST_FLEET` may also
   * be the URL.
   *
   * @default none
   * @see fleet.md
   */
  fleet?: false | FleetOption;
}
