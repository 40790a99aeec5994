/**
 * All messages between parent and worker, and their parsers. A value from another process leaves this file with a type,
 * never as `unknown`.
 *
 * Orders (parent to worker) go over our own socket, one JSON line each, because jest-worker cannot send anything into a
 * running call. News (worker to parent) goes through jest-worker's custom messages, so that our messages keep their
 * order relative to the messages that Jest's own code sends from inside a test file.
 */
import type {TestResult} from '@jest/test-result';
import {CAPABILITY_NAMES, type CapabilityName} from '../jest/capabilities';
import type {FileError} from '../texts/deaths';
import {parseCutTests, parseFileCut, type CutTests, type FileCut} from './fileCut';
import {parseFileProfile, type FileProfile} from './fileProfile';
import type {Resumption} from './resumption';
import {dictionary, finite, list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {SNAPSHOT_USES, type SnapshotUse} from '../results/snapshotUse';
import type {Generation, Granularity, Grouping, SlotNumber} from '../plan/units';

/** A unit with everything that a worker needs to run it. */
export interface UnitOrder {
  readonly id: number;
  readonly configId: string;
  readonly path: string;
  /** The time limit of each test and hook, in ms; 0: no limit; null: the file sets none. */
  readonly hardTimeoutMs: number | null;
  /** null: run the file whole. */
  readonly split: SplitOrder | null;
  /** null: this shard of the run runs all tests of the file, or the run has no shards. */
  readonly cut: FileCut | null;
  /** null: the file declares no fixtures. */
  readonly fixtures: FileFixtures | null;
  readonly snapshots: SnapshotUse;
}

/** The shared fixtures that a test file declares. */
export interface FileFixtures {
  readonly declared: readonly FixtureValue[];
  /** The failure of a fixture that the file needs; all tests of the file fail with it. null: all fixtures are up. */
  readonly failure: FixtureFailure | null;
}

/** A fixture's value, for the tests of one file. */
export interface FixtureValue {
  /** The names by which tests find it: the name in the declaration, and the path, both also without the extension. */
  readonly names: readonly string[];
  /** The value as JSON. */
  readonly json: string;
}

/** An error of a fixture's module or process. */
export interface FixtureFailure {
  readonly message: string;
  readonly stack: string;
}

/** How a worker opens a file whose tests the parent assigns one by one. */
export interface SplitOrder {
  readonly granularity: Granularity;
  readonly grouping: Grouping;
  /** The fingerprint of the tests that the file's first worker found; null: this is the first worker. */
  readonly collected: string | null;
  /** null: no worker of this file has died. */
  readonly resumes: Resumption | null;
}

/**
 * A test of a file. The tests are listed in source order. `group`: tests with the same number run in the same worker;
 * the numbers follow the order in which a worker reaches the groups. null: the test is skipped or todo in every worker,
 * and the file's first worker reports it.
 */
export interface CollectedTest {
  readonly name: string;
  readonly group: number | null;
}

/** Parent to worker. */
export type ToWorker =
  | {readonly type: 'give'; readonly units: readonly UnitOrder[]}
  /** Return these units if they have not begun. The worker answers with `units-returned`. */
  | {readonly type: 'take-back'; readonly units: readonly number[]}
  /**
   * Also run these groups of the open unit. The groups ascend over all such messages, so a lower group that was not
   * given belongs to another worker. `last`: no more groups follow.
   */
  | {readonly type: 'give-tests'; readonly unit: number; readonly groups: readonly number[]; readonly last: boolean}
  /** Run no more tests of this unit; the parent ignores its result. The worker answers with `unit-done`. */
  | {readonly type: 'discard'; readonly unit: number}
  /** Begin no more units, and exit when the running unit is done. */
  | {readonly type: 'close'}
  /**
   * The run that the process has waited for begins. `environment`: all environment variables. The worker answers with
   * `ready` or `leaving`.
   */
  | {readonly type: 'run'; readonly setup: WorkerSetup; readonly environment: Readonly<Record<string, string>>};

/** News about workers that start ahead of a run. */
export type AheadNews =
  /** A worker of a run has loaded these modules. Other workers may load them ahead. */
  | {readonly type: 'loaded'; readonly modules: readonly string[]}
  /** The worker has loaded its modules and waits for `run`. */
  | {readonly type: 'waiting'}
  /** The worker exits as after `close`, because it has loaded a module that the run would load in a different way. */
  | {readonly type: 'leaving'; readonly reason: string}
  /** The worker takes units of the run. */
  | {readonly type: 'ready'};

/** The first line that a worker sends over the socket: it identifies the worker. */
export interface Hello {
  /** The run's token. Any process can connect to the socket, but only the run's processes know the token. */
  readonly token: string;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number;
}

/** How a unit ended: with Jest's result of the file, or with an error in place of a result. */
export type UnitOutcome =
  {readonly type: 'result'; readonly result: TestResult} | {readonly type: 'error'; readonly error: FileError};

/** What a worker sends with the result of a session of a split file. */
export interface Slice {
  /** For each test of the result, in order, its place in the file's list of tests. */
  readonly tests: readonly number[];
  /** The places of the tests that the worker ran, each once, in the order in which they first began. */
  readonly ran: readonly number[];
  /** For each console entry of the result, the place of its test; -1: the entry is from the loading of the file. */
  readonly console: readonly number[];
  /** The time from before the worker created the test environment until it had listed the tests, in ms. */
  readonly loadMs: number;
  readonly snapshot: SnapshotChanges | null;
}

/** When Jest would take back a test's try in a run of the whole file. */
export interface WhenTakenBack {
  /** The last place that had begun by then. */
  readonly after: number;
  /**
   * Set if Jest retries the test only after its describe block has ended. Inner blocks end first, and each block
   * retries its tests in order. null: Jest retries the test at once.
   */
  readonly deferred: {readonly depth: number; readonly place: number} | null;
}

/** What the tests of a slice did to their file's snapshots. None of it is on disk yet. */
export interface SnapshotChanges {
  /** The path of the .snap file. */
  readonly path: string;
  /** The new or changed snapshots, by key. */
  readonly written: Readonly<Record<string, string>>;
  /** Whether Jest would write the file. */
  readonly dirty: boolean;
  /** The keys of the file that no test of the slice asked for. */
  readonly unchecked: readonly string[];
  /**
   * The keys in `unchecked` that a test asked for in a try that Jest took back. Jest lists such keys after all others,
   * in this order.
   */
  readonly takenBack: Readonly<Record<string, WhenTakenBack>>;
  /** The inline snapshots that jest-snapshot will write into source files, in its own format. */
  readonly inline: readonly unknown[];
}

/** A worker's memory, in bytes, before and after it ran a file. */
export interface MemoryUse {
  readonly heap: {readonly before: number; readonly after: number};
  /** The resident memory of the whole process. */
  readonly rss: {readonly before: number; readonly after: number};
}

/** While a worker has enough groups, it reports the start of a group only this long (ms) after its last report. */
export const NEWS_EVERY_MS = 20;

/** Worker to parent. */
export type FromWorker =
  | {readonly type: 'unit-started'; readonly unit: number}
  /** The worker has taken the tests of other shards out of the unit. This precedes `unit-opened`. */
  | {readonly type: 'unit-cut'; readonly unit: number; readonly tests: CutTests}
  /** The worker has listed the unit's tests and waits for `give-tests`. */
  | {
      readonly type: 'unit-opened';
      readonly unit: number;
      /** The time to load the file, in ms. */
      readonly ms: number;
      readonly fingerprint: string;
      /** null: the list has the fingerprint that the order's `collected` gave. */
      readonly tests: readonly CollectedTest[] | null;
    }
  /**
   * Workers cannot share the unit's tests, because of `reason`. `anew`: the file must run again from the start, even if
   * no other worker has run any of its tests.
   */
  | {readonly type: 'unit-indivisible'; readonly unit: number; readonly reason: string; readonly anew: boolean}
  /** `done`: the groups that ended since the last such message, with their time (ms). `running`: the current group. */
  | {
      readonly type: 'tests-progress';
      readonly unit: number;
      readonly done: readonly (readonly [group: number, ms: number])[];
      readonly running: number | null;
    }
  | {
      readonly type: 'unit-done';
      readonly unit: number;
      /** The time from before the worker created the test environment until it was torn down. */
      readonly ms: number;
      /** The worker is over its memory limit and begins no more units. */
      readonly retiring: boolean;
      readonly outcome: UnitOutcome;
      /** null: the unit ran whole. */
      readonly slice: Slice | null;
      /** null: unknown. */
      readonly profile: FileProfile | null;
      /** Set if the worker is retiring. */
      readonly memory?: MemoryUse;
      /** The private parts of Jest that the worker has found missing so far. Not set if there are none. */
      readonly jestLacks?: readonly CapabilityName[];
    }
  | {readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]}
  /** An error of the runner in the worker. `doing`: a clause without its subject, the worker. `error`: a stack. */
  | {readonly type: 'fault'; readonly doing: string; readonly error: string}
  /** A message of Jest's own code inside a test file: `['test-case-result', [path, result]]`. */
  | {readonly type: 'jest-event'; readonly name: string; readonly payload: unknown};

