/**
 * What parent and worker say to each other: every message, in both directions, and the parsing of
 * what arrives. Nothing that comes from another process goes further than this file as `unknown`.
 *
 * Parent -> worker goes over a socket of ours, one JSON line a message: jest-worker can send nothing
 * into a call that is under way. Worker -> parent goes through jest-worker's custom messages, so that
 * our messages and those that Jest's own code sends from inside a test file keep their order.
 */
import type {TestResult} from '@jest/test-result';
import {CAPABILITY_NAMES, type CapabilityName} from '../jest/capabilities';
import type {FileError} from '../texts/deaths';
import {dictionary, finite, list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {SNAPSHOT_USES, type SnapshotUse} from '../results/snapshotUse';
import type {Generation, Granularity, Grouping, SlotNumber} from '../plan/units';

/** A unit as a worker needs it. */
export interface UnitOrder {
  readonly id: number;
  readonly configId: string;
  readonly path: string;
  /** What each test and hook of it may take, in ms; 0: any time; null: nothing is said of that. */
  readonly hardTimeoutMs: number | null;
  /** null: run it whole. */
  readonly split: SplitOrder | null;
  /** null: it declares none. */
  readonly fixtures: FileFixtures | null;
  readonly snapshots: SnapshotUse;
}

/** The shared fixtures that a test file declares. */
export interface FileFixtures {
  readonly declared: readonly FixtureValue[];
  /** One that the file needs could not be set up: each of its tests fails with this. null: all are up. */
  readonly failure: FixtureFailure | null;
}

/** A fixture's value, for the tests of one file. */
export interface FixtureValue {
  /** What it is found by: as written where it is declared, and its path; without an extension too. */
  readonly names: readonly string[];
  /** JSON. */
  readonly json: string;
}

/** An error of a fixture's module, or of its process. */
export interface FixtureFailure {
  readonly message: string;
  readonly stack: string;
}

/** The rest of a file whose worker died. */
export interface Resumption {
  /** What names the tests that it had for that worker. */
  readonly listing: string;
  /** Places of the tests that are not to be run, nor reported: they have a result, or will have one from elsewhere. */
  readonly leaveOut: readonly number[];
}

/** How a worker opens a file of which it is given single tests. */
export interface SplitOrder {
  readonly granularity: Granularity;
  readonly grouping: Grouping;
  /** The fingerprint of what the file's first worker has collected; null: this is the first. */
  readonly collected: string | null;
  /** null: the file begins. */
  readonly resumes: Resumption | null;
}

/**
 * One test of a file, in the order of its source. `group`: tests that run in the same worker have the
 * same number, groups are numbered in the order in which a worker comes to them. null: it is skipped or
 * todo in every worker, and the file's first one reports it.
 */
export interface CollectedTest {
  readonly name: string;
  readonly group: number | null;
}

/** Parent to worker. */
export type ToWorker =
  | {readonly type: 'give'; readonly units: readonly UnitOrder[]}
  /** Hand these back, if they have not begun. Answered by `units-returned`. */
  | {readonly type: 'take-back'; readonly units: readonly number[]}
  /**
   * Run these groups of the open unit's tests, too. In ascending order over all such messages: a group
   * below the last one given that was not given is another worker's. `last`: there are no more.
   */
  | {readonly type: 'give-tests'; readonly unit: number; readonly groups: readonly number[]; readonly last: boolean}
  /** Run no further test of this unit: what comes of it here is not wanted. Answered by `unit-done`. */
  | {readonly type: 'discard'; readonly unit: number}
  /** Begin nothing more; end when the running unit is done. */
  | {readonly type: 'close'}
  /** The run begins for which the process has waited. `environment`: the whole of it. Answered by `ready` or `leaving`. */
  | {readonly type: 'run'; readonly setup: WorkerSetup; readonly environment: Readonly<Record<string, string>>};

/** What workers say that has to do with workers that are started ahead of a run. */
export type AheadNews =
  /** A worker of a run has loaded these modules, which others may load ahead. */
  | {readonly type: 'loaded'; readonly modules: readonly string[]}
  /** The worker has loaded what it was to load, and waits for a `run`. */
  | {readonly type: 'waiting'}
  /** The worker ends, as if it had been told to close: it has loaded what the run would load otherwise. */
  | {readonly type: 'leaving'; readonly reason: string}
  /** The worker takes units of the run. */
  | {readonly type: 'ready'};

/** The first line a worker sends over the socket: which slot's process it is. */
export interface Hello {
  /** The run's own, which only its processes know: the socket is open to whoever finds it. */
  readonly token: string;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  readonly pid: number;
}

/** How a unit ended: Jest's result of the file, or the error because of which there is none. */
export type UnitOutcome =
  {readonly type: 'result'; readonly result: TestResult} | {readonly type: 'error'; readonly error: FileError};

/** What a worker adds to the result of those tests of a file that it ran. */
export interface Slice {
  /** The places in the collection of the result's tests, in their order. */
  readonly tests: readonly number[];
  /** The places of the tests that it ran, each once, in the order in which they first began. */
  readonly ran: readonly number[];
  /** For each entry of the result's console the place of the test it belongs to; -1: of none, it was written while the file was loaded. */
  readonly console: readonly number[];
  /** From before the test environment was made until the tests were listed, in ms. */
  readonly loadMs: number;
  readonly snapshot: SnapshotChanges | null;
}

/** When the try of a test was taken back, in a run of the whole file. */
export interface WhenTakenBack {
  /** The last place that had begun by then. */
  readonly after: number;
  /** The test is run again when its block has ended: inner blocks end first, and have their tests run again in order. null: at once. */
  readonly deferred: {readonly depth: number; readonly place: number} | null;
}

/** What the tests of a slice did to their file's snapshots; nothing of it is on disk yet. */
export interface SnapshotChanges {
  /** Of the .snap file. */
  readonly path: string;
  /** Snapshots that are new or differ from those in the file, by key. */
  readonly written: Readonly<Record<string, string>>;
  /** Whether Jest would write the file. */
  readonly dirty: boolean;
  /** Keys in the file that no test of the slice has asked for. */
  readonly unchecked: readonly string[];
  /** Those of them that a test had asked for in a try that Jest took back: such a key is told after all others. In order. */
  readonly takenBack: Readonly<Record<string, WhenTakenBack>>;
  /** jest-snapshot's own: what it is to write into source files. */
  readonly inline: readonly unknown[];
}

/** A worker's memory, in bytes, before and after it ran a file. */
export interface MemoryUse {
  readonly heap: {readonly before: number; readonly after: number};
  /** All of the process's memory. */
  readonly rss: {readonly before: number; readonly after: number};
}

/** A worker that has enough to do tells of a group that begins only if it has told nothing for so long (ms). */
export const NEWS_EVERY_MS = 20;

/** Worker to parent. */
export type FromWorker =
  | {readonly type: 'unit-started'; readonly unit: number}
  /** The unit's tests are listed, and it waits to be given some. */
  | {
      readonly type: 'unit-opened';
      readonly unit: number;
      /** What it took to load it, in ms. */
      readonly ms: number;
      readonly fingerprint: string;
      /** null: the list is the one that `collected` is the fingerprint of. */
      readonly tests: readonly CollectedTest[] | null;
    }
  /**
   * The unit's tests cannot be shared after all: `reason` says why. `anew`: nor can what has run here be used,
   * even if no other worker has run any.
   */
  | {readonly type: 'unit-indivisible'; readonly unit: number; readonly reason: string; readonly anew: boolean}
  /** Groups that have ended since the last such message, in ms each, and the one that runs now. */
  | {
      readonly type: 'tests-progress';
      readonly unit: number;
      readonly done: readonly (readonly [group: number, ms: number])[];
      readonly running: number | null;
    }
  | {
      readonly type: 'unit-done';
      readonly unit: number;
      /** From before its environment was made until it was torn down. */
      readonly ms: number;
      /** The worker is over its memory limit and begins nothing more. */
      readonly retiring: boolean;
      readonly outcome: UnitOutcome;
      /** What came with the result of a unit that was opened for single tests; null: it ran whole. */
      readonly slice: Slice | null;
      /** Of a worker that is retiring. */
      readonly memory?: MemoryUse;
      /** The private parts of Jest that the worker has found missing so far, if there are any. */
      readonly jestLacks?: readonly CapabilityName[];
    }
  | {readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]}
  /** The runner itself has gone wrong in there. `doing`: a clause without a subject, what it did. `error`: a stack. */
  | {readonly type: 'fault'; readonly doing: string; readonly error: string}
  /** What Jest's own code sends from inside a test file: `['test-case-result', [path, result]]`. */
  | {readonly type: 'jest-event'; readonly name: string; readonly payload: unknown};

