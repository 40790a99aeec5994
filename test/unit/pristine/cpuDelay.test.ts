import {cpuDelayMs} from '../../../src/pristine/cpuDelay';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the time of waiting for a CPU is at most what has passed meanwhile', () => {
  const since = process.hrtime.bigint();
  const before = cpuDelayMs();
  let end = before;
  for (let index = 0; index < 1000; index++) end = cpuDelayMs();
  expect(before).toEqual(expect.any(Number));
  expect(end! - before!).toBeGreaterThanOrEqual(0);
  // The kernel's clock and ours may differ by a tick.
  expect(end! - before!).toBeLessThan(Number(process.hrtime.bigint() - since) / 1e6 + 10);
});
