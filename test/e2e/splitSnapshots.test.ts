/** A split file writes the same snapshots and reports the same snapshot counts as with the stock runner. */
import type {TestResult} from '@jest/test-result';
import {IS_THOROUGH, onEachLine, onLatestLine, onlyThorough, type JestOutput, type Project} from './project';
import {expectSplit, expectSplitSameAsStock, expectWhole, PARALLEL, slowTests, splitFile} from './splitting';

interface SnapshotStep {
  readonly name: string;
  readonly args?: readonly string[];
  /** The test file; the one of the step before if it is left out. */
  readonly body?: string;
  /** Another step tells the same, but for one detail: with `npm run test:thorough`. */
  readonly isThorough?: boolean;
}

/** Runs the steps one after the other with both runners; the file has to be split in each. */
async function expectSameSnapshots(
  project: Project,
  allSteps: readonly SnapshotStep[],
): Promise<Readonly<Record<string, JestOutput>>> {
  const steps = allSteps.filter(({isThorough = false}) => IS_THOROUGH || !isThorough);
  const seen: unknown[][] = [];
  const outputs: Record<string, JestOutput> = {};
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const all: unknown[] = [];
    for (const [index, {name, args = [], body}] of steps.entries()) {
      if (body !== undefined) for (const [path, text] of Object.entries(splitFile(body))) project.write(path, text);
      // Each begins with nothing known of how long tests take.
      const env = {...PARALLEL, XDIST_TIMINGS: `timings${index}.json`};
      const output = await project.run(['-w', '2', ...args], {runner, env});
      const end = output.events.find(({event, path}) => event === 'file-result' && path === 'split.test.js');
      all.push({
        name,
        exitCode: output.exitCode,
        passed: output.json?.numPassedTests,
        figures: output.json?.snapshot,
        ofFile: (end?.result as TestResult | undefined)?.snapshot,
        files: project.readAll('__snapshots__'),
      });
      if (runner === 'xdist') {
        expectSplit(output);
        outputs[name] = output;
      }
    }
    seen.push(all);
  }
  expect(seen[1]).toEqual(seen[0]);
  return outputs;
}

const SNAPSHOTS = (value: string) => `
  const values = i => ({i, value: ${value}, text: 'back\`tick \${x} \\\\ line\\nbreak'});
  test('two of them', async () => { await pause(); expect(values(1)).toMatchSnapshot(); expect(values(2)).toMatchSnapshot(); });
  ${slowTests(12, 'expect(values(i)).toMatchSnapshot(...(i % 3 === 0 ? ["hinted"] : []));')}
  test('with properties', async () => { await pause(); expect({at: new Date(), n: 1}).toMatchSnapshot({at: expect.any(Date)}); });
  test('throws', async () => { await pause(); expect(() => { throw new Error('thrown'); }).toThrowErrorMatchingSnapshot(); });
  describe('a block', () => { test('10', async () => { await pause(); expect(10).toMatchSnapshot(); }); test('9', async () => { await pause(); expect(9).toMatchSnapshot(); }); });
  describe('same', () => { test('name', async () => { await pause(); expect(1).toMatchSnapshot(); }); test('name', async () => { await pause(); expect(2).toMatchSnapshot(); }); });
`;

onLatestLine(
  'snapshots: written, read, changed, updated, removed; file and figures are the same',
  async (line, make) => {
    const fewer = slowTests(12, 'if (i !== 3 && i !== 8) expect(i).toMatchSnapshot();');
    const outputs = await expectSameSnapshots(make({}), [
      {name: 'new', body: SNAPSHOTS('1')},
      {name: 'changed, with --ci', body: SNAPSHOTS('i % 2'), args: ['--ci'], isThorough: true},
      {name: 'changed, and more', body: `${SNAPSHOTS('i % 2')} test('new', () => expect(1).toMatchSnapshot());`},
      {name: 'updated', args: ['-u'], isThorough: true},
      {name: 'obsolete, with --ci', args: ['--ci'], body: fewer},
      {name: 'some removed', args: ['-u']},
      {name: 'all removed', args: ['-u'], body: slowTests(12)},
    ]);
    const figures = Object.entries(outputs).map(([name, {json}]) => [name, json?.snapshot]);
    expect(Object.fromEntries(figures)).toMatchObject({
      new: {added: 20, matched: 0},
      ...(IS_THOROUGH && {'changed, with --ci': {matched: 13, unmatched: 7}}),
      'changed, and more': {added: 1, matched: 13, unmatched: 7},
      ...(IS_THOROUGH && {updated: {updated: 7, matched: 14}}),
      // The two lines do not count the same for failing tests.
      'obsolete, with --ci': {unchecked: line === '29' ? 14 : 11, unmatched: 10, didUpdate: false},
      'some removed': {unchecked: 14, updated: 7, added: 3, didUpdate: true},
      'all removed': {filesRemoved: 1},
    });
  },
);

