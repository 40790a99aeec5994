/** A run uses the durations that earlier runs have recorded. */
import {formatDurations} from '../../src/core/plan/durations';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {onLatestLine, type JestOutput} from './project';

const TEST = `test('a', () => {});`;
const PARALLEL = {XDIST_IN_BAND: 'never', XDIST_TIMINGS: 'timings.json'};

function planOf({log}: JestOutput): SchedulePlan {
  const [plan] = log.flatMap(line => ('plan' in line ? [line.plan] : []));
  if (plan === undefined) throw new Error('no plan in the log');
  return plan;
}

const names = (plan: SchedulePlan) => plan.units.map(({file}) => file.path.replace(/^.*[\\/]/, ''));

onLatestLine('the second run begins with the longest file', async (_line, make) => {
  const project = make({
    'short.test.js': `${TEST} // ${'the largest file '.repeat(20)}`,
    'long.test.js': TEST,
    'middle.test.js': TEST,
  });
  const first = planOf(await project.run(['-w', '2'], {env: PARALLEL}));
  expect(names(first)[0]).toBe('short.test.js');
  expect(first.units.every(({expectedMs}) => expectedMs === null)).toBe(true);
  const learnt = JSON.parse(project.read('timings.json')) as {files: Record<string, {ms: number}>};
  expect(learnt).toMatchObject({
    version: 3,
    places: [expect.stringContaining(process.arch) as string],
    files: {
      'long.test.js': {end: 'passed', ms: expect.any(Number) as number, tests: {a: expect.any(Number) as number}},
    },
  });
  // What they took on this machine says nothing.
  for (const [name, ms] of [
    ['short', 10],
    ['middle', 2000],
    ['long', 4000],
  ] as const) {
    Object.assign(learnt.files[`${name}.test.js`] ?? {}, {ms});
  }
  project.write('timings.json', JSON.stringify(learnt));
  const second = planOf(await project.run(['-w', '2'], {env: PARALLEL}));
  expect(names(second)).toEqual(['long.test.js', 'middle.test.js', 'short.test.js']);
});

onLatestLine('durations are kept in the cache directory unless told otherwise, in band too', async (_line, make) => {
  const project = make({'a.test.js': TEST, 'b.test.js': TEST});
  await project.run(['-i']);
  const plan = planOf(await project.run(['-w', '2'], {env: {XDIST_IN_BAND: 'never'}}));
  expect(plan.units.every(({expectedMs}) => (expectedMs ?? 0) > 0)).toBe(true);
  expect(Object.keys(project.readAll('.cache')).filter(path => path.includes('xdist-timings-'))).toHaveLength(1);
});

onLatestLine('two runs at once lose nothing', async (_line, make) => {
  const project = make(Object.fromEntries(Array.from({length: 8}, (_, index) => [`${index}.test.js`, TEST])));
  const run = (pattern: string) => {
    const child = project.start(['-w', '2', `--testMatch=**/${pattern}.test.js`], {env: PARALLEL});
    child.stdout?.resume();
    child.stderr?.resume();
    return new Promise(resolve => child.once('close', resolve));
  };
  await Promise.all([run('[0-3]'), run('[4-7]')]);
  const plan = planOf(await project.run(['-w', '2'], {env: PARALLEL}));
  expect(plan.units.every(({expectedMs}) => expectedMs !== null)).toBe(true);
  expect(Object.keys((JSON.parse(project.read('timings.json')) as {files: object}).files)).toHaveLength(8);
});

onLatestLine('a corrupt timings file is ignored with a warning, and written anew', async (_line, make) => {
  const project = make({'a.test.js': TEST, 'b.test.js': TEST, 'timings.json': '{"version": 2, "files": {"a.tes'});
  const {exitCode, stderr} = await project.run(['-w', '2'], {env: PARALLEL});
  expect(exitCode).toBe(0);
  expect(stderr).toContain(
    `jest-runner-xdist: the timings file ${project.path('timings.json')} is ignored, and will be written anew`,
  );
  expect(JSON.parse(project.read('timings.json'))).toHaveProperty('files');
  expect((await project.run(['-w', '2'], {env: PARALLEL})).stderr).not.toContain('is ignored');
});

onLatestLine('what failed last time comes first', async (_line, make) => {
  const past = (end: 'passed' | 'failed', ms: number) => ({at: Date.now(), ms, tests: {}, short: 0, end});
  const project = make({
    'a.test.js': TEST,
    'b.test.js': TEST,
    'c.test.js': TEST,
    'timings.json': formatDurations(
      new Map([
        ['a.test.js', past('passed', 900)],
        ['b.test.js', past('failed', 10)],
        ['c.test.js', past('passed', 800)],
      ]),
    ),
  });
  expect(names(planOf(await project.run(['-w', '2'], {env: PARALLEL})))).toEqual([
    'b.test.js',
    'a.test.js',
    'c.test.js',
  ]);
});

onLatestLine('a run of some tests only, or of none, does not undo what is known', async (line, make) => {
  const project = make({
    'a.test.js': `${TEST} test('fails', () => { throw new Error('no'); });`,
    'b.test.js': TEST,
  });
  await project.run(['-w', '2'], {env: PARALLEL});
  const known = () =>
    (JSON.parse(project.read('timings.json')) as {files: Record<string, {ms: number; end: string; tests: object}>})
      .files['a.test.js'];
  const before = known();
  expect(before).toMatchObject({end: 'failed', tests: {a: expect.any(Number) as number}});
  await project.run(['-w', '2', '-t', 'no such test'], {env: PARALLEL});
  expect(known()).toMatchObject({ms: before?.ms, end: 'failed', tests: before?.tests});
  if (line === '30') {
    await project.run(['-w', '2', '--collectTests'], {env: PARALLEL});
    expect(known()).toMatchObject({ms: before?.ms, end: 'failed', tests: before?.tests});
  }
});

onLatestLine('tests with new names are unknown to the scheduler, as in a new file', async (_line, make) => {
  const tests = (names: string) => `/** @can-split */ for (const name of '${names}'.split(' ')) test(name, () => {});`;
  const project = make({
    'a.test.js': tests('new1 new2 new3'),
    'b.test.js': tests('old new'),
    'timings.json': formatDurations(
      new Map(
        ['a.test.js', 'b.test.js'].map(path => [
          path,
          {at: Date.now(), ms: 2200, tests: {old: 700, old2: 700, old3: 700}, short: 0, end: 'passed'},
        ]),
      ),
    ),
  });
  const {log} = await project.run(['-w', '2'], {env: PARALLEL});
  const costs = log.flatMap(line => ('event' in line && line.event.type === 'unit-opened' ? [line.event.costs] : []));
  expect(costs).toEqual(
    expect.arrayContaining([
      [null, null, null],
      [700, null],
    ]),
  );
});

onLatestLine('each run adds to what is remembered of its files, its start and its fixtures', async (_line, make) => {
  const project = make({
    'fixture.js': 'exports.setup = () => 1;',
    'a.test.js': `/** @shared-fixture ./fixture */ ${TEST}`,
    'b.test.js': TEST,
  });
  for (let run = 0; run < 2; run++)
    expect(await project.run(['-w', '2'], {env: PARALLEL})).toMatchObject({exitCode: 0});
  const ms = expect.any(Number) as number;
  expect(JSON.parse(project.read('timings.json'))).toMatchObject({
    files: {'a.test.js': {recent: [ms, ms]}, 'b.test.js': {recent: [ms, ms]}},
    costs: {startMs: [ms, ms], workers: [2, 2], fixtures: {'fixture.js': [ms, ms]}},
  });
});
