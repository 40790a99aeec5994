/** The reports on a split file: reporter events, durations, console output, coverage. */
import type {AssertionResult, TestResult} from '@jest/test-result';
import {onEachLine, onLatestLine, type Files, type Project} from './project';
import {expectSplit, expectSplitSameAsStock, PARALLEL, slowTests, splitFile, testsOf} from './splitting';

interface CaseEvent {
  readonly event: string;
  readonly path?: string;
  readonly result: AssertionResult;
}

onEachLine('reporters hear of the file once, and of each test once in between', async (_line, make) => {
  const project = make(splitFile(`describe('block', () => { ${slowTests(18)} }); test.skip('skipped', () => {});`));
  const xdist = await project.run(['-w', '2', '--logHeapUsage'], {env: PARALLEL});
  expectSplit(xdist);
  const events = xdist.events.filter(({path}) => path === 'split.test.js');
  expect(events.filter(({event}) => event === 'file-start')).toHaveLength(1);
  expect(events.filter(({event}) => event === 'file-result')).toHaveLength(1);
  expect(events[0]?.event).toBe('file-start');
  expect(events.at(-1)?.event).toBe('file-result');
  const slow = Array.from({length: 18}, (_, index) => `block slow ${index}`);
  const names = [...slow, 'skipped'];
  const cases = events.filter(({event}) => event === 'case-result') as unknown as CaseEvent[];
  expect(cases.map(({result}) => result.fullName).sort()).toEqual([...slow].sort());
  const {result} = events.at(-1) as unknown as {result: TestResult};
  expect(result.testResults.map(({fullName}) => fullName)).toEqual(names);
  expect(testsOf(xdist).map(({fullName}) => fullName)).toEqual(names);
  // What the tests took is what the file is remembered to cost; and no test is blamed for having waited.
  const durations = result.testResults.map(({duration}) => duration ?? 0);
  const sum = durations.reduce((ms, duration) => ms + duration, 0);
  expect(sum).toBeGreaterThanOrEqual(18 * 24);
  expect(result.perfStats.runtime).toBeGreaterThanOrEqual(sum);
  expect(result.memoryUsage).toBeGreaterThan(1e6);
  for (const {result: test} of cases) {
    expect(result.testResults.find(({fullName}) => fullName === test.fullName)?.duration).toEqual(test.duration);
  }
});

onLatestLine('console output: of loading once, of tests in their order', async (_line, make) => {
  const project = make(
    splitFile(`
      console.log('while the file is loaded');
      console.error('on stderr, too');
      ${slowTests(14, 'console.log("log of " + i); if (i % 5 === 0) console.warn("warning of " + i);')}
    `),
  );
  const {xdist} = await expectSplitSameAsStock(project);
  const [end] = xdist.events.filter(({event, path}) => event === 'file-result' && path === 'split.test.js');
  const messages = (end?.result as TestResult | undefined)?.console?.map(({message}) => message) ?? [];
  expect(messages.slice(0, 2)).toEqual(['while the file is loaded', expect.stringContaining('on stderr, too')]);
  expect(messages.filter(message => message.startsWith('log of'))).toEqual(
    Array.from({length: 14}, (_, index) => `log of ${index}`),
  );
  expect(messages).toHaveLength(2 + 14 + 3);
});

onLatestLine('a file that leaks memory in one of its workers leaks', async (_line, make) => {
  const project = make(splitFile(slowTests(14, 'if (i === 9) require("fs").kept = () => globalThis;')));
  const xdist = await project.run(['-w', '2', '--detectLeaks'], {nodeArgs: ['--expose-gc'], env: PARALLEL});
  expectSplit(xdist);
  // Not compared with the stock runner: Jest now and then takes files for leaking that are not.
  const file = xdist.json?.testResults.find(({name}) => name.endsWith('split.test.js'));
  expect(file?.message).toContain('Your test suite is leaking memory');
});

const COVERED: Files = {
  'src/a.js':
    'exports.sign = x => {\n  if (x < 0) return "negative";\n  else if (x > 0) return "positive";\n  return x === 0 ? "zero" : "none";\n};\nexports.never = () => 1;\n',
  'src/unused.js': 'exports.unused = () => 1;\n',
};

type Counts = Record<string, number | number[]>;

/** Of coverage-final.json: what was hit. How often a statement is run when the file is loaded depends on the workers. */
function hits(project: Project) {
  const report = JSON.parse(project.read('coverage/coverage-final.json')) as Record<
    string,
    Record<'s' | 'f' | 'b', Counts>
  >;
  const isHit = (counts: Counts) =>
    Object.fromEntries(
      Object.entries(counts).map(([id, n]) => [id, Array.isArray(n) ? n.map(times => times > 0) : n > 0]),
    );
  return Object.fromEntries(
    Object.entries(report).map(([path, file]) => [
      path,
      {...file, s: isHit(file.s), f: isHit(file.f), b: isHit(file.b)},
    ]),
  );
}

for (const provider of ['babel', 'v8']) {
  onLatestLine(`coverage with ${provider} has the same hits and percentages`, async (_line, make) => {
    const project = make({
      ...COVERED,
      ...splitFile(`
        const {sign} = require('./src/a');
        ${slowTests(14, 'if (i === 0) expect(sign(-1)).toBe("negative"); if (i === 13) expect(sign(0)).toBe("zero");')}
      `),
    });
    const args = ['-w', '2', '--coverage', `--coverageProvider=${provider}`, '--collectCoverageFrom=src/**'];
    const reporters = ['--coverageReporters=json', '--coverageReporters=json-summary'];
    const seen: unknown[] = [];
    for (const runner of ['stock', 'xdist'] as const) {
      project.reset();
      const output = await project.run([...args, ...reporters], {runner, env: PARALLEL});
      if (runner === 'xdist') expectSplit(output);
      const percentages = JSON.parse(project.read('coverage/coverage-summary.json')) as unknown;
      expect(percentages).toHaveProperty([project.path('src/a.js'), 'lines', 'pct'], expect.any(Number));
      seen.push({exitCode: output.exitCode, percentages, hits: hits(project)});
    }
    expect(seen[1]).toEqual(seen[0]);
  });
}
