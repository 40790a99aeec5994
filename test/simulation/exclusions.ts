/**
 * Checks that units that run at the same time may do so, and that each unit finds its fixtures up. The checks use the
 * workers' actions, not the scheduler's state.
 */
import type {Constraints, FixtureId} from '../../src/core/plan/constraints';
import type {FixtureHolder} from '../../src/core/schedule/events';
import type {SchedulePlan} from '../../src/core/schedule/state';
import type {SimulatedWorker} from './worker';

/** Counts rare events. A simulation in which they never happen proves nothing. */
export interface ExclusionTally {
  serial: number;
  grouped: number;
  locked: number;
  fresh: number;
  /** Units that ran with a fixture, and those that ran since one had failed. */
  withFixture: number;
  failedFixture: number;
  /** Fixtures of workers that died. */
  bereaved: number;
  setups: number;
  /** Units that were for a node, and those that had to wait for another. */
  onNode: number;
  behind: number;
  /** Workers that were started on another node than the one before in their slot. */
  moved: number;
  /** Workers that died, and all that were started. */
  deaths: number;
  starts: number;
}

interface Instance {
  readonly fixture: FixtureId;
  status: 'starting' | 'up' | 'stopping' | 'gone' | 'failed';
}

export class Exclusions {
  readonly tally: ExclusionTally = {
    serial: 0,
    grouped: 0,
    locked: 0,
    fresh: 0,
    withFixture: 0,
    failedFixture: 0,
    bereaved: 0,
    setups: 0,
    onNode: 0,
    behind: 0,
    moved: 0,
    deaths: 0,
    starts: 0,
  };
  readonly #plan: SchedulePlan;
  readonly #workers: ReadonlyMap<number, SimulatedWorker>;
  readonly #ended: (unit: number) => boolean;
  readonly #settled: (unit: number) => boolean;
  readonly #instances = new Map<string, Instance>();
  readonly #failed = new Set<FixtureId>();
  /** The last unit of each group that was begun, and by whom. */
  readonly #groups = new Map<string, {unit: number; worker: SimulatedWorker}>();

  constructor(
    plan: SchedulePlan,
    workers: ReadonlyMap<number, SimulatedWorker>,
    {ended, settled}: {ended: (unit: number) => boolean; settled: (unit: number) => boolean},
  ) {
    this.#plan = plan;
    this.#workers = workers;
    this.#ended = ended;
    this.#settled = settled;
  }

