/** Gives each slot of a run its worker: one that was started ahead of the run, or a new process. */
import type {Generation, NodeId, SlotNumber} from '../../core/plan/units';
import type {AheadWorkers} from './ahead/aheadWorkers';
import type {RunWorkers} from './runWorkers';
import {WorkerHost, type FurtherSetup, type WorkerHostOptions, type WorkerListener} from './workerHost';
import type {WorkerServer} from './workerServer';
import type {WorkerStart} from './workerStart';

export interface WorkerMakerOptions {
  readonly workers: RunWorkers;
  readonly server: Pick<WorkerServer, 'filesFor'>;
  /** null: no worker is started ahead of a run. */
  readonly ahead: Pick<AheadWorkers, 'take' | 'loaded'> | null;
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
    const {ahead, startOf, workers} = this.#options;
    const start = startOf(slot, node);
    const host = ahead?.take(slot, start, listener) ?? this.#startNew(slot, generation, start, listener);
    workers.serves(host);
    return host;
  }

  #startNew(slot: SlotNumber, generation: Generation, start: WorkerStart, listener: WorkerListener): WorkerHost {
    const {workers, server, ahead, jestWorker, threads, stdout, stderr} = this.#options;
    const host = new WorkerHost({
      start,
      setup: {...this.setupOf(slot), slot, generation, ...server.filesFor(slot, generation)},
      jestWorker: jestWorker(),
      threads,
      stdout,
      stderr,
      listener,
      onAhead: news => {
        if (news.type === 'loaded') ahead?.loaded(news.modules);
      },
    });
    workers.started(host);
    return host;
  }

  /** What a worker of a slot is told. */
  setupOf(slot: SlotNumber): FurtherSetup {
    const {shared, nodeCount} = this.#options;
    const {compileCache} = shared;
    return {
      ...shared,
      // The first workers are on one node each, and each node's Node may have a cache of its own to fill.
      compileCache: compileCache && {
        ...compileCache,
        fillsNodesOwn: compileCache.fillsNodesOwn && slot <= nodeCount,
      },
    };
  }
}
