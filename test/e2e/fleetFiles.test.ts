/** Files of all kinds in a fleet: cut over machines, with constraints and fixtures, on nodes; and those that fail. */
import {readRecording} from '../../src/recording';
import {fixture, fixtureLog, testFile} from './fixtureProject';
import {noting, runFleet, runMachine} from './fleets';
import {HERE, TOKYO} from './nodeRuns';
import {onLatestLine, type Files, type JestOutput, type MakeProject, type Project} from './project';
import {TestRedis} from './redis';
import {seen} from './shards';

const redis = TestRedis.forTests();

const REPOSITORY: Files = {'.git/HEAD': ''};

/** Notes what this machine does, and who has loaded the file, in folders that all machines of a run share. */
const PRELUDE = `
const {appendFileSync, readFileSync, mkdirSync, readdirSync, writeFileSync} = require('fs');
const {MACHINE = 'stock', SHARED = '.shared', TOGETHER = '1', STYLE, PAUSE_MS = '60'} = process.env;
const machine = MACHINE;
mkdirSync(SHARED + '/loaders', {recursive: true});
writeFileSync(SHARED + '/loaders/' + machine, '');
const note = what => appendFileSync(SHARED + '/notes', machine + ' ' + what + '\\n');
/** The test ends when so many machines have loaded the file. */
const pause = async () => {
  await new Promise(end => setTimeout(end, Number(PAUSE_MS)));
  while (readdirSync(SHARED + '/loaders').length < Number(TOGETHER)) await new Promise(end => setTimeout(end, 20));
};
`;

const LONG = `/** @can-split */
${PRELUDE}
const {one, two} = require('./source');
console.log('loading');
if (STYLE === 'broken' && machine === 'b') throw new Error('does not load on b');
beforeAll(() => note('beforeAll'));
afterAll(() => note('afterAll'));
for (let i = 0; i < 8; i++) test('slow ' + i, async () => { note('slow ' + i); await pause(); one(); }, 600000);
describe('block', () => {
  beforeEach(() => console.warn('before each'));
  test('snapshot', async () => { note('snapshot'); await pause(); expect(two()).toMatchSnapshot(); }, 600000);
  test('fails', async () => { note('fails'); await pause(); expect({a: 1}).toEqual({a: 2}); }, 600000);
});
if (STYLE === 'different') test('only on ' + machine, () => {});
test.concurrent('together', async () => { note('together'); await pause(); }, 600000);
test.skip('skipped', () => {});
test.todo('later');
`;

const FILES: Files = {
  ...REPOSITORY,
  'source.js': 'exports.one = () => 1; exports.two = () => 2; exports.never = () => 3;',
  'long.test.js': LONG,
  'quick.test.js': "test('quick', () => expect(require('./source').one()).toBe(1));",
  '__snapshots__/long.test.js.snap':
    '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`block snapshot 1`] = `2`;\n\nexports[`gone 1`] = `0`;\n',
};

const TESTS = [...Array.from({length: 8}, (_, index) => `slow ${index}`), 'snapshot', 'fails', 'together'];

const notesIn = (project: Project) => project.read('.shared/notes').trim().split('\n');

/**
 * Two machines whose server knows that the tests of the long file take much longer than its loading, also where that is
 * slow: the file is cut.
 */
async function knownPair(make: MakeProject, name: string): Promise<[Project, Project]> {
  const files = {...FILES, 'package.json': `{"name": "${name}"}`};
  const known = await runMachine(redis, make(files), [], {run: 'first', env: {PAUSE_MS: '900'}});
  expect(known).toMatchObject({exitCode: 1});
  return [make(files), make(files)];
}

/** Runs a fleet of two machines. */
async function runPair(machines: readonly Project[], run: string, args: readonly string[], style = '') {
  const shared = machines[0]!.path(`.shared`);
  return Promise.all(
    ['a', 'b'].map((name, index) => {
      const env = {MACHINE: name, SHARED: shared, TOGETHER: '2', STYLE: style};
      return runMachine(redis, machines[index]!, ['-w', '1', ...args], {run, env});
    }),
  );
}

