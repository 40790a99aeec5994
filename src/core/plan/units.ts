/**
 * The basic types of the plan: what is dispatched, and where it runs. The rest of the core uses these types.
 */
import type {Constraints} from './constraints';

/**
 * Identifies a test file. A path alone is not enough, because two projects may run the same path. `configId` is Jest's
 * own id of the project config.
 */
export interface FileIdentity {
  readonly configId: string;
  /** Absolute path of the test file. */
  readonly path: string;
}

/**
 * Which of a file's tests may run apart from each other. `tests`: all tests, but the tests of a describe block with its
 * own beforeAll or afterAll hooks stay together, so that these hooks run once. `each`: all tests; every hook must be
 * able to run in several workers.
 */
export type Granularity = 'tests' | 'each';

/**
 * Which further tests of a file must run in one worker. `none`: no further tests. `scope`: the tests of each top-level
 * describe block, and all tests outside of describe blocks. `named`: the tests in describe blocks whose titles end in
 * the same `@group:name`.
 */
export type Grouping = 'none' | 'scope' | 'named';

/** The index of a node among the run's nodes. A node is a kind of worker: Node version, flags, time zone and so on. */
export type NodeId = number;

/** What is dispatched to a worker: a test file, whole or opened by several workers that share its tests. */
export interface Unit {
  /** The unit's place in the plan: 0 is dispatched first. Unique within a run. */
  readonly id: number;
  readonly file: FileIdentity;
  /** The unit's expected duration in a worker, in ms; null: unknown. */
  readonly expectedMs: number | null;
  /** null: the file runs whole. */
  readonly split: Granularity | null;
  /** null: the unit asks for nothing but a worker. */
  readonly constraints: Constraints | null;
  /** The node that the unit must run on; null: any. Either all units of a run are for a node, or none is. */
  readonly node: NodeId | null;
  /** The unit that must end before this one may begin, because this one may read its files. null: there is none. */
  readonly after: number | null;
}

/** The number of a slot, from 1, stable over the run; Jest's JEST_WORKER_ID. */
export type SlotNumber = number;

/** A worker's name for the user: `w2 (pid 4711)`. @param pid null: the process never sent its pid */
export function describeWorker(slot: SlotNumber, pid: number | null): string {
  return `w${slot}${pid === null ? '' : ` (pid ${pid})`}`;
}

/**
 * Which process is (or was) in a slot: 1 for the first, one more for each further process. Messages of a process of an
 * older generation are ignored.
 */
export type Generation = number;
