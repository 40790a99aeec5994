/** Gives each slot of a run its worker: one that has stayed from an earlier run, or a new process. */
import type {Generation, NodeId, SlotNumber} from '../../core/plan/units';
import type {WorkerSetup} from '../../core/wire/workerMessages';
import type {KeptWorkers} from './keptWorkers';
import type {RunWorkers} from './runWorkers';
import {WorkerHost, type FurtherSetup, type WorkerHostOptions, type WorkerListener} from './workerHost';
import type {WorkerServer} from './workerServer';
import type {WorkerStart} from './workerStart';

export interface WorkerMakerOptions {
  readonly workers: RunWorkers;
  readonly server: Pick<WorkerServer, 'filesFor' | 'hold'>;
  /** null: no worker stays after its run. */
  readonly keeping: Pick<KeptWorkers, 'take'> | null;
  readonly startOf: (slot: SlotNumber, node: NodeId) => WorkerStart;
  /** What all workers of the run are told. */
  readonly shared: FurtherSetup;
  /** How many nodes the run has. */
  readonly nodeCount: number;
  readonly jestWorker: () => WorkerHostOptions['jestWorker'];
  readonly threads: boolean;
  readonly stdout: WorkerHostOptions['stdout'];
  readonly stderr: WorkerHostOptions['stderr'];
}

export class WorkerMaker {
  readonly #options: WorkerMakerOptions;

  constructor(options: WorkerMakerOptions) {
    this.#options = options;
  }

  /** @returns the worker that serves the slot from now on */
  make(slot: SlotNumber, generation: Generation, node: NodeId, listener: WorkerListener): WorkerHost {
    const {keeping, startOf, workers} = this.#options;
    const start = startOf(slot, node);
    const host = keeping?.take(slot, start, listener) ?? this.#startNew(slot, generation, start, listener);
    workers.serves(host);
    return host;
  }

  #startNew(slot: SlotNumber, generation: Generation, start: WorkerStart, listener: WorkerListener): WorkerHost {
    const {workers, server, jestWorker, threads, stdout, stderr} = this.#options;
    const host = new WorkerHost({
      start,
      setup: this.#setupOf(slot, generation),
      jestWorker: jestWorker(),
      threads,
      stdout,
      stderr,
      listener,
      holdLine: () => server.hold(),
    });
    workers.started(host);
    return host;
  }

  #setupOf(slot: SlotNumber, generation: Generation): WorkerSetup {
    const {shared, nodeCount, server} = this.#options;
    const {compileCache} = shared;
    return {
      ...shared,
      slot,
      generation,
      // The first workers are on one node each, and each node's Node may have a cache of its own to fill.
      compileCache: compileCache && {
        ...compileCache,
        fillsNodesOwn: compileCache.fillsNodesOwn && slot <= nodeCount,
      },
      ...server.filesFor(slot, generation),
    };
  }
}
