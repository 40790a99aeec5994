import type {FileFixtures, FixtureFailure} from '../../../src/core/wire/workerMessages';
import {sharedFixture} from '../../../src/realm/fixtures';
import {FIXTURES, type HandedOver} from '../../../src/realm/handover';

const realm = globalThis as {[FIXTURES]?: unknown};
const runId = process.env.XDIST_RUN_ID;

beforeEach(() => {
  process.env.XDIST_RUN_ID = 'run';
});

afterEach(() => {
  delete realm[FIXTURES];
  if (runId === undefined) delete process.env.XDIST_RUN_ID;
  else process.env.XDIST_RUN_ID = runId;
});

/** Each fixture's value is the first of its names. */
function handOver(
  names: readonly (readonly string[])[],
  testPath: string,
  failure: FixtureFailure | null = null,
): void {
  const declared = names.map(all => ({names: all, json: JSON.stringify({is: all[0]})}));
  const fixtures: FileFixtures = {declared, failure};
  realm[FIXTURES] = JSON.stringify({testPath, fixtures} satisfies HandedOver);
}

type Module = {setup(): {is: string}};

function found(path: string): string | undefined {
  try {
    return sharedFixture<Module>(path).is;
  } catch {
    return undefined;
  }
}

const DB = [
  '../fixtures/db.ts',
  '../fixtures/db',
  '/app/fixtures/db.ts',
  '/app/fixtures/db',
  '/real/db.ts',
  '/real/db',
];

describe('a fixture is found', () => {
  test.each([
    '../fixtures/db.ts',
    '../fixtures/db',
    '../fixtures/db.js', // how TypeScript's ESM has it
    './../fixtures//x/../db',
    '../../app/fixtures/db',
    '/app/fixtures/db.ts',
    '/app/fixtures/db',
    '/app/test/../fixtures/db.mts',
    '/real/db',
  ])('by %s', path => {
    handOver([['./other', '/app/test/other'], DB], '/app/test/a.test.ts');
    expect(found(path)).toBe('../fixtures/db.ts');
  });

  test.each(['./db', '../db', 'fixtures/db', '/app/db', '../fixtures/db.test', '', '.'])('not by %s', path => {
    handOver([['./other', '/app/test/other'], DB], '/app/test/a.test.ts');
    expect(found(path)).toBeUndefined();
  });

  test('by the name of a package, before a path that looks like it', () => {
    handOver(
      [
        ['./pack/db', '/app/pack/db'],
        ['pack/db', '/app/node_modules/pack/db.js', '/app/node_modules/pack/db'],
      ],
      '/app/a.test.ts',
    );
    expect(found('pack/db')).toBe('pack/db');
    expect(found('./pack/db')).toBe('./pack/db');
    expect(found('./node_modules/pack/db')).toBe('pack/db');
  });

  test('by its exact path, before one that has another extension', () => {
    handOver(
      [
        ['./db.js', './db', '/app/db.js', '/app/db'],
        ['./db.ts', './db', '/app/db.ts', '/app/db'],
      ],
      '/app/a.test.ts',
    );
    expect(['./db.ts', '/app/x/../db.ts', './db.js', './x/../db'].map(found)).toEqual([
      './db.ts',
      './db.ts',
      './db.js',
      './db.js',
    ]);
  });

  test.each(['../fixtures/db', '..\\fixtures\\db.ts', 'C:/app/fixtures/db', 'C:\\app\\fixtures\\db.ts'])(
    'on Windows by %s',
    path => {
      handOver(
        [['../fixtures/db.ts', 'C:\\app\\fixtures\\db.ts', 'C:\\app\\fixtures\\db']],
        'C:\\app\\test\\a.test.ts',
      );
      expect(found(path)).toBe('../fixtures/db.ts');
    },
  );

  test('by a path with a backslash in a name, where that is no separator', () => {
    handOver([['./a\\b', '/app/a\\b']], '/app/a.test.ts');
    expect(found('./x/../a\\b')).toBe('./a\\b');
    expect(found('./a/b')).toBeUndefined();
  });
});

