/** A run writes the same coverage and the same snapshots as the stock runner. */
import {expectSameAsStock} from './parity';
import {onEachLine, onLatestLine, type Files, type JestLine} from './project';

const COVERED: Files = {
  'src/a.js': 'exports.a = x => {\n  if (x) return 1;\n  return 2;\n};\n',
  'src/b.js': 'exports.b = x => (x ? 1 : 2);\nexports.never = () => 3;\n',
  'src/unused.js': 'exports.unused = () => 1;\n',
  'a1.test.js': 'test("a", () => expect(require("./src/a").a(1)).toBe(1));',
  'a2.test.js': 'test("a", () => expect(require("./src/a").a(0)).toBe(2));',
  'b.test.js': 'test("b", () => expect(require("./src/b").b(1)).toBe(1));',
};
const COVERAGE = ['--coverage', '--collectCoverageFrom=src/**', '--coverageReporters=json', '--coverageReporters=text'];

onLatestLine('coverage with babel, and a threshold that is missed', async (_line, make) => {
  const project = make(COVERED, {coverageThreshold: {global: {functions: 90}}});
  const {xdist} = await expectSameAsStock(project, ['-w', '2', ...COVERAGE], {outputs: ['coverage']});
  expect(xdist.exitCode).toBe(1);
  expect(xdist.stderr).toMatch(/threshold.*90%/);
});

onLatestLine('coverage with v8', async (_line, make) => {
  const project = make(COVERED);
  await expectSameAsStock(project, ['-w', '2', ...COVERAGE, '--coverageProvider=v8'], {outputs: ['coverage']});
  expect(JSON.parse(project.read('coverage/coverage-final.json'))).toHaveProperty([project.path('src/a.js')]);
});

/** The first line of a snapshot file; Jest 30 does not read one with another. */
const SNAP_HEADER: Readonly<Record<JestLine, string>> = {
  29: '// Jest Snapshot v1, https://goo.gl/fbAQLP',
  30: '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing',
};

function withSnapshots(line: JestLine): Files {
  const stored = (entries: string) => `${SNAP_HEADER[line]}\n\n${entries}\n`;
  return {
    'one.test.js':
      'test("new", () => expect({a: 1}).toMatchSnapshot()); test("stored", () => expect(1).toMatchSnapshot());',
    'two.test.js': 'test("changed", () => expect("is").toMatchSnapshot());',
    'inline.test.js': 'test("inline", () => {\n  expect(2).toMatchInlineSnapshot();\n});\n',
    '__snapshots__/one.test.js.snap': stored('exports[`gone 1`] = `0`;\n\nexports[`stored 1`] = `1`;'),
    '__snapshots__/two.test.js.snap': stored('exports[`changed 1`] = `"was"`;'),
    '__snapshots__/deleted.test.js.snap': stored('exports[`a 1`] = `1`;'),
  };
}
/** Without Prettier, of which Jest 29 needs version 2. */
const PLAIN_INLINE = {prettierPath: null};

onEachLine('snapshots: written, inline, changed and obsolete', async (line, make) => {
  const project = make(withSnapshots(line), PLAIN_INLINE);
  const {xdist} = await expectSameAsStock(project, ['-w', '2'], {outputs: ['__snapshots__', 'inline.test.js']});
  expect(xdist.json?.snapshot).toMatchObject({added: 2, unmatched: 1, unchecked: 1});
  expect(project.read('inline.test.js')).toContain('toMatchInlineSnapshot(`2`)');
});

onLatestLine('snapshots with -u', async (line, make) => {
  const project = make(withSnapshots(line), PLAIN_INLINE);
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '-u'], {outputs: ['__snapshots__', 'inline.test.js']});
  expect(xdist.exitCode).toBe(0);
  expect(xdist.json?.snapshot).toMatchObject({added: 2, updated: 1, filesRemoved: 1});
  expect(project.exists('__snapshots__/deleted.test.js.snap')).toBe(false);
});

onLatestLine('snapshots with --ci', async (line, make) => {
  const project = make(withSnapshots(line), PLAIN_INLINE);
  const {xdist} = await expectSameAsStock(project, ['-w', '2', '--ci'], {outputs: ['__snapshots__', 'inline.test.js']});
  expect(xdist.json?.numFailedTests).toBe(3);
});
