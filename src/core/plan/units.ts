/**
 * The words of the plan: what is dispatched, and where it runs.
 * Everything else in the core speaks in these.
 */
import type {Constraints} from './constraints';

/**
 * Where a unit's file belongs: one path may be run by two projects, so a path alone names nothing.
 * `configId` is Jest's own id of the project config.
 */
export interface FileIdentity {
  readonly configId: string;
  /** Absolute path of the test file. */
  readonly path: string;
}

/**
 * What of a file's tests may run apart from each other. `tests`: all but those of a describe block with
 * beforeAll or afterAll hooks of its own, which run once. `each`: these too; every hook is re-entrant.
 */
export type Granularity = 'tests' | 'each';

/**
 * What of a file's tests must run in one worker besides: `none`: nothing; `scope`: each describe block that is in no
 * other, and all tests that are in none; `named`: what is in describe blocks whose titles end in the same `@group:name`.
 */
export type Grouping = 'none' | 'scope' | 'named';

/** A kind of worker (another Node version, other flags, another time zone), by its place among the run's nodes. */
export type NodeId = number;

/** What is dispatched to a worker: a test file; whole, or opened by several workers that share its tests. */
export interface Unit {
  /** The unit's place in the plan: 0 is dispatched first. Unique within a run. */
  readonly id: number;
  readonly file: FileIdentity;
  /** What the unit is expected to take in a worker, in ms; null where nothing is known. */
  readonly expectedMs: number | null;
  /** null: the file runs whole. */
  readonly split: Granularity | null;
  /** null: it asks for nothing but a worker. */
  readonly constraints: Constraints | null;
  /** The node that it is to run on; null: any. All units of a run are for a node, or none is. */
  readonly node: NodeId | null;
  /** The unit that has to end before this one may begin: it may write what this one reads. null: there is none. */
  readonly after: number | null;
}

/** A place for a worker. Numbered from 1, stable over the run; Jest's JEST_WORKER_ID. */
export type SlotNumber = number;

/** A worker for a user to read: `w2 (pid 4711)`. @param pid null where the process never said */
export function describeWorker(slot: SlotNumber, pid: number | null): string {
  return `w${slot}${pid === null ? '' : ` (pid ${pid})`}`;
}

/**
 * Which process is (or was) in a slot: 1 for the first, one more after each replacement.
 * What a process of an older generation still says is ignored.
 */
export type Generation = number;
