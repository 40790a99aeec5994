/** Tells this machine's Jest the results that the server has accepted, in the server's order. */
import type {FleetPlan, PlannedJob} from '../core/fleet/fleetPlan';
import type {Completions} from './completions';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import type {RunDurations} from './results/durations';
import type {LiveReplay} from './results/liveReplay';
import type {JobResult} from './results/jobResult';
import {ResultError} from './results/resultError';
import type {AcceptedResult, ResultStore} from './resultStore';

export interface AcceptedResultsOptions {
  readonly fleet: Pick<FleetConnection, 'ended'>;
  readonly plan: FleetPlan;
  readonly completions: Completions;
  readonly results: ResultStore;
  readonly replay: LiveReplay;
  readonly durations: RunDurations;
  /** A job is completed. Jest has not been told so far. */
  readonly onCompleted: (job: PlannedJob) => void;
  /** Called, and awaited, before Jest is told a result. */
  readonly beforeTold: (accepted: AcceptedResult, result: JobResult) => Promise<void>;
}

export class AcceptedResults {
  readonly #options: AcceptedResultsOptions;
  readonly #jobs: ReadonlyMap<string, PlannedJob>;
  readonly #sources = new Set<string>();
  #stopped = false;

  constructor(options: AcceptedResultsOptions) {
    this.#options = options;
    this.#jobs = new Map(options.plan.jobs.map(job => [job.id, job]));
  }

  /**
   * @returns when Jest has dealt with all results of the run
   * @throws {FleetError}
   */
  async tellAll(): Promise<void> {
    const {plan, completions, results, fleet, onCompleted} = this.#options;
    for (const {job, plan: of, token} of plan.kept) {
      await this.#tell({job: this.#jobOf(job), plan: of, token, failed: false});
    }
    const left = plan.jobs.length - plan.kept.length;
    for (let index = 0; index < left; index++) {
      const {job: id, value} = await completions.at(index, fleet.ended);
      const job = this.#jobOf(id);
      onCompleted(job);
      await this.#tell(results.accepted(plan.id, job, value));
    }
  }

  /** Jest is told nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  async #tell(accepted: AcceptedResult): Promise<void> {
    const {results, replay, durations, beforeTold} = this.#options;
    try {
      const result = await results.get(accepted);
      for (const id of new Set(result.files.flatMap(({sources}) => sources))) {
        if (this.#sources.has(id)) continue;
        replay.addSource(await results.source(id));
        this.#sources.add(id);
      }
      if (this.#stopped) return;
      await beforeTold(accepted, result);
      if (this.#stopped) return;
      durations.add(accepted.job, result);
      await replay.take(accepted.job, result);
    } catch (error) {
      if (!(error instanceof ResultError)) throw error;
      throw new FleetError(`a result on the fleet's server cannot be told. ${error.message}`);
    }
  }

  #jobOf(id: string): PlannedJob {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new FleetError(`job ${id} on the fleet's server is not one of this run.`);
    return job;
  }
}
