/**
 * How far the time left of the live view is off. Replays of traces and recordings of real runs are heard line by line,
 * and asked at each twentieth of the run from its quarter on.
 */
import {basename} from 'node:path';
import {MODES} from '../src/core/plan/dist';
import {TimeLeft} from '../src/live/timeLeft';
import {readRecording} from '../src/recording';
import type {ScheduleLogLine} from '../src/run/scheduleLog';
import {actualFiles, replayer} from './replayTrace';
import {median} from './statistics';
import {committedTraces} from './trace';

const SCHEDULED: ReadonlySet<string> = new Set(['plan', 'event', 'command', 'groups']);

export interface Errors {
  /** Of what was left at that moment. */
  readonly ofLeft: readonly number[];
  /** Of the whole run. */
  readonly ofRun: readonly number[];
  /** How often there was no estimate. */
  readonly unknown: number;
}

/** Of one run, as shares. The run ends when its last unit does. */
export function errorsOf(lines: readonly ScheduleLogLine[]): Errors {
  const begin = lines.find(({type}) => type === 'plan')?.at ?? 0;
  const end = lines.findLast(line => line.type === 'command' && line.command.type === 'units-ended')?.at ?? 0;
  const timeLeft = new TimeLeft();
  const [ofLeft, ofRun]: [number[], number[]] = [[], []];
  let unknown = 0;
  let next = 0;
  for (let twentieth = 5; twentieth < 20; twentieth++) {
    const now = begin + ((end - begin) * twentieth) / 20;
    for (let line = lines[next]; line !== undefined && line.at <= now; line = lines[++next]) timeLeft.hear(line);
    const said = timeLeft.at(now);
    if (said === null) {
      unknown++;
      continue;
    }
    const off = Math.abs(said - (end - now));
    ofLeft.push(off / (end - now));
    ofRun.push(off / (end - begin));
  }
  return {ofLeft, ofRun, unknown};
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`;

function describe(name: string, all: readonly Errors[]): string {
  const [left, run] = [all.flatMap(({ofLeft}) => ofLeft), all.flatMap(({ofRun}) => ofRun)];
  const unknown = all.reduce((sum, errors) => sum + errors.unknown, 0);
  if (left.length === 0) return `${name}: no estimate`;
  const p90 = [...left].sort((a, b) => a - b)[Math.floor(left.length * 0.9)] ?? 0;
  return (
    `${name}: off by ${percent(median(left))} of what was left (90% of the time by at most ${percent(p90)}), ` +
    `${percent(median(run))} of the run; no estimate ${unknown} of ${unknown + left.length} times`
  );
}

/** @param recordings paths of recordings of runs over workers */
export function benchmarkTimeLeft(recordings: readonly string[] = []): void {
  for (const [name, trace] of committedTraces()) {
    for (const known of [true, false]) {
      const all: Errors[] = [];
      for (const slots of [2, 4, 8]) {
        for (const mode of [MODES.load, MODES.loadfile, MODES.loadgroup]) {
          const replay = replayer(trace, mode, {slots, known});
          for (let seed = 1; seed <= 3; seed++) {
            const lines: ScheduleLogLine[] = [];
            replay(actualFiles(trace, seed), line => lines.push(line));
            all.push(errorsOf(lines));
          }
        }
      }
      console.log(describe(`${name}, ${known ? 'remembered' : 'never run'}`, all));
    }
  }
  for (const path of recordings) {
    const lines = readRecording(path).lines.filter((line): line is never => SCHEDULED.has(line.type));
    if (lines.length > 0) console.log(describe(basename(path), [errorsOf(lines)]));
  }
}

benchmarkTimeLeft(process.argv.slice(2));
