/** What Jest was told survives a recording, and its paths follow the checkout. */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {SourceLine, ToldName} from '../../../src/recording/lines';
import {RepoPaths} from '../../../src/recording/repoPaths';
import {ToldDecoder, ToldEncoder} from '../../../src/recording/told';
import {temporaryFolder} from '../run/temporaryFolder';

const HERE = '/home/ci/app';
const THERE = '/Users/me/code/app';

interface Told {
  readonly data: unknown;
  readonly sources: readonly SourceLine[];
  readonly decoded: unknown;
}

const folder = temporaryFolder();

/** Records what one checkout told, and reads it in another. */
function retell(name: ToldName, told: unknown, {from = HERE, to = THERE, before = [] as unknown[]} = {}): Told {
  const sources: SourceLine[] = [];
  const encoder = new ToldEncoder(new RepoPaths(from), line => sources.push(line));
  for (const earlier of before) encoder.encode(name, ['test', earlier]);
  const data = throughJson(encoder.encode(name, ['test', told]));
  const decoder = new ToldDecoder(new RepoPaths(to), join(folder, 'maps'));
  for (const source of sources) decoder.addSource(throughJson(source) as SourceLine);
  return {data, sources, decoded: decoder.decode(name, data)};
}

const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

function decode(name: ToldName, data: unknown, sources: readonly SourceLine[] = []): unknown {
  const decoder = new ToldDecoder(new RepoPaths(THERE), join(folder, 'maps'));
  for (const source of sources) decoder.addSource(source);
  return decoder.decode(name, data);
}

function resultAt(root: string) {
  const stack = `Error: no\n    at Object.<anonymous> (${root}/test/a.test.js:3:5)\n    at node:internal/x:1:2`;
  return {
    leaks: false,
    numFailingTests: 1,
    numPassingTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    openHandles: [],
    perfStats: {start: 1, end: 2, runtime: 1, slow: false},
    skipped: false,
    snapshot: {
      added: 0,
      fileDeleted: false,
      matched: 0,
      unchecked: 1,
      uncheckedKeys: ['gone 1'],
      unmatched: 0,
      updated: 0,
    },
    testFilePath: `${root}/test/a.test.js`,
    console: [
      {message: 'in /home/ci/app/test/a.test.js', origin: `    at log (${root}/test/a.test.js:1:2)`, type: 'log'},
    ],
    failureMessage: 'a ● b',
    testResults: [
      {
        ancestorTitles: ['a'],
        title: 'b',
        fullName: 'a b',
        status: 'failed',
        duration: 3,
        failureDetails: [{matcherResult: {actual: undefined, expected: NaN, pass: false}, stack}],
        failureMessages: [stack],
      },
    ],
  };
}

/** Istanbul's data of a file. */
function coverageAt(path: string, hits: number) {
  const place = {start: {line: 1, column: 0}, end: {line: 1, column: 9}};
  return {
    path,
    statementMap: {0: place, 1: place},
    fnMap: {0: {name: 'f', decl: place, loc: place, line: 1}},
    branchMap: {0: {loc: place, type: 'if', locations: [place, {start: {line: undefined}, end: {}}], line: 1}},
    s: {0: hits, 1: 0},
    f: {0: hits},
    b: {0: [hits, 0]},
    inputSourceMap: {
      version: 3,
      sources: [path, 'other.ts', `file://${path}`],
      sourceRoot: '',
      names: [],
      mappings: '',
    },
    _coverageSchema: '1a',
    hash: 'abc',
  };
}

describe('a result', () => {
  it('is the same in the other checkout', () => {
    const {decoded, data} = retell('test-file-success', resultAt(HERE));
    expect(decoded).toEqual(resultAt(THERE));
    expect(JSON.stringify(data)).not.toContain(`${HERE}/test/a.test.js:`);
  });

  it('keeps what the user wrote', () => {
    const {decoded} = retell('test-file-success', resultAt(HERE));
    expect((decoded as ReturnType<typeof resultAt>).console[0]?.message).toBe('in /home/ci/app/test/a.test.js');
  });

  it('is not taken with a path that leaves the root', () => {
    const {data} = retell('test-file-success', resultAt(HERE));
    expect(() => decode('test-file-success', {...(data as object), testFilePath: '../x.js'})).toThrow(/"\.\.\/x\.js"/);
  });

  it('is not taken without what reporters need', () => {
    const {data} = retell('test-file-success', resultAt(HERE));
    expect(() => decode('test-file-success', {...(data as object), testResults: [{}]})).toThrow(
      '"testResults.0.ancestorTitles" is missing',
    );
  });
});

describe('an error', () => {
  it('is a String object, as jest-worker delivers it', () => {
    const stack = `no\n    at f (${HERE}/a.js:1:1)`;
    const {decoded} = retell(
      'test-file-failure',
      Object.assign(Object('no') as object, {message: 'no', stack, type: 'Error'}),
    );
    expect(decoded).toBeInstanceOf(String);
    expect(JSON.stringify(decoded)).toBe('"no"');
    expect(decoded).toMatchObject({message: 'no', stack: `no\n    at f (${THERE}/a.js:1:1)`, type: 'Error'});
  });

  it('is an Error', () => {
    const error = Object.assign(new Error('no'), {stack: `Error: no\n    at f (${HERE}/a.js:1:1)`, code: 'E'});
    const {decoded} = retell('test-file-failure', error);
    expect(decoded).toBeInstanceOf(Error);
    expect(decoded).toMatchObject({message: 'no', stack: `Error: no\n    at f (${THERE}/a.js:1:1)`, code: 'E'});
  });
});

