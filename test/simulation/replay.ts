/** Feeds the events of a recorded run to the scheduler again, and compares the commands it gives. */
import {isSame} from '../../src/analysis/scheduleReplay';
import {createSchedule} from '../../src/core/schedule/createSchedule';
import type {Command, ScheduleEvent} from '../../src/core/schedule/events';
import type {SchedulePlan, ScheduleState} from '../../src/core/schedule/state';
import {step} from '../../src/core/schedule/step';
import type {RecordingLine} from '../../src/recording/lines';
import type {ScheduleLogLine} from '../../src/run/scheduleLog';

export interface Replay {
  readonly plan: SchedulePlan;
  readonly events: number;
  /** The first event after which the scheduler of today decides differently; null: none. */
  readonly difference: {
    readonly event: ScheduleEvent;
    readonly recorded: readonly Command[];
    readonly now: readonly Command[];
  } | null;
  readonly state: ScheduleState;
}

/**
 * Replays a run over workers.
 *
 * @throws if there is no plan in the lines: the run was in band
 */
export function replay(all: readonly (RecordingLine | ScheduleLogLine)[]): Replay {
  const lines = all.filter(({type}) => type === 'plan' || type === 'event' || type === 'command');
  const [first] = lines;
  if (first === undefined || !('plan' in first)) throw new Error('there is no plan before the first event');
  const {plan} = first;
  const state = createSchedule(plan);
  let events = 0;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined || !('event' in line)) continue;
    events++;
    const recorded: Command[] = [];
    for (let next = lines[index + 1]; next !== undefined && 'command' in next; next = lines[++index + 1])
      recorded.push(next.command);
    const now = step(state, line.event, line.at);
    if (!isSame(now, recorded)) {
      return {plan, events, difference: {event: line.event, recorded, now}, state};
    }
  }
  return {plan, events, difference: null, state};
}