/** Each part loads what the file imports, so some lines are hit more often. */
const hitOrNot = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, field: unknown) => {
    if (!['s', 'f', 'b'].includes(key) || typeof field !== 'object' || field === null) return field;
    const hits = (count: unknown): unknown => (Array.isArray(count) ? count.map(hits) : Math.min(1, count as number));
    return Object.fromEntries(Object.entries(field).map(([id, count]) => [id, hits(count)]));
  });

onLatestLine(
  'a file whose duration the server knows is cut over the machines, and reported as one',
  async (_line, make) => {
    for (const provider of ['babel', 'v8']) {
      const coverage = ['--coverage', `--coverageProvider=${provider}`];
      const stock = make(FILES);
      const expected = await stock.run(['--ci', '-w', '2', ...coverage], {runner: 'stock'});
      expect(expected).toMatchObject({exitCode: 1, json: {numFailedTests: 1, numPassedTests: 11}});
      const machines = await knownPair(make, provider);
      const outputs = await runPair(machines, `cut ${provider}`, coverage);
      for (const [index, output] of outputs.entries()) {
        expect(hitOrNot(seen(machines[index]!, output))).toEqual(hitOrNot(seen(stock, expected)));
      }
      const notes = notesIn(machines[0]);
      const tests = notes.filter(line => !/(before|after)All$/.test(line));
      expect(tests.map(line => line.slice(2)).sort()).toEqual([...TESTS].sort());
      expect(Object.keys(machines[0].readAll('.shared/loaders')).sort()).toEqual(
        ['a', 'b'].map(name => `.shared/loaders/${name}`),
      );
    }
  },
);

onLatestLine('a file whose parts are not one file fails, on all machines alike', async (_line, make) => {
  const texts = {
    different: /only on (a|b)/,
    broken: /does not load on b/,
  };
  for (const [style, text] of Object.entries(texts)) {
    const machines = await knownPair(make, style);
    const [a, b] = (await runPair(machines, 'parts', [], style)) as [JestOutput, JestOutput];
    expect(a.exitCode).toBe(1);
    expect(a.json?.testResults.find(({name}) => name.endsWith('long.test.js'))?.message).toMatch(text);
    expect(seen(machines[0], a)).toEqual(seen(machines[1], b));
  }
});

/** A file that notes when it begins and ends. */
const spanning = (name: string, pragmas: readonly string[], body = ''): Files => ({
  [`${name}.test.js`]: `/**\n${pragmas.map(line => ` * ${line}\n`).join('')} */
    const note = what => require('fs').appendFileSync('spans', JSON.stringify({name: '${name}', what, pid: process.pid}) + '\\n');
    test('${name}', async () => { note('begins'); await new Promise(end => setTimeout(end, 20)); note('ends'); });
    ${body}`,
});

interface Span {
  readonly name: string;
  readonly what: 'begins' | 'ends';
  readonly pid: number;
}

