/** Runs that are cut into shards: by our sequencer under both runners, and by the commands `shard` and `plan`. */
import {execFileSync} from 'node:child_process';
import {formatDurations, type FileRecord} from '../../src/core/plan/durations';
import {readLines} from '../../src/recording/reader';
import {call, callWith} from './calls';
import {onLatestLine, type Files, type MakeProject, type Project, type RunOptions} from './project';

const NOTE = "const note = name => require('fs').appendFileSync(require('path').join(__dirname, 'RAN'), name + ' ');";
const noting = (name: string) => `${NOTE} test('${name}', () => note('${name}'));`;

const OPTIONS = {'xdist.config.js': "module.exports = {timings: 'timings.json'};"};
const CONFIG = {testSequencer: 'jest-runner-xdist/sequencer'};

/** The text of a timings file. @param ms by file */
function durations(ms: Readonly<Record<string, number>>, failed: readonly string[] = []): string {
  const record = (file: string, took: number): FileRecord => ({
    at: Date.now(),
    ms: took,
    tests: {},
    short: 1,
    end: failed.includes(file) ? 'failed' : 'passed',
  });
  return formatDurations(new Map(Object.entries(ms).map(([file, took]) => [file, record(file, took)])));
}

const SIX = {'a.test.js': 60, 'b.test.js': 10, 'c.test.js': 10, 'd.test.js': 10, 'e.test.js': 10, 'f.test.js': 20};
const filesOf = (ms: object): Files => Object.fromEntries(Object.keys(ms).map(file => [file, noting(file[0] ?? '')]));

/** What ran in a shard, sorted; and the line of the sequencer. */
async function shardOf(project: Project, shard: string, args: readonly string[] = [], options: RunOptions = {}) {
  project.write('RAN', '');
  const {exitCode, stderr} = await project.run([`--shard=${shard}`, '-i', ...args], options);
  const ran = project.read('RAN').trim().split(' ').sort().join('');
  return {exitCode, ran, told: /jest-runner-xdist: (shard .*)/.exec(stderr)?.[1] ?? stderr};
}

onLatestLine('shards are cut by durations, under both runners and in each checkout alike', async (_line, make) => {
  const timings = durations(SIX);
  const files = {...filesOf(SIX), ...OPTIONS, 'timings.json': timings};
  const plans = new Set<string>();
  for (const [index, runner] of (['xdist', 'stock'] as const).entries()) {
    const project = make(files, CONFIG);
    const first = await shardOf(project, '1/2', [], {runner});
    const second = await shardOf(project, '2/2', [], {runner});
    expect([first.ran, second.ran]).toEqual(['a', 'bcdef']);
    expect(project.read('timings.json')).toBe(timings); // the next shard must find the same
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.told).toMatch(
      /^shard 1 of 2 runs 1 of 6 files, 60 ms of work\. Plan \w{12}, made from the durations of 6 of 6 files in timings\.json\.$/,
    );
    for (const {told} of [first, second]) plans.add(/Plan (\w+)/.exec(told)?.[1] ?? `none in ${index}`);
  }
  expect([...plans]).toHaveLength(1);
});

onLatestLine('without --shard, our sequencer is Jest’s own', async (_line, make) => {
  // Jest's own sequencer sorts by size, and leaves files of equal sizes in the order in which it finds them.
  const padded = Object.entries(filesOf(SIX)).map(([file, text], at) => [file, `${text} //${' '.repeat(at * 10)}`]);
  const order = async (config: object) => {
    const project = make({...(Object.fromEntries(padded) as Files), ...OPTIONS}, config);
    const {events} = await project.run(['-i']);
    return events.filter(({event}) => event === 'file-start').map(({path}) => path);
  };
  const stock = await order({});
  expect(stock).toEqual(['f', 'e', 'd', 'c', 'b', 'a'].map(name => `${name}.test.js`));
  expect(await order(CONFIG)).toEqual(stock);
});

onLatestLine('--onlyFailures: the shards share the files that failed', async (_line, make) => {
  const failed = ['b.test.js', 'c.test.js', 'e.test.js'];
  const project = make({...filesOf(SIX), ...OPTIONS, 'timings.json': durations(SIX, failed)}, CONFIG);
  const ran: string[] = [];
  for (const index of [1, 2, 3]) {
    const shard = await shardOf(project, `${index}/3`, ['--onlyFailures']);
    expect(shard).toMatchObject({exitCode: 0, told: expect.stringContaining('runs 1 of 3 files') as string});
    ran.push(shard.ran);
  }
  expect(ran.sort()).toEqual(['b', 'c', 'e']);
});

/** The six files, and one more, which loads `lib.js`. */
const withModule = (make: MakeProject) =>
  make(
    {
      ...filesOf(SIX),
      ...OPTIONS,
      'timings.json': durations(SIX),
      'g.test.js': `require('./lib'); ${noting('g')}`,
      'lib.js': '',
    },
    CONFIG,
  );

