/** Plans a later round: what has passed stands, and what failed or is missing runs again. */
import type {FleetPlan, KeptResult} from './fleetPlan';

/** How a job of a round has ended. */
export interface JobOutcome {
  readonly failed: boolean;
  /** The id of the plan in whose round the job ran. */
  readonly plan: string;
  /** The lease under which its result was accepted. */
  readonly token: string;
}

/** @param outcome of all jobs whose results were accepted, in this round or before */
export function planRound(previous: FleetPlan, outcome: ReadonlyMap<string, JobOutcome>, id: string): FleetPlan {
  const before = new Map(previous.kept.map(kept => [kept.job, kept]));
  const kept = previous.jobs.flatMap(({id: job}): KeptResult[] => {
    const ended = outcome.get(job);
    const stands = before.get(job);
    if (ended === undefined) return stands === undefined ? [] : [stands];
    return ended.failed ? [] : [{job, plan: ended.plan, token: ended.token}];
  });
  return {...previous, id, round: previous.round + 1, kept};
}
