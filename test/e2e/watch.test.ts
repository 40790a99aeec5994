/** Watch mode: a rerun, an interrupted run, and leaving. */
import type {Project} from './project';
import {EACH_LINE, inWatchMode, replace, WatchSession} from './watching';

async function untilFileExists(project: Project, path: string): Promise<void> {
  while (!project.exists(path)) await new Promise(resolve => setTimeout(resolve, 100));
}

inWatchMode('a changed file is run again, with new workers', async (_line, make) => {
  const project = make({
    'a.test.js': 'test("first version", () => {});',
    'b.test.js': 'test("pid", () => require("fs").appendFileSync("pids", process.pid + "\\n"));',
  });
  const session = new WatchSession(project, ['-w', '2', '--verbose']);
  expect(await session.untilRun()).toContain('first version');
  replace(project, 'a.test.js', 'test("second version", () => { throw new Error("a failure"); });');
  const rerun = await session.untilRun();
  expect(rerun).toContain('second version');
  expect(rerun).toMatch(/Tests: +1 failed, 1 passed, 2 total/);
  expect(new Set(project.lines('pids')).size).toBe(2);
  await session.leave();
  expect(await project.leftProcesses()).toEqual([]);
});

inWatchMode(
  'an interrupted run ends, and the next one is whole',
  async (_line, make) => {
    const slow = `test('waits for the end of the test', async () => {
    const fs = require('fs');
    fs.writeFileSync(fs.existsSync('interrupted') ? 'started again' : 'started', '');
    while (!fs.existsSync('go on')) await new Promise(resolve => setTimeout(resolve, 20));
  }, 200000);`;
    const project = make({
      'a.test.js': slow,
      'b.test.js': slow,
      'c.test.js': 'test("c", () => {});',
      'd.test.js': 'test("d", () => {});',
    });
    const session = new WatchSession(project, ['-w', '2']);
    await untilFileExists(project, 'started');
    session.press('\r');
    expect(await session.untilRun()).toContain('Test run was interrupted.');
    project.write('interrupted', '');
    replace(project, 'd.test.js', 'test("another", () => {});');
    await untilFileExists(project, 'started again');
    project.write('go on', '');
    expect(await session.untilRun()).toMatch(/Tests: +4 passed, 4 total/);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  },
  EACH_LINE,
);
