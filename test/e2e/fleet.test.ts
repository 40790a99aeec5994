/** A run of Jest that several machines share. Each machine is a Jest of its own, in a checkout of its own. */
import {fleetVariables, noting, runFleet, runMachine} from './fleets';
import {onEachLine, onLatestLine, type Files} from './project';
import {TestRedis} from './redis';
import {seen} from './shards';

const redis = TestRedis.forTests();

const SOURCE = `
exports.one = () => 1;
exports.two = () => 2;
exports.three = () => 3;
exports.never = () => 4;
`;

/** A file that shows all that a result may hold. */
const ALL_KINDS = `${noting('kinds')}
const {one} = require('./source');
console.log('loaded');
test('passes', () => { console.warn('printed'); expect(one()).toMatchSnapshot(); });
test('fails', () => expect({a: one()}).toEqual({a: 2}));
test('throws', () => { throw Object.assign(new TypeError('thrown'), {code: 'E_CODE', cause: new Error('cause')}); });
test.todo('later');
test.skip('skipped', () => {});
describe('block', () => { test.each([1, 2])('row %i', row => expect(row).toBe(row)); });
`;

const FILES: Files = {
  '.git/HEAD': '',
  'source.js': SOURCE,
  'kinds.test.js': ALL_KINDS,
  'two.test.js': `${noting('two')} test('two', () => expect(require('./source').two()).toBe(2));`,
  'three.test.js': `${noting('three')} test('three', () => expect(require('./source').three()).toBe(3));`,
  'broken.test.js': `${noting('broken')} throw new Error('does not load');`,
  'quick.test.js': `${noting('quick')} test('quick', () => {});`,
};

const snapshots = (line: string) => {
  const guide = line === '29' ? 'https://goo.gl/fbAQLP' : 'https://jestjs.io/docs/snapshot-testing';
  return {
    '__snapshots__/kinds.test.js.snap': `// Jest Snapshot v1, ${guide}\n\nexports[\`gone 1\`] = \`0\`;\n\nexports[\`passes 1\`] = \`1\`;\n`,
  };
};

onEachLine('each machine reports the whole run as one Jest would', async (line, make) => {
  const files = {...FILES, ...snapshots(line)};
  const config = {coverageThreshold: {global: {functions: 90}}};
  const args = ['--ci', '-w', '2', '--coverage'];
  const stock = make({...files, NOTES: ''}, config);
  const expected = await stock.run(args, {runner: 'stock', env: {NOTES: stock.path('NOTES')}});
  expect(expected.exitCode).toBe(1);
  expect(expected.stderr).toContain('threshold');

  const machines = [make(files, config), make(files, config), make(files, config)];
  const outputs = await runFleet(redis, machines, ['--coverage'], {
    run: `whole ${line}`,
    env: {NOTES: stock.path('notes')},
  });
  for (const [index, output] of outputs.entries()) {
    expect(seen(machines[index]!, output)).toEqual(seen(stock, expected));
  }
  // Each file has run on one machine.
  expect(stock.read('notes').trim().split('\n').sort()).toEqual(['broken', 'kinds', 'quick', 'three', 'two']);
});

onLatestLine('who comes after the end is told a run that passed', async (_line, make) => {
  const files = {'.git/HEAD': '', 'a.test.js': `${noting('a')} test('a', () => {});`};
  const [first, second] = [make(files), make(files)];
  const options = {run: 'passed', env: {NOTES: first.path('notes')}};
  expect(await runMachine(redis, first, [], options)).toMatchObject({exitCode: 0, json: {numPassedTests: 1}});
  expect(await runMachine(redis, second, [], options)).toMatchObject({exitCode: 0, json: {numPassedTests: 1}});
  expect(first.read('notes')).toBe('a\n');
});

onLatestLine('who comes after a run that failed runs what failed, and reports all', async (_line, make) => {
  const files = {
    '.git/HEAD': '',
    'a.test.js': `${noting('a')} test('a', () => {});`,
    'b.test.js': `${noting('b')} test('b', () => expect(process.env.FIXED).toBe('1'));`,
  };
  const [first, second, third] = [make(files), make(files), make(files)];
  const notes = first.path('notes');
  const options = {run: 'failed', env: {NOTES: notes}};
  expect(await runMachine(redis, first, [], options)).toMatchObject({exitCode: 1, json: {numFailedTests: 1}});
  const fixed = await runMachine(redis, second, [], {...options, env: {NOTES: notes, FIXED: '1'}});
  expect(fixed).toMatchObject({exitCode: 0, json: {numPassedTests: 2, numFailedTests: 0}});
  expect(first.read('notes').split('\n').sort().join('')).toBe('abb');
  expect(await runMachine(redis, third, [], options)).toMatchObject({exitCode: 0, json: {numPassedTests: 2}});
  expect(first.read('notes').split('\n').sort().join('')).toBe('abb');
});

onLatestLine('a machine with other tests takes no part', async (_line, make) => {
  const files = {'.git/HEAD': '', 'a.test.js': "test('a', () => {});", 'b.test.js': "test('b', () => {});"};
  const [first, other] = [make(files), make({...files, 'b.test.js': '', 'c.test.js': "test('c', () => {});"})];
  other.write('b.test.js', '');
  expect(await runMachine(redis, first, [], {run: 'same'})).toMatchObject({exitCode: 0});
  const refused = await runMachine(redis, other, [], {run: 'same'});
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/takes no part[^]*c\.test\.js/);
  expect(refused.json).toBeNull();
});

onLatestLine('what a fleet cannot do is refused', async (_line, make) => {
  const project = make({'a.test.js': "test('a', () => {});"});
  const env = fleetVariables(redis, {run: 'refused'});
  const refusals: [string[], RegExp][] = [
    [['-u', '-w', '2'], /-u/],
    [['--ci=false', '-w', '2'], /--ci/],
    [['--ci', '-i'], /-i.*-w 1/],
    [['--ci', '--shard=1/2', '-w', '2'], /--shard/],
  ];
  for (const [args, text] of refusals) {
    const {exitCode, stderr} = await project.run(args, {env});
    expect([args, exitCode, stderr]).toEqual([args, 1, expect.stringMatching(text)]);
  }
});
