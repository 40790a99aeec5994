/** Files with constraints: those that must not run beside others, and those that need a certain kind of worker. */
import {onLatestLine, type Files, type Project} from './project';
import {expectSplit, notesOf, slowTests, splitFile} from './splitting';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

/** A file whose test takes a while, and which writes down when that begins and ends, and in which process. */
const noting = (name: string, pragmas: readonly string[]) =>
  `/**\n${pragmas.map(line => ` * ${line}\n`).join('')} */
  const note = what => require('fs').appendFileSync('notes', JSON.stringify({name: ${JSON.stringify(name)}, what, pid: process.pid}) + '\\n');
  test('takes a while', async () => {
    note('begins');
    await new Promise(resolve => setTimeout(resolve, 20));
    note('ends');
  });`;

interface Note {
  readonly name: string;
  readonly what: 'begins' | 'ends';
  readonly pid: number;
}

const named = (letter: string, count: number) => Array.from({length: count}, (_, index) => `${letter}${index + 1}`);

const files = (names: readonly string[], pragmas: readonly string[]): Files =>
  Object.fromEntries(names.map(name => [`${name}.test.js`, noting(name, pragmas)]));

/** A test that kills its worker, behind the one that notes. */
const killing = (name: string, pragmas: readonly string[]): Files => ({
  [`${name}.test.js`]: `${noting(name, pragmas)} test('dies', () => process.kill(process.pid, 'SIGKILL')); test('after', () => {});`,
});

/** After each note: which files run. */
function running(project: Project): string[][] {
  const now = new Set<string>();
  return project.lines<Note>('notes').map(({name, what}) => {
    if (what === 'begins') now.add(name);
    else now.delete(name);
    return [...now].sort();
  });
}

const begun = (project: Project) => project.lines<Note>('notes').filter(({what}) => what === 'begins');

/** What each file takes of the resources, by the first letter of its name. */
const SHARES: Readonly<Record<string, {readonly db?: number; readonly gpu?: number}>> = {
  x: {db: 1},
  y: {gpu: 1},
  z: {db: 1, gpu: 2},
};

onLatestLine(
  'each kind of file runs as it asks to, beside the others, while tests kill their workers; each test has one result',
  async (_line, make) => {
    const project = make({
      ...files(named('a', 4), []),
      ...killing('a5', []),
      ...files(named('s', 2), ['@serial']),
      ...killing('s3', ['@serial']),
      ...files(['g1', 'g3', 'g4'], ['@worker-group g']),
      ...killing('g2', ['@worker-group g']),
      ...files(named('f', 2), ['@restart-worker']),
      ...killing('f3', ['@restart-worker']),
      ...files(named('x', 2), ['@resource db']),
      ...killing('x3', ['@resource db']),
      ...files(named('y', 4), ['@resource gpu']),
      ...files(named('z', 2), ['@resource gpu:2', '@resource db']),
      'xdist.config.js': 'module.exports = {resources: {gpu: 2}};',
    });
    const {json} = await project.run(['-w', '4'], PARALLEL);
    expect(json).toMatchObject({numTotalTestSuites: 24, numPassedTests: 29, numFailedTests: 5, numTotalTests: 34});
    for (const names of running(project)) {
      if (names.some(name => name.startsWith('s'))) expect(names).toHaveLength(1);
      const taken = (resource: 'db' | 'gpu') =>
        names.reduce((sum, name) => sum + (SHARES[name.charAt(0)]?.[resource] ?? 0), 0);
      expect(taken('db')).toBeLessThanOrEqual(1);
      expect(taken('gpu')).toBeLessThanOrEqual(2);
    }
    const pids = new Set<number>();
    for (const {name, pid} of begun(project)) {
      if (name.startsWith('f')) expect([name, pids.has(pid)]).toEqual([name, false]);
      pids.add(pid);
    }
    const group = begun(project).filter(({name}) => name.startsWith('g'));
    expect(group.map(({name}) => name)).toEqual(['g1', 'g2', 'g3', 'g4']);
    expect([group[0]?.pid, group[2]?.pid]).toEqual([group[1]?.pid, group[3]?.pid]);
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine('a file that is split keeps its resource for all of its workers', async (_line, make) => {
  const project = make({
    ...splitFile(slowTests(12), {pragmas: '@can-split\n * @resource db'}),
    'x1.test.js': `/** @resource db */ test('x1', () => require('fs').appendFileSync('notes', JSON.stringify({worker: 'x1'}) + '\\n'));`,
  });
  const output = await project.run(['-w', '3'], PARALLEL);
  expect(output.exitCode).toBe(0);
  expectSplit(output);
  // Nothing of the other is between the file's first note and its last.
  const workers = notesOf(project).map(({worker}) => worker);
  expect(workers.filter(worker => worker === 'x1')).toHaveLength(1);
  expect([0, workers.length - 1]).toContain(workers.indexOf('x1'));
});
