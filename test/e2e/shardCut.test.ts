/** A file whose tests are cut over the shards of a run: each test runs in one of them, and hooks where tests are. */
import fc, {longCases} from '../random';
import {withoutSplitNotes} from './parity';
import {onLatestLine, type JestOutput} from './project';
import {print, suites, type Suite} from './randomSuites';
import {
  BY_PLAN,
  CUT_FILE as FILE,
  cutIn,
  linesOf,
  makeCut as make,
  NOTE,
  notesOf,
  OF_SHARD,
  PLAN,
  putTogether,
  runShards,
  shownTests,
  snapshots,
  type Note,
  type Plan,
} from './sharding';
import {LOADERS, slowTests, testsOf, workersOf} from './splitting';

onLatestLine('each test runs in one shard, with the results of a whole run', async (line, create) => {
  const project = make(create, snapshots(line));
  const stock = await project.run(['--ci'], {runner: 'stock'});
  const whole = shownTests(stock, FILE);
  expect(whole).toHaveLength(13);
  for (const args of [['-i'], ['-w', '2']]) {
    project.reset();
    const runs = await runShards(project, PLAN, 3, ['--ci', ...args]);
    expect(putTogether(runs, FILE)).toEqual(whole);
    const notes = project.lines<Note>('notes');
    const hooks = notes.filter(({what}) => what.includes(':'));
    expect(hooks.map(({shard, what}) => `${shard} ${what}`)).toEqual([
      ...['1 file: beforeAll', '2 file: beforeAll', '2 kept: beforeAll', '2 kept: afterAll'],
      ...['3 file: beforeAll', '3 other: beforeAll'],
    ]);
    for (const [index, names] of OF_SHARD.entries()) {
      const tests = notesOf(notes, index + 1).filter(what => !what.includes(':'));
      expect(tests.sort()).toEqual(names);
    }
    expect(runs.map(({json}) => json?.numFailedTests)).toEqual([0, 0, 1]);
    expect(runs.map(run => cutIn(run))).toMatchObject([
      {loadEntries: 1, unchecked: ['gone 1', 'kept two: hint 1', 'same 1', 'same 2']},
      {loadEntries: 1, unchecked: ['gone 1', 'plain 1']},
      {loadEntries: 1, unchecked: ['gone 1', 'kept two: hint 1', 'plain 1', 'same 1', 'same 2']},
    ]);
    for (const run of runs) {
      // A key that no test of the file can have is obsolete in each shard.
      expect(run.json?.snapshot).toMatchObject({unchecked: 1, uncheckedKeysByFile: [{keys: ['gone 1']}]});
      expect(linesOf(run, 'shard')).toEqual([
        expect.objectContaining({count: 3, planHash: 'b0b', madeFrom: 'a test', withoutRecording: []}),
      ]);
      expect(run.lines.slice(0, 2).map(({type}) => type)).toEqual(['files', 'shard']);
      const file = cutIn(run).file;
      const ofFile = run.lines.filter(one => ['cut', 'file'].includes(one.type) && 'file' in one && one.file === file);
      expect(ofFile.map(({type}) => type)).toEqual(['cut', 'file']);
    }
  }
});

