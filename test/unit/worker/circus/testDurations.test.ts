import type {Circus} from '@jest/types';
import {TestDurations} from '../../../../src/worker/circus/testDurations';

const HOUR = 60 * 60 * 1000;

const startedTest = () => ({startedAt: 1_000_000, duration: null}) as unknown as Circus.TestEntry;

test.each([
  ['forth', HOUR],
  ['back', -HOUR],
])('a clock that is set an hour %s while a test runs adds nothing to its duration', (_way, jump) => {
  const durations = new TestDurations();
  const test = startedTest();
  durations.starts(test);
  test.duration = jump + 7;
  durations.ended(test);
  expect(Math.abs(test.duration)).toBeLessThan(HOUR / 2);
  expect(test.duration).toBeGreaterThanOrEqual(0);
});

test("a duration that agrees with the clock that nobody sets stays jest-circus's", () => {
  const durations = new TestDurations();
  const test = startedTest();
  durations.starts(test);
  test.duration = 3;
  durations.ended(test);
  expect(test.duration).toBe(3);
});

test('what a test has waited for moves its start', async () => {
  const durations = new TestDurations();
  const test = startedTest();
  durations.starts(test);
  await new Promise(resolve => setTimeout(resolve, 5));
  durations.waited(test);
  expect(test.startedAt).toBeGreaterThan(1_000_000);
});

test('a test that is not known to have started is left alone', () => {
  const test = {...startedTest(), duration: HOUR} as Circus.TestEntry;
  const durations = new TestDurations();
  durations.waited(test);
  durations.ended(test);
  expect([test.startedAt, test.duration]).toEqual([1_000_000, HOUR]);
});
