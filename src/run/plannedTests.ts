/** Maps the units of a run to Jest's tests. */
import type {Test} from '@jest/test-result';
import type {RunPlan} from './runPlan';
import type {RunNode} from './workers/nodes';

/** What of a plan says which test a unit is. */
export interface Planned extends Pick<RunPlan, 'tests'> {
  readonly plan: Pick<RunPlan['plan'], 'units'>;
}

export class PlannedTests {
  readonly #planned: Planned;
  readonly #nodes: readonly Pick<RunNode, 'name'>[];

  constructor(planned: Planned, nodes: readonly Pick<RunNode, 'name'>[]) {
    this.#planned = planned;
    this.#nodes = nodes;
  }

  of(unit: number): Test {
    return this.#planned.tests[unit] as Test;
  }

  /** The name of the node that a unit is for; null: the unit may run on any. */
  nodeNameOf(unit: number): string | null {
    const node = this.#planned.plan.units[unit]?.node ?? null;
    return node === null ? null : (this.#nodes[node]?.name ?? null);
  }
}