/**
 * The argument of the single jest-worker call that a worker's process serves until it exits. A process that starts
 * ahead of its run gets another WorkerSetup with `run`.
 */
export interface WorkerSetup extends Omit<Hello, 'pid'> {
  /** Set if the process starts ahead of its run; null: it serves this run at once. */
  readonly ahead: AheadOrder | null;
  /** Whether the worker sends `loaded`. */
  readonly tellsLoaded: boolean;
  /** The number of slots in this run. */
  readonly workerCount: number;
  readonly runId: string;
  readonly socketPath: string;
  /** The path of the ExitRecord. */
  readonly exitRecordPath: string;
  /** The path of the running file's journal. */
  readonly journalPath: string;
  /** The process leads its own process group. */
  readonly ownsGroup: boolean;
  /** The time after which the watchdog reports a phase as slow, in ms; 0: never. */
  readonly slowTimeoutMs: number;
  /** The time after which the watchdog reports a phase as hung, in ms; 0: never. */
  readonly hardTimeoutMs: number;
  /** The path of the Departure, which the process writes when it has no work left. */
  readonly departurePath: string;
  /** The time (ms) within which the process must exit when it has no work left. */
  readonly graceMs: number;
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly heapLimitBytes: number | null;
  /** null: the compile cache is off. */
  readonly compileCache: CompileCacheOrder | null;
  /** The absolute paths of the running Jest's modules. */
  readonly modules: {readonly testWorker: string; readonly jestWorker: string};
  /** An argument of jest-runner's testWorker. */
  readonly globalConfig: unknown;
  /** An argument of jest-runner's testWorker. */
  readonly context: unknown;
  /** Jest's list of projects, each with its config and module map. */
  readonly serializableResolvers: readonly {
    readonly config: {readonly id: string};
    readonly serializableModuleMap: unknown;
  }[];
}