test('the value is one object for the file, which may be changed', () => {
  handOver([['./db']], '/app/a.test.ts');
  const value = sharedFixture<Module>('./db');
  value.is = 'changed';
  expect(sharedFixture<Module>('/app/db')).toBe(value);
  handOver([['./db']], '/app/b.test.ts');
  expect(found('./db')).toBe('./db');
});

test('a value of null is one', () => {
  realm[FIXTURES] = JSON.stringify({
    testPath: '/app/a.test.ts',
    fixtures: {declared: [{names: ['./none'], json: 'null'}], failure: null},
  } satisfies HandedOver);
  expect(sharedFixture('./none')).toBeNull();
});

test('what is not declared is an error of its caller', () => {
  handOver([['./a', '/app/a'], ['./b']], '/app/a.test.ts');
  let error: Error | null = null;
  try {
    sharedFixture('./c');
  } catch (thrown) {
    error = thrown as Error;
  }
  expect(error?.message).toMatchInlineSnapshot(`
   "jest-runner-xdist: this test file does not declare the shared fixture ./c; it declares ./a, ./b. Add this to the docblock, the comment that is the very first thing in the file:

   /**
    * @shared-fixture ./c
    */"
  `);
  expect(error?.stack?.split('\n').find(line => line.startsWith('    at '))).toContain(__filename);
});

test('the module of a fixture is told how it gets other fixtures', () => {
  const mark = {[Symbol.for('jest-runner-xdist.fixtureModule')]: true};
  Object.assign(realm, mark);
  try {
    expect(() => sharedFixture('./c')).toThrow(
      'A fixture module gets other fixtures from setup\'s argument: fixtures["./c"].',
    );
  } finally {
    for (const name of Object.getOwnPropertySymbols(mark)) Reflect.deleteProperty(realm, name);
  }
});

test('a file that declares none is told so, if it runs here; else, by what it would have to run', () => {
  expect(() => sharedFixture('./c')).toThrow('it declares none.');
  delete process.env.XDIST_RUN_ID;
  expect(() => sharedFixture('./c')).toThrow('this test file is not run by jest-runner-xdist. Put `runner');
  expect(() => sharedFixture('./c')).toThrow("  globalSetup: 'jest-runner-xdist/fixtures/globalSetup',\n");
});

test('under the stock runner the text is fetched once, and not before it can be', () => {
  handOver([['./db']], '/app/a.test.ts');
  const fetch = jest.fn().mockReturnValueOnce(null).mockReturnValueOnce(realm[FIXTURES]);
  realm[FIXTURES] = fetch;
  expect(() => sharedFixture('./db')).toThrow('Call it from `setupFilesAfterEnv`');
  expect(found('./db')).toBe('./db');
  expect(found('./db')).toBe('./db');
  expect(fetch).toHaveBeenCalledTimes(2);
});

test('a fixture that has failed is thrown, whichever is asked for', () => {
  const failure = {message: 'no port', stack: 'Error: no port\n    at setup (/app/db.ts:1:1)'};
  handOver([['./db']], '/app/a.test.ts', failure);
  for (const path of ['./db', './other']) {
    expect(() => sharedFixture(path)).toThrow(expect.objectContaining(failure) as Error);
  }
});

test('the type is that of what setup() resolves with', () => {
  handOver([['./postgres']], '/app/a.test.ts');
  type Fixture = typeof import('./postgres');
  const value = sharedFixture<Fixture>('./postgres');
  const exact: Exactly<typeof value, import('./postgres').Postgres> = true;
  expect(exact).toBe(true);
  const own: Exactly<ReturnType<typeof sharedFixture<Module>>, {is: string}> = true;
  expect(own).toBe(true);
  // @ts-expect-error -- it has a `url`, no `port`
  expect(value.port).toBeUndefined();
  // @ts-expect-error -- a module without `setup` is no fixture
  expect(sharedFixture<{teardown(): void}>('./postgres')).toBeDefined();
});

type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