/** The argument of the one call that a worker's process serves for as long as it lives; and of the run that it waits for. */
export interface WorkerSetup extends Omit<Hello, 'pid'> {
  /** The process starts ahead of its run; null: it serves this run at once. */
  readonly ahead: AheadOrder | null;
  /** Whether it tells which modules it has loaded. */
  readonly tellsLoaded: boolean;
  /** Of slots in this run. */
  readonly workerCount: number;
  readonly runId: string;
  readonly socketPath: string;
  /** Where to leave an ExitRecord. */
  readonly exitRecordPath: string;
  /** Where to keep the journal of the file that runs. */
  readonly journalPath: string;
  /** The process leads a process group of its own. */
  readonly ownsGroup: boolean;
  /** When a test, a hook or a file's loading is told to be slow (0: never), and when it is taken to hang (0: never), in ms. */
  readonly slowTimeoutMs: number;
  readonly hardTimeoutMs: number;
  /** Where to leave a Departure, once this process has nothing left to do. */
  readonly departurePath: string;
  /** How long (ms) it may take to end when it has nothing left to do. */
  readonly graceMs: number;
  /** A worker whose heap is larger than this after a file (bytes) retires; null: no limit. */
  readonly heapLimitBytes: number | null;
  /** null: nothing of what is compiled is kept. */
  readonly compileCache: CompileCacheOrder | null;
  /** The running Jest's modules, by absolute path. */
  readonly modules: {readonly testWorker: string; readonly jestWorker: string};
  /** What every call of jest-runner's testWorker gets besides config and path. */
  readonly globalConfig: unknown;
  readonly context: unknown;
  /** Jest's own: one entry a project, with its config and module map. */
  readonly serializableResolvers: readonly {
    readonly config: {readonly id: string};
    readonly serializableModuleMap: unknown;
  }[];
}

