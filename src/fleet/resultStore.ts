/** The results of jobs on the server, and the sources of coverage that they name. */
import {parseAccepted} from '../core/fleet/parseMessages';
import type {Accepted} from '../core/fleet/messages';
import type {PlannedJob} from '../core/fleet/fleetPlan';
import type {SourceLine} from '../recording/lines';
import type {JobQueue, TakenJob} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import type {JobResult} from './results/jobResult';
import {decodeResult, decodeSource, encodeResult, encodeSource} from './results/resultBytes';
import {jsonBytes, parsed, type Place} from './sealedValues';

/** A result that counts. */
export interface AcceptedResult extends Accepted {
  /** The id of the plan in whose round the job ran. */
  readonly plan: string;
  readonly job: PlannedJob;
}

export class ResultStore {
  readonly #fleet: Pick<FleetConnection, 'values' | 'names'>;
  /** The ids of the sources that are on the server, or on their way. */
  readonly #sources = new Map<string, Promise<unknown>>();
  /** What this machine has stored and not told so far, by key: it need not come back over the network. */
  readonly #own = new Map<string, Buffer>();

  constructor(fleet: Pick<FleetConnection, 'values' | 'names'>) {
    this.#fleet = fleet;
  }

  /** @throws {ResultError} if the source is too large */
  putSource(line: SourceLine): void {
    if (this.#sources.has(line.id)) return;
    const stored = this.#fleet.values.put(this.#sourceAt(line.id), encodeSource(line), true);
    stored.catch(() => undefined); // `complete` waits for it
    this.#sources.set(line.id, stored);
  }

  /**
   * Ends a job with its result.
   *
   * @param plan the id of the plan
   * @returns false: the lease was lost, so another machine's result will count
   * @throws {ResultError} if the result is too large
   */
  async complete(
    queue: Pick<JobQueue, 'complete'>,
    plan: string,
    taken: TakenJob,
    result: JobResult,
    failed: boolean,
  ): Promise<boolean> {
    const {id, token} = taken;
    const bytes = encodeResult(result);
    const place = this.#resultAt(plan, id, token);
    for (const {sources} of result.files) for (const source of sources) await this.#sources.get(source);
    await this.#fleet.values.put(place, bytes);
    this.#own.set(place.key, bytes);
    const accepted: Accepted = {token, failed};
    const counts = await queue.complete(taken, this.#fleet.values.seal('accepted', [plan, id], jsonBytes(accepted)));
    if (!counts) this.#own.delete(place.key);
    return counts;
  }

  /** @param value what a job was completed with */
  accepted(plan: string, job: PlannedJob, value: Buffer): AcceptedResult {
    const plain = this.#fleet.values.open('accepted', [plan, job.id], value);
    return {...parsed(plain, `what job ${job.id} was completed with`, parseAccepted), plan, job};
  }

  /**
   * @throws {FleetError} if the server has lost the result
   * @throws {ResultError} if it is not a result of the job
   */
  async get({plan, job, token}: AcceptedResult): Promise<JobResult> {
    const place = this.#resultAt(plan, job.id, token);
    const bytes = this.#own.get(place.key) ?? (await this.#fleet.values.get(place));
    this.#own.delete(place.key);
    if (bytes === null) throw new FleetError(`the fleet's server has lost the result of job ${job.id}.`);
    return decodeResult(bytes, job);
  }

  async source(id: string): Promise<SourceLine> {
    const bytes = await this.#fleet.values.get(this.#sourceAt(id));
    if (bytes === null) throw new FleetError("the fleet's server has lost what coverage says of a source.");
    return decodeSource(bytes, id);
  }

  #resultAt(plan: string, job: string, token: string): Place {
    return {key: this.#fleet.names.result(plan, job, token), kind: 'result', about: [plan, job, token]};
  }

  #sourceAt(id: string): Place {
    return {key: this.#fleet.names.source(id), kind: 'source', about: [id]};
  }
}
