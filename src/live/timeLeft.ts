/**
 * How long a run over workers still takes, from its plan and from what has happened. Pure: time comes in with each line.
 *
 * The estimate lays the rest of the run out as the scheduler would: each worker first ends what it runs, then the units
 * of the queue go to the workers that are free first. Split files, which several workers share, fill what is left.
 */
import type {SchedulePlan} from '../core/schedule';
import type {SlotNumber, Unit} from '../core/plan/units';
import type {ScheduleLogLine} from '../run/scheduleLog';

/** The share of the plan that counts as ended in the expected time, so that the first ends do not decide alone. */
const TRUST = 0.05;

/**
 * How much what has ended counts after each further end. The order of a run is by duration, so the files that follow
 * are most like those that have ended last.
 */
const FADE = 0.95;

/** The greatest share of units that have never run among those that are left. */
const MOST_UNKNOWN = 0.3;

/** What a unit that is overdue still takes, as a share of what it has taken. */
const OVERDUE = 0.15;

/** What a worker takes to start (ms), until one has started. */
const USUAL_START_MS = 400;

/** A worker that is free for longer (ms) between two units had nothing to do. */
const LONGEST_GAP_MS = 100;

interface Session {
  readonly unit: number;
  readonly since: number;
}

interface SlotUse {
  /** When its worker was started; null: there is none, or it is up. */
  startedAt: number | null;
  session: Session | null;
  /** When it ended its last unit; null: it runs one, or has run none. */
  freeSince: number | null;
}

/** What is known of a unit that workers share. */
interface SharedUnit {
  /** What each group is expected to take, in ms; null: unknown. */
  readonly costs: readonly (number | null)[];
  readonly done: Set<number>;
}

export class TimeLeft {
  #plan: SchedulePlan | null = null;
  readonly #ended = new Set<number>();
  readonly #slots = new Map<SlotNumber, SlotUse>();
  readonly #shared = new Map<number, SharedUnit>();
  /** When the first session of a unit began. */
  readonly #begun = new Map<number, number>();
  /** What units, and groups of shared units, took and were expected to take, in ms, the last ones most. */
  #tookMs = 0;
  #expectedMs = 0;
  #plannedMs = 0;
  /** Of the units that have run before. */
  #meanMs = 0;
  #starts = {ended: 0, ms: 0};
  /** From the end of a unit to the start of the next one of the same worker. */
  #gaps = {ended: 0, ms: 0};

  hear(line: ScheduleLogLine): void {
    if (line.type === 'plan') this.#begin(line.plan);
    else if (line.type === 'event') this.#event(line.at, line.event);
    else if (line.type === 'command') this.#command(line.at, line.command);
  }

