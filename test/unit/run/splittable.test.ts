import {join} from 'node:path';
import type {Config} from '@jest/types';
import {NO_RULES, type FileRules} from '../../../src/core/rules/fileRules';
import type {Dist} from '../../../src/core/rules/options';
import type {Granularity} from '../../../src/core/plan/units';
import {findSplittable} from '../../../src/run/splittable';
import {jestTest} from './jestTests';
import {temporaryFolder} from './temporaryFolder';

const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
beforeEach(() => stderr.mockClear());
afterAll(() => stderr.mockRestore());

interface Run {
  /** By path relative to rootDir: its text. */
  readonly files: Readonly<Record<string, string>>;
  /** By path: what it asks for. */
  readonly rules?: Readonly<Record<string, Partial<FileRules>>>;
  readonly config?: Partial<Config.GlobalConfig>;
  readonly dist?: Dist;
  readonly severalWorkers?: boolean;
  readonly canMerge?: boolean;
}

/** The files of a run that may be split, and how, by path relative to rootDir. */
function splitIn({
  files,
  rules = {},
  config = {},
  dist = 'load',
  severalWorkers = true,
  canMerge = true,
}: Run): Record<string, Granularity> {
  const rootDir = temporaryFolder(files);
  const nameOf = (path: string) => path.slice(rootDir.length + 1);
  const splittable = findSplittable(
    Object.keys(files).map(name => jestTest(join(rootDir, name))),
    {
      globalConfig: {rootDir, updateSnapshot: 'new', ...config} as Config.GlobalConfig,
      dist,
      severalWorkers,
      canMerge: () => canMerge,
      rulesOf: ({path}) => ({...NO_RULES, ...rules[nameOf(path)]}),
    },
  );
  return Object.fromEntries([...splittable].map(([{path}, granularity]) => [nameOf(path), granularity]));
}

const said = () => stderr.mock.calls.map(([text]) => String(text).replace(/ \S*[\\/]xdist-unit-\w+./, ' '));

/** All files may be split. */
const all = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.keys(names).map(name => [name, {canSplit: 'tests'} as const]));

const noText = (...names: readonly string[]) => Object.fromEntries(names.map(name => [name, '']));
const files = noText('a.test.js', 'slow/b.test.js', 'slow/deep/c.test.js', 'd.test.ts');

test('a file may be split if it is asked for, and as it is', () => {
  expect(splitIn({files, rules: {'a.test.js': {canSplit: 'each'}, 'd.test.ts': {canSplit: 'tests'}}})).toEqual({
    'a.test.js': 'each',
    'd.test.ts': 'tests',
  });
  expect(splitIn({files})).toEqual({});
});

describe('a file that has to run whole by what else it asks for', () => {
  const rules: Run['rules'] = {
    'a.test.js': {canSplit: 'each', serial: true},
    'slow/b.test.js': {canSplit: 'tests', workerGroup: 'db'},
    'slow/deep/c.test.js': {
      canSplit: 'tests',
      sharedFixtures: [{path: './db', scope: 'worker', place: '', from: 'file'}],
    },
    'd.test.ts': {canSplit: 'tests', restartWorker: true},
  };

  test('is not split', () => {
    expect(splitIn({files, rules})).toEqual({});
    expect(said()).toEqual([]);
  });

  test('is named with --verbose, if it says that it may be split', () => {
    splitIn({files, rules, config: {verbose: true}});
    expect(said()).toEqual([
      'jest-runner-xdist: a.test.js runs whole: it is serial.\n',
      'jest-runner-xdist: slow/b.test.js runs whole: it is of the worker group "db".\n',
      'jest-runner-xdist: slow/deep/c.test.js runs whole: it has a shared fixture of scope worker.\n',
      'jest-runner-xdist: d.test.ts runs whole: it wants a fresh worker.\n',
    ]);
    stderr.mockClear();
    splitIn({files, rules: {'a.test.js': {serial: true}}, config: {verbose: true}});
    expect(said()).toEqual([]);
  });
});

test('every file runs whole with dist `loadfile`', () => {
  expect(splitIn({files, rules: all(files), dist: 'loadfile'})).toEqual({});
});

describe('no file is split', () => {
  const split = (config: Partial<Config.GlobalConfig>) => splitIn({files, rules: all(files), config});

  test.each<[string, Partial<Config.GlobalConfig>]>([
    ['in band', {runInBand: true}],
    ['with --detectOpenHandles', {detectOpenHandles: true}],
    ['with --collectTests', {collectTests: true}],
    ['with --randomize', {randomize: true}],
  ])('%s', (_what, config) => {
    expect(split(config)).toEqual({});
  });

  test('with one worker', () => {
    expect(splitIn({files, rules: all(files), severalWorkers: false})).toEqual({});
  });

  test('but where two workers and nothing of that is there', () => {
    const config = {runInBand: false, detectOpenHandles: false, collectTests: false, randomize: false};
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
    Object.keys(splitIn({files: inline, rules: all(inline), config}));

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
    splitIn({files: inline, rules: all(inline), config: {verbose: true, runInBand: true}});
    expect(stderr).not.toHaveBeenCalled();
  });
});

test('a file that cannot be read may be split: running it will say what is wrong', () => {
  const test = jestTest('/nowhere/a.test.js');
  const globalConfig = {rootDir: '/nowhere', updateSnapshot: 'new'} as Config.GlobalConfig;
  const rulesOf = () => ({...NO_RULES, canSplit: 'tests'}) as const;
  const options = {globalConfig, dist: 'load', severalWorkers: true, canMerge: () => true, rulesOf} as const;
  expect([...findSplittable([test], options).keys()]).toEqual([test]);
});

describe('a Jest without what merges the shares of several workers', () => {
  const files = {'a.test.js': ''};

  test('has all files run whole', () => {
    expect(splitIn({files, rules: all(files), canMerge: false})).toEqual({});
  });

  test('is not asked for it where nothing is to be split', () => {
    const canMerge = jest.fn(() => true);
    const globalConfig = {rootDir: '/', updateSnapshot: 'new'} as Config.GlobalConfig;
    findSplittable([jestTest('/a.test.js')], {
      globalConfig,
      dist: 'load',
      severalWorkers: true,
      canMerge,
      rulesOf: () => NO_RULES,
    });
    expect(canMerge).not.toHaveBeenCalled();
  });
});
