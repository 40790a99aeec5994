/**
 * XDIST_LOG: a log of the plan and of every event and command of a run, as JSON lines. test/simulation replays a log.
 * Lines are written synchronously, because Jest calls process.exit on --bail, and the end of the log matters most then.
 */
import {closeSync, openSync, writeSync} from 'node:fs';
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';
import type {SlotNumber} from '../core/plan/units';

/** One line of a log. `at` is in ms since the run began. */
export type LogLine =
  | {readonly run: string; readonly plan: SchedulePlan}
  /**
   * For each test of a splittable file, in source order, the number of its group; null: the test does not run. (The
   * events contain only the number of groups.)
   */
  | {readonly run: string; readonly at: number; readonly unit: number; readonly groups: readonly (number | null)[]}
  | {readonly run: string; readonly at: number; readonly event: ScheduleEvent}
  | {readonly run: string; readonly at: number; readonly command: Command}
  /** The state of a worker that watch mode started ahead of its next run. */
  | {
      readonly run: string;
      readonly at: number;
      readonly worker: {readonly slot: SlotNumber; readonly pid: number | null; readonly ahead: AheadState};
    };

/** `waits`: it has loaded its modules. `ready`: it can serve the new run. `leaves`: it cannot, because of `why`. */
export type AheadState = {readonly type: 'waits' | 'ready'} | {readonly type: 'leaves'; readonly why: string};

export interface EventLog {
  write(line: LogLine): void;
  close(): void;
}

/** The warnings so far: watch mode opens the log in each run, but each warning is printed once. */
const told = new Set<string>();

/**
 * Opens the log for appending, because watch mode makes many runs, and a Jest inside a test inherits the variable. If
 * the log cannot be written, the run goes on without it.
 */
export function openEventLog(path: string | undefined, warn: (text: string) => void): EventLog {
  let file: number | null = null;
  /** @returns the result of `act`; null if it failed, which ends the log */
  const attempt = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch (error) {
      file = null; // no later line follows a gap
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