onEachLine('snapshots of failing tests, of skipped ones and of those that -t leaves out stay', async (_line, make) => {
  const body = (more: string) =>
    `${slowTests(12, `${more} expect(i).toMatchSnapshot();`)} test('last', async () => { await pause(); expect(1).toMatchSnapshot(); });`;
  await expectSameSnapshots(make({}), [
    {name: 'new', body: body('')},
    {
      name: 'some fail before they come to it, one is skipped',
      body: body('if (i % 4 === 1) throw new Error("no");').replace("test('last'", "test.skip('last'"),
      args: ['-u'],
    },
    {name: 'with -t', body: body(''), args: ['-u', '-t', 'slow']},
  ]);
});

/** Tests that ask for their snapshot in their first try, which fails, and not in the next; their keys are in the order z, y, x, … */
const TAKEN_BACK = (retry: string) => `
  ${retry}
  const tries = {};
  const ask = async name => {
    await pause();
    tries[name] = (tries[name] ?? 0) + 1;
    if (tries[name] === 1) { expect(name).toMatchSnapshot(); throw new Error(name); }
  };
  for (const name of ['z', 'y', 'x', 'w']) test(name, () => ask(name));
  for (const block of ['v', 'u', 't', 's']) {
    describe(block, () => {
      jest.retryTimes(1, {entireDescribe: true});
      test('b', () => ask(block + 'b'));
      test('a', async () => { await pause(); if (tries[block + 'b'] === 1) expect(1).toMatchSnapshot(); });
    });
  }
  describe('r', () => { test('in a block', () => ask('r')); });
  for (const name of ['q', 'p', 'o', 'n', 'm', 'l']) test(name, () => ask(name));
`;

onlyThorough(
  'snapshots that a retry takes back are told as obsolete, in the order of an unsplit run',
  async (_line, make) => {
    const all = ['z', 'y', 'x', 'w', 'q', 'p', 'o', 'n', 'm', 'l'].map(
      name => `test('${name}', async () => { await pause(); expect('${name}').toMatchSnapshot(); });`,
    );
    const blocks = ['v', 'u', 't', 's'].map(
      name =>
        `test('${name} b', async () => { await pause(); expect('${name}b').toMatchSnapshot(); }); test('${name} a', () => expect(1).toMatchSnapshot());`,
    );
    const rest = `test('r in a block', () => expect('r').toMatchSnapshot()); test('gone', () => expect(1).toMatchSnapshot());`;
    const outputs = await expectSameSnapshots(make({}), [
      {name: 'new', body: [...all, ...blocks, rest].join('\n')},
      {name: 'at the end of their block', args: ['--ci'], body: TAKEN_BACK('jest.retryTimes(1);')},
      {name: 'at once', args: ['--ci'], body: TAKEN_BACK('jest.retryTimes(1, {retryImmediately: true});')},
    ]);
    expect(Object.values(outputs).map(({json}) => json?.snapshot.unchecked)).toEqual([0, 20, 20]);
  },
  ['30'],
);

const INLINE = slowTests(
  14,
  'if (i === 2) expect({a: 1}).toMatchInlineSnapshot(`\n{\n  "a": 1,\n}\n`); if (i === 11) expect("x").toMatchInlineSnapshot(`"x"`);',
);

onLatestLine('inline snapshots: compared while split with --ci', async (_line, make) => {
  const project = make(splitFile(INLINE), {
    transform: {},
    cacheDirectory: '<rootDir>/.cache',
    prettierPath: null,
    snapshotFormat: {escapeString: false, printBasicPrototype: false},
  });
  const {xdist} = await expectSplitSameAsStock(project, ['--ci'], {outputs: ['split.test.js']});
  expect(xdist.json?.snapshot).toMatchObject({matched: 2, unmatched: 0});
});

onLatestLine('inline snapshots: written without --ci, by one worker, with a note at --verbose', async (_line, make) => {
  const files = splitFile(`
    test('first', () => { expect({a: [1]}).toMatchInlineSnapshot(); });
    test('in between', () => {});
    test('last', () => { expect(2).toMatchInlineSnapshot(); });
  `);
  const project = make(files, {transform: {}, cacheDirectory: '<rootDir>/.cache', prettierPath: null});
  const written: string[] = [];
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const output = await project.run(['-w', '2', '--verbose'], {runner, env: PARALLEL});
    expect(output.json?.snapshot).toMatchObject({added: 2});
    written.push(project.read('split.test.js'));
    if (runner === 'stock') continue;
    expectWhole(output);
    expect(output.stderr).toContain(`${project.path('split.test.js')} runs whole: it has inline snapshots`);
  }
  expect(written[1]).toBe(written[0]);
  expect(written[1]).toContain('toMatchInlineSnapshot(`2`)');
  const quiet = await project.run(['-w', '2'], {env: PARALLEL});
  expect(quiet.json?.snapshot).toMatchObject({matched: 2});
  expect(quiet.stderr).not.toContain('runs whole');
});
