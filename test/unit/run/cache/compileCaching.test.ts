import fs, {chmodSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Test} from '@jest/test-result';
import {DEFAULT_OPTIONS} from '../../../../src/core/rules/resolvedOptions';
import {compileCacheOf} from '../../../../src/run/cache/compileCaching';
import type {RunOptions} from '../../../../src/run/runOptions';
import {temporaryFolder} from '../temporaryFolder';

const folder = temporaryFolder({'other/file': ''});
const testsIn = (cacheDirectory: string) =>
  [
    {path: '/a.test.js', context: {config: {cacheDirectory}}},
    {path: '/b.test.js', context: {config: {cacheDirectory: `${cacheDirectory} of another project`}}},
  ] as Test[];
const tests = testsIn(join(folder, 'cache'));

interface Differences {
  readonly isKnown?: boolean;
  readonly globalConfig?: Partial<RunOptions['globalConfig']>;
  readonly compileCache?: boolean;
}

function orderOf({isKnown = true, globalConfig = {}, compileCache = true}: Differences, of = tests) {
  const run = {
    jest: {
      capabilities: {has: (name: string) => name === 'compileCache' && isKnown},
      modules: {runtime: '/jest-runtime/build/index.js', core: '/core/build/index.js'},
    },
    globalConfig,
    options: {...DEFAULT_OPTIONS, compileCache},
  } as unknown as RunOptions;
  return compileCacheOf(of, run);
}

let stderr: jest.SpyInstance<boolean, [unknown]>;
beforeEach(() => {
  stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true) as never;
});
afterEach(() => jest.restoreAllMocks());

const order = {
  runtime: '/jest-runtime/build/index.js',
  core: '/core/build/index.js',
  folder: join(folder, 'cache', 'xdist-code'),
  // Whether there has been a run before: see below.
  fillsNodesOwn: expect.any(Boolean) as boolean,
};

test('nothing is kept with a jest-runtime that is not known', () => {
  expect(orderOf({isKnown: false})).toBeNull();
});

test('it can be switched off', () => {
  expect(orderOf({compileCache: false})).toBeNull();
});

test('a run without files needs none', () => {
  expect(orderOf({}, [])).toBeNull();
});

test.each([
  [{collectCoverage: true, coverageProvider: 'v8'}, null],
  [{collectCoverage: false, coverageProvider: 'v8'}, order],
  [{collectCoverage: true, coverageProvider: 'babel'}, order],
] as const)('with %j', (globalConfig, expected) => {
  expect(orderOf({globalConfig})).toEqual(expected);
});

describe('the folder', () => {
  const made = (how: (path: string) => void) => {
    const cache = temporaryFolder();
    const path = join(cache, 'xdist-code');
    how(path);
    return {path, mode: () => statSync(path).mode & 0o777, folder: orderOf({}, testsIn(cache))?.folder};
  };
  const withFile = (mode: number) => (path: string) => {
    mkdirSync(path);
    writeFileSync(join(path, 'code'), '');
    chmodSync(path, mode);
  };
  const told = () => stderr.mock.calls.flat().join('');

  test('is for the user alone', () => {
    const {path, mode, folder} = made(() => undefined);
    expect([folder, mode(), told()]).toEqual([path, 0o700, '']);
  });

  test('that others may read is used', () => {
    const {path, folder} = made(withFile(0o755));
    expect([folder, readdirSync(path), told()]).toEqual([path, ['code'], '']);
  });

  test.each([0o775, 0o757, 0o777])('to which others could write (%o) is emptied, and closed to them', mode => {
    const {path, folder, mode: modeNow} = made(withFile(mode));
    expect([folder, readdirSync(path), modeNow(), told()]).toEqual([path, [], 0o700, '']);
  });

  test('of somebody else is not used, which is told', () => {
    const mine = process.getuid?.() ?? 0;
    // The superuser's own is taken by all.
    jest.spyOn(process, 'getuid').mockReturnValue(mine + 1);
    const cache = temporaryFolder();
    mkdirSync(join(cache, 'xdist-code'));
    jest.spyOn(fs, 'lstatSync').mockReturnValue({isDirectory: () => true, uid: mine + 2, mode: 0o700} as never);
    expect(orderOf({}, testsIn(cache))).toMatchObject({folder: null, runtime: order.runtime});
    expect(told()).toMatch(/is not used, as code from there is run: it belongs to another user/);
  });

  test.each([
    ['a link', (path: string) => symlinkSync(folder, path)],
    ['a file', (path: string) => writeFileSync(path, '')],
  ])('that is %s is not used', (_what, how) => {
    expect(made(how).folder).toBeNull();
    expect(told()).toContain('it is no folder');
  });

  test('that cannot be made is not used', () => {
    expect(orderOf({}, testsIn(join(folder, 'other/file')))?.folder).toBeNull();
    expect(told()).toBe('');
  });
});

test("Node's own cache is filled from the second run on", () => {
  const cacheDirectory = temporaryFolder();
  const ofFolder = [{path: '/a.test.js', context: {config: {cacheDirectory}}}] as Test[];
  expect(orderOf({}, ofFolder)?.fillsNodesOwn).toBe(false);
  expect(orderOf({}, ofFolder)?.fillsNodesOwn).toBe(true);
});
