/** What the shards of a run may have, or lack, beside whole files. */
import {onLatestLine, type JestOutput} from './project';
import {asCut, BY_PATH, merge, recordShard, seen} from './shards';

const SOURCE = `
exports.one = () => 1;
exports.two = () => 2;
exports.three = () => 3;
exports.four = () => 4;
`;

/** In a shard, `OWN` names the tests that the shard has: what is under test is the merge, not the cut. */
const LONG = `
const {one, two, three} = require('./source');
const mine = (shard, define) => { if ((process.env.OWN ?? shard) === shard) define(); };
console.log('loaded');
describe('block', () => {
  mine('1', () => test('first', () => { console.log('printed'); expect(one()).toMatchSnapshot(); }));
  mine('2', () => test('second', () => expect(two()).toBe(1)));
  mine('2', () => test.todo('later'));
});
mine('1', () => test.skip('skipped', () => {}));
mine('2', () => test('third', () => { console.log('printed, too'); expect(three()).toMatchSnapshot(); }));
`;
const NAMES = ['block first', 'block second', 'block later', 'skipped', 'third'];
const snapshots = (header: string) =>
  `${header}\n\nexports[\`block first 1\`] = \`1\`;\n\nexports[\`gone 1\`] = \`0\`;\n\nexports[\`third 1\`] = \`3\`;\n`;

const FILES = {
  '.git/HEAD': '',
  'source.js': SOURCE,
  'sequencer.js': BY_PATH,
  'long.test.js': LONG,
  'b.test.js': "test('four', () => expect(require('./source').four()).toBe(4));",
  'c.test.js': "test('passes', () => {});",
};

/** Each shard loads the sources of a cut file, so the counts of coverage differ, but not what is covered. */
const withoutCounts = (output: JestOutput): JestOutput => ({
  ...output,
  json: output.json && {...output.json, coverageMap: null},
});

onLatestLine('a file that was cut is one file', async (line, make) => {
  const header =
    line === '29'
      ? '// Jest Snapshot v1, https://goo.gl/fbAQLP'
      : '// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing';
  const files = {...FILES, '__snapshots__/long.test.js.snap': snapshots(header)};
  const config = {coverageThreshold: {global: {functions: 100}}};
  const args = ['-i', '--ci', '--coverage'];
  const stock = make(files, config);
  const expected = await stock.run(args, {runner: 'stock'});
  expect(expected.stderr).toContain('1 snapshot obsolete');
  expect(expected.stderr).not.toContain('threshold');

  const cut = {path: 'long.test.js', names: NAMES, loadEntries: 1};
  const lists = JSON.stringify([['long.test.js'], ['b.test.js', 'long.test.js'], ['c.test.js']]);
  const shard = async (index: number, own: readonly number[]) => {
    const recording = await recordShard(make(files, config), index, 3, args, {SHARD_FILES: lists, OWN: String(index)});
    const unchecked = ['block first 1', 'gone 1', 'third 1'];
    return asCut(recording ?? '', {...cut, own, unchecked});
  };
  const recordings = [await shard(1, [0, 3]), await shard(2, [1, 2, 4]), await shard(3, [])];
  const here = make(files, config);
  const merged = await merge(here, recordings);
  expect(seen(here, withoutCounts(merged))).toEqual(seen(stock, withoutCounts(expected)));

  const [first = '', second = '', third = ''] = recordings;
  const refused = await merge(here, [first, third]);
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toMatch(/shard 2 of 3 is missing.*\nNo shard has a result of these tests of .*long\.test\.js/);
  const allowed = await merge(here, [first, third, '--allow-incomplete']);
  expect(allowed).toMatchObject({exitCode: 1, json: {numTotalTestSuites: 2, numTotalTests: 3, numFailedTests: 0}});

  asCut(second, {...cut, own: [1, 2, 4], names: NAMES.with(4, 'fourth')});
  const different = await merge(here, recordings);
  expect(different.exitCode).toBe(2);
  expect(different.stderr).toMatch(/not the same in each.*\n {2}- "third" \(only in shard 1\)\n {2}\+ "fourth" \(only/);
  const failed = await merge(here, [...recordings, '--allow-incomplete']);
  expect(failed).toMatchObject({exitCode: 1, json: {numFailedTestSuites: 1, numPassedTestSuites: 2}});
  expect(failed.stdout + failed.stderr).toContain('FAIL ./long.test.js');
});

onLatestLine('no shard alone has the coverage, and there are more shards than files', async (_line, make) => {
  const test = (name: string) => `test('${name}', () => expect(require('./source').${name}()).toBeGreaterThan(0));`;
  const files = {
    '.git/HEAD': '',
    'source.js': SOURCE,
    'sequencer.js': BY_PATH,
    'a.test.js': `${test('one')}\n${test('two')}`,
    'b.test.js': `${test('three')}\n${test('four')}`,
  };
  const config = {coverageThreshold: {global: {functions: 100}}};
  const stock = make(files, config);
  const expected = await stock.run(['--coverage'], {runner: 'stock'});
  expect(expected.exitCode).toBe(0);

  const checkouts = [1, 2, 3].map(() => make(files, config));
  const recorded = [];
  for (const [at, one] of checkouts.entries()) recorded.push(await recordShard(one, at + 1, 3, ['--coverage']));
  expect(recorded.map(path => path === null)).toEqual([false, false, true]);
  const here = make(files, config);
  const merged = await merge(
    here,
    recorded.filter(path => path !== null),
  );
  expect(seen(here, merged)).toEqual(seen(stock, expected));
});

onLatestLine('a shard that was killed is not forgotten', async (_line, make) => {
  const passing = "test('passes', () => {});";
  const files = {
    '.git/HEAD': '',
    'sequencer.js': BY_PATH,
    'a.test.js': passing,
    'b.test.js': passing,
    'c.test.js': passing,
    // In band: it kills Jest. The other file of the shard has ended by then.
    'd.test.js': `test('kills', () => { if (process.env.KILL) process.kill(process.pid, 'SIGKILL'); });`,
  };
  const one = await recordShard(make(files), 1, 2, ['-i']);
  const killed = await recordShard(make(files), 2, 2, ['-i'], {KILL: '1'});
  const here = make(files);
  const recordings = [one ?? '', killed ?? ''];
  const refused = await merge(here, recordings);
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toMatch(/shard 2 of 2.*was killed.*\nNo shard has a result of these files.*d\.test\.js/s);
  const allowed = await merge(here, [...recordings, '--allow-incomplete']);
  expect(allowed).toMatchObject({exitCode: 1, json: {numFailedTests: 0}});
});
