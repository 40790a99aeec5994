import {Lanes} from '../../../src/live/lanes';
import type {LiveWorkers} from '../../../src/run/liveRun';
import type {ScheduleLogLine} from '../../../src/run/scheduleLog';
import {planFor} from './plan';

const up = (at: number, slot: number): ScheduleLogLine => ({
  type: 'event',
  at,
  event: {type: 'slot-up', slot, generation: 1},
});
const started = (at: number, slot: number, unit: number): ScheduleLogLine => ({
  type: 'event',
  at,
  event: {type: 'unit-started', slot, generation: 1, unit},
});
const whyIdle = () => null;
const UNKNOWN: LiveWorkers = {statuses: () => new Map(), whyIdle};
const status = (name: string, ms: number): LiveWorkers => ({
  statuses: () => new Map([[1, {pid: 1, name, ms}]]),
  whyIdle,
});

function lanesOf(...lines: ScheduleLogLine[]): Lanes {
  const lanes = new Lanes();
  for (const line of [{type: 'plan', at: 0, plan: planFor([100, 100])} as const, ...lines]) lanes.hear(line);
  return lanes;
}

test('a worker starts, waits, runs a file and is gone', () => {
  const lanes = lanesOf();
  lanes.hear({type: 'command', at: 0, command: {type: 'start-slot', slot: 1, generation: 1, node: 0}});
  expect(lanes.at(50, UNKNOWN)).toMatchObject([{slot: 1, state: 'starts', ms: 50}]);
  lanes.hear(up(60, 1));
  expect(lanes.at(70, UNKNOWN)).toMatchObject([{slot: 1, state: 'waits'}]);
  lanes.hear(started(80, 1, 0));
  expect(lanes.at(100, UNKNOWN)).toMatchObject([{slot: 1, state: 'runs', path: 'f0.test.js', ms: 20}]);
  lanes.hear({type: 'event', at: 200, event: {type: 'slot-closed', slot: 1, generation: 1, forced: false}});
  expect(lanes.at(210, UNKNOWN)).toEqual([]);
});

test('what began last is shown: the test that Jest heard of, or what the watchdog says', () => {
  const lanes = lanesOf(up(0, 1), started(100, 1, 0));
  expect(lanes.at(1000, status('f0.test.js › beforeAll', 850))).toMatchObject([{name: 'beforeAll', ms: 850}]);
  lanes.testBegan('f0.test.js', ['block', 'adds'], 1200);
  // The watchdog last said so before the test began.
  expect(lanes.at(1300, status('f0.test.js › beforeAll', 1150))).toMatchObject([{name: 'block › adds', ms: 100}]);
  lanes.testEnded('f0.test.js', 1400);
  expect(lanes.at(1500, UNKNOWN)).toMatchObject([{name: '', ms: 100}]);
  expect(lanes.at(2000, status('f0.test.js › afterAll', 500))).toMatchObject([{name: 'afterAll', ms: 500}]);
});

test('what the watchdog said of an earlier file is not shown', () => {
  const lanes = lanesOf(up(0, 1), started(100, 1, 0), started(500, 1, 1));
  expect(lanes.at(600, status('f0.test.js › adds', 400))).toMatchObject([{path: 'f1.test.js', name: ''}]);
});

test('of a file that workers share, only a watchdog knows which worker runs a test', () => {
  const lanes = lanesOf(up(0, 1), up(0, 2), started(100, 1, 0), started(200, 2, 0));
  lanes.testBegan('f0.test.js', ['adds'], 300);
  expect(lanes.at(1000, status('f0.test.js › subtracts', 600))).toMatchObject([
    {slot: 1, name: 'subtracts', sharers: 2},
    {slot: 2, name: '', sharers: 2},
  ]);
});

test('a worker that waits has the reason, with the file that it names', () => {
  const lanes = lanesOf(up(0, 1), up(0, 2), started(100, 1, 0));
  const workers: LiveWorkers = {
    ...UNKNOWN,
    whyIdle: slot => (slot === 2 ? {type: 'resource', unit: 1, name: 'db'} : {type: 'nothing-left'}),
  };
  expect(lanes.at(1000, workers)).toMatchObject([
    {slot: 1, waitsFor: null},
    {slot: 2, waitsFor: {reason: {type: 'resource', name: 'db'}, path: 'f1.test.js'}},
  ]);
});
