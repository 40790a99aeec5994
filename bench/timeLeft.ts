/**
 * `npm run bench:timeLeft [-- run.xdist …]`: how far the time left of the live view is off, in replays of the traces and
 * in recordings.
 */
import {basename} from 'node:path';
import {MODES} from '../src/core/plan/dist';
import {readRecording} from '../src/recording';
import type {ScheduleLogLine} from '../src/run/scheduleLog';
import {actualFiles, replayer} from './replayTrace';
import {median} from './statistics';
import {errorsOf, type Errors} from './timeLeftErrors';
import {committedTraces} from './trace';

const SCHEDULED: ReadonlySet<string> = new Set(['plan', 'event', 'command', 'groups']);

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
function benchmarkTimeLeft(recordings: readonly string[]): void {
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
