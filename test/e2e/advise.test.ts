/** `npx jest-runner-xdist advise`, on the recording of a real run. */
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {onLatestLine} from './project';

const wait = (count: number, ms: number) =>
  Array.from(
    {length: count},
    (_, index) => `test("t${index}", () => new Promise(end => setTimeout(end, ${ms})));`,
  ).join('\n');

onLatestLine('the file that sets the floor, and what a split of it would save', async (_line, make) => {
  const project = make({'long.test.js': wait(20, 150), 'a.test.js': wait(1, 100), 'b.test.js': wait(1, 100)});
  const recording = project.path('run.xdist');
  const {exitCode} = await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never', XDIST_RECORDING: recording}});
  expect(exitCode).toBe(0);
  const main = join(__dirname, '../../dist/cli/main.js');
  const text = execFileSync(process.execPath, [main, 'advise', recording, '-w', '3'], {encoding: 'utf8'});
  expect(text).toMatch(/-w 2 .* this run took /);
  expect(text).toMatch(/-w 3 /);
  expect(text).toMatch(/The floor is set by .*long\.test\.js, which cannot be shared further/);
  expect(text).toMatch(/long\.test\.js \(20 tests\): [\d.]+ m?s/);
});
