/** Tells this machine's Jest the results that the server has accepted, in the server's order. */
import type {FleetPlan, PlannedJob} from '../core/fleet/fleetPlan';
import type {Completions} from './completions';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {PlanJobs} from './planJobs';
import type {RunDurations} from './results/durations';
import type {JobResult} from './results/jobResult';
import type {LiveReplay} from './results/liveReplay';
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

/**
 * So many results are on their way from the server while Jest is told the ones before: one after the other, a machine
 * could be told no more results in a second than the server answers in turn.
 */
const MOST_AHEAD = 16;

export class AcceptedResults {
  readonly #options: AcceptedResultsOptions;
  readonly #jobs: PlanJobs;
  /** Those that were asked for. Each resolves when results may refer to it. */
  readonly #sources = new Map<string, Promise<void>>();
  /** The telling of each result that was asked for and not told so far, in order. */
  readonly #ahead: Promise<void>[] = [];
  #last = Promise.resolve();
  #stopped = false;

  constructor(options: AcceptedResultsOptions) {
    this.#options = options;
    this.#jobs = new PlanJobs(options.plan);
  }

  /**
   * @returns when Jest has dealt with all results of the run
   * @throws {FleetError}
   */
  async tellAll(): Promise<void> {
    const {plan, completions, results, fleet, onCompleted} = this.#options;
    let fail: (error: unknown) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (fail = reject));
    const ended = Promise.race([fleet.ended, failed]);
    ended.catch(() => undefined);
    for (const {job, plan: of, token} of plan.kept) {
      await this.#add({job: this.#jobs.of(job), plan: of, token, failed: false}, fail);
    }
    const left = plan.jobs.length - plan.kept.length;
    for (let index = 0; index < left; index++) {
      const {job: id, value} = await completions.at(index, ended);
      const job = this.#jobs.of(id);
      onCompleted(job);
      await this.#add(results.accepted(plan.id, job, value), fail);
    }
    await this.#last;
  }

  /** Jest is told nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Asks for a result. Jest is told it after those before. @returns when another one may be asked for */
  async #add(accepted: AcceptedResult, onFailure: (error: unknown) => void): Promise<void> {
    const fetched = this.#fetch(accepted);
    fetched.catch(() => undefined); // the telling of an earlier one may fail before
    this.#last = this.#last.then(async () => this.#tell(accepted, await fetched)).catch(rethrow);
    this.#last.catch(onFailure);
    this.#ahead.push(this.#last);
    if (this.#ahead.length >= MOST_AHEAD) await this.#ahead.shift();
  }

  /** @returns a result whose sources of coverage are there */
  async #fetch(accepted: AcceptedResult): Promise<JobResult> {
    const result = await this.#options.results.get(accepted);
    const ids = new Set(result.files.flatMap(({sources}) => sources));
    await Promise.all([...ids].map(id => this.#source(id)));
    return result;
  }

  #source(id: string): Promise<void> {
    const {results, replay} = this.#options;
    const added = this.#sources.get(id) ?? results.source(id).then(line => replay.addSource(line));
    this.#sources.set(id, added);
    return added;
  }

  async #tell(accepted: AcceptedResult, result: JobResult): Promise<void> {
    const {replay, durations, beforeTold} = this.#options;
    if (this.#stopped) return;
    await beforeTold(accepted, result);
    if (this.#stopped) return;
    durations.add(accepted.job, result);
    await replay.take(accepted.job, result);
  }
}

function rethrow(error: unknown): never {
  if (!(error instanceof ResultError)) throw error;
  throw new FleetError(`a result on the fleet's server cannot be told. ${error.message}`);
}
