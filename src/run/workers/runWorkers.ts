/** The workers of one run, by slot. */
import type {Hello} from '../../core/wire/workerMessages';
import type {SlotNumber} from '../../core/plan/units';
import type {Faults} from '../faults';
import {hearHosts} from './hearHosts';
import type {WorkerStatus} from './status';
import type {WorkerHost} from './workerHost';
import type {WorkerServerListener} from './workerServer';

export class RunWorkers {
  /** The last worker of each slot. It may have been started ahead of the run. */
  readonly #serving = new Map<SlotNumber, WorkerHost>();
  /** Workers that this run has started, and that its server hears. */
  readonly #started = new Map<SlotNumber, WorkerHost>();
  /** The ends of workers that were lost and have a successor in their slot. */
  readonly #leaving = new Set<Promise<unknown>>();

  /** This run has started the worker, so the worker connects to this run's server. */
  started(host: WorkerHost): void {
    this.#started.set(host.slot, host);
  }

  /** The worker serves its slot from now on. The slot's worker before has nothing left to say. */
  serves(host: WorkerHost): void {
    const before = this.#serving.get(host.slot);
    if (before !== undefined) this.#leaving.add(before.gone);
    this.#serving.set(host.slot, host);
  }

  /** The last worker of a slot; null: the slot has had none. */
  in(slot: SlotNumber): WorkerHost | null {
    return this.#serving.get(slot) ?? null;
  }

  /** What each worker does now. */
  get statuses(): ReadonlyMap<SlotNumber, WorkerStatus> {
    return new Map(this.#living.map(({slot, status}) => [slot, status]));
  }

  /** The memory of each worker, in bytes; null: the worker has not said. */
  get bytes(): readonly (number | null)[] {
    return this.#living.map(({rssBytes}) => rssBytes);
  }

  /** Signals all workers and what their tests have started, and kills those that have not ended after a grace. */
  terminate(signal: NodeJS.Signals): void {
    for (const host of this.#serving.values()) host.terminate(signal);
  }

  /** Kills all workers and what their tests have started. */
  kill(): void {
    for (const host of this.#serving.values()) host.kill();
  }

  /** Resolves when nothing is left of the workers that were lost. To be called when each is lost or closed. */
  async gone(): Promise<void> {
    await Promise.all([...this.#leaving, ...[...this.#serving.values()].map(({gone}) => gone)]);
  }

  /** Passes what arrives at the run's server to the worker that it comes from. */
  hearing(faults: Pick<Faults, 'guard'>): WorkerServerListener {
    return hearHosts(
      hello => this.#from(hello),
      (doing, act) => faults.guard(doing, act),
    );
  }

  get #living(): WorkerHost[] {
    return [...this.#serving.values()].filter(({ended}) => !ended);
  }

  /** null: the process was replaced. */
  #from({slot, generation}: Pick<Hello, 'slot' | 'generation'>): WorkerHost | null {
    const host = this.#started.get(slot);
    return host?.generation === generation ? host : null;
  }
}
