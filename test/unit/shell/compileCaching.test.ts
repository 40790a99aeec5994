import type {Test} from '@jest/test-result';
import {DEFAULT_OPTIONS} from '../../../src/core/options';
import {compileCacheOf} from '../../../src/shell/compileCaching';
import type {RunOptions} from '../../../src/shell/run';

const tests = [
  {path: '/a.test.js', context: {config: {cacheDirectory: '/cache'}}},
  {path: '/b.test.js', context: {config: {cacheDirectory: '/cache of another project'}}},
] as Test[];

interface Differences {
  readonly version?: string;
  readonly globalConfig?: Partial<RunOptions['globalConfig']>;
  readonly compileCache?: boolean;
}

function orderOf({version = '30.5.2', globalConfig = {}, compileCache = true}: Differences, of = tests) {
  const run = {
    jest: {version, modules: {runtime: '/jest-runtime/build/index.js', core: '/core/build/index.js'}},
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

const order = {runtime: '/jest-runtime/build/index.js', core: '/core/build/index.js', folder: '/cache/xdist-code'};

test.each(['29.7.0', '30.0.0', '30.0.5', '30.4.2', '30.5.2'])('Jest %s is known', version => {
  expect(orderOf({version})).toEqual(order);
});

test.each(['29.6.4', '29.70.0', '28.1.3', '30.6.0', '30.50.0', '31.0.0', '130.5.0', 'of an unknown version'])(
  'Jest %s is not, which is told to who asks for more words',
  version => {
    expect(orderOf({version})).toBeNull();
    expect(stderr).not.toHaveBeenCalled();
    expect(orderOf({version, globalConfig: {verbose: true}})).toBeNull();
    expect(String(stderr.mock.calls[0]?.[0])).toContain(`how Jest ${version} compiles modules is not known`);
  },
);

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