onLatestLine('--findRelatedTests, -t and an empty shard', async (_line, make) => {
  const project = withModule(make);
  const related = ['--findRelatedTests', 'lib.js', 'b.test.js', '--passWithNoTests'];
  const ran = [await shardOf(project, '1/3', related), await shardOf(project, '2/3', related)].map(shard => shard.ran);
  expect(ran.sort()).toEqual(['b', 'g']);
  expect(await shardOf(project, '3/3', related)).toMatchObject({exitCode: 0, ran: ''});

  expect(await shardOf(project, '2/2', ['-t', '^c$'])).toMatchObject({exitCode: 0, ran: 'c'});
});

onLatestLine('-o shards the files that a change concerns', async (_line, make) => {
  const project = withModule(make);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {cwd: project.folder, stdio: 'pipe'});
  project.write('RAN', '');
  git('init', '-q');
  git('add', '.');
  git('commit', '-qm', 'first');
  project.write('lib.js', '// changed');
  project.write('e.test.js', `${noting('e')} //`);
  const changed = ['-o', '--passWithNoTests'];
  const ran = [await shardOf(project, '1/2', changed), await shardOf(project, '2/2', changed)].map(shard => shard.ran);
  expect(ran.sort()).toEqual(['e', 'g']);
});

onLatestLine('projects with another runner, a worker group, serial files', async (_line, make) => {
  const group = (name: string) => `/** @worker-group database */ ${noting(name)}`;
  const serial = (name: string) => `/** @serial */ ${noting(name)}`;
  const ms = {
    'one:one/a.test.js': 50,
    'one:one/b.test.js': 50,
    'one:one/c.test.js': 100,
    'one:one/s.test.js': 10,
    'one:one/t.test.js': 10,
  };
  const project = make(
    {
      ...OPTIONS,
      'timings.json': durations(ms),
      'one/a.test.js': group('a'),
      'one/b.test.js': group('b'),
      'one/c.test.js': noting('c'),
      'one/s.test.js': serial('s'),
      'one/t.test.js': serial('t'),
      'two/x.test.js': noting('x'),
      'two/y.test.js': noting('y'),
    },
    {
      ...CONFIG,
      projects: ['one', 'two'].map(name => ({
        displayName: name,
        transform: {},
        testMatch: [`<rootDir>/${name}/*.test.js`],
        runner: name === 'one' ? 'xdist' : 'jest-runner',
      })),
    },
  );
  const ran: string[] = [];
  for (const index of [1, 2]) {
    for (const folder of ['one', 'two']) project.write(`${folder}/RAN`, '');
    const {exitCode, stderr} = await project.run([`--shard=${index}/2`, '-i'], {runner: 'config'});
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/runs [34] of 7 files/)]);
    ran.push(['one', 'two'].map(folder => project.read(`${folder}/RAN`)).join(''));
  }
  const sorted = ran.map(text => text.trim().split(/ +/).sort().join(''));
  expect(sorted.join('').split('').sort().join('')).toBe('abcstxy');
  const shardWith = (name: string) => sorted.findIndex(shard => shard.includes(name));
  expect(shardWith('a')).toBe(shardWith('b'));
  expect(shardWith('a')).not.toBe(shardWith('c'));
  expect(shardWith('s')).not.toBe(shardWith('t'));
  expect(shardWith('x')).not.toBe(shardWith('y'));
});

onLatestLine('a sequencer of the user’s own extends ours, and its order counts', async (_line, make) => {
  const project = make(
    {
      ...filesOf(SIX),
      ...OPTIONS,
      'timings.json': durations(SIX),
      'own.js': `module.exports = class extends require('jest-runner-xdist/sequencer') {
        sort(tests) { return [...tests].sort((a, b) => (a.path < b.path ? 1 : -1)); }
      };`,
    },
    {testSequencer: '<rootDir>/own.js'},
  );
  const {events} = await project.run(['--shard=2/2', '-i']);
  const order = events.filter(({event}) => event === 'file-start').map(({path}) => path);
  expect(order).toEqual(['f', 'e', 'd', 'c', 'b'].map(name => `${name}.test.js`));
});

