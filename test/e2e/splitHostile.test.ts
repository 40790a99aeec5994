/** Splittable files with tests that make a split hard: they change the clock, the tree of tests, or snapshots. */
import {normalizeJson} from './parity';
import {onLatestLine, type JestOutput, type Project} from './project';
import {expectSplit, expectSplitSameAsStock, PARALLEL, slowTests, splitFile, testsOf, workersOf} from './splitting';

/** The file gives the same as with the stock runner, and a warning says why it was not split after all. */
async function expectWholeSameAsStock(
  project: Project,
  why: string,
  files: readonly string[] = [],
): Promise<JestOutput> {
  const run = async (runner: 'stock' | 'xdist') => {
    project.reset();
    const output = await project.run(['-w', '2'], {runner, env: runner === 'xdist' ? PARALLEL : {}});
    return {output, written: files.map(path => project.readAll(path))};
  };
  const stock = await run('stock');
  const xdist = await run('xdist');
  expect(xdist.output.stderr).toContain(why);
  expect(normalizeJson(xdist.output.json)).toEqual(normalizeJson(stock.output.json));
  expect(xdist.written).toEqual(stock.written);
  return xdist.output;
}

onLatestLine('a clock that a test has mocked for good: a split file and whole ones', async (_line, make) => {
  const mock = `performance.now = jest.fn(); jest.spyOn(globalThis, 'setImmediate').mockImplementation(() => {});`;
  const project = make({
    ...splitFile(`test('mocks', () => { ${mock} }); ${slowTests(12)}`),
    'other1.test.js': `test('mocks', () => { ${mock} });`,
  });
  await expectSplitSameAsStock(project);
});

onLatestLine(
  'what a test leaves behind to be thrown while its worker waits for more is not lost',
  async (_line, make) => {
    const project = make(
      splitFile(`
      const fs = require('fs');
      const leave = () => { fs.writeFileSync('left', ''); throw new Error('left behind'); };
      test('leaves', async () => { await pause(); setImmediate(leave); });
      const waits = async () => { while (!fs.existsSync('left')) await pause(); };
      for (let i = 0; i < 6; i++) test('long ' + i, waits, 600_000);
    `),
    );
    const {exitCode, stderr} = await project.run(['-w', '2'], {env: PARALLEL});
    expect(exitCode).toBe(1);
    expect(stderr).toContain('left behind');
  },
);

onLatestLine('a file that does not leak memory does not, for being split', async (_line, make) => {
  const project = make(splitFile(`${slowTests(12)} test('snapshot', () => expect(1).toMatchSnapshot());`));
  const output = await project.run(['-w', '2', '--detectLeaks'], {env: PARALLEL});
  expect(output.stderr).not.toContain('leaking');
  expect(output.exitCode).toBe(0);
  expectSplit(output);
});

const PRUNING = (when: string) => `const {TestEnvironment} = require('jest-environment-node');
module.exports = class extends TestEnvironment {
  handleTestEvent({name, describeBlock}, {rootDescribeBlock}) {
    if (name !== '${when}') return;
    const block = describeBlock ?? rootDescribeBlock;
    block.children = block.children.filter(child => !child.name.includes('@slow'));
  }
};`;
const TAGGED = `test('@slow one', () => {}); ${slowTests(12)} test('@slow another', () => {});`;

onLatestLine('an environment that takes tests out before they run', async (_line, make) => {
  const project = make(
    {...splitFile(TAGGED), 'environment.js': PRUNING('run_start')},
    {testEnvironment: './environment.js'},
  );
  await expectSplitSameAsStock(project);
});

onLatestLine('an environment that takes tests out while they run: the file runs whole', async (_line, make) => {
  const project = make(
    {...splitFile(TAGGED), 'environment.js': PRUNING('run_describe_start')},
    {testEnvironment: './environment.js'},
  );
  const output = await expectWholeSameAsStock(project, 'one worker: its environment takes tests out while it runs.');
  expect(testsOf(output).map(({title}) => title)).not.toContain('@slow one');
});

onLatestLine(
  'an environment that lets nobody put a handler before its own: the file runs whole',
  async (_line, make) => {
    const project = make(
      {
        ...splitFile(slowTests(8), {alone: true}),
        'environment.js': `const {TestEnvironment} = require('jest-environment-node');
module.exports = class extends TestEnvironment {
  constructor(...args) {
    super(...args);
    Object.defineProperty(this, 'handleTestEvent', {value: () => {}});
  }
};`,
      },
      {testEnvironment: './environment.js'},
    );
    const output = await expectWholeSameAsStock(project, '');
    expect(workersOf(output.log)).toEqual([]);
  },
);

onLatestLine(
  'a snapshot in a hook of a block is named as in an unsplit run: the file runs whole',
  async (_line, make) => {
    const project = make(
      splitFile(`${slowTests(10)}
      describe('block', () => {
        beforeAll(() => expect('in a hook').toMatchSnapshot());
        test('in it', async () => { await pause(); expect('in a test').toMatchSnapshot(); });
      });
      for (let i = 0; i < 4; i++) test('after ' + i, () => pause());`),
    );
    await expectWholeSameAsStock(project, 'it compares with a snapshot in a beforeAll or afterAll hook.', [
      '__snapshots__',
    ]);
  },
);

onLatestLine('an inline snapshot in another file is written: the file runs whole', async (_line, make) => {
  const project = make(
    {
      ...splitFile(`${slowTests(10)} test('inline', () => require('./check')(1)); ${slowTests(4, '', 'more')}`),
      'check.js': 'module.exports = value => {\n  expect(value).toMatchInlineSnapshot();\n};\n',
    },
    {prettierPath: null},
  );
  await expectWholeSameAsStock(project, 'it writes inline snapshots.', ['check.js', '__snapshots__']);
});