/** What a process does before its run begins. */
export interface AheadOrder {
  /** The paths of the modules that it loads, in this order. */
  readonly modules: readonly string[];
}

/** How a process keeps the code that it compiles. */
export interface CompileCacheOrder {
  /** The path of the running Jest's jest-runtime. */
  readonly runtime: string;
  /** The path of a file of the running Jest's @jest/core, from which we resolve all of Jest's packages. */
  readonly core: string;
  /** The folder in which processes share compiled code; null: they do not share it. */
  readonly folder: string | null;
  /**
   * Whether this process fills Node's own cache if that is empty. One process of a run does so, because it takes 0.1 s
   * and all processes would write the same.
   */
  readonly fillsNodesOwn: boolean;
}

/** The size of the file that the parent reserves for an ExitRecord: the disk may be full when the worker dies. */
export const EXIT_RECORD_BYTES = 4096;

/** The file that a worker's process writes when it exits although nobody asked it to. */
export interface ExitRecord {
  readonly code: number;
  /** The stack of the uncaught exception that ended the process; null: none did. */
  readonly uncaught: string | null;
}

/**
 * The shutdown step that an exiting worker has reached. The worker writes it to a file, so that the parent can say why
 * it had to kill the worker.
 */
export type Departure =
  /** The worker stores compiled code for later processes. */
  | {readonly at: 'saving'}
  /**
   * Something keeps the process alive. `addons`: the paths of the native addons that it has loaded. Node does not list
   * the resources that an addon keeps open.
   */
  | {readonly at: 'waiting'; readonly leftOpen: readonly LeftOpen[]; readonly addons: readonly string[]}
  /** Nothing keeps the process alive, and its exit has begun. */
  | {readonly at: 'exiting'; readonly addons: readonly string[]};

/** Resources that keep a worker's process alive. */
export interface LeftOpen {
  /** The kind of resource, as in `process.getActiveResourcesInfo()`. */
  readonly kind: string;
  readonly count: number;
  /** The files that may have opened them, judged by the counts: one of these files did; empty: opened between files. */
  readonly paths: readonly string[];
}

