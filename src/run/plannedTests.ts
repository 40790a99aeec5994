/** Maps the units of a run to Jest's tests. */
import type {Test} from '@jest/test-result';
import type {SchedulePlan} from '../core/schedule';
import type {RunNode} from './workers/nodes';

export interface RunPlan<Plan = SchedulePlan> {
  readonly plan: Plan;
  /** By unit: Jest's test. Several tests may stand for parts of one file. */
  readonly tests: readonly Test[];
}

type Planned = RunPlan<Pick<SchedulePlan, 'units'>>;

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
