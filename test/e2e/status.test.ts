/** Who asks gets to know what is running. */
import {onLatestLine} from './project';

onLatestLine('so it does in band', async (_line, make) => {
  const project = make({
    'asks.test.js': `test('asks', async () => {
      process.kill(process.pid, 'SIGUSR2');
      await new Promise(resolve => setTimeout(resolve, 300));
    });`,
  });
  const {exitCode, stderr} = await project.run(['-i']);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^ {2}w1 \(pid \d+\): asks\.test\.js › asks, for \d+ ms$/m);
});

onLatestLine('SIGUSR2 to Jest prints what each worker is at, and for how long', async (_line, make) => {
  const project = make({
    'asks.test.js': `describe('block', () => test('asks', async () => {
      for (let i = 0; i < 12; i++) {
        process.kill(process.ppid, 'SIGUSR2');
        await new Promise(resolve => setTimeout(resolve, 250));
      }
    }, 60_000));`,
    'other.test.js': 'test("other", () => {});',
  });
  const {exitCode, stderr} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never'}});
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^jest-runner-xdist: what is running now\n {2}w1/m);
  expect(stderr).toMatch(/^ {2}w[12] \(pid \d+\): asks\.test\.js › block › asks, for [\d.]+ (ms|s)$/m);
});
