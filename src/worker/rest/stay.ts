/** The stay of a worker in watch mode, from the end of one run to the beginning of the next. */
import type {ToWorker, WorkerSetup} from '../../core/wire/workerMessages';
import type {OpenResources} from '../guard/openResources';
import type {ParentLine} from '../parentLine';
import type {BetweenRuns} from './betweenRuns';

export type NextRun = Extract<ToWorker, {type: 'run'}>;

export interface StayingWorker {
  readonly between: BetweenRuns;
  readonly line: Pick<ParentLine, 'send'>;
  readonly resources: OpenResources;
  /** The process runs no further file of the run: saves what later processes use. */
  readonly filesEnd: () => void;
  /** Ends the process at once. */
  readonly leave: () => never;
}

export class Stay {
  #allowed = false;
  #resolve!: (order: NextRun | null) => void;
  #next!: Promise<NextRun | null>;

  constructor() {
    this.#expectOrder();
  }

  /** The parent lets the worker stay after this run. */
  allow(): void {
    this.#allowed = true;
  }

  /** The next run begins. @param order null: the worker is to end */
  next(order: NextRun | null): void {
    this.#resolve(order);
  }

  /**
   * The run has ended: makes the process as a fresh one, and waits.
   *
   * @returns the setup of the next run; null: the process has to end
   */
  async untilNextRun({between, line, resources, filesEnd, leave}: StayingWorker): Promise<WorkerSetup | null> {
    if (!this.#allowed) return null;
    const objection = await between.objection(resources);
    if (objection !== null) {
      await line.send({type: 'leaving', reason: objection});
      return null;
    }
    await line.send({type: 'resting'});
    filesEnd();
    const remains = await between.tidy();
    if (remains !== null) {
      await line.send({type: 'leaving', reason: remains}).catch(leave);
      leave(); // at once: what remains of the run may throw, and nobody would hear of that
    }
    const order = await this.#next;
    if (order === null) return null;
    this.#allowed = false;
    this.#expectOrder();
    const changed = between.begin(order.environment);
    if (changed === null) return order.setup;
    await line.send({type: 'leaving', reason: changed});
    return null;
  }

  #expectOrder(): void {
    this.#next = new Promise(resolve => (this.#resolve = resolve));
  }
}
