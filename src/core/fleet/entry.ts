/** What a machine that comes to a run does first. */
import type {FleetPlan, PlannedJob} from './fleetPlan';

export interface StateOfRun {
  /** The plan of the newest round; null: there is none. */
  readonly plan: FleetPlan | null;
  /** How many jobs of that round are completed. */
  readonly completed: number;
  /** Whether one of its completed or kept jobs has failed, or the run was told to end early. */
  readonly failed: boolean;
  /**
   * How many machines of that round have shown up lately. Those that plan the next round are not among them: else a
   * second one that comes would join the round that the first one has given up.
   */
  readonly alive: number;
}

/**
 * `plan`: take part in the planning. `join`: take jobs. `be-told`: the run has passed, so the machine is told it and
 * runs nothing. `new-round`: plan a round of what failed or is missing.
 */
export type Entry = 'plan' | 'join' | 'be-told' | 'new-round';

export function decideEntry({plan, completed, failed, alive}: StateOfRun): Entry {
  if (plan === null) return 'plan';
  if (completed >= openJobs(plan)) return failed ? 'new-round' : 'be-told';
  // A run that all machines have left was cancelled, or they died: who runs it again must not inherit its failures.
  return alive > 0 ? 'join' : 'new-round';
}

/** How many jobs run in the plan's round. */
export function openJobs({jobs, kept}: FleetPlan): number {
  return jobs.length - kept.length;
}

/** The jobs that run in the plan's round, in its order. */
export function jobsOfRound({jobs, kept}: FleetPlan): PlannedJob[] {
  const stands = new Set(kept.map(({job}) => job));
  return jobs.filter(({id}) => !stands.has(id));
}
