/** Parses the scheduler's plan, events and commands in a recording. */
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';

/** Each kind of event; the type makes the list complete. */
const EVENTS: Readonly<Record<ScheduleEvent['type'], true>> = {
  'run-started': true,
  'slot-up': true,
  'unit-started': true,
  'unit-opened': true,
  'unit-indivisible': true,
  'tests-progress': true,
  'unit-done': true,
  'units-returned': true,
  'slot-lost': true,
  'slot-closed': true,
  'unit-settled': true,
  woken: true,
  sampled: true,
  'fixture-up': true,
  'fixture-failed': true,
  'fixture-gone': true,
  stopped: true,
};

/** Each kind of command. */
const COMMANDS: Readonly<Record<Command['type'], true>> = {
  'start-slot': true,
  give: true,
  'take-back': true,
  join: true,
  'give-tests': true,
  discard: true,
  'keep-list': true,
  'keep-part': true,
  'keep-remains': true,
  report: true,
  merge: true,
  resume: true,
  'begin-again': true,
  'set-up-fixture': true,
  'take-down-fixture': true,
  wake: true,
  'close-slot': true,
  blame: true,
  abandon: true,
  interrupt: true,
  tell: true,
  'units-ended': true,
  finish: true,
};

/** @throws {Error} if the value is not a plan */
export function parsePlan(value: unknown): SchedulePlan {
  const plan = value as SchedulePlan | null;
  if (typeof plan !== 'object' || plan === null || !Array.isArray(plan.units)) throw new Error('a plan');
  return plan;
}

/** @throws {Error} if the value is not an event of the scheduler */
export function parseEvent(value: unknown): ScheduleEvent {
  return ofKind<ScheduleEvent>(value, EVENTS, 'an event of the scheduler');
}

/** @throws {Error} if the value is not a command of the scheduler */
export function parseCommand(value: unknown): Command {
  return ofKind<Command>(value, COMMANDS, 'a command of the scheduler');
}

function ofKind<T extends {readonly type: string}>(
  value: unknown,
  kinds: Readonly<Record<string, true>>,
  expected: string,
): T {
  const type = (value as T | null)?.type;
  if (typeof type !== 'string' || !Object.hasOwn(kinds, type)) throw new Error(expected);
  return value as T;
}
