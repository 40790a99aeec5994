/** When a splittable file runs whole, and what happens to a file in the middle of a split. */
import {expectSameAsStock} from './parity';
import {onLatestLine} from './project';
import {expectSplit, expectWhole, notesOf, PARALLEL, slowTests, splitFile, testsOf, workersOf} from './splitting';

const BASE = {transform: {}, cacheDirectory: '<rootDir>/.cache'};
/** A few tests that end at once. */
const QUICK = `
  test('passes', () => note('passes'));
  describe('block', () => { beforeAll(() => note('hook')); test('fails', () => { note('fails'); throw new Error('no'); }); });
  test.skip('skipped', () => {});
`;

onLatestLine('-i: the file runs whole', async (_line, make) => {
  const project = make(splitFile(QUICK));
  const {xdist} = await expectSameAsStock(project, ['-i'], {inBand: true});
  expect(xdist.json).toMatchObject({numPassedTests: 3, numFailedTests: 1});
  expect(notesOf(project)).toHaveLength(3);
});

onLatestLine('jest-jasmine2: the file runs whole', async (_line, make) => {
  const quick = QUICK.replace('test.skip(', 'xtest(');
  const project = make(splitFile(quick), {...BASE, testRunner: 'jest-jasmine2'});
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expectWhole(xdist);
  expect(notesOf(project)).toHaveLength(3);
});

onLatestLine('the option canSplit names files by glob', async (_line, make) => {
  const project = make({
    'xdist.config.json': '{"canSplit": ["tests/*.test.js"]}',
    ...splitFile(slowTests(12), {pragmas: 'No pragma.', name: 'tests/split.test.js'}),
  });
  expectSplit(await project.run(['-w', '2'], {env: PARALLEL}), 'tests/split.test.js');
});

for (const [name, title] of [
  ['the worker', 'process.env.XDIST_WORKER'],
  ['time', 'process.hrtime.bigint()'],
] as const) {
  onLatestLine(`names of tests that depend on ${name}: the file runs whole, with a warning`, async (_line, make) => {
    const project = make(
      // The quick one last: if all were taken for as quick, none would be left for a second worker.
      splitFile(`${slowTests(12)} test(\`named after \${${title}}\`, () => {});`),
    );
    const {exitCode, json, stderr, events, log} = await project.run(['-w', '2'], {env: PARALLEL});
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({numPassedTests: 15, numTotalTests: 15});
    // No test was given away; and every worker but one was told to leave it.
    expect(workersOf(log)).toHaveLength(1);
    const lists = log.filter(line => 'event' in line && line.event.type === 'unit-opened');
    expect(lists.length).toBeGreaterThan(1);
    expect(stderr).toContain(`${project.path('split.test.js')} runs whole, in one worker: its tests are not the same`);
    expect(stderr).toMatch(/^ {2}- "named after .+" \(only in w[123]\)$/m);
    expect(stderr).toMatch(/^ {2}\+ "named after .+" \(only in w[123]\)$/m);
    expect(stderr.match(/runs whole/g)).toHaveLength(1);
    const results = events.filter(({event, path}) => event === 'case-result' && path === 'split.test.js');
    expect(results).toHaveLength(13);
    expect(notesOf(project).filter(({what}) => what.startsWith('slow'))).toHaveLength(12);
    expect(await project.leftProcesses()).toEqual([]);
  });
}

onLatestLine(
  'a third worker finds other tests: the file begins anew, each test has one result',
  async (_line, make) => {
    // Two workers agree, and share the tests; the third that loads the file finds one more.
    const project = make(
      splitFile(`
      if (loaders() === 3 && !existsSync('anew')) { appendFileSync('anew', ''); test('one more', () => {}); }
      ${slowTests(20, 'while (loaders() < 3) await sleep(10);')}
    `),
    );
    const {exitCode, json, stderr, events} = await project.run(['-w', '3'], {env: PARALLEL});
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({numPassedTests: 22, numTotalTests: 22});
    expect(stderr).toContain('runs whole, in one worker');
    const cases = events.filter(({event, path}) => event === 'case-result' && path === 'split.test.js');
    const names = cases.map(({result}) => (result as {fullName: string}).fullName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(20);
    expect(events.filter(({event, path}) => event === 'file-start' && path === 'split.test.js')).toHaveLength(1);
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine('a file that cannot be loaded a second time runs whole, with a warning', async (_line, make) => {
  const project = make(splitFile(`openSync('lock', 'wx'); ${slowTests(12)}`));
  const {exitCode, json, stderr, log} = await project.run(['-w', '2'], {env: PARALLEL});
  expect(exitCode).toBe(0);
  expect(json).toMatchObject({numPassedTests: 14, numTotalTests: 14});
  expect(workersOf(log)).toHaveLength(1);
  expect(stderr).toMatch(/split\.test\.js runs whole, in one worker: w[123] loaded it, but w[123] could not\./);
  expect(stderr).toMatch(/^ {2}\| .*EEXIST/m);
  expect(notesOf(project)).toHaveLength(12);
});

onLatestLine('a file that no worker can load fails as with the stock runner', async (_line, make) => {
  const project = make(splitFile(`${slowTests(3)} throw new Error('while it is loaded');`));
  const {xdist} = await expectSameAsStock(project, ['-w', '2']);
  expect(xdist.json).toMatchObject({numRuntimeErrorTestSuites: 1, numPassedTests: 2});
});

onLatestLine('--bail: another file fails while one is split', async (_line, make) => {
  const project = make({
    // From its tenth test on it waits for the run to end.
    ...splitFile(slowTests(60, 'if (i > 9) await new Promise(() => {});')),
    // Fails when two workers are at the file. The workers it leaves are more than one.
    'other1.test.js': `test('fails', async () => {
      const {existsSync, readFileSync} = require('fs');
      const busy = () => existsSync('notes') && new Set(readFileSync('notes', 'utf8').match(/"w\\d+"/g)).size > 1;
      while (!busy()) await new Promise(resolve => setTimeout(resolve, 20));
      throw new Error('bail now');
    }, 200_000);`,
  });
  const {exitCode, stderr} = await project.run(['-w', '3', '--bail'], {env: PARALLEL});
  expect(exitCode).toBe(1);
  expect(stderr).toContain('bail now');
  const notes = notesOf(project);
  expect(new Set(notes.map(({worker}) => worker)).size).toBeGreaterThan(1);
  expect(notes.length).toBeLessThan(60);
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('--bail: a split file fails', async (_line, make) => {
  const project = make({
    ...splitFile(slowTests(14, 'if (i === 9) throw new Error("in the split file");')),
  });
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const output = await project.run(['-w', '2', '--bail'], {runner, env: PARALLEL});
    expect(output.exitCode).toBe(1);
    expect(output.stderr).toContain('in the split file');
    if (runner === 'stock') continue;
    expectSplit(output);
    expect(await project.leftProcesses()).toEqual([]);
  }
});

onLatestLine('runs one after the other are all split, with durations known and unknown', async (_line, make) => {
  // Once durations are known, a second worker joins only if that pays: the tests outlast a slow loading of the file.
  const project = make(splitFile(slowTests(16, 'await sleep(300);')));
  for (let run = 0; run < 2; run++) {
    const output = await project.run(['-w', '2']);
    expect(output.exitCode).toBe(0);
    expectSplit(output);
    expect(project.runsRecorded()).toHaveLength(1);
    expect(testsOf(output)).toHaveLength(16);
  }
  expect(notesOf(project)).toHaveLength(32);
});
