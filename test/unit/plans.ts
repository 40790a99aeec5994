/** Builds plans, events and commands for tests. Everything that a test does not name has its default. */
import type {Constraints} from '../../src/core/plan/constraints';
import {createSchedule} from '../../src/core/schedule/createSchedule';
import type {OpenedDigest} from '../../src/core/results/journalDigest';
import type {Command, ScheduleEvent} from '../../src/core/schedule/events';
import type {SchedulePlan, ScheduleState} from '../../src/core/schedule/state';
import {step} from '../../src/core/schedule/step';

/**
 * @param expectedMs of each unit, in order; null: unknown
 * @param split the units whose tests may be shared
 */
export function planOf(
  expectedMs: readonly (number | null)[],
  fields: Partial<SchedulePlan> = {},
  split: readonly number[] = [],
): SchedulePlan {
  return {
    units: expectedMs.map((ms, id) => ({
      id,
      expectedMs: ms,
      file: {configId: 'c', path: `/${id}.test.js`},
      split: split.includes(id) ? 'tests' : null,
      constraints: null,
      node: null,
      after: null,
    })),
    fixtures: [],
    resources: {},
    nodes: 1,
    grouping: 'none',
    evenShares: false,
    slots: 1,
    growth: null,
    watermark: {low: 50, high: 200},
    maxScheduleChunk: null,
    maxWorkerRestarts: null,
    resumes: true,
    freshWorkerPerUnit: false,
    startsAtOnce: 64,
    keepsOrder: false,
    prefetch: true,
    arriving: false,
    ...fields,
  };
}

/**
 * A plan in which the units are for nodes: in turn for the first, the second and so on.
 *
 * @param chained each comes after the one before, if that is for the node before
 */
export function placed(plan: SchedulePlan, nodes: number, chained = false): SchedulePlan {
  const units = plan.units.map(unit => {
    const node = unit.id % nodes;
    return {...unit, node, after: chained && node > 0 ? unit.id - 1 : null};
  });
  return {...plan, nodes, units};
}

/** A plan in which some units ask for more than a worker, by unit. */
export function asking(plan: SchedulePlan, all: Readonly<Record<number, Partial<Constraints>>>): SchedulePlan {
  return {
    ...plan,
    units: plan.units.map(unit => {
      const asked = all[unit.id];
      return asked === undefined ? unit : {...unit, constraints: {...NOTHING, ...asked}};
    }),
  };
}

/** What a unit asks for that asks for nothing. */
export const NOTHING: Constraints = {serial: false, workerGroup: null, resources: [], freshWorker: false, fixtures: []};

/** So many units of the same expectation. */
export function units(count: number, expectedMs: number | null): (number | null)[] {
  return Array<number | null>(count).fill(expectedMs);
}

/** What a unit takes, where nothing else is said (ms). */
export const QUICK = 10;

/** Which process speaks, or is spoken to. */
export interface Who {
  readonly slot: number;
  readonly generation: number;
}
export const w1: Who = {slot: 1, generation: 1};
export const w2: Who = {slot: 2, generation: 1};
export const w3: Who = {slot: 3, generation: 1};
export const next = ({slot, generation}: Who): Who => ({slot, generation: generation + 1});

type EventOf<T extends ScheduleEvent['type']> = Extract<ScheduleEvent, {type: T}>;

