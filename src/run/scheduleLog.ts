/** Where `dispatch` writes the plan and every event and command, as they happen. */
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';

/** `at` is in ms since the run began. */
export type ScheduleLogLine =
  | {readonly type: 'plan'; readonly at: number; readonly plan: SchedulePlan}
  /** The group of each test of a file that may be split. The events contain only the number of groups. */
  | {readonly type: 'groups'; readonly at: number; readonly unit: number; readonly groups: readonly (number | null)[]}
  | {readonly type: 'event'; readonly at: number; readonly event: ScheduleEvent}
  | {readonly type: 'command'; readonly at: number; readonly command: Command};

export interface ScheduleLog {
  write(line: ScheduleLogLine): void;
}