/** @throws {ProtocolError} */
export function parseFromWorker(message: unknown): FromWorker {
  if (Array.isArray(message) && typeof message[0] === 'string') {
    return {type: 'jest-event', name: message[0], payload: message[1]};
  }
  const fields = record(message, 'a message from a worker');
  switch (fields.type) {
    case 'unit-started':
      return {type: 'unit-started', unit: whole(fields.unit)};
    case 'unit-cut':
      return {type: 'unit-cut', unit: whole(fields.unit), tests: parseCutTests(fields.tests)};
    case 'unit-opened':
      return {
        type: 'unit-opened',
        unit: whole(fields.unit),
        ms: finite(fields.ms),
        fingerprint: text(fields.fingerprint),
        tests: nullable(fields.tests, tests => list(tests, parseCollectedTest)),
      };
    case 'unit-indivisible':
      return {
        type: 'unit-indivisible',
        unit: whole(fields.unit),
        reason: text(fields.reason),
        anew: fields.anew === true,
      };
    case 'tests-progress':
      return {
        type: 'tests-progress',
        unit: whole(fields.unit),
        done: list(fields.done, parseGroupDone),
        running: nullable(fields.running, whole),
      };
    case 'unit-done':
      return {
        type: 'unit-done',
        unit: whole(fields.unit),
        ms: finite(fields.ms),
        retiring: fields.retiring === true,
        outcome: parseOutcome(fields.outcome),
        slice: nullable(fields.slice, parseSlice),
        profile: nullable(fields.profile, parseFileProfile),
        ...(fields.memory !== undefined && {memory: parseMemoryUse(fields.memory)}),
        ...(fields.jestLacks !== undefined && {jestLacks: list(fields.jestLacks, parseCapabilityName)}),
      };
    case 'units-returned':
      return {type: 'units-returned', asked: list(fields.asked, whole), units: list(fields.units, whole)};
    case 'fault':
      return {type: 'fault', doing: text(fields.doing), error: text(fields.error)};
    default:
      throw new ProtocolError('a message from a worker', message);
  }
}

/** @returns null if the message is of another kind */
export function parseAheadNews(message: unknown): AheadNews | null {
  if (typeof message !== 'object' || message === null) return null;
  const {type, reason, modules} = message as Readonly<Record<string, unknown>>;
  if (type === 'waiting' || type === 'ready') return {type};
  if (type === 'loaded' && Array.isArray(modules) && modules.every(path => typeof path === 'string')) {
    return {type, modules};
  }
  return type === 'leaving' && typeof reason === 'string' ? {type, reason} : null;
}

/** @throws {ProtocolError} */
export function parseToWorker(line: string): ToWorker {
  const fields = record(parseJson(line), 'a message to a worker');
  switch (fields.type) {
    case 'give':
      return {
        type: 'give',
        units: list(fields.units, unit => {
          const {id, configId, path, hardTimeoutMs, split, cut, fixtures, snapshots} = record(unit, 'a unit');
          return {
            id: whole(id),
            configId: text(configId),
            path: text(path),
            hardTimeoutMs: nullable(hardTimeoutMs, finite),
            split: nullable(split, parseSplitOrder),
            cut: nullable(cut, parseFileCut),
            fixtures: nullable(fixtures, parseFileFixtures),
            snapshots: parseSnapshotUse(snapshots),
          };
        }),
      };
    case 'take-back':
      return {type: 'take-back', units: list(fields.units, whole)};
    case 'give-tests':
      return {
        type: 'give-tests',
        unit: whole(fields.unit),
        groups: list(fields.groups, whole),
        last: fields.last === true,
      };
    case 'discard':
      return {type: 'discard', unit: whole(fields.unit)};
    case 'close':
      return {type: 'close'};
    case 'run': {
      const environment = dictionary(fields.environment, 'an environment', text);
      return {
        type: 'run',
        // Not parsed, like the argument of the process's first call: both come from our own code and from Jest.
        setup: record(fields.setup, 'the setup of a run') as unknown as WorkerSetup,
        environment,
      };
    }
    default:
      throw new ProtocolError('a message to a worker', fields);
  }
}

function parseSnapshotUse(value: unknown): SnapshotUse {
  const use = SNAPSHOT_USES.find(known => known === value);
  if (use === undefined) throw new ProtocolError('a use of snapshots', value);
  return use;
}

function parseFileFixtures(value: unknown): FileFixtures {
  const {declared, failure} = record(value, "a file's fixtures");
  return {
    declared: list(declared, item => {
      const {names, json} = record(item, 'the value of a fixture');
      return {names: list(names, text), json: text(json)};
    }),
    failure: nullable(failure, parseFixtureFailure),
  };
}

/** @throws {ProtocolError} */
export function parseFixtureFailure(value: unknown): FixtureFailure {
  const {message, stack} = record(value, 'the failure of a fixture');
  return {message: text(message), stack: text(stack)};
}

