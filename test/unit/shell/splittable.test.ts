import {mkdirSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Config} from '@jest/types';
import {DEFAULT_OPTIONS} from '../../../src/core/options';
import {NO_PRAGMAS} from '../../../src/core/pragmas';
import type {Granularity} from '../../../src/core/units';
import type {RunningJest} from '../../../src/shell/runningJest';
import {findSplittable} from '../../../src/shell/splittable';
import {jestTest} from './jestTests';
import {temporaryFolder} from './temporaryFolder';

const {globsToMatcher} = createRequire(require.resolve('jest-runner'))('jest-util') as {
  globsToMatcher: RunningJest['globMatcher'];
};

const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
beforeEach(() => stderr.mockClear());
afterAll(() => stderr.mockRestore());

interface Run {
  /** By path relative to rootDir: its text. */
  readonly files: Readonly<Record<string, string>>;
  /** By path: what its docblock says. */
  readonly pragmas?: Readonly<Record<string, Granularity>>;
  readonly canSplit?: readonly string[];
  readonly config?: Partial<Config.GlobalConfig>;
}

/** The files of a run that may be split, and how, by path relative to rootDir. */
function splitIn(run: Run): Record<string, Granularity> {
  const {files, pragmas = {}, canSplit = [], config = {}} = run;
  const rootDir = temporaryFolder();
  const nameOf = (path: string) => path.slice(rootDir.length + 1);
  const tests = Object.entries(files).map(([name, text]) => {
    const path = join(rootDir, name);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, text);
    return jestTest(path);
  });
  const splittable = findSplittable(tests, {
    jest: {globMatcher: globsToMatcher} as RunningJest,
    globalConfig: {rootDir, maxWorkers: 4, updateSnapshot: 'new', ...config} as Config.GlobalConfig,
    options: {...DEFAULT_OPTIONS, canSplit},
    pragmasOf: ({path}) => ({...NO_PRAGMAS, canSplit: pragmas[nameOf(path)] ?? null}),
  });
  return Object.fromEntries([...splittable].map(([{path}, granularity]) => [nameOf(path), granularity]));
}

const noText = (...names: readonly string[]) => Object.fromEntries(names.map(name => [name, '']));
const files = noText('a.test.js', 'slow/b.test.js', 'slow/deep/c.test.js', 'd.test.ts');

describe('a file may be split', () => {
  test('if it says so, and as it says', () => {
    const pragmas = {'a.test.js': 'each', 'd.test.ts': 'tests'} as const;
    expect(splitIn({files, pragmas})).toEqual(pragmas);
  });

  test('if a glob of the option matches it, relative to rootDir', () => {
    expect(splitIn({files, canSplit: ['slow/*.js']})).toEqual({'slow/b.test.js': 'tests'});
    expect(splitIn({files, canSplit: ['*.test.js', '**/deep/**']})).toEqual({
      'a.test.js': 'tests',
      'slow/deep/c.test.js': 'tests',
    });
  });

  test.each(['<rootDir>/slow/**', './slow/**', 'slow/**'])('if the glob begins with rootDir in some way: %s', glob => {
    expect(splitIn({files, canSplit: [glob]})).toEqual({'slow/b.test.js': 'tests', 'slow/deep/c.test.js': 'tests'});
  });

  test.each(['!**/deep/**', '!<rootDir>/slow/deep/**', '!./slow/deep/*'])(
    'but not if a negated glob takes it out again: %s',
    glob => {
      expect(splitIn({files, canSplit: ['slow/**', glob]})).toEqual({'slow/b.test.js': 'tests'});
    },
  );

  test('as its pragma says, where a glob matches it as well', () => {
    expect(splitIn({files, pragmas: {'a.test.js': 'each'}, canSplit: ['*.js']})).toEqual({'a.test.js': 'each'});
  });

  test('not otherwise', () => {
    expect(splitIn({files})).toEqual({});
    expect(splitIn({files, canSplit: ['/slow/**', 'nowhere/**']})).toEqual({});
  });
});

describe('no file is split', () => {
  const split = (config: Partial<Config.GlobalConfig>) =>
    splitIn({files, pragmas: {'a.test.js': 'each'}, canSplit: ['**'], config});

  test.each<[string, Partial<Config.GlobalConfig>]>([
    ['in band', {runInBand: true}],
    ['with one worker', {maxWorkers: 1}],
    ['with --detectOpenHandles', {detectOpenHandles: true}],
    ['with --collectTests', {collectTests: true}],
    ['with --randomize', {randomize: true}],
  ])('%s', (_what, config) => {
    expect(split(config)).toEqual({});
  });

  test('but where two workers and nothing of that is there', () => {
    const config = {maxWorkers: 2, runInBand: false, detectOpenHandles: false, collectTests: false, randomize: false};
    expect(Object.keys(split(config))).toHaveLength(4);
  });
});

describe('a file with inline snapshots', () => {
  const inline = {
    'a.test.js': 'test("a", () => expect(1).toMatchInlineSnapshot());',
    'b.test.js': 'test("b", () => expect(f).toThrowErrorMatchingInlineSnapshot(`x`));',
    'c.test.js': 'test("c", () => expect(1).toMatchSnapshot());',
  };
  const split = (config: Partial<Config.GlobalConfig>) =>
    Object.keys(splitIn({files: inline, pragmas: {'a.test.js': 'each'}, canSplit: ['*'], config}));

  test.each(['new', 'all'] as const)('runs whole where they may be written: %s', updateSnapshot => {
    expect(split({updateSnapshot})).toEqual(['c.test.js']);
  });

  test('is split where they are not', () => {
    expect(split({updateSnapshot: 'none', verbose: true})).toEqual(['a.test.js', 'b.test.js', 'c.test.js']);
    expect(stderr).not.toHaveBeenCalled();
  });

  test('is named with --verbose', () => {
    split({updateSnapshot: 'new', verbose: true});
    expect(stderr.mock.calls.map(([text]) => text)).toEqual(
      ['a', 'b'].map((name): unknown =>
        expect.stringMatching(
          new RegExp(
            `^jest-runner-xdist: .*[\\\\/]${name}\\.test\\.js runs whole: it has inline snapshots, .*--ci.*\\n$`,
          ),
        ),
      ),
    );
  });

  test('costs no word without it, nor where it runs whole anyway', () => {
    split({updateSnapshot: 'new'});
    splitIn({files: inline, config: {verbose: true}});
    splitIn({files: inline, canSplit: ['*'], config: {verbose: true, runInBand: true}});
    expect(stderr).not.toHaveBeenCalled();
  });
});

test('a file that cannot be read may be split: running it will say what is wrong', () => {
  const test = jestTest('/nowhere/a.test.js');
  const globalConfig = {rootDir: '/nowhere', maxWorkers: 4, updateSnapshot: 'new'} as Config.GlobalConfig;
  const jest = {globMatcher: globsToMatcher} as RunningJest;
  const options = {...DEFAULT_OPTIONS, canSplit: ['*']};
  expect([...findSplittable([test], {jest, globalConfig, options, pragmasOf: () => NO_PRAGMAS}).keys()]).toEqual([
    test,
  ]);
});
