/** What everything in a recorded run took: the input of a virtual run. */
import type {PlanLine, RecordingLine, RunLine, ShareLine} from '../../recording/lines';
import {planOf, recordedSteps, type RecordedStep} from '../scheduleReplay';
import type {Work} from './cores';
import type {RunWork, UnitWork} from './virtualRun';

export interface ObservedRun {
  readonly plan: PlanLine;
  readonly work: RunWork;
  /** By unit: what it took in one worker, in ms. */
  readonly wholeMs: readonly number[];
  /** From the begin of Jest's process to the start of the first worker, and from the end of the last one (ms). */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** From the start of the first worker until the last had ended, in ms. */
  readonly ms: number;
  /** The samples of the machine's load that the scheduler had; times are in ms since the first worker started. */
  readonly samples: readonly RecordedStep[];
  /** The CPU time of all files, as a share of their time; null: nobody measured it. */
  readonly computing: number | null;
  /** The CPU time of Jest's process for each ms of CPU time of its workers. */
  readonly besideWorkers: number;
  /** How many cores other programs kept busy, in the mean; null: unknown. */
  readonly foreignCores: number | null;
}

/** Why a recording does not say enough, as a sentence. */
export interface Unobserved {
  readonly problem: string;
}

/** A gap (ms) of more than this between two files of a worker is one in which it had nothing to do. */
const LONGEST_TURN_MS = 100;

const LATENCY_MS = 1;

/** The share of a process's start that is computing: four processes that start on two cores take 1.6 times as long. */
const START_COMPUTES = 0.8;

/** A fixture takes as long to start as so many workers: its process, and the one that starts it. */
const FIXTURE_STARTS = 1.5;

/** Jest's process is taken to need at most this share of the CPU time of its workers; the rest is other programs'. */
const MOST_BESIDE = 0.3;

export function observeRun(run: RunLine, lines: readonly RecordingLine[]): ObservedRun | Unobserved {
  const plan = planOf(lines);
  if (plan === null) {
    return {problem: 'This run was in band, so nothing is known of workers. Record a run with -w 2 or more.'};
  }
  if (plan.plan.arriving) {
    return {problem: 'This run got its files one by one, as other machines left them, so they set its length, too.'};
  }
  const end = lines.find(line => line.type === 'end');
  if (end?.type !== 'end') return {problem: 'This run did not end.'};
  if (end.verdict === 'ended-early' || end.verdict === 'fault') {
    return {problem: 'This run ended early, so nobody knows how long the rest of its files take.'};
  }
  const steps = recordedSteps(lines);
  const tally = new Tally(steps);
  const {firstStart, finished} = tally;
  if (firstStart === null || finished === null) return {problem: 'This run ended before its files.'};
  const shares = lines.filter((line): line is ShareLine => line.type === 'share' && line.unit !== null);
  const {first, laterMs} = firstWork(shares, tally);
  const groups = new Map(lines.flatMap(line => (line.type === 'groups' ? [[line.unit, line.groups] as const] : [])));
  const profiles = shares.flatMap(({profile}) => profile ?? []);
  const cpuMs = profiles.reduce((sum, profile) => sum + profile.cpuMs, 0);
  const profiledMs = profiles.reduce((sum, profile) => sum + profile.ms, 0);
  const busy = busyCores(run, lines);
  const besideMs = busy.ms - cpuMs - tally.starts.length * median(tally.starts);
  const besideWorkers = cpuMs === 0 ? 0 : Math.min(MOST_BESIDE, Math.max(0, besideMs / cpuMs));
  const units = plan.plan.units.map(({id}) =>
    unitWork(
      tally,
      id,
      shares.filter(({unit}) => unit === id),
      groups.get(id) ?? null,
      {first, laterMs, factor: 1 + besideWorkers},
    ),
  );
  const startMs = median(tally.starts);
  return {
    plan,
    work: {
      units,
      fixtures: plan.plan.fixtures.map((_, id) => {
        const {setupMs, teardownMs} = tally.fixture(id);
        const start = processStart(Math.min(setupMs, FIXTURE_STARTS * startMs));
        return {start, setupMs: setupMs - start.ms, teardownMs};
      }),
      start: processStart(startMs),
      first,
      closeMs: median(tally.closings),
      latencyMs: LATENCY_MS,
      cores: run.machine.cores,
    },
    wholeMs: units.map(({load, groups: own, end: last}) => load.ms + last.ms + sum(own.map(({ms}) => ms))),
    beforeMs: run.beforeMs + firstStart,
    afterMs: end.at - finished,
    ms: finished - firstStart,
    samples: steps.filter(({event}) => event.type === 'sampled').map(one => ({...one, at: one.at - firstStart})),
    computing: profiledMs === 0 ? null : Math.min(1, cpuMs / profiledMs),
    besideWorkers,
    foreignCores: busy.forMs === 0 || cpuMs === 0 ? null : Math.max(0, besideMs - MOST_BESIDE * cpuMs) / busy.forMs,
  };
}