onLatestLine('constraints, fixtures, and files that fail in each way', async (_line, make) => {
  const files = {
    ...REPOSITORY,
    ...spanning('serial1', ['@serial']),
    ...spanning('serial2', ['@serial']),
    ...spanning('group1', ['@worker-group g']),
    ...spanning('group2', ['@worker-group g']),
    ...spanning('group3', ['@worker-group g']),
    ...spanning('db1', ['@resource db']),
    ...spanning('db2', ['@resource db']),
    'db.js': fixture('db', {value: `{url: 'there'}`}),
    'user1.test.js': testFile(
      ['@shared-fixture ./db.js'],
      `test('user', () => expect(sharedFixture('./db').url).toBe('there'));`,
    ),
    'user2.test.js': testFile(
      ['@shared-fixture ./db.js'],
      `test('user', () => expect(sharedFixture('./db').url).toBe('there'));`,
    ),
    'pragma.test.js': "/** @hard-timeout soon */ test('never', () => {});",
    'empty.test.js': '',
    'crashes.test.js':
      "test('before', () => {}); test('kills', () => process.kill(process.pid, 'SIGKILL')); test('after', () => {});",
    // The limit is also one for the loading of the file. It must be long enough for a busy machine.
    'hangs.test.js': `/** @hard-timeout 6s */
      test('hangs', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)); test('after', () => {});`,
  };
  const options = {env: {XDIST_IN_BAND: 'never'}};
  const one = make(files);
  const expected = await one.run(['--ci', '-w', '2'], options);
  expect(expected).toMatchObject({exitCode: 1, json: {numTotalTestSuites: 13, numPassedTests: 12, numFailedTests: 2}});
  const machines = [make(files), make(files)];
  const outputs = await runFleet(redis, machines, [], {run: 'kinds'});
  for (const [index, output] of outputs.entries()) {
    // Our text of a bad pragma names the file on the machine that found it: only paths in stack frames are adapted.
    const own = JSON.parse(
      JSON.stringify(output).replaceAll(machines[1 - index]!.folder, machines[index]!.folder),
    ) as JestOutput;
    expect(neutral(seen(machines[index]!, own))).toEqual(neutral(seen(one, expected)));
    expect(await machines[index]!.leftProcesses()).toEqual([]);
  }
  const spans = machines.map(machine => machine.lines<Span>('spans'));
  const groups = spans.flat().filter(({name}) => name.startsWith('group'));
  expect([groups.length, new Set(groups.map(({pid}) => pid)).size]).toEqual([6, 1]);
  for (const lines of spans) {
    const now = new Set<string>();
    for (const {name, what} of lines) {
      if (what === 'begins') now.add(name);
      else now.delete(name);
      if ([...now].some(running => running.startsWith('serial'))) expect(now.size).toBe(1);
      expect([...now].filter(running => running.startsWith('db')).length).toBeLessThan(2);
    }
  }
  expect(spans.flat().filter(({what}) => what === 'begins')).toHaveLength(7);
  // Each machine that needs the fixture sets it up.
  const logs = machines.map(fixtureLog);
  for (const log of logs) expect([[], ['db up', 'db down']]).toContainEqual(log);
  expect(logs.flat().length).toBeGreaterThan(0);
  // Each machine's recording has what the machine has run.
  const recorded = machines.flatMap(machine => readRecording(machine.path('run.xdist')).lines);
  expect(recorded.filter(({type}) => type === 'death')).toHaveLength(2);
});

/** Without the numbers of processes and workers, and how far the deaths were. */
function neutral(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll(/worker w\d+/g, 'worker')
      .replaceAll(/\bpid \d+/g, 'pid')
      .replaceAll(/\d+(\.\d+)? (ms|s|MB|MiB)\b/g, 'time'),
  );
}

onLatestLine('each file on each node, with slots of their own number; and what each node took', async (_line, make) => {
  const files = {
    ...REPOSITORY,
    'a.test.js': `${noting('a')} test('hours', () => expect(new Date(0).getHours()).toBe(0));`,
    'b.test.js': `${noting('b')} test('passes', async () => { await new Promise(end => setTimeout(end, 50)); });`,
  };
  const env = {XDIST_NODES: JSON.stringify([HERE, TOKYO]), XDIST_DIST: 'each', XDIST_SLOTS: 'auto'};
  const one = make(files);
  const expected = await one.run(['--ci', '-w', '2'], {env: {...env, NOTES: one.path('notes')}});
  expect(expected).toMatchObject({exitCode: 1, json: {numFailedTests: 1, numPassedTests: 3}});
  const machines = [make(files), make(files)];
  const notes = machines[0]!.path('notes');
  const outputs = await runFleet(redis, machines, [], {run: 'each', env: {...env, NOTES: notes}});
  for (const [index, output] of outputs.entries()) {
    expect(neutral(seen(machines[index]!, output))).toEqual(neutral(seen(one, expected)));
  }
  expect(machines[0]!.read('notes').trim().split('\n').sort()).toEqual(['a', 'a', 'b', 'b']);
});
