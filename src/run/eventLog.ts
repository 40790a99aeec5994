/**
 * XDIST_LOG: every event and command of a run, as JSON lines, the plan first. test/simulation replays
 * one. Written synchronously: Jest leaves through process.exit on --bail, and what is wanted then is
 * the end of the log.
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';
import type {SlotNumber} from '../core/plan/units';

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
  /** What became of a worker that a watch session has started ahead of its next run. */
  | {
      readonly run: string;
      readonly at: number;
      readonly worker: {readonly slot: SlotNumber; readonly pid: number | null; readonly ahead: AheadState};
    };

/** `waits`: it has loaded what it can; `ready`: it can serve the run that has begun; `why`: it cannot. */
export type AheadState = {readonly type: 'waits' | 'ready'} | {readonly type: 'leaves'; readonly why: string};

export interface EventLog {
  write(line: LogLine): void;
  close(): void;
}

/** Of a log that cannot be written is told once: a watch session opens it in each run. */
const told = new Set<string>();

/**
 * Appends: a watch session makes many runs, and a Jest inside a test inherits the variable. A run goes on without its log if that cannot be
 * written.
 */
export function openEventLog(path: string | undefined, warn: (text: string) => void): EventLog {
  let file: number | null = null;
  /** @returns what it returns; null: it failed, and there is no log any more */
  const attempt = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch (error) {
      file = null; // its end is the file's, whatever can be written later
      const text = `the log ${String(path)} (XDIST_LOG) cannot be written: ${(error as Error).message}`;
      if (!told.has(text)) warn(text);
      told.add(text);
      return null;
    }
  };
  if (path !== undefined && path !== '') file = attempt(() => openSync(path, 'a'));
  return {
    write: line => {
      const open = file;
      if (open !== null) attempt(() => writeSync(open, `${JSON.stringify(line)}\n`));
    },
    close: () => {
      const open = file;
      file = null;
      if (open !== null) attempt(() => closeSync(open));
    },
  };
}