/** What a process does before it knows its run. */
export interface AheadOrder {
  /** Paths of the modules that it loads, in this order. */
  readonly modules: readonly string[];
}

/** How a process keeps the code that it compiles. */
export interface CompileCacheOrder {
  /** Of the running Jest's jest-runtime. */
  readonly runtime: string;
  /** A file of its @jest/core, from which all of its packages are found. */
  readonly core: string;
  /** Where processes find what others have left; null: nothing of that is used. */
  readonly folder: string | null;
  /** Whether this process fills Node's own cache where that is empty. It takes 0.1 s, and all processes of a run would write the same. */
  readonly fillsNodesOwn: boolean;
}

/** So many bytes of the file for an ExitRecord are there before the worker starts: a disk may be full when it ends. */
export const EXIT_RECORD_BYTES = 4096;

/** What a worker's process leaves behind, in a file, when it ends without having been told to. */
export interface ExitRecord {
  readonly code: number;
  /** The stack of the exception that nothing caught, if that is what ended it. */
  readonly uncaught: string | null;
}

/** How far a worker's process has come on its way out, in a file: the parent may have to end it, and then says why. */
export type Departure =
  /** It leaves to later processes what it has compiled. */
  | {readonly at: 'saving'}
  /** Something keeps it alive. `addons`: paths of the native addons that it has loaded; Node lists nothing of what they keep open. */
  | {readonly at: 'waiting'; readonly leftOpen: readonly LeftOpen[]; readonly addons: readonly string[]}
  /** Nothing keeps it alive: its exit has begun. */
  | {readonly at: 'exiting'; readonly addons: readonly string[]};

/** What keeps a worker's process from ending. */
export interface LeftOpen {
  /** A kind of resource, as `process.getActiveResourcesInfo()` has it. */
  readonly kind: string;
  readonly count: number;
  /** The file that has opened it, as far as counting tells: of several, one of them; none: it was opened between files. */
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

/** @returns null: it is no such message */
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
          const {id, configId, path, hardTimeoutMs, split, fixtures, snapshots} = record(unit, 'a unit');
          return {
            id: whole(id),
            configId: text(configId),
            path: text(path),
            hardTimeoutMs: nullable(hardTimeoutMs, finite),
            split: nullable(split, parseSplitOrder),
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
        // As in the call that it has begun with: what is in there is Jest's, and ours.
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
  const {at, leftOpen, addons} = record(parseJson(line), 'how far a worker has come on its way out');
  switch (at) {
    case 'saving':
      return {at};
    case 'waiting':
      return {at, leftOpen: list(leftOpen, parseLeftOpen), addons: list(addons, text)};
    case 'exiting':
      return {at, addons: list(addons, text)};
    default:
      throw new ProtocolError('how far a worker has come on its way out', at);
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
    // The rest of it is Jest's own, made by the very Jest that reads it.
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
  const {after, deferred} = record(value, 'when something was taken back');
  return {
    after: finite(after),
    deferred: nullable(deferred, entry => {
      const {depth, place} = record(entry, 'a test that is run again');
      return {depth: whole(depth), place: whole(place)};
    }),
  };
}