describe('the command shard', () => {
  const files = {
    ...filesOf(SIX),
    ...OPTIONS,
    'timings.json': durations(SIX),
    'lib.js': 'exports.used = () => 1; exports.unused = () => 2;',
    'f.test.js': `${NOTE} test('f', () => note(require('./lib').used() && 'f'));`,
  };
  const config = {runner: 'xdist', collectCoverage: true, coverageThreshold: {global: {functions: 100}}};

  onLatestLine(
    'leaves the recording of a shard, does not judge coverage, and passes without tests',
    async (line, make) => {
      const project = make(files, config);
      const second = await call(project, 'shard', '2/2', '--', '-i');
      expect(second.code).toBe(0);
      expect(second.err).toContain('the coverage threshold is not checked in a shard');
      expect(second.err).toContain('Tests:       5 passed, 5 total');
      const recorded = [...readLines(project.path('xdist-shard-2-of-2.xdist'))].find(({type}) => type === 'shard');
      const planHash = /Plan (\w+)/.exec(second.err)?.[1];
      expect(recorded).toMatchObject({index: 2, count: 2, planHash, files: 5, ofOtherRunners: 0, withoutRecording: []});

      const empty = await call(project, 'shard', '9/9');
      expect(empty.code).toBe(0);
      expect(empty.err).toContain('shard 9 of 9 runs 0 of 6 files');
      expect(empty.err).toContain('this shard has run no test of this runner, so it leaves no recording');
      expect(line).toBe(project.line);
    },
  );

  onLatestLine(
    'takes the shard from the variables of a CI, and another place for the recording',
    async (_line, make) => {
      const project = make(files, {runner: 'xdist'});
      const env = {CIRCLE_NODE_INDEX: '1', CIRCLE_NODE_TOTAL: '2', XDIST_RECORDING: 'kept/run.xdist'};
      const {code, err} = await callWith(project, env, 'shard', '--', '-i', '--silent');
      expect([code, /shard \d of \d/.exec(err)?.[0]]).toEqual([0, 'shard 2 of 2']);
      expect(project.exists('kept/run.xdist')).toBe(true);

      const github = await callWith(project, {GITHUB_ACTIONS: 'true'}, 'shard');
      expect(github).toMatchObject({code: 1, out: ''});
      expect(github.err).toContain('shard ${{ matrix.shard }}/${{ strategy.job-total }}');
      for (const wrong of [
        ['shard', '3/2'],
        ['shard', '1/2', '--', '--shard=1/2'],
        ['shard', '1/2', '--', '--watch'],
      ]) {
        expect(await call(project, ...wrong)).toMatchObject({code: 2, out: ''});
      }
    },
  );

  onLatestLine('keeps the exit code of Jest, and the recording of a failed shard', async (_line, make) => {
    const project = make({...files, 'a.test.js': "test('a', () => expect(1).toBe(2));"}, {runner: 'xdist'});
    expect((await call(project, 'shard', '1/2')).code).toBe(1);
    expect(project.exists('xdist-shard-1-of-2.xdist')).toBe(true);
  });

  onLatestLine('a project’s own sequencer that does not extend ours is an error', async (_line, make) => {
    const own =
      'module.exports = class { shard(tests) { return tests; } sort(tests) { return tests; } cacheResults() {} };';
    const project = make({...files, 'own.js': own}, {runner: 'xdist', testSequencer: '<rootDir>/own.js'});
    const {code, err} = await call(project, 'shard', '1/2', '--', '-i');
    expect(code).toBe(1);
    expect(err).toContain('testSequencer does not extend ours');
    expect((await call(project, 'plan', '--shards', '2')).err).toContain('testSequencer does not extend ours');
  });
});

onLatestLine('plan shows what CI would do, where long files are cut', async (_line, make) => {
  const long = `/** @can-split */
    for (let n = 0; n < 12; n++) test('test ' + n, () => new Promise(end => setTimeout(end, 60)));`;
  const project = make({'long.test.js': long, ...OPTIONS}, {runner: 'xdist'});
  expect(await project.run(['-w', '1'])).toMatchObject({exitCode: 0});
  const partsIn = async (...args: string[]) => {
    const {out} = await call(project, 'plan', '--shards', '2', ...args);
    return out
      .split('\n')
      .slice(1, 3)
      .map(row => row.trim().split(/ +/)[2]);
  };
  expect(await partsIn()).toEqual(['1', '1']);
  expect(await partsIn('--', '--no-ci')).toEqual(['0', '0']);
});

onLatestLine('plan shows the plan of all shards, and writes it for them', async (_line, make) => {
  const project = make({...filesOf(SIX), ...OPTIONS, 'timings.json': durations(SIX)}, {runner: 'xdist'});
  const shown = await call(project, 'plan', '--shards', '3', '--files', '-o', 'plan.json');
  expect(shown).toMatchObject({code: 0, err: ''});
  expect(shown.out).toMatch(/^SHARD +FILES +IN PART +WORK\n +1 +1 +0 +60 ms\n/);
  expect(shown.out).toMatch(/Slowest shard \/ mean: \d\.\d\d\. With these files, no plan is below 1\.50\.\n/);
  expect(shown.out).toContain('\nShard 1:\n  a.test.js\n');
  expect(project.exists('RAN')).toBe(false);

  // Another machine has other timings, or none: the plan counts.
  project.write('timings.json', durations({...SIX, 'b.test.js': 9000}));
  const {code, err} = await call(project, 'shard', '1/3', '--plan', 'plan.json', '--', '-i');
  expect(code).toBe(0);
  expect(project.read('RAN')).toBe('a ');
  expect(/Plan (\w+)/.exec(err)?.[1]).toBe(/Plan (\w+)/.exec(shown.out)?.[1]);

  const wrong = await call(project, 'shard', '1/2', '--plan', 'plan.json');
  expect(wrong).toMatchObject({code: 1});
  expect(wrong.err).toContain('plan.json is a plan of 3 shards, and this run has 2.\n');
  project.write('new.test.js', noting('new'));
  const other = await call(project, 'shard', '1/3', '--plan', 'plan.json');
  expect(other.err).toContain('Only here:\n  new.test.js\n');
  project.write('plan.json', '{}');
  expect((await call(project, 'shard', '1/3', '--plan', 'plan.json')).err).toContain('is not a plan of shards');
});