  /** How long the run still takes at the time `now`, in ms; null: too many of its files have never run, or they come one by one. */
  at(now: number): number | null {
    const plan = this.#plan;
    if (plan === null || plan.arriving || this.#isUnknown(plan)) return null;
    const free = this.#freeTimes(plan, now);
    let alone = 0;
    let divisible = 0;
    const isRunning = new Set([...this.#slots.values()].flatMap(({session}) => session?.unit ?? []));
    const gap = meanOf(this.#gaps) ?? 0;
    const groups = new Map<string, number>();
    const whole: number[] = [];
    for (const unit of plan.units) {
      if (this.#ended.has(unit.id)) continue;
      const left = this.#unitLeft(unit, now);
      const {constraints} = unit;
      if (constraints?.serial === true) alone += left;
      else if (unit.split !== null && (this.#shared.has(unit.id) || !isRunning.has(unit.id))) divisible += left;
      else if (isRunning.has(unit.id)) continue;
      else if (constraints?.workerGroup != null) {
        const group = `${unit.node} ${constraints.workerGroup}`;
        groups.set(group, (groups.get(group) ?? 0) + left);
      } else whole.push(left);
    }
    for (const ms of [...groups.values(), ...whole]) {
      free.sort((a, b) => a - b);
      free[0] = (free[0] ?? 0) + ms + gap;
    }
    return alone + Math.max(...free, levelOf(free, divisible));
  }

  #begin(plan: SchedulePlan): void {
    this.#plan = plan;
    const known = plan.units.flatMap(({expectedMs}) => expectedMs ?? []);
    this.#plannedMs = known.reduce((sum, ms) => sum + ms, 0);
    this.#meanMs = this.#plannedMs / Math.max(1, known.length);
  }

  #isUnknown({units}: SchedulePlan): boolean {
    const left = units.filter(({id}) => !this.#ended.has(id));
    return left.filter(({expectedMs}) => expectedMs === null).length > MOST_UNKNOWN * left.length;
  }

  #event(at: number, event: Extract<ScheduleLogLine, {type: 'event'}>['event']): void {
    switch (event.type) {
      case 'slot-up': {
        const slot = this.#slot(event.slot);
        if (slot.startedAt !== null) this.#starts = added(this.#starts, at - slot.startedAt);
        this.#slots.set(event.slot, {startedAt: null, session: null, freeSince: null});
        return;
      }
      case 'unit-started': {
        const slot = this.#slot(event.slot);
        // While units are pending, a worker is only free because messages take their time.
        if (slot.freeSince !== null && at - slot.freeSince < LONGEST_GAP_MS) {
          this.#gaps = added(this.#gaps, at - slot.freeSince);
        }
        slot.session = {unit: event.unit, since: at};
        slot.freeSince = null;
        if (!this.#begun.has(event.unit)) this.#begun.set(event.unit, at);
        return;
      }
      case 'unit-opened':
        if (event.costs !== null && !this.#shared.has(event.unit)) {
          this.#shared.set(event.unit, {costs: event.costs, done: new Set()});
        }
        return;
      case 'unit-indivisible':
        this.#shared.delete(event.unit);
        return;
      case 'tests-progress': {
        const shared = this.#shared.get(event.unit);
        if (shared === undefined) return;
        for (const [group, ms] of event.done) {
          shared.done.add(group);
          this.#learn(ms, shared.costs[group] ?? null);
        }
        return;
      }
      case 'unit-done': {
        const slot = this.#slot(event.slot);
        const took = slot.session?.unit === event.unit ? at - slot.session.since : event.ms;
        slot.session = null;
        slot.freeSince = at;
        if (!this.#shared.has(event.unit)) this.#learn(took, this.#plan?.units[event.unit]?.expectedMs ?? null);
        return;
      }
      case 'slot-lost':
      case 'slot-closed':
        this.#slots.delete(event.slot);
        return;
      case 'run-started':
      case 'units-returned':
      case 'unit-settled':
      case 'units-added':
      case 'units-wanted-back':
      case 'no-more-units':
      case 'woken':
      case 'sampled':
      case 'fixture-up':
      case 'fixture-failed':
      case 'fixture-gone':
      case 'stopped':
        return;
    }
  }

  #command(at: number, command: Extract<ScheduleLogLine, {type: 'command'}>['command']): void {
    if (command.type === 'start-slot') {
      this.#slots.set(command.slot, {startedAt: at, session: null, freeSince: null});
    } else if (command.type === 'report' || command.type === 'merge' || command.type === 'blame') {
      this.#ended.add(command.unit);
    } else if (command.type === 'abandon' || command.type === 'interrupt') {
      this.#ended.add(command.unit);
    } else if (command.type === 'begin-again') {
      this.#shared.delete(command.unit);
    }
  }

  #slot(slot: SlotNumber): SlotUse {
    let use = this.#slots.get(slot);
    if (use === undefined) this.#slots.set(slot, (use = {startedAt: null, session: null, freeSince: null}));
    return use;
  }

  #learn(tookMs: number, expectedMs: number | null): void {
    if (expectedMs === null) return;
    this.#tookMs = this.#tookMs * FADE + tookMs;
    this.#expectedMs = this.#expectedMs * FADE + expectedMs;
  }

  /** How much longer than expected things take. */
  get #pace(): number {
    const trusted = Math.max(1, TRUST * this.#plannedMs);
    return (this.#tookMs + trusted) / (this.#expectedMs + trusted);
  }

  /** What a unit is expected to take in all, in ms. One that has never run counts as one of the others. */
  #wholeMs({expectedMs}: Unit): number {
    return (expectedMs ?? this.#meanMs) * this.#pace;
  }

  /** What is left of a unit, in ms of one worker. */
  #unitLeft(unit: Unit, now: number): number {
    const whole = this.#wholeMs(unit);
    const shared = this.#shared.get(unit.id);
    if (shared !== undefined) {
      const {costs, done} = shared;
      const ofUnknown = whole / costs.length;
      const left = costs.map((cost, group) => (done.has(group) ? 0 : cost === null ? ofUnknown : cost * this.#pace));
      return left.reduce((sum, ms) => sum + ms, 0);
    }
    const begun = this.#begun.get(unit.id);
    if (begun === undefined) return whole;
    const taken = now - begun;
    return Math.max(whole - taken, OVERDUE * taken);
  }

  /** In how many ms each worker is free. */
  #freeTimes({units, slots}: SchedulePlan, now: number): number[] {
    const startMs = meanOf(this.#starts) ?? USUAL_START_MS;
    const free: number[] = [];
    for (const {session, startedAt} of this.#slots.values()) {
      const unit = session === null ? undefined : units[session.unit];
      if (unit !== undefined && !this.#shared.has(unit.id)) {
        free.push(this.#unitLeft(unit, now));
      } else if (startedAt !== null) {
        free.push(Math.max(startMs - (now - startedAt), OVERDUE * startMs));
      } else free.push(0);
    }
    if (free.length === 0)
      free.push(...Array.from({length: Math.max(1, Math.min(slots, units.length))}, () => startMs));
    return free;
  }
}

/** The level to which work that can be divided fills the workers up, in ms. */
function levelOf(free: readonly number[], work: number): number {
  const sorted = [...free].sort((a, b) => a - b);
  let left = work;
  for (const [index, from] of sorted.entries()) {
    const to = sorted[index + 1] ?? Infinity;
    const fills = (to - from) * (index + 1);
    if (fills >= left) return from + left / (index + 1);
    left -= fills;
  }
  return 0;
}

function meanOf({ended, ms}: {ended: number; ms: number}): number | null {
  return ended > 0 ? ms / ended : null;
}

function added({ended, ms}: {ended: number; ms: number}, more: number): {ended: number; ms: number} {
  return {ended: ended + 1, ms: ms + more};
}
