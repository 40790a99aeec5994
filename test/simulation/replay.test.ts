import {createSchedule} from '../../src/core/schedule/createSchedule';
import type {ScheduleEvent} from '../../src/core/schedule/events';
import {step} from '../../src/core/schedule/step';
import type {LogLine} from '../../src/run/eventLog';
import {closed, done, planOf, start, started, up, w1} from '../unit/plans';
import {replay} from './replay';

/** What a run writes in which this happens. */
function logOf(...events: readonly ScheduleEvent[]): LogLine[] {
  const plan = planOf([5]);
  const state = createSchedule(plan);
  const lines = events.flatMap((event, at): LogLine[] => [
    {run: 'r', at, event},
    ...step(state, event, at).map(command => ({run: 'r', at, command})),
  ]);
  return [{run: 'r', plan}, ...lines];
}

const LOG = logOf(start, up(w1), started(w1, 0), done(w1, 0), closed(w1));

/** A log without these fields, wherever they are, as it is read from its file. */
const without = (...fields: readonly string[]) =>
  JSON.parse(JSON.stringify(LOG, (key, value: unknown) => (fields.includes(key) ? undefined : value))) as LogLine[];

test('a log replays to the same commands', () => {
  expect(replay(LOG)).toMatchObject([{run: 'r', events: 5, difference: null, state: {finished: true}}]);
  expect(replay(without())).toMatchObject([{difference: null}]);
});

test.each([
  [['nodes', 'node', 'after'], 'its plan has no "nodes"'],
  [['after'], 'units of its plan have no "after"'],
  [['node'], 'units of its plan have no "node"'],
])('a log of an older version, without %j, is refused', (fields, missing) => {
  expect(() => replay(without(...fields))).toThrow(
    `run r: the log is of an older version of jest-runner-xdist, from before there were nodes: ${missing}. ` +
      'Replay it with that version, or record it again.',
  );
});

test('so is one whose commands are', () => {
  const older = LOG.map(line => {
    if (!('command' in line) || line.command.type !== 'start-slot') return line;
    const {node: _node, ...command} = line.command;
    return {...line, command} as LogLine;
  });
  expect(() => replay(older)).toThrow(
    'of an older version of jest-runner-xdist, from before there were nodes: a "start-slot" has no "node".',
  );
});
