import {Timeline} from '../../../../src/worker/profile/timeline';

test('all time has one activity, and the transformer a part of some', () => {
  let time = 100;
  const timeline = new Timeline(() => time);
  const pass = (ms: number) => (time += ms);
  pass(10);
  timeline.enter('setup');
  pass(20);
  timeline.transformed(5);
  timeline.enter('environment');
  pass(30);
  timeline.enter('modules');
  pass(40);
  timeline.transformed(7);
  timeline.enter('modules');
  pass(1);
  expect(timeline.activity).toBe('modules');
  expect(timeline.end()).toBe(101);
  expect((['environment', 'setup', 'modules', 'tests'] as const).map(activity => timeline.ms(activity))).toEqual([
    40, 20, 41, 0,
  ]);
  expect([timeline.transformMs(), timeline.transformMs('modules'), timeline.transformMs('tests')]).toEqual([12, 7, 0]);
});
