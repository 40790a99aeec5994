/** What each worker did when: the intervals in which it started, ran a unit, or was idle, and why. */
import {idleReason, slotsOf, type Command, type IdleReason, type ScheduleEvent} from '../core/schedule';
import type {RecordingLine} from '../recording/lines';
import {planOf, recordedSteps, ScheduleReplay} from './scheduleReplay';

export type SlotActivity =
  /** The slot has no process, or its process ends. */
  | {readonly type: 'down'}
  | {readonly type: 'starting'}
  | {readonly type: 'running'; readonly unit: number}
  | {readonly type: 'idle'; readonly reason: IdleReason | {readonly type: 'unknown'}};

/** Times are in ms since the run began. */
export interface SlotInterval {
  readonly from: number;
  readonly to: number;
  readonly activity: SlotActivity;
}

export interface SlotTimeline {
  /** By slot, the first slot first: the intervals follow each other without a gap. */
  readonly slots: readonly (readonly SlotInterval[])[];
  /** Why the reasons of some idle times are unknown, as a sentence; null: all are known. */
  readonly problem: string | null;
}

/**
 * @param lines of a recording
 * @param mayGoOn asked before each event: a hostile recording may keep the scheduler busy for long
 * @returns null: the run was in band
 */
export function slotTimeline(
  lines: readonly RecordingLine[],
  mayGoOn: () => boolean = () => true,
): SlotTimeline | null {
  const plan = planOf(lines);
  if (plan === null) return null;
  const replay = new ScheduleReplay(plan);
  const slots = Array.from({length: slotsOf(plan.plan)}, () => new SlotHistory());
  let now = 0;
  for (const step of recordedSteps(lines)) {
    if (replay.state !== null && !mayGoOn()) replay.giveUp('The schedule takes too long to replay.');
    if (step.at < now) replay.giveUp('The events of the recording are not in the order of time.');
    now = Math.max(now, step.at);
    replay.next(step);
    noteEvent(slots, step.event);
    for (const command of step.commands) noteCommand(slots, command);
    for (const [index, slot] of slots.entries()) slot.look(now, () => reasonFor(replay, index));
  }
  const end = lines.find(({type}) => type === 'end');
  const until = Math.max(now, end !== undefined && 'at' in end ? end.at : 0);
  return {slots: slots.map(slot => slot.until(until)), problem: replay.problem};
}

function reasonFor({state}: ScheduleReplay, index: number): IdleReason | {readonly type: 'unknown'} {
  const slot = state?.slots[index];
  return state === null || slot === undefined ? {type: 'unknown'} : idleReason(state, slot);
}

function noteEvent(slots: readonly SlotHistory[], event: ScheduleEvent): void {
  if (!('generation' in event) || event.slot === null) return;
  const slot = slots[event.slot - 1];
  if (slot?.generation !== event.generation) return;
  if (event.type === 'slot-up' && slot.process === 'starting') slot.process = 'up';
  else if (event.type === 'unit-started') slot.running = event.unit;
  else if (event.type === 'unit-done') slot.running = null;
  else if (event.type === 'slot-lost' || event.type === 'slot-closed') slot.end();
}

function noteCommand(slots: readonly SlotHistory[], command: Command): void {
  if (!('generation' in command) || command.slot === null) return;
  const slot = slots[command.slot - 1];
  if (slot === undefined) return;
  if (command.type === 'start-slot') slot.start(command.generation);
  else if (command.type === 'join') slot.running = command.unit;
  else if (command.type === 'close-slot') slot.process = 'down';
}

class SlotHistory {
  process: 'down' | 'starting' | 'up' = 'down';
  generation = 0;
  running: number | null = null;
  readonly #intervals: SlotInterval[] = [];
  #since = 0;
  #activity: SlotActivity = {type: 'down'};
  #key = 'down';

  start(generation: number): void {
    this.process = 'starting';
    this.generation = generation;
    this.running = null;
  }

  end(): void {
    this.process = 'down';
    this.running = null;
  }

  /** Begins a new interval if the slot does something else than before. */
  look(now: number, reason: () => IdleReason | {readonly type: 'unknown'}): void {
    const activity: SlotActivity =
      this.running !== null
        ? {type: 'running', unit: this.running}
        : this.process === 'up'
          ? {type: 'idle', reason: reason()}
          : {type: this.process};
    const key = JSON.stringify(activity);
    if (key === this.#key) return;
    this.#close(now);
    this.#activity = activity;
    this.#key = key;
  }

  until(now: number): readonly SlotInterval[] {
    this.#close(now);
    return this.#intervals;
  }

  #close(now: number): void {
    if (now > this.#since) this.#intervals.push({from: this.#since, to: now, activity: this.#activity});
    this.#since = now;
  }
}