/**
 * What a unit takes in a process that has run another file before.
 *
 * @param laterMs what such a process usually spends on a file besides its tests
 * @param factor for the CPU time
 */
function unitWork(
  tally: Tally,
  unit: number,
  shares: readonly ShareLine[],
  groups: readonly (number | null)[] | null,
  {first, laterMs, factor}: {readonly first: Work; readonly laterMs: number; readonly factor: number},
): UnitWork {
  const sessions = tally.sessions.filter(session => session.unit === unit && session.ms !== null);
  const isFirst = sessions.some(session => session.isFirst);
  const profiles = shares.flatMap(({profile}) => profile ?? []);
  const testMs = groupTimes(shares, groups);
  const opened = tally.openMs.get(unit);
  const inTests = sum(testMs);
  const longest = Math.max(0, ...sessions.map(({ms}) => ms ?? 0));
  let loadMs: number;
  let endMs: number;
  if (opened === undefined) {
    const spent = profiles.reduce((all, {teardownMs, hooksMs}) => all + teardownMs + hooksMs, 0);
    const rest = Math.max(0, longest - inTests);
    endMs = Math.min(spent, rest);
    loadMs = rest - endMs;
  } else {
    loadMs = opened;
    // What sessions spend besides: hooks outside of blocks, teardown. The time that they wait for tests is in it, too.
    endMs =
      sessions.length === 1
        ? Math.max(0, longest - inTests - opened)
        : median(profiles.map(profile => profile.hooksMs + profile.teardownMs));
  }
  if (isFirst) loadMs = Math.max(Math.min(loadMs, laterMs), loadMs - first.ms);
  endMs += Math.max(0, tally.turnMs - 2 * LATENCY_MS);
  const cpuMs = profiles.reduce((all, profile) => all + profile.cpuMs, 0) * factor - (isFirst ? first.cpuMs : 0);
  // Loading is computing; what is left of the CPU time is that of the tests.
  const loadCpu = Math.min(Math.max(0, cpuMs), loadMs * Math.max(1, profiles.length));
  const perMs = inTests === 0 ? 0 : Math.max(0, cpuMs - loadCpu) / inTests;
  return {
    load: {ms: loadMs, cpuMs: loadCpu / Math.max(1, profiles.length)},
    groups: testMs.map(ms => ({ms, cpuMs: ms * perMs})),
    end: {ms: endMs, cpuMs: 0},
  };
}

/** The time of each group; of a unit that runs whole: of all its tests, as one. */
function groupTimes(shares: readonly ShareLine[], groups: readonly (number | null)[] | null): number[] {
  if (groups === null) return [sum(shares.flatMap(({tests}) => tests.map(({ms}) => ms ?? 0)))];
  const count = groups.reduce<number>((most, group) => Math.max(most, (group ?? -1) + 1), 0);
  const times = Array.from({length: count}, () => 0);
  for (const {tests} of shares) {
    for (const [place, {ms}] of tests.entries()) {
      const group = groups[place];
      if (group != null) times[group] = (times[group] ?? 0) + (ms ?? 0);
    }
  }
  return times;
}

/** What the first file of a process takes more than the others, without its tests. */
function firstWork(shares: readonly ShareLine[], {sessions}: Tally): {first: Work; laterMs: number} {
  const besides = (isFirst: boolean) =>
    sessions.flatMap(session => {
      if (session.ms === null || session.isFirst !== isFirst) return [];
      const share = shares.find(one => one.unit === session.unit && one.slot === session.slot);
      return share === undefined ? [] : [Math.max(0, session.ms - sum(share.tests.map(({ms}) => ms ?? 0)))];
    });
  const [firsts, others] = [besides(true), besides(false)];
  const laterMs = median(others);
  const ms = firsts.length === 0 || others.length === 0 ? 0 : Math.max(0, median(firsts) - laterMs);
  return {first: processStart(ms), laterMs};
}

