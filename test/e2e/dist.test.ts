/** The option `dist`: which tests may run apart, in which workers, and what a user sees. */
import {IN_ORDER, onLatestLine, type JestOutput, type Project} from './project';

const parallel = (dist: string) => ({env: {XDIST_IN_BAND: 'never', XDIST_DIST: dist}});

interface Note {
  readonly test: string;
  readonly pid: number;
}

/** A file that may be split. Its tests write down where they ran, and last until two workers have loaded the file. */
const SPLIT = `/** @can-split */
const {appendFileSync, mkdirSync, readdirSync, writeFileSync} = require('fs');
jest.setTimeout(200_000);
mkdirSync('loaded', {recursive: true});
writeFileSync('loaded/' + process.pid, '');
const note = test => async () => {
  appendFileSync('notes', JSON.stringify({test, pid: process.pid}) + '\\n');
  do await new Promise(resolve => setTimeout(resolve, 20)); while (readdirSync('loaded').length < 2);
};
const many = prefix => { for (let i = 0; i < 8; i++) test(prefix + i, note(prefix + i)); };
describe('x @group:one', () => { many('x'); describe('deep', () => { test('xd', note('xd')); }); });
describe('y', () => many('y'));
describe('z', () => { many('z'); describe('inner @group:one', () => many('i')); });
test('t0', note('t0'));
test('t1', note('t1'));`;

const TESTS = 8 * 4 + 3;
const files = {'split.test.js': SPLIT, 'b.test.js': 'test("b", () => {});', 'c.test.js': 'test("c", () => {});'};

/** By the beginning of the tests' names: the processes that have run them. */
function processes(project: Project, prefix: string): Set<number> {
  const notes = project.lines<Note>('notes');
  return new Set(notes.filter(({test}) => test.startsWith(prefix)).map(({pid}) => pid));
}

function expectAll(project: Project, {exitCode, json}: JestOutput): void {
  expect(exitCode).toBe(0);
  expect(json?.numPassedTests).toBe(TESTS + 2);
  expect(project.lines('notes')).toHaveLength(TESTS);
  const split = json?.testResults.find(({name}) => name.endsWith('split.test.js'));
  expect(split?.assertionResults.map(({title}) => title).slice(0, 2)).toEqual(['x0', 'x1']);
}

onLatestLine('loadgroup: blocks of one @group stay together', async (_line, make) => {
  const project = make(files);
  expectAll(project, await project.run(['-w', '3'], parallel('loadgroup')));
  expect(processes(project, '').size).toBeGreaterThan(1);
  expect(new Set([...processes(project, 'x'), ...processes(project, 'i')]).size).toBe(1);
});

onLatestLine('loadscope: each outermost block stays together, and so do the tests in no block', async (_line, make) => {
  const project = make(files);
  expectAll(project, await project.run(['-w', '3'], parallel('loadscope')));
  expect(processes(project, '').size).toBeGreaterThan(1);
  expect(processes(project, 'x').size).toBe(1);
  expect(processes(project, 'y').size).toBe(1);
  expect(new Set([...processes(project, 'z'), ...processes(project, 'i')]).size).toBe(1);
  expect(processes(project, 't').size).toBe(1);
});

onLatestLine(
  'worksteal: each worker has its share at once, and whoever is through takes of another',
  async (_line, make) => {
    const names = Array.from({length: 12}, (_, index) => `f${String(index).padStart(2, '0')}`);
    // The first worker's share takes as long as the others are not through with theirs.
    const slow = `test('waits', async () => {
    const fs = require('fs');
    const ended = () => fs.readdirSync('.').filter(name => name.startsWith('ended ')).length;
    while (ended() < 6) await new Promise(resolve => setTimeout(resolve, 20));
  }, 600_000);`;
    const project = make(
      {
        ...Object.fromEntries(
          names.map((name, index) => [
            `${name}.test.js`,
            index === 0 ? slow : `test('${name}', () => require('fs').writeFileSync('ended ${name}', ''));`,
          ]),
        ),
        'sequencer.js': IN_ORDER,
      },
      {testSequencer: './sequencer.js'},
    );
    const {exitCode, json, log} = await project.run(['-w', '2'], parallel('worksteal'));
    expect(exitCode).toBe(0);
    expect(json?.numPassedTests).toBe(12);
    const commands = log.flatMap(line => ('command' in line ? [line.command] : []));
    const gives = commands.flatMap(command => (command.type === 'give' ? [command.units] : []));
    expect(gives.slice(0, 2).map(units => units.length)).toEqual([6, 6]);
    expect(commands.some(({type}) => type === 'take-back')).toBe(true);
  },
);
