import {describeStatus} from '../../../../src/run/workers/status';

test('each worker says what it is at, and for how long', () => {
  const workers = new Map([
    [1, {pid: 11, name: 'a.test.ts › one', ms: 61_000}],
    [2, {pid: 12, name: '', ms: 5}],
    [3, {pid: null, name: null, ms: 0}],
  ]);
  expect(describeStatus(workers)).toBe(
    'jest-runner-xdist: what is running now\n' +
      '  w1 (pid 11): a.test.ts › one, for 61 s\n' +
      '  w2 (pid 12): waits\n' +
      '  w3: is starting\n',
  );
});

test('that there is no worker is an answer, too', () => {
  expect(describeStatus(new Map())).toBe('jest-runner-xdist: what is running now\n  no worker\n');
});
