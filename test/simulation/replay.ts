/** Feeds the events of an XDIST_LOG to the scheduler again, and compares the commands it gives. */
import {createSchedule} from '../../src/core/schedule/createSchedule';
import type {Command, ScheduleEvent} from '../../src/core/schedule/events';
import type {SchedulePlan, ScheduleState} from '../../src/core/schedule/state';
import {step} from '../../src/core/schedule/step';
import type {LogLine} from '../../src/run/eventLog';

export interface Replay {
  readonly run: string;
  readonly plan: SchedulePlan;
  readonly events: number;
  /** The first event after which the scheduler of today decides differently; null: none. */
  readonly difference: {
    readonly event: ScheduleEvent;
    readonly logged: readonly Command[];
    readonly now: readonly Command[];
  } | null;
  readonly state: ScheduleState;
}

/**
 * Replays every run of a log; a log may hold several, their lines mixed.
 *
 * @throws if one of them cannot be replayed
 */
export function replay(lines: readonly LogLine[]): Replay[] {
  const runs = new Map<string, LogLine[]>();
  for (const line of lines) {
    const run = runs.get(line.run);
    if (run === undefined) runs.set(line.run, [line]);
    else run.push(line);
  }
  return [...runs].map(([run, own]) => replayRun(run, own));
}

function replayRun(run: string, lines: readonly LogLine[]): Replay {
  const [first] = lines;
  if (first === undefined || !('plan' in first)) throw new Error(`run ${run}: its first line is not its plan`);
  const missing = missingIn(first.plan, lines);
  if (missing !== null) {
    throw new Error(
      `run ${run}: the log is of an older version of jest-runner-xdist, from before there were nodes: ${missing}. ` +
        'Replay it with that version, or record it again.',
    );
  }
  // A log from before the number of workers could grow is one of a run in which it did not.
  const state = createSchedule({
    ...first.plan,
    growth: first.plan.growth ?? null,
  });
  let events = 0;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index];
    if (line === undefined || !('event' in line)) continue;
    events++;
    const logged: Command[] = [];
    for (let next = lines[index + 1]; next !== undefined && 'command' in next; next = lines[++index + 1])
      logged.push(next.command);
    const now = step(state, line.event, line.at);
    if (JSON.stringify(now) !== JSON.stringify(logged)) {
      return {run, plan: first.plan, events, difference: {event: line.event, logged, now}, state};
    }
  }
  return {run, plan: first.plan, events, difference: null, state};
}

/**
 * What of nodes a log has not: the scheduler takes all of it for granted, and what would come of it looks like a
 * difference in what it decides. null: it is all there.
 */
function missingIn(plan: SchedulePlan, lines: readonly LogLine[]): string | null {
  if (!('nodes' in plan)) return 'its plan has no "nodes"';
  const lacking = (['node', 'after'] as const).find(field => plan.units.some(unit => !(field in unit)));
  if (lacking !== undefined) return `units of its plan have no "${lacking}"`;
  const starts = lines.flatMap(line => ('command' in line && line.command.type === 'start-slot' ? [line.command] : []));
  return starts.every(command => 'node' in command) ? null : 'a "start-slot" has no "node"';
}