function processStart(ms: number): Work {
  return {ms, cpuMs: START_COMPUTES * ms};
}

/** The CPU time of all programs, in ms of one core, and how long it was measured. */
function busyCores({machine}: RunLine, lines: readonly RecordingLine[]): {readonly ms: number; readonly forMs: number} {
  let ms = 0;
  let before = 0;
  for (const line of lines) {
    if (line.type !== 'load') continue;
    ms += line.busy * machine.cores * (line.at - before);
    before = line.at;
  }
  return {ms, forMs: before};
}

interface ObservedSession {
  readonly slot: number;
  readonly unit: number;
  readonly beganAt: number;
  /** Whether its process had run no other file. */
  readonly isFirst: boolean;
  /** null: it has not ended. */
  ms: number | null;
}

/** What the scheduler's events and commands say of times, in ms. */
class Tally {
  firstStart: number | null = null;
  finished: number | null = null;
  /** Until a worker began its first file, if it got one at once. */
  readonly starts: number[] = [];
  readonly closings: number[] = [];
  readonly sessions: ObservedSession[] = [];
  readonly openMs = new Map<number, number>();
  readonly #turns: number[] = [];
  readonly #fixtures = new Map<number, {ordered: number; setupMs?: number; teardownMs?: number}>();
  readonly #slots = new Map<number, {started: number; up: number | null; lastEnd: number | null; closing: number}>();
  readonly #running = new Map<number, ObservedSession>();

  constructor(steps: readonly RecordedStep[]) {
    for (const step of steps) this.#note(step);
  }

  /** Between two files of a worker that had the second one. */
  get turnMs(): number {
    return median(this.#turns);
  }

  fixture(id: number): {setupMs: number; teardownMs: number} {
    const {setupMs = 0, teardownMs = 0} = this.#fixtures.get(id) ?? {};
    return {setupMs, teardownMs};
  }

  #note({at, event, commands}: RecordedStep): void {
    const slot = 'slot' in event && event.slot !== null ? this.#slots.get(event.slot) : undefined;
    if (event.type === 'slot-up' && slot !== undefined) {
      const isGiven = commands.some(command => command.type === 'give' && command.slot === event.slot);
      slot.up = isGiven ? at : null;
      if (!isGiven) this.starts.push(at - slot.started);
    } else if (event.type === 'unit-started') {
      if (slot?.up != null) this.starts.push(at - slot.started);
      else if (slot?.lastEnd != null && at - slot.lastEnd <= LONGEST_TURN_MS) this.#turns.push(at - slot.lastEnd);
      const isFirst = slot?.lastEnd == null;
      const session = {slot: event.slot, unit: event.unit, beganAt: at, isFirst, ms: null};
      this.sessions.push(session);
      this.#running.set(event.slot, session);
      if (slot !== undefined) slot.up = null;
    } else if (event.type === 'unit-opened') {
      if (!this.openMs.has(event.unit)) this.openMs.set(event.unit, event.ms);
    } else if (event.type === 'unit-done') {
      const session = this.#running.get(event.slot);
      if (session?.unit === event.unit) session.ms = at - session.beganAt;
      this.#running.delete(event.slot);
      if (slot !== undefined) slot.lastEnd = at;
    } else if (event.type === 'slot-lost') {
      const session = this.#running.get(event.slot);
      if (session !== undefined) session.ms = at - session.beganAt;
      this.#running.delete(event.slot);
    } else if (event.type === 'slot-closed') {
      if (slot !== undefined) this.closings.push(at - slot.closing);
    } else if (event.type === 'fixture-up' || event.type === 'fixture-gone') {
      const known = this.#fixtures.get(event.fixture);
      if (known !== undefined) known[event.type === 'fixture-up' ? 'setupMs' : 'teardownMs'] ??= at - known.ordered;
    }
    for (const command of commands) {
      if (command.type === 'start-slot') {
        this.firstStart ??= at;
        this.#slots.set(command.slot, {started: at, up: null, lastEnd: null, closing: at});
      } else if (command.type === 'close-slot') {
        const closed = this.#slots.get(command.slot);
        if (closed !== undefined) closed.closing = at;
      } else if (command.type === 'finish') {
        this.finished = at;
      } else if (command.type === 'set-up-fixture' || command.type === 'take-down-fixture') {
        this.#fixtures.set(command.fixture, {...this.#fixtures.get(command.fixture), ordered: at});
      }
    }
  }
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0);
}

/** 0: there is none. */
function median(all: readonly number[]): number {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
