/** What a test file asks of a run beside a worker: what may not run beside it, and what must be there for it. */

/** A part of a resource: a counted lock that files of a run share. */
export interface ResourceShare {
  readonly name: string;
  /** 1 or more. */
  readonly amount: number;
}

/** Names one of a run's fixtures: its place in the plan's list. */
export type FixtureId = number;

export interface Constraints {
  /** Nothing else runs meanwhile. */
  readonly serial: boolean;
  /** All units of a group run in one worker, in the order of their ids. null: in none. */
  readonly workerGroup: string | null;
  /** Taken all at once before the unit begins, and given back when it has ended. Each name at most once. */
  readonly resources: readonly ResourceShare[];
  /** It wants a worker in which no other file has run. */
  readonly freshWorker: boolean;
  /** The fixtures that must be up for it, each after all those that it needs itself. */
  readonly fixtures: readonly FixtureId[];
}

/**
 * `run`: one for all workers, for one run; `worker`: one for each worker that needs it, which is taken down
 * with that worker.
 */
export type FixtureScope = 'run' | 'worker';

/** A fixture as the schedule knows it. */
export interface PlannedFixture {
  readonly scope: FixtureScope;
  /** The fixtures that it needs itself: of lower ids. One of scope `run` needs none of scope `worker`. */
  readonly needs: readonly FixtureId[];
}
