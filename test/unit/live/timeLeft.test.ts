import {MODES} from '../../../src/core/plan/dist';
import {TimeLeft} from '../../../src/live/timeLeft';
import type {ScheduleLogLine} from '../../../src/run/scheduleLog';
import {actualFiles, replayer} from '../../../bench/replayTrace';
import {median} from '../../../bench/statistics';
import {errorsOf} from '../../../bench/timeLeftErrors';
import {committedTraces} from '../../../bench/trace';
import {planFor} from './plan';

const begun = (plan: ReturnType<typeof planFor>) => {
  const timeLeft = new TimeLeft();
  timeLeft.hear({type: 'plan', at: 0, plan});
  for (let slot = 1; slot <= plan.slots; slot++) {
    timeLeft.hear({type: 'event', at: 0, event: {type: 'slot-up', slot, generation: 1}});
  }
  return timeLeft;
};
const started = (at: number, slot: number, unit: number): ScheduleLogLine => ({
  type: 'event',
  at,
  event: {type: 'unit-started', slot, generation: 1, unit},
});

test('the rest of what runs, and the queue on the workers that are free first', () => {
  const timeLeft = begun(planFor([1000, 600, 600]));
  timeLeft.hear(started(0, 1, 0));
  timeLeft.hear(started(0, 2, 1));
  expect(timeLeft.at(0)).toBe(1200);
  expect(timeLeft.at(500)).toBe(700);
});

test('a unit that is overdue still takes a while', () => {
  const timeLeft = begun(planFor([1000]));
  timeLeft.hear(started(0, 1, 0));
  expect(timeLeft.at(4000)).toBeGreaterThan(0);
});

test('serial files run alone, after the others', () => {
  const plan = planFor([1000, 1000]);
  const serial = {serial: true, workerGroup: null, resources: [], freshWorker: false, fixtures: []};
  const timeLeft = begun({...plan, units: plan.units.map(unit => ({...unit, constraints: serial}))});
  expect(timeLeft.at(0)).toBe(2000);
});

test('it knows nothing before there is a plan, nor if most files have never run', () => {
  expect(new TimeLeft().at(0)).toBeNull();
  expect(begun(planFor([1000, null])).at(0)).toBeNull();
  expect(begun(planFor([1000, 1000, 1000, null])).at(0)).toBe(2000);
});

test.each([...committedTraces()])('%s: off by at most 15%% of what is left, in the median', (_, trace) => {
  const errors = [2, 4].flatMap(slots => {
    const lines: ScheduleLogLine[] = [];
    replayer(trace, MODES.load, {slots, known: true})(actualFiles(trace, 7), line => lines.push(line));
    return errorsOf(lines).ofLeft;
  });
  expect(median(errors)).toBeLessThanOrEqual(0.15);
});
