import {Pulse, type Beat} from '../../../../src/run/workers/pulse';

const beat: Beat = {name: 'a test', ms: 400, limitMs: 1000, debugged: false, rss: 1e8};

/** A pulse with a limit of 3 s where the watchdog knows none, on a clock of its own. */
function pulse(hardTimeoutMs = 3000) {
  const silences: number[] = [];
  const made = new Pulse({hardTimeoutMs, now: () => performance.now(), onSilence: ms => silences.push(ms)});
  return {pulse: made, silences};
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test.each<[string, Beat, number]>([
  ['what is left of the limit of what runs', beat, 10_600],
  ['that is over', {...beat, ms: 5000}, 10_000],
  ['the option, where nothing runs that has one', {...beat, limitMs: null}, 13_000],
])('silence is waited out for 10 s and %s', (_what, last, ms) => {
  const {pulse: one, silences} = pulse();
  one.beat(last);
  jest.advanceTimersByTime(ms - 1);
  expect(silences).toEqual([]);
  jest.advanceTimersByTime(10); // it listens once more, for two turns of the event loop
  expect(silences).toHaveLength(1);
  expect(silences[0]).toBeGreaterThanOrEqual(ms);
  expect(silences[0]).toBeLessThan(ms + 10);
});

test.each<[string, Beat, number]>([
  ['where somebody debugs', {...beat, debugged: true}, 3000],
  ['where there is no limit', {...beat, limitMs: null}, 0],
])('silence says nothing %s', (_where, last, hardTimeoutMs) => {
  const {pulse: one, silences} = pulse(hardTimeoutMs);
  one.beat(last);
  jest.advanceTimersByTime(1e9);
  expect(silences).toEqual([]);
});

test('what has arrived while this process could not read is heard first', () => {
  const {pulse: one, silences} = pulse();
  one.beat(beat);
  // The timer is first, the reading comes right behind it.
  setTimeout(() => one.beat(beat), 10_600);
  jest.advanceTimersByTime(10_650);
  expect(silences).toEqual([]);
});

test('a limit of what runs counts also where the option sets none', () => {
  const {pulse: one, silences} = pulse(0);
  one.beat(beat);
  jest.advanceTimersByTime(10_650);
  expect(silences).toHaveLength(1);
});

test('a process that never says that it is up is waited for for a minute, at the least', () => {
  const {pulse: one, silences} = pulse();
  one.start();
  jest.advanceTimersByTime(69_999);
  expect(silences).toEqual([]);
  jest.advanceTimersByTime(50);
  expect(silences).toHaveLength(1);
});

test('it tells what ran last, and for how long', () => {
  const {pulse: one} = pulse();
  expect(one.now).toBeNull();
  one.beat(beat);
  jest.advanceTimersByTime(250);
  expect(one.now).toEqual({name: 'a test', ms: 650});
});

test('after its end it is silent', () => {
  const {pulse: one, silences} = pulse();
  one.beat(beat);
  one.expectNothing();
  jest.advanceTimersByTime(1e9);
  expect(silences).toEqual([]);
});
