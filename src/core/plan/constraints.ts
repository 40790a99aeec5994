/** What a test file asks for besides a worker: what must not run at the same time, and what must be available. */

/** A share of a resource. A resource is a counted lock that the files of a run share. */
export interface ResourceShare {
  readonly name: string;
  /** 1 or more. */
  readonly amount: number;
}

/** A fixture's index in the plan's list. */
export type FixtureId = number;

export interface Constraints {
  /** Whether nothing else may run at the same time. */
  readonly serial: boolean;
  /** The worker group: its units run in one worker, in the order of their ids. null: the file is in no group. */
  readonly workerGroup: string | null;
  /** The unit takes all of them at once before it begins, and gives them back when it has ended. Names are unique. */
  readonly resources: readonly ResourceShare[];
  /** Whether the file wants a worker in which no other file has run. */
  readonly freshWorker: boolean;
  /** The fixtures that must be up for the file. Each comes after the fixtures that it needs. */
  readonly fixtures: readonly FixtureId[];
}

/** `run`: one fixture for all workers. `worker`: one for each worker that needs it, taken down with that worker. */
export type FixtureScope = 'run' | 'worker';

/** What the schedule knows of a fixture. */
export interface PlannedFixture {
  readonly scope: FixtureScope;
  /** The fixtures that it needs. Their ids are lower. A fixture of scope `run` needs none of scope `worker`. */
  readonly needs: readonly FixtureId[];
}
