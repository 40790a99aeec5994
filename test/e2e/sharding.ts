/** Runs the shards of a run by a plan that the test gives. */
import type {PlannedFile} from '../../src/core/shards/shardPlan';
import type {RecordingLine} from '../../src/recording';
import type {Files, JestLine, JestOutput, MakeProject, Project, RunOptions} from './project';
import {testsOf} from './splitting';

/** By the name of a test file: its part in the plan. A file that is not there runs in the first shard. */
export type Plan = Readonly<Record<string, Pick<PlannedFile, 'shard' | 'given'>>>;

/** A test sequencer that shards by `plan.json`. */
const SEQUENCER = `
const {basename, dirname, join} = require('path');
const dist = join(dirname(require.resolve('jest-runner-xdist/package.json')), 'dist');
const {setCurrentShard} = require(join(dist, 'run', 'shard', 'currentShard.js'));
const {shardsOfFile} = require(join(dist, 'core', 'shards', 'shardPlan.js'));
const plan = require('./plan.json');
const planned = path => ({key: basename(path), shard: 1, given: null, ...plan[basename(path)]});
module.exports = class {
  shard(tests, {shardIndex: index, shardCount: count}) {
    const own = tests.filter(({path}) => shardsOfFile(planned(path)).includes(index));
    setCurrentShard({
      index, count, planHash: 'b0b', madeFrom: 'a test', files: own.length, ofOtherRunners: 0, unrecorded: [],
      planned: (configId, path) => planned(path),
    });
    return own;
  }
  sort(tests) { return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1)); }
  allFailedTests(tests) { return tests; }
  cacheResults() {}
};`;

/** What a project needs for \`runShards\`. */
export const BY_PLAN: Files = {'sequencer.js': SEQUENCER};

export interface ShardRun extends JestOutput {
  readonly lines: readonly RecordingLine[];
}

/** Runs each shard. */
export async function runShards(
  project: Project,
  plan: Plan,
  count: number,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ShardRun[]> {
  project.write('plan.json', JSON.stringify(plan));
  const runs: ShardRun[] = [];
  for (let index = 1; index <= count; index++) {
    const shard = [`--shard=${index}/${count}`, '--testSequencer=./sequencer.js', ...args];
    const env = {XDIST_IN_BAND: 'never', SHARD: String(index), ...options.env};
    const output = await project.run(shard, {...options, env});
    runs.push({...output, lines: project.recorded()});
  }
  return runs;
}

export type LineOf<T extends RecordingLine['type']> = Extract<RecordingLine, {type: T}>;

export function linesOf<T extends RecordingLine['type']>({lines}: Pick<ShardRun, 'lines'>, type: T): LineOf<T>[] {
  return lines.filter((line): line is LineOf<T> => line.type === type);
}

/** The only cut that a shard recorded. */
export function cutIn(run: ShardRun): LineOf<'cut'> {
  const cuts = linesOf(run, 'cut');
  expect(cuts).toHaveLength(1);
  return cuts[0] as LineOf<'cut'>;
}

export interface ShownTest {
  readonly name: string;
  readonly status: string;
}

/** The results of a file's tests in a run's --json. */
export function shownTests(run: JestOutput, file: string): ShownTest[] {
  return testsOf(run, file).map(({fullName, status}) => ({name: fullName, status}));
}

/** The tests of all shards in the order of the source, if each is in one shard and the shards found the same tests. */
export function putTogether(runs: readonly ShardRun[], file: string): ShownTest[] {
  const cuts = runs.map(cutIn);
  const [first] = cuts;
  const byPlace: ShownTest[] = [];
  for (const [index, {names, own}] of cuts.entries()) {
    expect(names).toEqual(first?.names);
    const results = shownTests(runs[index]!, file);
    expect(results.map(({name}) => name)).toEqual(own.map(place => names[place]));
    for (const [at, place] of own.entries()) {
      expect(byPlace[place]).toBeUndefined();
      byPlace[place] = results[at]!;
    }
  }
  expect(Object.keys(byPlace)).toHaveLength(first?.names.length ?? 0);
  return byPlace;
}

/** The file of `makeCut`, with tests of all kinds. */
export const CUT_FILE = 'cut.test.js';

/** The beginning of a test file: `note` says which shard does what. */
export const NOTE = `const {appendFileSync, readFileSync} = require('fs');
const note = what => appendFileSync('notes', JSON.stringify({shard: process.env.SHARD, what}) + '\\n');
const noted = name => test(name, () => note(name));
`;

const ALL_KINDS = `/** @can-split */
${NOTE}
console.log('loading');
beforeAll(() => note('file: beforeAll'));
test('plain', () => { note('plain'); expect('plain').toMatchSnapshot(); });
describe('kept', () => {
  beforeAll(() => note('kept: beforeAll'));
  afterAll(() => note('kept: afterAll'));
  test('one', () => note('kept one'));
  test('two', () => { note('kept two'); expect('two').toMatchSnapshot('hint'); });
});
describe('other', () => {
  beforeAll(() => note('other: beforeAll'));
  test('only', () => { note('other only'); expect(1).toBe(2); });
});
test.concurrent('together 1', async () => note('together 1'));
test.concurrent('together 2', async () => note('together 2'));
test.each([1, 2, 3])('row %i', row => note('row ' + row));
test.skip('skipped', () => note('skipped'));
test.todo('todo');
test('same', () => { note('same'); expect('first').toMatchSnapshot(); });
test('same', () => { note('same'); expect('second').toMatchSnapshot(); });
`;

const SNAPSHOTS = `// Jest Snapshot v1, HEADER

exports[\`gone 1\`] = \`"gone"\`;

exports[\`kept two: hint 1\`] = \`"two"\`;

exports[\`plain 1\`] = \`"plain"\`;

exports[\`same 1\`] = \`"first"\`;

exports[\`same 2\`] = \`"second"\`;
`;

/** The snapshots of the file; no test uses `gone 1`. */
export function snapshots(line: JestLine): Files {
  const guide = line === '29' ? 'https://goo.gl/fbAQLP' : 'https://jestjs.io/docs/snapshot-testing';
  return {[`__snapshots__/${CUT_FILE}.snap`]: SNAPSHOTS.replace('HEADER', guide)};
}

/** Cuts the file into three shards, and gives one other file to each. */
export const PLAN: Plan = {
  [CUT_FILE]: {
    shard: 1,
    given: {
      ...{'kept one': 2, 'kept two': 2, 'together 1': 2, 'together 2': 2, skipped: 2, same: 2},
      ...{'other only': 3, 'row 2': 3, 'row 3': 3, todo: 3, 'of old': 3},
    },
  },
  'other.test.js': {shard: 2, given: null},
  'third.test.js': {shard: 3, given: null},
};

/** By shard, the tests of the file that it runs. */
export const OF_SHARD = [
  ['plain', 'row 1'],
  ['kept one', 'kept two', 'same', 'same', 'together 1', 'together 2'],
  ['other only', 'row 2', 'row 3'],
];

/** A project with the file, and one file more for each shard. */
export function makeCut(create: MakeProject, files: Files = {}) {
  // Jest 29 runs a single file as with --verbose, and then its result has no console entries.
  const others = ['first', 'other', 'third'].map(name => [`${name}.test.js`, `test('${name}', () => {});`] as const);
  return create({...BY_PLAN, [CUT_FILE]: ALL_KINDS, ...Object.fromEntries(others), ...files});
}

export interface Note {
  readonly shard: string;
  readonly what: string;
}

export const notesOf = (notes: readonly Note[], shard: number) =>
  notes.flatMap(({shard: of, what}) => (of === String(shard) ? [what] : []));
