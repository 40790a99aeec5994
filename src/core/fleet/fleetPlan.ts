/**
 * The plan of a fleet: one machine makes it, and all machines of the run have the same. A plan names files by their
 * place in the list that all machines have (`Collection`), and tests by their names: never a path, code or an option.
 */
import type {Collection} from './collection';

export interface FleetPlan {
  /** Random. Whatever belongs to this plan is sealed with its id, so that nothing of another run can be put in. */
  readonly id: string;
  /** From 1. A later round runs again what failed or is missing in the round before. */
  readonly round: number;
  readonly collection: Collection;
  /** The most urgent first. The jobs of all rounds are the same. */
  readonly jobs: readonly PlannedJob[];
  /** The files that several jobs share, in the order of the collection. */
  readonly cuts: readonly CutOfFleet[];
  /** Of a later round: the jobs whose results of earlier rounds stand. They do not run again. */
  readonly kept: readonly KeptResult[];
}

/** What one machine takes at once: a file, some tests of a file, or all files of a worker group. */
export interface PlannedJob {
  /** Its index in the plan, as a text. */
  readonly id: string;
  /** Places in the list of files of the collection, ascending. */
  readonly files: readonly number[];
  /** Of a file that is cut, which part of it, from 1. null: the job has all tests of its files. */
  readonly part: number | null;
  /** In one worker; null: unknown. */
  readonly expectedMs: number | null;
}

/** A file that is cut. Its part 1 has all tests that `given` lacks. */
export interface CutOfFleet {
  readonly file: number;
  /** How many parts there are, 2 or more. */
  readonly parts: number;
  /** The parts of the tests that part 1 lacks: by full name, 2 or more. */
  readonly given: Readonly<Record<string, number>>;
}

/** The accepted result of a job. */
export interface KeptResult {
  readonly job: string;
  /** The id of the plan in whose round the job ran. */
  readonly plan: string;
  /** The lease under which the result was accepted. */
  readonly token: string;
}