  begins(worker: SimulatedWorker, unit: number): void {
    this.#hasItsPlace(worker, unit);
    const constraints = this.#of(unit);
    const others = this.#running().filter(other => other.worker !== worker);
    for (const other of others) {
      if (other.unit !== unit && this.#of(other.unit)?.serial === true) {
        throw new Error(`unit ${unit} runs beside the serial unit ${other.unit}`);
      }
    }
    if (constraints === null) return;
    const {serial, resources, workerGroup, freshWorker, fixtures} = constraints;
    if (serial) this.tally.serial++;
    if (serial && others.length > 0) throw new Error(`the serial unit ${unit} runs beside ${others[0]?.unit}`);
    for (const {name, amount} of resources) {
      this.tally.locked++;
      const units = new Set(others.map(other => other.unit));
      units.delete(unit); // several workers that share it have it together
      const taken = [...units].reduce((sum, other) => sum + this.#amount(other, name), amount);
      if (taken > (this.#plan.resources[name] ?? 0)) throw new Error(`unit ${unit} takes too much of ${name}`);
    }
    if (freshWorker) this.tally.fresh++;
    if (freshWorker && worker.begun > 0) throw new Error(`unit ${unit} wants a fresh worker, and has none`);
    if (workerGroup !== null) this.#beginsInGroup(worker, unit, workerGroup);
    this.#needs(worker, unit, fixtures);
  }

  #hasItsPlace(worker: SimulatedWorker, unit: number): void {
    const {node, after} = this.#plan.units[unit] ?? {node: null, after: null};
    if (node !== null) this.tally.onNode++;
    if (node !== null && worker.node !== node) throw new Error(`unit ${unit} runs on node ${worker.node}, not ${node}`);
    if (after === null) return;
    this.tally.behind++;
    if (!this.#settled(after)) throw new Error(`unit ${unit} runs before ${after} is settled`);
  }

  #beginsInGroup(worker: SimulatedWorker, unit: number, group: string): void {
    this.tally.grouped++;
    const key = `${worker.node} ${group}`;
    const before = this.#groups.get(key);
    this.#groups.set(key, {unit, worker});
    if (before === undefined) return;
    if (before.unit > unit) throw new Error(`unit ${unit} runs after ${before.unit} of its group`);
    if (before.worker !== worker && before.worker.alive && !before.worker.closing) {
      throw new Error(`unit ${unit} runs in another worker than its group`);
    }
  }

  #needs(worker: SimulatedWorker, unit: number, fixtures: readonly FixtureId[]): void {
    if (fixtures.length === 0) return;
    if (fixtures.some(fixture => this.#failed.has(fixture))) {
      this.tally.failedFixture++;
      return;
    }
    this.tally.withFixture++;
    for (const fixture of fixtures) {
      const holder = this.#plan.fixtures[fixture]?.scope === 'worker' ? worker : {slot: null, generation: null};
      const status = this.#instances.get(keyOf(fixture, holder))?.status;
      if (status !== 'up') throw new Error(`unit ${unit} runs while fixture ${fixture} is ${status}`);
    }
  }

  setsUp(fixture: FixtureId, holder: FixtureHolder): void {
    this.tally.setups++;
    const key = keyOf(fixture, holder);
    if (this.#failed.has(fixture)) throw new Error(`fixture ${fixture} is tried again`);
    if (this.#instances.has(key)) throw new Error(`fixture ${key} is set up twice`);
    for (const need of this.#plan.fixtures[fixture]?.needs ?? []) {
      const own = this.#plan.fixtures[need]?.scope === 'worker' ? holder : {slot: null, generation: null};
      if (this.#instances.get(keyOf(need, own))?.status !== 'up')
        throw new Error(`${key} needs ${need}, which is not up`);
    }
    this.#instances.set(key, {fixture, status: 'starting'});
  }

  isUp(fixture: FixtureId, holder: FixtureHolder, failed: boolean): void {
    const instance = this.#instances.get(keyOf(fixture, holder));
    if (instance !== undefined) instance.status = failed ? 'failed' : 'up';
    if (failed) this.#failed.add(fixture);
  }

  takesDown(fixture: FixtureId, holder: FixtureHolder): void {
    const key = keyOf(fixture, holder);
    const instance = this.#instances.get(key);
    if (instance?.status !== 'up') throw new Error(`fixture ${key} is taken down, and is ${instance?.status}`);
    instance.status = 'stopping';
    for (const {unit, worker} of this.#running()) {
      const uses = this.#of(unit)?.fixtures.includes(fixture) === true;
      if (uses && (holder.slot === null || (holder.slot === worker.slot && holder.generation === worker.generation))) {
        throw new Error(`fixture ${key} is taken down while unit ${unit} uses it`);
      }
    }
    for (const other of this.#instances.values()) {
      const needs = this.#plan.fixtures[other.fixture]?.needs.includes(fixture) === true;
      const same = holder.slot === null || this.#instances.get(keyOf(other.fixture, holder)) === other;
      if (needs && same && other.status !== 'gone' && other.status !== 'failed') {
        throw new Error(`fixture ${key} is taken down before what needs it`);
      }
    }
    if (holder.slot !== null) {
      this.tally.bereaved++;
    } else if (
      this.#plan.units.some(({id, constraints}) => !this.#ended(id) && constraints?.fixtures.includes(fixture))
    ) {
      throw new Error(`fixture ${key} is taken down, and needed later`);
    }
  }

  isGone(fixture: FixtureId, holder: FixtureHolder): void {
    const instance = this.#instances.get(keyOf(fixture, holder));
    if (instance !== undefined) instance.status = 'gone';
  }

  /** A run has ended by itself. */
  end(): void {
    for (const [key, {status}] of this.#instances) {
      if (status !== 'gone' && status !== 'failed') throw new Error(`fixture ${key} is left ${status}`);
    }
  }

  #running(): {unit: number; worker: SimulatedWorker}[] {
    return [...this.#workers.values()].flatMap(worker =>
      worker.alive && !worker.closing && worker.at !== null ? [{unit: worker.at, worker}] : [],
    );
  }

  #of(unit: number): Constraints | null {
    return this.#plan.units[unit]?.constraints ?? null;
  }

  #amount(unit: number, name: string): number {
    return this.#of(unit)?.resources.find(share => share.name === name)?.amount ?? 0;
  }
}

function keyOf(fixture: FixtureId, {slot, generation}: FixtureHolder): string {
  return slot === null ? String(fixture) : `${fixture} of ${slot}.${generation}`;
}
