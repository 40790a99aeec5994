/** Files that are cut over shards, and a shard that has none of their tests, loses its worker, or cannot cut them. */
import {onLatestLine} from './project';
import {
  BY_PLAN,
  cutIn,
  linesOf,
  makeCut as make,
  NOTE,
  PLAN,
  putTogether,
  runShards,
  shownTests,
  snapshots,
  CUT_FILE as FILE,
  type Note,
  type Plan,
} from './sharding';

onLatestLine('a shard without tests of the file says nothing of it, and passes', async (line, create) => {
  const project = make(create, {
    ...snapshots(line),
    'globalTeardown.js': 'module.exports = () => require("fs").appendFileSync("ended", process.env.SHARD);',
  });
  const plan: Plan = {
    [FILE]: {shard: 1, given: {'of old': 2, 'of old, too': 2}},
    'other.test.js': {shard: 2, given: null},
    'third.test.js': {shard: 1, given: null},
  };
  for (const args of [['-i'], ['-w', '2']]) {
    const runs = await runShards(project, plan, 2, ['--ci', '--globalTeardown=./globalTeardown.js', ...args]);
    const [, empty] = runs;
    expect(putTogether(runs, FILE)).toHaveLength(13);
    expect(empty).toMatchObject({exitCode: 0, json: {numTotalTests: 1, numPassedTests: 1, numTotalTestSuites: 2}});
    expect(empty?.stderr).toContain('1 passed, 1 of 2 total');
    expect(empty?.stderr).not.toMatch(/cut.test|must contain|obsolete/);
    expect(empty?.events.at(-1)).toMatchObject({event: 'run-complete', failed: 0});
    const {file, own} = cutIn(empty!);
    expect(own).toEqual([]);
    expect(linesOf(empty!, 'file').find(one => one.file === file)).toMatchObject({status: 'skipped', error: null});
    expect(linesOf(empty!, 'told').filter(one => one.file === file && one.name !== 'test-file-start')).toEqual([]);
    expect(empty?.lines.at(-1)).toMatchObject({type: 'end', verdict: 'passed'});
  }
  expect(project.read('ended')).toBe('1212');
});

onLatestLine('a test that ends its process costs its own shard that test alone', async (_line, create) => {
  const project = create({
    ...BY_PLAN,
    [FILE]: `/** @can-split */ ${NOTE} noted('a'); noted('b'); test('dies', () => process.exit(3)); noted('c'); noted('d');`,
  });
  const runs = await runShards(project, {[FILE]: {shard: 1, given: {b: 2, dies: 2, d: 2}}}, 2, ['--ci', '-w', '2']);
  expect(putTogether(runs, FILE).map(({name, status}) => `${name}: ${status}`)).toEqual([
    ...['a: passed', 'b: passed', 'dies: failed', 'c: passed', 'd: passed'],
  ]);
  expect(project.lines<Note>('notes').map(({shard, what}) => `${shard} ${what}`)).toEqual(['1 a', '1 c', '2 b', '2 d']);
  expect(cutIn(runs[1]!)).toMatchObject({names: ['a', 'b', 'dies', 'c', 'd'], own: [1, 2, 4]});
  expect(runs.map(({exitCode}) => exitCode)).toEqual([0, 1]);
});

onLatestLine(
  'an environment that does not pass on events: the file fails, and the message says what to do',
  async (_line, create) => {
    const project = create(
      {
        ...BY_PLAN,
        [FILE]: `test('a', () => {});`,
        'environment.js': `module.exports = class extends require('jest-environment-node').TestEnvironment {
        constructor(...args) { super(...args); Object.preventExtensions(this); }
      };`,
      },
      {testEnvironment: './environment.js'},
    );
    for (const args of [['-i'], ['-i', '--detectOpenHandles'], ['-w', '2']]) {
      const [run] = await runShards(project, {[FILE]: {shard: 1, given: {b: 2}}}, 1, ['--ci', ...args]);
      expect(run).toMatchObject({exitCode: 1, json: {numTotalTests: 0, numFailedTestSuites: 1}});
      expect(run?.stderr).toContain('remove its `@can-split`');
    }
  },
);

onLatestLine(
  'where snapshots may be written, one shard runs the whole file, and all shards say so',
  async (line, create) => {
    const project = make(create, snapshots(line));
    const plan = {...PLAN, 'third.test.js': {shard: 1, given: null}};
    const runs = await runShards(project, plan, 3, ['-w', '2']);
    expect(runs.map(run => shownTests(run, FILE).length)).toEqual([13, 0, 0]);
    expect(runs.map(({exitCode}) => exitCode)).toEqual([1, 0, 0]);
    for (const {stderr} of runs) {
      expect(stderr.match(/this run may write snapshots. Run the shards with --ci/g)).toHaveLength(1);
      expect(stderr).toContain('\n  cut.test.js: shard 1\n');
    }
    const [, second, third] = runs;
    expect(second?.stderr).toContain('1 passed, 1 of 2 total');
    // The last one has no other file.
    expect(third?.events.map(({event}) => event)).toEqual(['run-start', 'run-complete']);
    for (const run of runs) expect(linesOf(run, 'cut')).toEqual([]);
    expect(linesOf(third!, 'file')).toMatchObject([{status: 'skipped', error: null}]);
  },
);
