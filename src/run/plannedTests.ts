/** Maps the units of a run to Jest's tests. */
import type {Test} from '@jest/test-result';
import type {SchedulePlan} from '../core/schedule';
import type {RunNode} from './workers/nodes';

export class PlannedTests {
  readonly #plan: Pick<SchedulePlan, 'units'>;
  readonly #nodes: readonly Pick<RunNode, 'name'>[];
  /** Indexed by unit. */
  readonly #tests: readonly Test[];

  constructor(plan: Pick<SchedulePlan, 'units'>, tests: readonly Test[], nodes: readonly Pick<RunNode, 'name'>[]) {
    const byPath = new Map(tests.map(test => [`${test.context.config.id}\0${test.path}`, test]));
    this.#plan = plan;
    this.#nodes = nodes;
    this.#tests = plan.units.map(({file}) => byPath.get(`${file.configId}\0${file.path}`) as Test);
  }

  of(unit: number): Test {
    return this.#tests[unit] as Test;
  }

  /** The name of the node that a unit is for; null: the unit may run on any. */
  nodeNameOf(unit: number): string | null {
    const node = this.#plan.units[unit]?.node ?? null;
    return node === null ? null : (this.#nodes[node]?.name ?? null);
  }
}
