/** Files that may not run beside others, or want a worker of a kind: what runs when, and where. */
import {onLatestLine, type Files, type Project} from './project';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

/** A file whose test takes a while, and which writes down when that begins and ends, and in which process. */
const noting = (name: string, pragmas: readonly string[], ms = 150) =>
  `/**\n${pragmas.map(line => ` * ${line}\n`).join('')} */
  const note = what => require('fs').appendFileSync('notes', JSON.stringify({name: ${JSON.stringify(name)}, what, pid: process.pid}) + '\\n');
  test('takes a while', async () => {
    note('begins');
    await new Promise(resolve => setTimeout(resolve, ${ms}));
    note('ends');
  });`;

interface Note {
  readonly name: string;
  readonly what: 'begins' | 'ends';
  readonly pid: number;
}

const files = (names: readonly string[], pragmas: readonly string[] = []): Files =>
  Object.fromEntries(names.map(name => [`${name}.test.js`, noting(name, pragmas)]));

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

onLatestLine('a serial file runs alone, others beside each other', async (_line, make) => {
  const project = make({...files(['s1', 's2'], ['@serial']), ...files(['a', 'b', 'c', 'd', 'e', 'f'])});
  const {exitCode, json} = await project.run(['-w', '3'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(json?.numPassedTests).toBe(8);
  const together = running(project);
  for (const names of together) if (names.some(name => name.startsWith('s'))) expect(names).toHaveLength(1);
  expect(Math.max(...together.map(names => names.length))).toBeGreaterThan(1);
});

onLatestLine('a serial file is not split, whatever else it says', async (_line, make) => {
  const project = make({
    'a.test.js': `/**
 * @serial
 * @can-split
 */
for (let i = 0; i < 30; i++) test('t' + i, async () => {
  require('fs').appendFileSync('pids', process.pid + '\\n');
  await new Promise(resolve => setTimeout(resolve, 50));
});`,
    ...files(['b', 'c']),
  });
  const {exitCode, stderr} = await project.run(['-w', '3', '--verbose'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('a.test.js runs whole: it is serial.');
  expect(new Set(project.read('pids').trim().split('\n')).size).toBe(1);
});

onLatestLine('the files of a worker group run in one worker, in order', async (_line, make) => {
  const group = ['g1', 'g2', 'g3', 'g4', 'g5'];
  const project = make({...files(group, ['@worker-group db']), ...files(['a', 'b', 'c', 'd', 'e', 'f'])});
  const {exitCode} = await project.run(['-w', '3'], PARALLEL);
  expect(exitCode).toBe(0);
  const ofGroup = begun(project).filter(({name}) => group.includes(name));
  expect(ofGroup.map(({name}) => name)).toEqual(group);
  expect(new Set(ofGroup.map(({pid}) => pid)).size).toBe(1);
  expect(new Set(begun(project).map(({pid}) => pid)).size).toBeGreaterThan(1);
});

onLatestLine('a group whose worker dies goes on in another, in order', async (_line, make) => {
  const project = make({
    ...files(['g1', 'g3', 'g4'], ['@worker-group db']),
    'g2.test.js': noting('g2', ['@worker-group db']) + ` test('dies', () => process.kill(process.pid, 'SIGKILL'));`,
    ...files(['a', 'b']),
  });
  const {json} = await project.run(['-w', '2'], PARALLEL);
  expect(json).toMatchObject({numPassedTests: 6, numFailedTests: 1});
  const ofGroup = begun(project).filter(({name}) => name.startsWith('g'));
  expect(ofGroup.map(({name}) => name)).toEqual(['g1', 'g2', 'g3', 'g4']);
  expect(ofGroup[0]?.pid).toBe(ofGroup[1]?.pid);
  expect(ofGroup[2]?.pid).toBe(ofGroup[3]?.pid);
});

onLatestLine('a resource is a lock that counts', async (_line, make) => {
  const project = make({
    ...files(['x1', 'x2', 'x3'], ['@resource db']),
    ...files(['y1', 'y2', 'y3', 'y4', 'y5'], ['@resource gpu']),
    ...files(['z1', 'z2'], ['@resource gpu:2', '@resource db']),
    ...files(['a', 'b', 'c']),
    'xdist.config.js': 'module.exports = {resources: {gpu: 2}};',
  });
  const {exitCode, json} = await project.run(['-w', '4'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(json?.numPassedTests).toBe(13);
  const share = {x: [1, 0], y: [0, 1], z: [1, 2]} as const;
  const together = running(project);
  for (const names of together) {
    const taken = names.map(name => share[name[0] as 'x'] ?? [0, 0]);
    expect(taken.reduce((sum, [db]) => sum + db, 0)).toBeLessThanOrEqual(1);
    expect(taken.reduce((sum, [, gpu]) => sum + gpu, 0)).toBeLessThanOrEqual(2);
  }
  expect(together.some(names => names.filter(name => name.startsWith('y')).length === 2)).toBe(true);
});

onLatestLine('a file that is split keeps its resource for all of its workers', async (_line, make) => {
  const project = make({
    'split.test.js': `/**
 * @can-split
 * @resource db
 */
const note = what => require('fs').appendFileSync('notes', JSON.stringify({name: 'split', what, pid: process.pid}) + '\\n');
for (let i = 0; i < 30; i++) test('t' + i, async () => {
  note('begins');
  await new Promise(resolve => setTimeout(resolve, 50));
  note('ends');
});`,
    ...files(['x1', 'x2'], ['@resource db']),
  });
  const {exitCode} = await project.run(['-w', '3'], PARALLEL);
  expect(exitCode).toBe(0);
  const notes = project.lines<Note>('notes');
  expect(new Set(notes.filter(({name}) => name === 'split').map(({pid}) => pid)).size).toBeGreaterThan(1);
  // What is between a file's first note and its last is all its own.
  for (const name of ['split', 'x1', 'x2']) {
    const of = notes.map(note => note.name);
    expect(new Set(of.slice(of.indexOf(name), of.lastIndexOf(name) + 1))).toEqual(new Set([name]));
  }
});

onLatestLine('a file that wants a fresh worker gets one in which no other has run', async (_line, make) => {
  const project = make({
    ...files(['f1', 'f2', 'f3'], ['@restart-worker']),
    ...files(['a', 'b', 'c', 'd', 'e', 'f']),
  });
  const {exitCode, json} = await project.run(['-w', '2'], PARALLEL);
  expect(exitCode).toBe(0);
  expect(json?.numPassedTests).toBe(9);
  const seen = new Set<number>();
  for (const {name, pid} of begun(project)) {
    if (name.length > 1) expect(seen.has(pid)).toBe(false);
    seen.add(pid);
  }
});

onLatestLine('all of it at once, with tests that kill their workers: each test has one result', async (_line, make) => {
  const dies = ` test('dies', () => process.kill(process.pid, 'SIGKILL')); test('after', () => {});`;
  const kinds = [
    ['@serial'],
    ['@worker-group g'],
    ['@resource r'],
    ['@restart-worker'],
    ['@resource r', '@serial'],
    [],
  ];
  const project = make(
    Object.fromEntries(
      kinds.flatMap((pragmas, kind) =>
        [0, 1, 2].map(index => {
          const name = `k${kind}${index}`;
          return [`${name}.test.js`, noting(name, pragmas, 20) + (index === 1 ? dies : '')] as const;
        }),
      ),
    ),
  );
  const {json} = await project.run(['-w', '3'], PARALLEL);
  expect(json).toMatchObject({numTotalTestSuites: 18, numPassedTests: 24, numFailedTests: 6, numTotalTests: 30});
  expect(await project.leftProcesses()).toEqual([]);
});
