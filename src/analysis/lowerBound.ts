/** When a run ends at the earliest, whatever is split and in whatever order the units run: its floor. */

/** A unit, and what it took. Times are in ms. */
export interface BoundUnit {
  readonly node: number;
  readonly wholeMs: number;
  /** What it takes if each group of its tests has a worker of its own; of a unit that runs whole: `wholeMs`. */
  readonly atOnceMs: number;
  readonly constraints: {
    readonly serial: boolean;
    readonly workerGroup: string | null;
    readonly resources: readonly {readonly name: string; readonly amount: number}[];
    readonly fixtures: readonly number[];
  } | null;
}

export interface BoundFixture {
  readonly setupMs: number;
  readonly teardownMs: number;
  /** Indexes of the fixtures that it needs; they come before it. */
  readonly needs: readonly number[];
}

export interface BoundInput {
  /** From the order to start a worker until it is up. */
  readonly startMs: number;
  readonly slots: number;
  readonly units: readonly BoundUnit[];
  readonly fixtures: readonly BoundFixture[];
  /** The total of each resource. */
  readonly resources: Readonly<Record<string, number>>;
}

/** What the floor is made of. */
export interface LowerBound {
  /** From the start of the first worker, in ms. */
  readonly ms: number;
  /** What decides it, besides the start and what runs alone. */
  readonly setBy:
    /** All units, evenly shared. */
    | {readonly type: 'work'}
    /** A unit that cannot be split further. */
    | {readonly type: 'unit'; readonly unit: number}
    /** A worker group on a node. */
    | {readonly type: 'group'; readonly name: string; readonly node: number}
    /** Units that take turns at a resource. */
    | {readonly type: 'resource'; readonly name: string}
    /** Units that wait for a shared fixture, by its index. */
    | {readonly type: 'fixture'; readonly fixture: number};
  /** The sum of what runs alone, in ms. */
  readonly serialMs: number;
}

/**
 * As soon as a worker is up, all units take at least max(sum / slots, the longest that is indivisible); what has to run
 * alone comes on top. Where units wait for shared fixtures, the sum is that of those that wait as long or longer. A
 * fixture may be set up while the worker starts, so only the rest of its setup follows the start.
 */
export function lowerBound({startMs, slots, units, fixtures, resources}: BoundInput): LowerBound {
  const setups = chainsOf(fixtures, 'setupMs').map(ms => Math.max(0, ms - startMs));
  const teardowns = chainsOf(fixtures, 'teardownMs');
  const longest = (chains: readonly number[], unit: BoundUnit) =>
    (unit.constraints?.fixtures ?? []).reduce((most, id) => Math.max(most, chains[id] ?? 0), 0);
  const lastUp = ({constraints}: BoundUnit) =>
    constraints?.fixtures.toSorted((a, b) => (setups[b] ?? 0) - (setups[a] ?? 0))[0];
  const serialMs = sumOf(units.filter(unit => unit.constraints?.serial === true));
  let best: Omit<LowerBound, 'serialMs'> = {ms: 0, setBy: {type: 'work'}};
  const consider = (ms: number, setBy: LowerBound['setBy']) => {
    if (ms > best.ms) best = {ms, setBy};
  };

  const others = [...units.entries()].filter(([, unit]) => unit.constraints?.serial !== true);
  // The last to be ready first: `waiting` is the sum of the units that are ready as late as this one, or later.
  const byReadiness = others
    .map(([, unit]) => ({ready: longest(setups, unit), ms: unit.wholeMs, fixture: lastUp(unit)}))
    .sort((a, b) => b.ready - a.ready);
  let waiting = 0;
  for (const {ready, ms, fixture} of byReadiness) {
    waiting += ms;
    const setBy =
      ready > 0 && fixture !== undefined ? ({type: 'fixture', fixture} as const) : ({type: 'work'} as const);
    consider(ready + waiting / slots, setBy);
  }

  const groups = new Map<string, {name: string; node: number; ms: number}>();
  const turns = new Map<string, number>();
  for (const [index, unit] of others) {
    const {node, wholeMs, atOnceMs, constraints} = unit;
    const fixture = lastUp(unit);
    const fixtureMs = longest(setups, unit) + longest(teardowns, unit);
    const mostly = fixture !== undefined && fixtureMs > atOnceMs;
    consider(fixtureMs + atOnceMs, mostly ? {type: 'fixture', fixture} : {type: 'unit', unit: index});
    const name = constraints?.workerGroup ?? null;
    if (name !== null) {
      const key = JSON.stringify([name, node]);
      groups.set(key, {name, node, ms: (groups.get(key)?.ms ?? 0) + wholeMs});
    }
    for (const {name: resource, amount} of constraints?.resources ?? []) {
      const total = Object.hasOwn(resources, resource) ? (resources[resource] ?? 1) : 1;
      turns.set(resource, (turns.get(resource) ?? 0) + (atOnceMs * amount) / total);
    }
  }
  for (const {name, node, ms} of groups.values()) consider(ms, {type: 'group', name, node});
  for (const [name, ms] of turns) consider(ms, {type: 'resource', name});
  return {...best, ms: startMs + serialMs + best.ms, serialMs};
}

/** Until each fixture is up, or gone: it waits for those that it needs, or for those that need it (ms). */
function chainsOf(fixtures: readonly BoundFixture[], phase: 'setupMs' | 'teardownMs'): number[] {
  const chains: number[] = [];
  for (const {needs, ...own} of fixtures) {
    chains.push(own[phase] + needs.reduce((most, id) => Math.max(most, chains[id] ?? 0), 0));
  }
  return chains;
}

function sumOf(units: readonly BoundUnit[]): number {
  return units.reduce((sum, {wholeMs}) => sum + wholeMs, 0);
}
