/** A user can ask the runner what is running. */
import {onLatestLine, type Project, type RunOptions, untilSaid} from './project';

/** Asks time and again, until what is printed is there: the test ends when it has been seen. */
const ASKS = (pid: string) => `async () => {
  while (!require('fs').existsSync('told')) {
    process.kill(${pid}, 'SIGUSR2');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}, 600_000`;

/** Says to the test when a line is there. */
const untilTold = (project: Project, line: RegExp): NonNullable<RunOptions['meanwhile']> => {
  return async jest => {
    await untilSaid(jest, line);
    project.write('told', '');
  };
};

onLatestLine('SIGUSR2 to Jest prints what each worker is at, and for how long', async (_line, make) => {
  const project = make({
    'asks.test.js': `describe('block', () => test('asks', ${ASKS('process.ppid')}));`,
    'other.test.js': 'test("other", () => {});',
  });
  const meanwhile = untilTold(project, /^ {2}w[12] \(pid \d+\): asks\.test\.js › block › asks, for [\d.]+ (ms|s)$/m);
  const {exitCode, stderr} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never'}, meanwhile});
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^jest-runner-xdist: what is running now\n {2}w1/m);
});

onLatestLine('so it does in band', async (_line, make) => {
  const project = make({'asks.test.js': `test('asks', ${ASKS('process.pid')});`});
  const meanwhile = untilTold(project, /^ {2}w1 \(pid \d+\): asks\.test\.js › asks, for [\d.]+ (ms|s)$/m);
  const {exitCode} = await project.run(['-i'], {meanwhile});
  expect(exitCode).toBe(0);
});