onLatestLine(
  'a shard is green whose snapshots all are used, and where other shards use the rest',
  async (line, create) => {
    const files = snapshots(line);
    const [path, text] = Object.entries(files)[0] as [string, string];
    const project = make(create, {[path]: text.replace(/exports.`gone.*\n\n/, '')});
    for (const args of [['-i'], ['-w', '2']]) {
      const [first, second] = await runShards(project, PLAN, 2, ['--ci', ...args]);
      for (const run of [first, second]) {
        expect(run).toMatchObject({exitCode: 0, json: {snapshot: {unchecked: 0}}});
        expect(run?.stderr).not.toContain('obsolete');
      }
    }
  },
);

onLatestLine('-t: tests that do not match are skipped in the shard that has them', async (line, create) => {
  const project = make(create, snapshots(line));
  const stock = await project.run(['--ci', '-t', 'row|kept'], {runner: 'stock'});
  for (const args of [
    ['-i', '--detectOpenHandles'],
    ['-w', '2'],
  ]) {
    project.reset();
    const runs = await runShards(project, PLAN, 3, ['--ci', '-t', 'row|kept', ...args]);
    expect(putTogether(runs, FILE)).toEqual(shownTests(stock, FILE));
    const tests = project.lines<Note>('notes').flatMap(({what}) => (what.includes(':') ? [] : [what]));
    expect(tests.sort()).toEqual(['kept one', 'kept two', 'row 1', 'row 2', 'row 3']);
  }
});

onLatestLine('the tests of a shard are spread over its workers', async (_line, create) => {
  const body = `/** @can-split */
${NOTE}
const me = process.env.XDIST_WORKER ?? 'stock';
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
${LOADERS}
const pause = async () => { while (loaders() < 2) await sleep(10); await sleep(25); };
${slowTests(28)}
${slowTests(2, 'expect(1).toBe(2);', 'red')}
test.skip('skipped', () => {});
`;
  const given = Object.fromEntries(Array.from({length: 14}, (_, index) => [`slow ${index * 2}`, 2]));
  const project = create({...BY_PLAN, [FILE]: body, 'other.test.js': 'test("other", () => {});'});
  const runs = await runShards(
    project,
    {[FILE]: {shard: 1, given: {...given, 'red 0': 2}}, 'other.test.js': {shard: 2, given: null}},
    2,
    ['--ci', '-w', '2'],
  );
  for (const run of runs) expect(workersOf(run.log, FILE)).toEqual(['w1', 'w2']);
  const together = putTogether(runs, FILE);
  expect(together).toHaveLength(31);
  expect(together.filter(({status}) => status === 'failed').map(({name}) => name)).toEqual(['red 0', 'red 1']);
  const tests = project.lines<Note>('notes').map(({what}) => what);
  expect(new Set(tests).size).toBe(30);
  expect(tests).toHaveLength(30);
});

onLatestLine(
  "the project's environment takes tests out first, and hears of its shard's tests only",
  async (_line, create) => {
    const project = create(
      {
        ...BY_PLAN,
        [FILE]: `${NOTE} noted('a'); describe('x', () => { noted('b'); noted('gone'); }); noted('c');`,
        'environment.js': `
      const {appendFileSync} = require('fs');
      module.exports = class extends require('jest-environment-node').TestEnvironment {
        async handleTestEvent(event, state) {
          if (event.name === 'run_start') {
            await new Promise(setImmediate);
            const [, block] = state.rootDescribeBlock.children;
            block.children = block.children.filter(({name}) => name !== 'gone');
          }
          if (event.name !== 'test_start' && event.name !== 'run_describe_start') return;
          const what = 'hears of ' + (event.test ?? event.describeBlock).name;
          appendFileSync('notes', JSON.stringify({shard: process.env.SHARD, what}) + '\\n');
        }
      };`,
      },
      {testEnvironment: './environment.js'},
    );
    for (const args of [['-i'], ['-w', '2']]) {
      project.reset();
      const runs = await runShards(project, {[FILE]: {shard: 2, given: {'x b': 1, 'x gone': 1}}}, 2, ['--ci', ...args]);
      expect(putTogether(runs, FILE).map(({name}) => name)).toEqual(['a', 'x b', 'c']);
      const notes = project.lines<Note>('notes').filter(({what}) => !what.endsWith('ROOT_DESCRIBE_BLOCK'));
      expect(notes.map(({shard, what}) => `${shard} ${what}`)).toEqual([
        ...['1 hears of x', '1 hears of b', '1 b'],
        ...['2 hears of a', '2 a', '2 hears of c', '2 c'],
      ]);
    }
  },
);

/** The end of a stack says from where a queue was run, and whether Jest's guess was a run in band. */
const STACK_ENDS = /\n +at \S+( \S+)? \((node:internal|.*jest-runner.build).*\)/g;

const text = (message: string) => withoutSplitNotes(message).replace(STACK_ENDS, '');

/** What a whole run and the shards must agree on: all of a test's result but times and where it ran. */
function comparable(run: JestOutput, file: string): unknown[] {
  return testsOf(run, file).map(({duration: _, startAt: __, ...test}: Result) => ({
    ...test,
    // Concurrent tests share one counter.
    numPassingAsserts: test.fullName.includes('concurrent') ? 0 : test.numPassingAsserts,
    failureMessages: test.failureMessages?.map(text),
    retryReasons: test.retryReasons?.map(text),
  }));
}

type Result = ReturnType<typeof testsOf>[number] & {
  readonly startAt?: unknown;
  readonly numPassingAsserts?: number;
  readonly retryReasons?: readonly string[];
};

onLatestLine('random files and plans: all shards together have the results of a whole run', async (line, create) => {
  const COUNT = 3;
  // In a whole run, a `beforeAll` that throws fails tests that are skipped, too. A shard with skipped tests alone has none.
  const isSound = ({root}: Suite) => !root.hooks.some(({kind, does}) => kind === 'beforeAll' && does === 'throws');
  const all = fc.sample(suites({line, forCommand: true}).filter(isSound), longCases(20));
  const files = all.map((suite, index) => [`random${index}.test.js`, suite] as const);
  const earlier = files.map(([name, suite]) => [name, print(suite, {earlier: true})] as const);
  const project = create({...BY_PLAN, ...Object.fromEntries(earlier)});
  await project.run(['-w', '2'], {runner: 'stock'});
  for (const [name, suite] of files) project.write(name, print(suite, {pragma: true}));
  const whole = await project.run(['--ci', '-w', '2'], {runner: 'stock'});

  const plan: Record<string, Plan[string]> = {};
  for (const [index, [name]] of files.entries()) {
    const names = testsOf(whole, name).map(({fullName}) => fullName);
    // Some tests are unknown to the plan, and some shards have no test of a file.
    const given = names.flatMap((one, place) =>
      place % 4 === 0 ? [] : [[one, ((place * 7 + index) % COUNT) + 1] as const],
    );
    plan[name] = {shard: (index % COUNT) + 1, given: Object.fromEntries(given)};
  }
  const runs = await runShards(project, plan, COUNT, ['--ci', '-w', '2']);
  for (const [name] of files) {
    const byPlace: unknown[] = [];
    const unchecked: (readonly string[])[] = [];
    for (const run of runs) {
      const paths = linesOf(run, 'files')[0]?.files.map(({path}) => path) ?? [];
      const cut = linesOf(run, 'cut').find(({file}) => paths[file]?.endsWith(name));
      if (cut === undefined) continue; // the plan gives it none of the tests
      const results = comparable(run, name);
      expect(results).toHaveLength(cut.own.length);
      for (const [at, place] of cut.own.entries()) {
        expect(byPlace[place]).toBeUndefined();
        byPlace[place] = results[at];
      }
      unchecked.push(cut.unchecked);
    }
    const source = project.read(name);
    expect({source, tests: byPlace}).toEqual({source, tests: comparable(whole, name)});
    const [first = []] = unchecked;
    const obsolete = first.filter(key => unchecked.every(keys => keys.includes(key)));
    const stocks = whole.json?.snapshot.uncheckedKeysByFile.find(({filePath}) => filePath.endsWith(name))?.keys ?? [];
    expect({source, obsolete: obsolete.sort()}).toEqual({source, obsolete: [...stocks].sort()});
  }
});
