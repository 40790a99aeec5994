/** The small values that machines of a fleet write for each other. Each is sealed. Times are the server's clock, in ms. */

/** What a job of the queue says: which job of which plan it is. */
export interface JobData {
  /** The id of the plan. */
  readonly plan: string;
  /** The id of the job in the plan. */
  readonly job: string;
}

/** What a job is completed with. The result itself is a value whose key ends in the token. */
export interface Accepted {
  readonly token: string;
  /** Whether a file of the job fails the run: a later round runs the job again. */
  readonly failed: boolean;
}

/**
 * What a machine notes of a job that it took. `began`: a worker may have begun a file of it. `gave-back`: another
 * machine may have it. `left`: the machine said good-bye. `lost-lease`: the machine lives, but had not renewed the lease
 * in time.
 */
export interface Story {
  /** The id of the machine. */
  readonly machine: string;
  /** What users call the machine, such as its host's name. */
  readonly name: string;
  /** The lease. */
  readonly token: string;
  readonly at: number;
  readonly what: 'began' | 'gave-back' | 'left' | 'lost-lease';
}

/** A machine has idle workers, and the queue had nothing for them. */
export interface Hunger {
  readonly machine: string;
  readonly at: number;
  /** How many of its workers are idle. */
  readonly idle: number;
}

/** What a machine says of itself with each pulse. */
export interface MachineStatus {
  readonly machine: string;
  readonly name: string;
  readonly at: number;
  /** The id of the plan that it works for; null: it has none yet. */
  readonly plan: string | null;
  readonly workers: number;
  /** `working`: it takes part. `left`: it said good-bye. */
  readonly state: 'working' | 'left';
  /** How many jobs it holds that have not begun. */
  readonly waiting: number;
  /** The jobs that have begun, and when. */
  readonly begun: readonly {readonly job: string; readonly at: number}[];
}
