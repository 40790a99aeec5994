/** How far the time left of the live view is off in one run. */
import {TimeLeft} from '../src/live/timeLeft';
import type {ScheduleLogLine} from '../src/run/scheduleLog';

export interface Errors {
  /** Of what was left at that moment. */
  readonly ofLeft: readonly number[];
  /** Of the whole run. */
  readonly ofRun: readonly number[];
  /** How often there was no estimate. */
  readonly unknown: number;
}

/**
 * The estimate is asked for at each twentieth of the run, from its quarter on. The run ends when its last unit does.
 *
 * @returns errors as shares
 */
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