describe('coverage by istanbul', () => {
  const withCoverage = (root: string, hits = 1) => ({
    ...resultAt(root),
    coverage: {[`${root}/src/a.ts`]: coverageAt(`${root}/src/a.ts`, hits)},
  });

  it('is the same in the other checkout, in the same order', () => {
    const {decoded} = retell('test-file-success', withCoverage(HERE));
    expect(JSON.stringify((decoded as {coverage: unknown}).coverage)).toBe(
      JSON.stringify(withCoverage(THERE).coverage).replaceAll(`file://${HERE}`, `file://${THERE}`),
    );
  });

  it('has each source once', () => {
    const {sources, decoded} = retell('test-file-success', withCoverage(HERE, 7), {before: [withCoverage(HERE)]});
    expect(sources).toHaveLength(1);
    expect(decoded).toMatchObject({coverage: {[`${THERE}/src/a.ts`]: {s: {0: 7, 1: 0}, b: {0: [7, 0]}}}});
  });

  it('has another source if the entries are others', () => {
    const merged = withCoverage(HERE);
    const data = merged.coverage[`${HERE}/src/a.ts`] as {statementMap: object; s: object};
    Object.assign(data, {statementMap: {0: coverageAt('', 0).statementMap[0]}, s: {0: 1}});
    const {sources, decoded} = retell('test-file-success', merged, {before: [withCoverage(HERE)]});
    expect(sources).toHaveLength(2);
    expect(decoded).toMatchObject({coverage: {[`${THERE}/src/a.ts`]: {s: {0: 1}}}});
  });

  it('is not taken of a file outside of the root', () => {
    const {data, sources} = retell('test-file-success', withCoverage(HERE));
    const forged = JSON.parse(JSON.stringify(data).replace('"src/a.ts"', '"/etc/passwd"')) as unknown;
    expect(() => decode('test-file-success', forged, sources)).toThrow(/"\/etc\/passwd" leaves the repository/);
  });

  it.each([
    '/etc/passwd',
    '../../../../../etc/passwd',
    'file:///etc/passwd',
    '<root>/../x',
    'webpack:///../../../../../x',
  ])('is not taken with a source map to %s', source => {
    const {data, sources} = retell('test-file-success', withCoverage(HERE));
    const forged = JSON.parse(JSON.stringify(sources).replace('other.ts', source)) as SourceLine[];
    expect(() => decode('test-file-success', data, forged)).toThrow(/outside of the repository|leaves the repository/);
  });

  it('is not taken without its source', () => {
    const {data} = retell('test-file-success', withCoverage(HERE));
    expect(() => decode('test-file-success', data)).toThrow(/there is no source of coverage with the id/);
  });
});

describe('coverage by V8', () => {
  const functions = [
    {functionName: '', isBlockCoverage: true, ranges: [{startOffset: 0, endOffset: 9, count: 1}]},
    {
      functionName: 'f',
      isBlockCoverage: false,
      ranges: [
        {startOffset: 1, endOffset: 5, count: 0},
        {startOffset: 2, endOffset: 3, count: 4},
      ],
    },
  ];
  const script = (root: string, sourceMapPath: string | null) => ({
    codeTransformResult: {code: 'a()', originalCode: 'a( )', sourceMapPath, wrapperLength: 62},
    result: {url: `${root}/src/a.ts`, scriptId: '77', functions},
  });

  it('has its source map in a folder of the reader', () => {
    const cache = join(folder, 'cache');
    mkdirSync(cache, {recursive: true});
    const map = (root: string) => ({version: 3, sources: [`${root}/src/a.ts`], names: [], mappings: 'AAAA'});
    const mapPath = join(cache, 'a_1.map');
    writeFileSync(mapPath, JSON.stringify(map(HERE)));
    const told = {
      ...resultAt(HERE),
      v8Coverage: [script(HERE, mapPath), {codeTransformResult: undefined, result: script(HERE, null).result}],
    };
    const {decoded} = retell('test-file-success', told);
    const [first, second] = (decoded as {v8Coverage: ReturnType<typeof script>[]}).v8Coverage;
    const written = first?.codeTransformResult.sourceMapPath ?? '';
    expect(written.startsWith(join(folder, 'maps'))).toBe(true);
    expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual(map(THERE));
    expect(first).toEqual(script(THERE, written));
    expect(second).toEqual({codeTransformResult: undefined, result: script(THERE, null).result});
  });

  it('has no source map if Jest has none', () => {
    const {decoded} = retell('test-file-success', {...resultAt(HERE), v8Coverage: [script(HERE, '/nowhere.map')]});
    expect(existsSync('/nowhere.map')).toBe(false);
    expect((decoded as {v8Coverage: unknown}).v8Coverage).toEqual([script(THERE, null)]);
  });
});

test('coverage may be absent', () => {
  const told = {...resultAt(HERE), coverage: undefined, v8Coverage: null};
  expect(retell('test-file-success', told).decoded).toEqual({
    ...resultAt(THERE),
    coverage: undefined,
    v8Coverage: null,
  });
});

test('a test has a start and an end', () => {
  const start = {ancestorTitles: ['a'], fullName: 'a b', mode: undefined, startedAt: 4, title: 'b'};
  expect(retell('test-case-start', start).decoded).toEqual(start);
  const [end] = resultAt(HERE).testResults;
  expect(retell('test-case-result', end).decoded).toEqual(resultAt(THERE).testResults[0]);
  expect(retell('test-file-start', undefined)).toMatchObject({data: null, decoded: undefined});
});
