/**
 * XDIST_LOG: every event and command of a run, as JSON lines, the plan first. test/simulation replays
 * one. Written synchronously: Jest leaves through process.exit on --bail, and what is wanted then is
 * the end of the log.
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import type {Command, ScheduleEvent} from '../core/scheduleEvents';
import type {SchedulePlan} from '../core/scheduleState';
import type {SlotNumber} from '../core/units';

/** One line of a log. `at` is in ms since the run began. */
export type LogLine =
  | {readonly run: string; readonly plan: SchedulePlan}
  /**
   * What a file that may be split has turned out to consist of: of each of its tests, in the order of the source, the
   * group of tests that it stays together with; null: it does not run. The scheduler knows how many groups there are.
   */
  | {readonly run: string; readonly at: number; readonly unit: number; readonly groups: readonly (number | null)[]}
  | {readonly run: string; readonly at: number; readonly event: ScheduleEvent}
  | {readonly run: string; readonly at: number; readonly command: Command}
  /** What became of a slot's worker at the end of a run of a watch session, or at the beginning of one. */
  | {
      readonly run: string;
      readonly at: number;
      readonly worker: {readonly slot: SlotNumber; readonly pid: number | null; readonly stay: WorkerStay};
    };

/** `ready`: for a run that is not its first; `why`: there is something that a fresh one does not have. */
export type WorkerStay = {readonly type: 'rests' | 'ready'} | {readonly type: 'leaves'; readonly why: string};

export interface EventLog {
  write(line: LogLine): void;
  close(): void;
}

/** Appends: a watch session makes many runs, and a Jest inside a test inherits the variable. */
export function openEventLog(path: string | undefined): EventLog {
  if (path === undefined || path === '') return {write: () => undefined, close: () => undefined};
  let file: number | null = openSync(path, 'a');
  return {
    write: line => {
      if (file !== null) writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close: () => {
      if (file !== null) closeSync(file);
      file = null;
    },
  };
}
