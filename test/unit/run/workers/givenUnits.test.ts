import {GivenUnits} from '../../../../src/run/workers/givenUnits';

/** With a limit of 100 s; the worker's watchdog is waited for, too. */
const LIMIT_MS = 120_000;

function given({hardTimeoutMs = 100_000, debugged = false} = {}) {
  const ignored: number[] = [];
  const made = new GivenUnits({hardTimeoutMs, isDebugged: () => debugged, onIgnored: ms => ignored.push(ms)});
  return {given: made, ignored};
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a worker that does not begin what it was given is found out', () => {
  const {given: one, ignored} = given();
  one.gave([1, 2]);
  jest.advanceTimersByTime(LIMIT_MS - 1);
  one.gave([3]); // to be given more is no sign of life
  expect(ignored).toEqual([]);
  jest.advanceTimersByTime(10);
  expect(ignored).toEqual([LIMIT_MS]);
});

test('one that has begun a file may take any time for it; then the next is to begin', () => {
  const {given: one, ignored} = given();
  one.gave([1, 2]);
  one.began(1);
  jest.advanceTimersByTime(10 * LIMIT_MS);
  expect(ignored).toEqual([]);
  one.ended(1);
  jest.advanceTimersByTime(LIMIT_MS + 10);
  expect(ignored).toEqual([LIMIT_MS]);
});

test.each<[string, (one: GivenUnits) => void]>([
  ['was given nothing', () => undefined],
  ['has run all of it', one => [one.gave([1]), one.began(1), one.ended(1)]],
  ['has handed it back', one => [one.gave([1]), one.returned([1])]],
  ['need not run it', one => [one.gave([1]), one.ended(1)]],
  ['is told to end', one => [one.gave([1]), one.expectNothing()]],
])('one that %s may wait', (_what, happens) => {
  const {given: one, ignored} = given();
  happens(one);
  jest.advanceTimersByTime(10 * LIMIT_MS);
  expect(ignored).toEqual([]);
});

test.each([
  ['where there is no limit', {hardTimeoutMs: 0}],
  ['where somebody debugs', {debugged: true}],
])('nothing is judged %s', (_where, options) => {
  const {given: one, ignored} = given(options);
  one.gave([1]);
  jest.advanceTimersByTime(10 * LIMIT_MS);
  expect(ignored).toEqual([]);
});

test('a limit that is short leaves time for the start of the process', () => {
  const {given: one, ignored} = given({hardTimeoutMs: 1000});
  one.gave([1]);
  jest.advanceTimersByTime(79_999);
  expect(ignored).toEqual([]);
  jest.advanceTimersByTime(10);
  expect(ignored).toEqual([80_000]);
});

test('what has arrived while this process could not read is heard first', () => {
  const {given: one, ignored} = given();
  one.gave([1]);
  // The timer is first, the reading comes right behind it.
  setTimeout(() => one.began(1), LIMIT_MS);
  jest.advanceTimersByTime(2 * LIMIT_MS);
  expect(ignored).toEqual([]);
});
