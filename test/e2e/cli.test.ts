/** The command line on the recordings of real runs. */
import {call} from './calls';
import {onLatestLine} from './project';

const FILES = {
  'passes.test.js': 'test("a", () => {}); test("b", () => {});',
  'fails.test.js': 'describe("block", () => test("\\u001b[31mred", () => { throw new Error("no luck"); }));',
  'dies.test.js':
    'test("dies", () => { process.stderr.write("last words\\n"); process.kill(process.pid, "SIGKILL"); });',
};

onLatestLine('runs lists the recordings of a project, and show says what the latest did', async (_line, make) => {
  const project = make(FILES);
  // The project's own recordings, in the place of the one that tests ask for.
  const env = {XDIST_IN_BAND: 'never', XDIST_RECORDING: '{"keep": 2}'};
  await project.run(['-w', '2'], {env});

  const listed = await call(project, 'runs');
  expect(listed).toMatchObject({code: 0, err: ''});
  const [head, row, ...others] = listed.out.trimEnd().split('\n');
  expect(head).toMatch(/^TIME +VERDICT +FILES +TESTS +DURATION +LEVEL +SIZE +RECORDING$/);
  expect(row).toMatch(/ failed +3 +4 +[\d.]+ m?s +default +[\d.]+ kB +\.cache\/xdist-recordings-\w+\/\S+\.xdist$/);
  expect(others).toEqual([]);

  const {code, out, err} = await call(project, 'show');
  expect({code, err}).toEqual({code: 1, err: ''});
  expect(out).toContain('Files: 2 failed, 1 passed, 3 in all\nTests: 2 failed, 2 passed, 4 in all\n');
  expect(out).toContain('  fails.test.js › block › \\x1b[31mred\n');
  expect(out).toContain('it was killed by signal SIGKILL\n');
  expect(out).toContain('      | last words\n');
  expect(out).toMatch(/Floor\n {2}With 2 workers, no order of these files takes less than /);
  expect(out).toMatch(/\n {2}w1 {2}busy .* starting .*\n {2}w2 {2}busy /);
  expect(out).not.toContain('unknown');

  const made = await call(project, 'timings', 'from', row!.slice(row!.indexOf('.cache')), '-o', 'made.json');
  expect(made).toEqual({code: 0, err: '', out: 'made.json has the durations of 3 test files.\n'});
  expect((await call(project, 'timings', 'show')).out).toContain('  passes.test.js\n');
});

onLatestLine('show has the failures of a full recording, and reads one of a run in band', async (_line, make) => {
  const project = make({'fails.test.js': FILES['fails.test.js']});
  await project.run(['-i']);
  const {code, out} = await call(project, 'show', 'run.xdist');
  expect(code).toBe(1);
  expect(out).toContain('  fails.test.js › block › \\x1b[31mred\n');
  expect(out).toContain("The run was in band, in Jest's own process: ");
  expect(out).not.toContain('Workers');
});

onLatestLine('outside of a project, a command says what is missing', async (_line, make) => {
  const project = make({'jest.config.json': '{"preset": "none"}'}, null);
  const {code, out, err} = await call(project, 'runs');
  expect({code, out}).toEqual({code: 1, out: ''});
  expect(err).toMatch(/^Jest cannot show its config\.\n\n.*none/s);
});