export const start: ScheduleEvent = {type: 'run-started'};
export const woken: ScheduleEvent = {type: 'woken'};
export const up = (who: Who): ScheduleEvent => ({type: 'slot-up', ...who});
export const started = (who: Who, unit: number): ScheduleEvent => ({type: 'unit-started', ...who, unit});
export const opened = (
  who: Who,
  unit: number,
  costs: readonly (number | null)[] | null,
  ms: number = QUICK,
): ScheduleEvent => ({type: 'unit-opened', ...who, unit, costs, ms});
export const indivisible = (who: Who, unit: number, anew = false): ScheduleEvent => ({
  type: 'unit-indivisible',
  ...who,
  unit,
  anew,
});
export const progress = (
  who: Who,
  unit: number,
  done: EventOf<'tests-progress'>['done'],
  running: number | null,
): ScheduleEvent => ({type: 'tests-progress', ...who, unit, done, running});
export const done = (who: Who, unit: number, fields: Partial<EventOf<'unit-done'>> = {}): ScheduleEvent => ({
  type: 'unit-done',
  ...who,
  unit,
  ms: QUICK,
  retiring: false,
  failed: false,
  tests: [],
  ...fields,
});
export const returned = (who: Who, asked: number[], given: number[]): ScheduleEvent => ({
  type: 'units-returned',
  ...who,
  asked,
  units: given,
});
/** A worker dies. Nobody has kept a journal, unless that is said. */
export const lost = (who: Who, fields: Partial<EventOf<'slot-lost'>> = {}): ScheduleEvent => ({
  type: 'slot-lost',
  ...who,
  death: {kind: 'signal', signal: 'SIGKILL'},
  journal: null,
  ...fields,
});
/** What an earlier file of the worker, this unit, has left behind kills it. */
export const leftBy = (unit: number): Pick<EventOf<'slot-lost'>, 'death'> => ({
  death: {kind: 'exit', code: 1, uncaught: `Error: left behind\n    at /${unit}.test.js:1:1`},
});
/** The worker had not loaded the unit yet. */
export const atLoad = (unit: number): Pick<EventOf<'slot-lost'>, 'journal'> => ({journal: {unit, opened: null}});
/** The worker had the unit open, with so many tests; by place those that had ended, and one that ran. */
export const leaves = (
  unit: number,
  count: number,
  fields: Partial<OpenedDigest> = {},
): Pick<EventOf<'slot-lost'>, 'journal'> => {
  const {ended = [], running = []} = fields;
  const digest: OpenedDigest = {
    listing: 'f00',
    modes: Array<'run'>(count).fill('run'),
    early: [],
    ended,
    began: [...ended, ...running],
    running,
    hook: null,
    finished: false,
    hung: null,
    ...fields,
  };
  return {journal: {unit, opened: digest}};
};
type OfFixture = 'fixture-up' | 'fixture-failed' | 'fixture-gone';
/** @param who null: it is of scope `run` */
export const fixture = (what: 'up' | 'failed' | 'gone', id: number, who: Who | null = null): ScheduleEvent => ({
  type: `fixture-${what}` satisfies OfFixture,
  fixture: id,
  ...(who ?? {slot: null, generation: null}),
});
export const settled = (unit: number): ScheduleEvent => ({type: 'unit-settled', unit});
export const added = (...units: number[]): ScheduleEvent => ({type: 'units-added', units});
export const wantedBack = (...units: number[]): ScheduleEvent => ({type: 'units-wanted-back', units});
export const noMore: ScheduleEvent = {type: 'no-more-units'};
export const closed = (who: Who): ScheduleEvent => ({type: 'slot-closed', ...who, forced: false});

/** A command as one line: "give w1.1: 0 1" is to generation 1 in slot 1. null: one that changes nothing for workers. */
function line(command: Command): string | null {
  switch (command.type) {
    case 'finish':
      return 'finish';
    case 'keep-list':
    case 'keep-part':
    case 'keep-remains':
    case 'report':
    case 'tell':
    case 'units-ended':
    case 'busy':
      return null;
    case 'give-back':
      return `give back: ${command.units.join(' ')}`;
    case 'wake':
      return `wake ${command.at}`;
    case 'abandon':
    case 'interrupt':
    case 'merge':
    case 'begin-again':
    case 'resume':
      return `${command.type} ${command.unit}`;
    case 'blame':
    case 'join':
    case 'discard':
      return `${command.type} w${command.slot}.${command.generation}: ${command.unit}`;
    case 'give':
    case 'take-back':
      return `${command.type} w${command.slot}.${command.generation}: ${command.units.join(' ')}`;
    case 'set-up-fixture':
    case 'take-down-fixture': {
      const {slot, generation} = command;
      const what = command.type === 'set-up-fixture' ? 'set up' : 'take down';
      return `${what} ${command.fixture}${slot === null ? '' : ` for w${slot}.${generation}`}`;
    }
    case 'give-tests': {
      const groups = [...command.groups, ...(command.last ? ['last'] : [])];
      return `give-tests w${command.slot}.${command.generation}: ${command.unit} [${groups.join(' ')}]`;
    }
    case 'start-slot':
      return `start w${command.slot}.${command.generation}${command.node === 0 ? '' : ` on ${command.node}`}`;
    case 'close-slot':
      return `close w${command.slot}.${command.generation}`;
  }
}

/** All commands that follow when this happens. */
export const commandsOf = (state: ScheduleState, ...events: ScheduleEvent[]): Command[] =>
  events.flatMap(event => step(state, event, 0));

/** The commands to workers, and of units that end other than whole, that follow when all this happens at a time (ms). */
export const feedAt = (state: ScheduleState, now: number, ...events: ScheduleEvent[]) =>
  events.flatMap(event => step(state, event, now)).flatMap(command => line(command) ?? []);

export const feed = (state: ScheduleState, ...events: ScheduleEvent[]) => feedAt(state, 0, ...events);

/** A schedule that has started, and to which this has happened. */
export function after(plan: SchedulePlan, ...events: ScheduleEvent[]): ScheduleState {
  const state = createSchedule(plan);
  feed(state, start, ...events);
  return state;
}
