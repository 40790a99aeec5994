/**
 * The words of the plan: what is dispatched, and where it runs.
 * Everything else in the core speaks in these.
 */

/**
 * Where a unit's file belongs: one path may be run by two projects, so a path alone names nothing.
 * `configId` is Jest's own id of the project config.
 */
export interface FileIdentity {
  readonly configId: string;
  /** Absolute path of the test file. */
  readonly path: string;
}

/** What is dispatched to a worker: one whole test file. */
export interface Unit {
  /** The unit's place in the plan: 0 is dispatched first. Unique within a run. */
  readonly id: number;
  readonly file: FileIdentity;
  /** What the unit is expected to take in a worker, in ms; null where nothing is known. */
  readonly expectedMs: number | null;
}

/** A place for a worker. Numbered from 1, stable over the run; Jest's JEST_WORKER_ID. */
export type SlotNumber = number;

/**
 * Which process is (or was) in a slot: 1 for the first, one more after each replacement.
 * What a process of an older generation still says is ignored.
 */
export type Generation = number;
