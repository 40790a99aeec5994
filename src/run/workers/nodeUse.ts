/** Counts what the workers of each node do, for the lines at the end of a run. */
import type {NodeId, SlotNumber, Unit} from '../../core/plan/units';
import {NodeSummary, type NodeShare, type SummedNode} from '../../core/texts/nodeSummary';
import type {WorkerListener} from './workerHost';

export class NodeUse {
  /** null: the run has no nodes. */
  readonly #summary: NodeSummary | null;
  readonly #units: readonly Pick<Unit, 'node'>[];
  readonly #nodeInSlot = new Map<SlotNumber, NodeId>();

  constructor(nodes: readonly SummedNode[], units: readonly Pick<Unit, 'node'>[]) {
    this.#summary = nodes.length === 0 ? null : new NodeSummary(nodes);
    this.#units = units;
  }

  /**
   * A worker on a node serves a slot from now on.
   *
   * @returns a listener that counts the worker's death and then calls `listener`
   */
  hearing(slot: SlotNumber, node: NodeId, listener: WorkerListener): WorkerListener {
    this.#nodeInSlot.set(slot, node);
    this.#summary?.started(node);
    return {
      ...listener,
      lost: death => {
        this.#summary?.died(node);
        listener.lost(death);
      },
    };
  }

  /**
   * A worker has run a unit, or some of its tests.
   *
   * @param slot null: no worker has run any of it
   * @param result null: the unit has no result
   */
  ran(unit: number, slot: SlotNumber | null, result: NodeShare | null): void {
    const node = this.#units[unit]?.node ?? (slot === null ? undefined : this.#nodeInSlot.get(slot));
    if (node !== undefined) this.#summary?.ran(node, result);
  }

  /** One line for each node. */
  lines(): readonly string[] {
    return this.#summary?.lines() ?? [];
  }
}
