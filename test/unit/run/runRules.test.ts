import {createRequire} from 'node:module';
import {join} from 'node:path';
import type {Config} from '@jest/types';
import * as docblock from 'jest-docblock';
import {resolveOptions} from '../../../src/core/rules/config';
import type {XdistOptions} from '../../../src/core/rules/options';
import {NO_FIXTURES} from '../../../src/core/plan/runFixtures';
import {Reports} from '../../../src/run/files/reports';
import type {RunningJest} from '../../../src/run/jest/runningJest';
import {readRunRules} from '../../../src/run/runRules';
import {jestTest} from './jestTests';
import {temporaryFolder} from './temporaryFolder';

const {globsToMatcher} = createRequire(require.resolve('jest-runner'))('jest-util') as {
  globsToMatcher: RunningJest['globMatcher'];
};

const withDocblock = (...lines: string[]) => `/**\n${lines.map(line => ` * ${line}\n`).join('')} */\n`;

/** What is made of files with these texts under these options. */
async function read(files: Readonly<Record<string, string>>, options: XdistOptions = {}) {
  const rootDir = temporaryFolder(files);
  const told: string[] = [];
  const reports = new Reports({
    emitter: {
      emit: (name, data) => {
        const [{path}, error] = data as [{path: string}, {message: string} | undefined];
        told.push([name, path, ...(error?.message.split('\n').slice(2) ?? [])].join(' ').replaceAll(`${rootDir}/`, ''));
        return Promise.resolve();
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
  });
  const all = Object.keys(files)
    .filter(name => name.endsWith('.test.js'))
    .map(name => jestTest(join(rootDir, name)));
  const {tests, rulesOf, fixtures} = readRunRules(all, {
    jest: {docblock: () => docblock, globMatcher: globsToMatcher} as unknown as RunningJest,
    globalConfig: {rootDir} as Config.GlobalConfig,
    options: resolveOptions([{name: 'conf', value: options}], {}),
    reports,
  });
  await reports.drained();
  const nameOf = (path: string) => path.slice(rootDir.length + 1);
  return {
    told,
    fixtures,
    rules: Object.fromEntries(tests.map(test => [nameOf(test.path), rulesOf(test)])),
    needs: Object.fromEntries(
      tests.map(test => [nameOf(test.path), fixtures.neededBy(test).map(id => fixtures.fixtures[id]?.title)]),
    ),
  };
}

test('files ask by pragma and by every entry of the option that matches them', async () => {
  const {rules, told} = await read(
    {
      'a.test.js': withDocblock('@hard-timeout 5s', '@resource port'),
      'db/b.test.js': '',
      'db/slow/c.test.js': withDocblock('@worker-group mine'),
    },
    {
      resources: {port: 2},
      canSplit: ['**/b.test.js'],
      files: [
        {match: '**', hardTimeout: '30s', resources: ['port:2']},
        {match: ['db/**', '!db/slow/**'], serial: true, canSplit: false},
        {match: 'db/slow/**', workerGroup: 'slow', canSplit: 'each'},
      ],
    },
  );
  expect(told).toEqual([]);
  expect(rules).toMatchObject({
    'a.test.js': {hardTimeoutMs: 5000, serial: false, resources: [{name: 'port', amount: 2}]},
    'db/b.test.js': {hardTimeoutMs: 30_000, serial: true, canSplit: null},
    'db/slow/c.test.js': {workerGroup: 'mine', serial: false, canSplit: 'each'},
  });
});

test('a file that asks for more than there is fails with all that is wrong with it; the others run', async () => {
  const {rules, told} = await read(
    {
      'a.test.js': withDocblock('@resource gpu:3', '', '@shared-fixture ./gone'),
      'b.test.js': withDocblock('@resource gpu:2'),
      'c.test.js': withDocblock('@serial no', '', '@resource gpu:3'),
    },
    {resources: {gpu: 2}},
  );
  expect(Object.keys(rules)).toEqual(['b.test.js']);
  // Reports of different files may overlap.
  const byFile = ['c', 'a'].flatMap(file => told.filter(report => report.includes(` ${file}.test.js`)));
  expect(byFile).toHaveLength(told.length);
  expect(byFile).toEqual([
    'test-file-start c.test.js',
    expect.stringMatching(/^test-file-failure c\.test\.js {3}c\.test\.js:2 {2}@serial no: it takes no value$/),
    'test-file-start a.test.js',
    expect.stringMatching(
      /^test-file-failure a\.test\.js {3}a\.test\.js:2 {2}it asks for 3 of the resource "gpu", .* {3}a\.test\.js:4 {2}there is no module of the shared fixture "\.\/gone"/,
    ),
  ]);
});

test('a mistake in the option is told with its entry', async () => {
  const {told} = await read(
    {'a.test.js': ''},
    {files: [{match: 'none'}, {match: '**', resources: ['gpu:2'], sharedFixtures: ['./gone']}]},
  );
  expect(told[1]).toMatch(
    / {2}conf, "files\[1\]" {2}it asks for 2 of .* {2}conf, "files\[1\]" {2}there is no module of /,
  );
});

test('fixtures are those of the files that run', async () => {
  const {needs, fixtures} = await read(
    {
      'a.test.js': withDocblock('@shared-fixture ./a'),
      'b.test.js': withDocblock('@resource gpu:3', '', '@shared-fixture ./b'),
      'c.test.js': '',
      'a.js': withDocblock('@shared-fixture ./c'),
      'b.js': '',
      'c.js': '',
      'd.js': '',
    },
    {files: [{match: 'a.*', sharedFixtures: ['./d.js']}]},
  );
  expect(needs).toEqual({'a.test.js': ['c.js', 'a.js', 'd.js'], 'c.test.js': []});
  expect(fixtures.fixtures.map(({title}) => title)).toEqual(['c.js', 'a.js', 'd.js']);
});

test('a run that declares no fixture has none, and looks for none', async () => {
  jest.doMock('../../../src/run/fixtures/fixtureModules', () => {
    throw new Error('loaded');
  });
  try {
    expect((await read({'a.test.js': withDocblock('@serial'), 'a.js': ''})).fixtures).toBe(NO_FIXTURES);
    await expect(read({'a.test.js': withDocblock('@shared-fixture ./a'), 'a.js': ''})).rejects.toThrow('loaded');
  } finally {
    jest.dontMock('../../../src/run/fixtures/fixtureModules');
  }
});