/** @throws {ProtocolError} */
export function parseHello(line: string): Hello {
  const {token, slot, generation, pid} = record(parseJson(line), 'the first line of a worker');
  return {token: text(token), slot: whole(slot), generation: whole(generation), pid: whole(pid)};
}

/** @throws {ProtocolError} */
export function parseExitRecord(line: string): ExitRecord {
  const {code, uncaught} = record(parseJson(line), 'an exit record');
  return {code: whole(code), uncaught: uncaught === null ? null : text(uncaught)};
}

/** @throws {ProtocolError} */
export function parseDeparture(line: string): Departure {
  const {at, leftOpen, addons} = record(parseJson(line), 'a departure');
  switch (at) {
    case 'saving':
      return {at};
    case 'waiting':
      return {at, leftOpen: list(leftOpen, parseLeftOpen), addons: list(addons, text)};
    case 'exiting':
      return {at, addons: list(addons, text)};
    default:
      throw new ProtocolError('a departure', at);
  }
}

function parseLeftOpen(value: unknown): LeftOpen {
  const {kind, count, paths} = record(value, 'something left open');
  return {kind: text(kind), count: whole(count), paths: list(paths, text)};
}

function parseCapabilityName(value: unknown): CapabilityName {
  const name = CAPABILITY_NAMES.find(known => known === value);
  if (name === undefined) throw new ProtocolError('the name of a part of Jest', value);
  return name;
}

function parseMemoryUse(value: unknown): MemoryUse {
  const {heap, rss} = record(value, "a worker's memory");
  const parseSpan = (span: unknown) => {
    const {before, after} = record(span, 'memory before and after');
    return {before: whole(before), after: whole(after)};
  };
  return {heap: parseSpan(heap), rss: parseSpan(rss)};
}

function parseOutcome(value: unknown): UnitOutcome {
  const {type, result, error} = record(value, 'an outcome');
  if (type === 'result') {
    const fields = record(result, "a file's result");
    list(fields.testResults, test => record(test, "a test's result"));
    // The rest is not parsed: the Jest that made it is the Jest that reads it.
    return {type, result: result as TestResult};
  }
  if (type === 'error') {
    const {message, stack, ...rest} = record(error, "a file's error");
    return {
      type,
      error: {...rest, message: text(message), stack: typeof stack === 'string' ? stack : '', type: 'Error'},
    };
  }
  throw new ProtocolError('an outcome', value);
}

function parseSplitOrder(value: unknown): SplitOrder {
  const {granularity, grouping, collected, resumes} = record(value, 'an order to open a file');
  if (granularity !== 'tests' && granularity !== 'each') throw new ProtocolError('a granularity', granularity);
  if (grouping !== 'none' && grouping !== 'scope' && grouping !== 'named')
    throw new ProtocolError('a grouping', grouping);
  return {granularity, grouping, collected: nullable(collected, text), resumes: nullable(resumes, parseResumption)};
}

function parseResumption(value: unknown): Resumption {
  const {listing, leaveOut} = record(value, 'the rest of a file');
  return {listing: text(listing), leaveOut: list(leaveOut, whole)};
}

function parseCollectedTest(value: unknown): CollectedTest {
  const {name, group} = record(value, 'a collected test');
  return {name: text(name), group: nullable(group, whole)};
}

function parseGroupDone(value: unknown): [group: number, ms: number] {
  const [group, ms] = list(value, finite);
  return [whole(group), finite(ms)];
}

function parseSlice(value: unknown): Slice {
  const fields = record(value, 'a slice');
  return {
    tests: list(fields.tests, whole),
    ran: list(fields.ran, whole),
    console: list(fields.console, whole),
    loadMs: finite(fields.loadMs),
    snapshot: nullable(fields.snapshot, parseSnapshotChanges),
  };
}

function parseSnapshotChanges(value: unknown): SnapshotChanges {
  const fields = record(value, 'changes of snapshots');
  const written = dictionary(fields.written, 'snapshots', text);
  const takenBack = dictionary(fields.takenBack, 'snapshots', parseWhen);
  return {
    path: text(fields.path),
    written,
    dirty: fields.dirty === true,
    unchecked: list(fields.unchecked, text),
    takenBack,
    inline: list(fields.inline, entry => entry),
  };
}

function parseWhen(value: unknown): WhenTakenBack {
  const {after, deferred} = record(value, 'the time when a try was taken back');
  return {
    after: finite(after),
    deferred: nullable(deferred, entry => {
      const {depth, place} = record(entry, 'a test that is run again');
      return {depth: whole(depth), place: whole(place)};
    }),
  };
}
