import {createSchedule} from '../../src/core/schedule/createSchedule';
import type {ScheduleEvent} from '../../src/core/schedule/events';
import {step} from '../../src/core/schedule/step';
import type {ScheduleLogLine} from '../../src/run/scheduleLog';
import {closed, done, planOf, start, started, up, w1} from '../unit/plans';
import {replay} from './replay';

/** The lines of a run in which this happens. */
function linesOf(...events: readonly ScheduleEvent[]): ScheduleLogLine[] {
  const plan = planOf([5]);
  const state = createSchedule(plan);
  const lines = events.flatMap((event, at): ScheduleLogLine[] => [
    {type: 'event', at, event},
    ...step(state, event, at).map(command => ({type: 'command' as const, at, command})),
  ]);
  return [{type: 'plan', at: 0, plan}, ...lines];
}

const LINES = linesOf(start, up(w1), started(w1, 0), done(w1, 0), closed(w1));

test('a recorded run replays to the same commands', () => {
  expect(replay(LINES)).toMatchObject({events: 5, difference: null, state: {finished: true}});
});

test('the first event after which the scheduler decides differently is named', () => {
  const other = LINES.map(line =>
    'command' in line && line.command.type === 'give' ? {...line, command: {...line.command, units: [7]}} : line,
  );
  expect(replay(other).difference).toMatchObject({
    event: {type: 'slot-up'},
    recorded: [{units: [7]}],
    now: [{units: [0]}],
  });
});

test('a run in band has no plan to replay', () => {
  expect(() => replay([])).toThrow('there is no plan before the first event');
});
