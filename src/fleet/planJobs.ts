/** The jobs of a plan, by what the server calls them. */
import type {FleetPlan, PlannedJob} from '../core/fleet/fleetPlan';
import {FleetError} from './fleetError';

export class PlanJobs {
  readonly #jobs: ReadonlyMap<string, PlannedJob>;

  constructor({jobs}: Pick<FleetPlan, 'jobs'>) {
    this.#jobs = new Map(jobs.map(job => [job.id, job]));
  }

  /** @throws {FleetError} if the plan has no such job */
  of(id: string): PlannedJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw foreignJob(id);
    return job;
  }
}

export function foreignJob(id: string): FleetError {
  return new FleetError(`job ${id} on the fleet's server is not one of this run.`);
}
