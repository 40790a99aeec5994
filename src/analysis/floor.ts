/** The floor of a recorded run: what its units took, and what no order of them undercuts. */
import type {RecordingLine, ShareLine} from '../recording/lines';
import {lowerBound, type BoundFixture, type BoundUnit, type LowerBound} from './lowerBound';
import {planOf, recordedSteps, type RecordedStep} from './scheduleReplay';

export interface Floor extends LowerBound {
  /** What the run took, from the start of its first worker until all units have ended and all fixtures are gone, in ms. */
  readonly reachedMs: number;
  /** How many slots had a worker. */
  readonly slots: number;
}

/**
 * @returns null: the run was in band, or ended before its units, or was one of a fleet: there, files come when machines
 *   have room for them
 */
export function floorOf(lines: readonly RecordingLine[]): Floor | null {
  const plan = planOf(lines);
  if (plan === null || plan.plan.arriving) return null;
  const steps = recordedSteps(lines);
  const tally = new Tally(steps);
  const {firstStart} = tally;
  const ended = plan.plan.fixtures.length === 0 ? tally.unitsEnded : tally.finished;
  if (firstStart === null || ended === null) return null;
  const shares = sharesByUnit(lines);
  const groups = new Map(lines.flatMap(line => (line.type === 'groups' ? [[line.unit, line.groups] as const] : [])));
  const units = plan.plan.units.map(({id, node, constraints}): BoundUnit => {
    const took = tookOf(tally, id, shares.get(id) ?? [], groups.get(id) ?? null);
    return {node: node ?? 0, constraints, ...took};
  });
  const fixtures = plan.plan.fixtures.map(({needs}, id): BoundFixture => ({...tally.fixture(id), needs}));
  const slots = Math.max(1, tally.slots.size);
  const {resources} = plan.plan;
  const bound = lowerBound({startMs: tally.startMs ?? 0, slots, units, fixtures, resources});
  return {...bound, reachedMs: ended - firstStart, slots};
}

function tookOf(
  tally: Tally,
  unit: number,
  shares: readonly ShareLine[],
  groups: readonly (number | null)[] | null,
): Pick<BoundUnit, 'wholeMs' | 'atOnceMs'> {
  const opened = tally.openMs.get(unit);
  const wholeMs = tally.unitMs.get(unit) ?? 0;
  if (opened === undefined || tally.indivisible.has(unit)) return {wholeMs, atOnceMs: wholeMs};
  const tests = shares.flatMap(share => share.tests.map(({ms}) => ms ?? 0));
  const sum = tests.reduce((total, ms) => total + ms, 0);
  // Hooks are in no test, so several workers' hooks are left out: the bound is lower, and still one.
  const split = tally.sessions.get(unit) === 1 ? wholeMs : opened + sum;
  return {wholeMs: split, atOnceMs: Math.min(split, opened + longestGroup(shares, groups, tests))};
}

/** The longest group (ms). If a share does not list the tests as the first worker did: the longest test. */
function longestGroup(
  shares: readonly ShareLine[],
  groups: readonly (number | null)[] | null,
  tests: readonly number[],
): number {
  const byGroup = new Map<number, number>();
  if (groups !== null && shares.every(share => share.tests.length === groups.length)) {
    for (const share of shares) {
      for (const [place, {ms}] of share.tests.entries()) {
        const group = groups[place] ?? null;
        if (group !== null) byGroup.set(group, (byGroup.get(group) ?? 0) + (ms ?? 0));
      }
    }
  }
  const longest = (most: number, ms: number) => Math.max(most, ms);
  return [...byGroup.values()].reduce(longest, tests.reduce(longest, 0));
}

function sharesByUnit(lines: readonly RecordingLine[]): Map<number, ShareLine[]> {
  const shares = new Map<number, ShareLine[]>();
  for (const line of lines) {
    if (line.type !== 'share' || line.unit === null) continue;
    const known = shares.get(line.unit);
    if (known === undefined) shares.set(line.unit, [line]);
    else known.push(line);
  }
  return shares;
}

/** What the scheduler's events say of times, in ms. */
class Tally {
  firstStart: number | null = null;
  unitsEnded: number | null = null;
  finished: number | null = null;
  /** The shortest start of a worker. */
  startMs: number | null = null;
  readonly slots = new Set<number>();
  /** By unit: what its last session took, or what it ran until its worker died. */
  readonly unitMs = new Map<number, number>();
  /** By unit: how long its first worker took to list its tests. */
  readonly openMs = new Map<number, number>();
  readonly sessions = new Map<number, number>();
  readonly indivisible = new Set<number>();
  readonly #fixtures = new Map<number, {ordered: number; setupMs?: number; teardownMs?: number}>();
  readonly #starts = new Map<number, number>();
  readonly #running = new Map<number, {unit: number; at: number}>();

  constructor(steps: readonly RecordedStep[]) {
    for (const step of steps) this.#note(step);
  }

  fixture(id: number): {setupMs: number; teardownMs: number} {
    const {setupMs = 0, teardownMs = 0} = this.#fixtures.get(id) ?? {};
    return {setupMs, teardownMs};
  }

  #note({at, event, commands}: RecordedStep): void {
    switch (event.type) {
      case 'slot-up': {
        const started = this.#starts.get(event.slot);
        if (started !== undefined) this.startMs = Math.min(this.startMs ?? Infinity, at - started);
        break;
      }
      case 'unit-started':
        this.#running.set(event.slot, {unit: event.unit, at});
        this.sessions.set(event.unit, (this.sessions.get(event.unit) ?? 0) + 1);
        break;
      case 'unit-opened':
        if (!this.openMs.has(event.unit)) this.openMs.set(event.unit, event.ms);
        break;
      case 'unit-indivisible':
        this.indivisible.add(event.unit);
        break;
      case 'unit-done':
        this.unitMs.set(event.unit, event.ms);
        break;
      case 'slot-lost': {
        const running = this.#running.get(event.slot);
        if (running !== undefined && !this.unitMs.has(running.unit)) this.unitMs.set(running.unit, at - running.at);
        break;
      }
      case 'fixture-up':
      case 'fixture-gone': {
        const known = this.#fixtures.get(event.fixture);
        if (known === undefined) break;
        known[event.type === 'fixture-up' ? 'setupMs' : 'teardownMs'] ??= at - known.ordered;
        break;
      }
      case 'run-started':
      case 'tests-progress':
      case 'units-returned':
      case 'slot-closed':
      case 'unit-settled':
      case 'units-added':
      case 'units-wanted-back':
      case 'no-more-units':
      case 'woken':
      case 'sampled':
      case 'fixture-failed':
      case 'stopped':
        break;
    }
    for (const command of commands) {
      if (command.type === 'start-slot') {
        this.firstStart ??= at;
        this.slots.add(command.slot);
        this.#starts.set(command.slot, at);
      } else if (command.type === 'units-ended') {
        this.unitsEnded = at;
      } else if (command.type === 'finish') {
        this.finished = at;
      } else if (command.type === 'set-up-fixture' || command.type === 'take-down-fixture') {
        this.#fixtures.set(command.fixture, {...this.#fixtures.get(command.fixture), ordered: at});
      }
    }
  }
}
