import type {LoadSample} from '../../../../src/core/schedule/slotController';
import {LoadSampler} from '../../../../src/run/machine/loadSampler';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function sampler(workerBytes: readonly (number | null)[] = []) {
  const samples: LoadSample[] = [];
  let last = performance.now();
  const sample = () => {
    const ms = performance.now() - last;
    last = performance.now();
    return {idleCores: 1, ms, availableBytes: 7};
  };
  const made = new LoadSampler({
    machine: {sample},
    workerBytes: () => workerBytes,
    onSample: one => void samples.push(one),
  });
  return {made, samples};
}

test('it looks often at first, and less so later', () => {
  const {made, samples} = sampler();
  made.start();
  jest.advanceTimersByTime(5000);
  expect(samples).toHaveLength(100);
  jest.advanceTimersByTime(5000);
  expect(samples).toHaveLength(125);
});

test('a sample has the largest of the workers, where any is known', () => {
  const known = sampler([null, 5, 9, 3]);
  known.made.start();
  jest.advanceTimersByTime(50);
  expect(known.samples).toEqual([{idleCores: 1, ms: 50, availableBytes: 7, workerBytes: 9}]);
  const unknown = sampler([null]);
  unknown.made.start();
  jest.advanceTimersByTime(50);
  expect(unknown.samples).toMatchObject([{workerBytes: null}]);
});

test('it keeps no process alive, and ends when told to, also by what is done with a sample', () => {
  const {made, samples} = sampler();
  const set = jest.spyOn(globalThis, 'setTimeout');
  made.start();
  expect((set.mock.results[0]?.value as NodeJS.Timeout).hasRef()).toBe(false);
  jest.advanceTimersByTime(50);
  made.close();
  jest.advanceTimersByTime(1000);
  expect(samples).toHaveLength(1);
  const ending = new LoadSampler({
    machine: {sample: () => ({idleCores: 1, ms: 50, availableBytes: null})},
    workerBytes: () => [],
    onSample: () => ending.close(),
  });
  ending.start();
  jest.advanceTimersByTime(1000);
  expect(jest.getTimerCount()).toBe(0);
});
