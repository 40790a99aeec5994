import {createEmptyTestResult} from '@jest/test-result';
import {ProtocolError} from '../../../../src/core/wire/values';
import {
  parseExitRecord,
  parseAheadNews,
  parseFromWorker,
  parseHello,
  parseDeparture,
  parseToWorker,
  type FromWorker,
  type ToWorker,
  type WorkerSetup,
} from '../../../../src/core/wire/workerMessages';

/** The message of the ProtocolError that is thrown, without the package's name. */
function refusal(parse: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(parse())}`;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.message.replace(/^jest-runner-xdist: /, '');
  }
}

/** What jest-worker's channel makes of a message. */
const overTheChannel = (message: unknown): unknown => JSON.parse(JSON.stringify(message));

const setup: WorkerSetup = {
  slot: 1,
  generation: 2,
  ahead: {modules: ['/node_modules/jsdom/api.js']},
  tellsLoaded: true,
  compileCache: null,
  workerCount: 2,
  runId: 'run',
  socketPath: '/s',
  token: 'secret',
  exitRecordPath: '/exit',
  journalPath: '/journal',
  departurePath: '/open',
  ownsGroup: true,
  slowTimeoutMs: 1,
  hardTimeoutMs: 2,
  graceMs: 3,
  heapLimitBytes: null,
  modules: {testWorker: '/t', jestWorker: '/w'},
  globalConfig: {bail: 0},
  context: {},
  serializableResolvers: [],
};

const orders: {readonly [Type in ToWorker['type']]: Extract<ToWorker, {type: Type}>} = {
  give: {
    type: 'give',
    units: [
      {
        id: 0,
        configId: 'c',
        path: '/a.test.ts',
        hardTimeoutMs: null,
        split: null,
        cut: null,
        fixtures: null,
        snapshots: 'as-configured',
      },
      {
        id: 7,
        configId: 'd',
        path: '/b.test.ts',
        hardTimeoutMs: null,
        split: {granularity: 'tests', grouping: 'none', collected: null, resumes: null},
        cut: {granularity: 'each', grouping: 'scope', shard: 2, owner: 1, given: {'a b': 2, c: 3}},
        fixtures: {
          declared: [{names: ['./db.ts', '/db.ts', '/db'], json: '{"url":"x"}'}],
          failure: {message: 'no database', stack: 'Error: no database\n    at /db.ts:1:1'},
        },
        snapshots: 'add-only',
      },
      {
        id: 8,
        configId: 'd',
        path: '/c.test.ts',
        hardTimeoutMs: 30_000,
        split: {granularity: 'each', grouping: 'named', collected: 'f00', resumes: {listing: 'b0b', leaveOut: [0, 2]}},
        cut: null,
        fixtures: {declared: [], failure: null},
        snapshots: 'keep-obsolete',
      },
    ],
  },
  'take-back': {type: 'take-back', units: [3, 4]},
  'give-tests': {type: 'give-tests', unit: 7, groups: [0, 2, 5], last: true},
  discard: {type: 'discard', unit: 7},
  close: {type: 'close'},
  run: {type: 'run', setup, environment: {NODE_ENV: 'test', EMPTY: ''}},
};

test.each(Object.values(orders))('the order $type arrives as it was sent', order => {
  expect(parseToWorker(JSON.stringify(order))).toEqual(order);
});

test('what has to do with workers that are started ahead is told from all else', () => {
  const said = [
    {type: 'loaded', modules: ['/a.js', '/b.js']},
    {type: 'waiting'},
    {type: 'ready'},
    {type: 'leaving', reason: '/a.js has changed'},
  ] as const;
  for (const message of said) expect(parseAheadNews(overTheChannel(message))).toEqual(message);
  for (const other of [{type: 'unit-started', unit: 1}, ['waiting', []], 'waiting', null, {}]) {
    expect(parseAheadNews(other)).toBeNull();
  }
});

test('the last tests may be none', () => {
  const order = {type: 'give-tests', unit: 7, groups: [], last: false};
  expect(parseToWorker(JSON.stringify(order))).toEqual(order);
});

const done = {type: 'unit-done', unit: 2, ms: 1.5, retiring: true, slice: null, profile: null} as const;
const result = {type: 'result', result: createEmptyTestResult()} as const;
const snapshot = {
  path: '/a.snap',
  written: {'adds 1': '3'},
  dirty: true,
  unchecked: ['old 1'],
  takenBack: {'old 1': {after: 2, deferred: {depth: 1, place: 0}}, 'b 1': {after: 3, deferred: null}},
  inline: [],
};
const slice = {tests: [0, 2], ran: [2, 0], console: [-1, 2], loadMs: 12.5, snapshot};
const opened = {
  type: 'unit-opened',
  unit: 2,
  ms: 12.5,
  fingerprint: 'f00',
  tests: [
    {name: 'adds', group: 0},
    {name: 'is skipped', group: null},
  ],
} as const;
const progress = {type: 'tests-progress', unit: 2, done: [[0, 1.5] as const, [3, 0] as const], running: 4} as const;

const messages: {readonly [Type in Exclude<FromWorker['type'], 'jest-event'>]: Extract<FromWorker, {type: Type}>} = {
  'unit-started': {type: 'unit-started', unit: 0},
  'unit-cut': {type: 'unit-cut', unit: 2, tests: {names: ['a', 'b c', 'a'], own: [0, 2], loadEntries: 1}},
  'unit-done': {...done, outcome: {type: 'result', result: {...createEmptyTestResult(), numPassingTests: 3}}},
  'units-returned': {type: 'units-returned', asked: [1, 2], units: [2]},
  'unit-opened': opened,
  fault: {type: 'fault', doing: 'was given an order', error: 'Error: oh'},
  'unit-indivisible': {type: 'unit-indivisible', unit: 2, reason: 'it cannot', anew: true},
  'tests-progress': progress,
};

test.each(Object.values(messages))('the message $type arrives as it was sent', message => {
  expect(parseFromWorker(overTheChannel(message))).toEqual(message);
});

test.each<[string, FromWorker]>([
  ['a list of tests that is known', {...opened, tests: null}],
  ['a file without a test', {...opened, tests: []}],
  ['a worker that waits for more tests', {...progress, done: [], running: null}],
  ['a share of a file', {...done, outcome: result, slice}],
  [
    'a share of a file that changed no snapshot',
    {
      ...done,
      outcome: result,
      slice: {
        ...slice,
        snapshot: {path: '/a.snap', written: {}, dirty: false, unchecked: [], takenBack: {}, inline: []},
      },
    },
  ],
  [
    'a file that took its worker over the memory limit',
    {...done, outcome: result, memory: {heap: {before: 1, after: 3}, rss: {before: 2, after: 4}}},
  ],
  ['a share of a file without snapshots', {...done, outcome: result, slice: {...slice, snapshot: null}}],
])('%s arrives as it was sent', (_what, message) => {
  expect(parseFromWorker(overTheChannel(message))).toEqual(message);
});

test('a snapshot may be named like a part of every object', () => {
  const written = Object.fromEntries([['__proto__', 'a']]);
  const message = {...done, outcome: result, slice: {...slice, snapshot: {...snapshot, written}}};
  const parsed = parseFromWorker(overTheChannel(message));
  expect(parsed.type === 'unit-done' && Object.entries(parsed.slice?.snapshot?.written ?? {})).toEqual([
    ['__proto__', 'a'],
  ]);
});

test('a file that failed to run arrives with every field of its error', () => {
  const error = {message: 'cannot find x', stack: 'at a.js', type: 'Error', code: 'MODULE_NOT_FOUND'};
  const message = {...done, outcome: {type: 'error', error}};
  expect(parseFromWorker(overTheChannel(message))).toEqual(message);
});

test('an error that lacks a stack is given an empty one, as reporters print it', () => {
  const message = {...done, outcome: {type: 'error', error: {message: 'oh'}}};
  expect(parseFromWorker(message)).toEqual({
    ...done,
    outcome: {type: 'error', error: {message: 'oh', stack: '', type: 'Error'}},
  });
});

test("an event of Jest's own code arrives by its name, its payload untouched", () => {
  const payload = ['/a.test.ts', {status: 'passed', title: 'adds'}];
  expect(parseFromWorker(overTheChannel(['test-case-result', payload]))).toEqual({
    type: 'jest-event',
    name: 'test-case-result',
    payload,
  });
});

test('the first line of a worker arrives as it was sent', () => {
  const hello = {token: 'secret', slot: 2, generation: 3, pid: 4711};
  expect(parseHello(JSON.stringify(hello))).toEqual(hello);
});

test.each([
  {code: 1, uncaught: 'Error: oh'},
  {code: 0, uncaught: null},
])('the exit record %j arrives as it was written', record => {
  expect(parseExitRecord(JSON.stringify(record))).toEqual(record);
});

test.each([
  {at: 'saving'},
  {at: 'waiting', leftOpen: [{kind: 'Timeout', count: 2, paths: ['/a.test.js', '/b.test.js']}], addons: ['/a.node']},
  {at: 'exiting', addons: []},
])('how far a worker has come on its way out arrives as it was written: %j', departure => {
  expect(parseDeparture(JSON.stringify(departure))).toEqual(departure);
});

test.each([
  '{"at": "home"}',
  '{"at": "waiting", "leftOpen": [{"kind": "Timeout"}], "addons": []}',
  '{"at": "exiting"}',
])('%s is not how far a worker has come', line => {
  expect(() => parseDeparture(line)).toThrow(ProtocolError);
});

test('fields that are not of the message do not come along', () => {
  expect(parseFromWorker({type: 'unit-started', unit: 1, extra: true})).toEqual({type: 'unit-started', unit: 1});
  expect(parseToWorker('{"type":"close","extra":true}')).toEqual({type: 'close'});
});

test.each<[unknown, string]>([
  [undefined, 'expected a message from a worker, got undefined'],
  [null, 'expected a message from a worker, got null'],
  ['unit-started', 'expected a message from a worker, got "unit-started"'],
  [[1, 2], 'expected a message from a worker, got [1,2]'],
  [{type: 'unit-begun', unit: 1}, 'expected a message from a worker, got {"type":"unit-begun","unit":1}'],
  [{type: 'unit-started'}, 'expected a whole number, got undefined'],
  [{type: 'unit-started', unit: 0.5}, 'expected a whole number, got 0.5'],
  [{...messages['unit-done'], ms: '5'}, 'expected a number, got "5"'],
  [{...done, outcome: 'passed'}, 'expected an outcome, got "passed"'],
  [{...done, outcome: {type: 'skipped'}}, 'expected an outcome, got {"type":"skipped"}'],
  [{...done, outcome: {type: 'result', result: 3}}, "expected a file's result, got 3"],
  [{...done, outcome: {type: 'result', result: {}}}, 'expected a list, got undefined'],
  [{...done, outcome: {type: 'result', result: {testResults: [1]}}}, "expected a test's result, got 1"],
  [{...done, outcome: {type: 'error'}}, "expected a file's error, got undefined"],
  [{...done, outcome: result, slice: undefined}, 'expected a slice, got undefined'],
  [{...done, outcome: result, slice: 'all'}, 'expected a slice, got "all"'],
  [{...done, outcome: result, slice: {...slice, tests: ['0']}}, 'expected a whole number, got "0"'],
  [{...done, outcome: result, slice: {...slice, ran: undefined}}, 'expected a list, got undefined'],
  [{...done, outcome: result, slice: {...slice, console: [0.5]}}, 'expected a whole number, got 0.5'],
  [{...done, outcome: result, slice: {...slice, loadMs: null}}, 'expected a number, got null'],
  [{...done, outcome: result, slice: {...slice, snapshot: 1}}, 'expected changes of snapshots, got 1'],
  [{...done, outcome: result, slice: {...slice, snapshot: {}}}, 'expected snapshots, got undefined'],
  [{...done, outcome: result, slice: {...slice, snapshot: {...snapshot, written: {a: 1}}}}, 'expected a text, got 1'],
  [{...done, outcome: result, slice: {...slice, snapshot: {...snapshot, path: null}}}, 'expected a text, got null'],
  [{...done, outcome: result, slice: {...slice, snapshot: {...snapshot, unchecked: [1]}}}, 'expected a text, got 1'],
  [
    {...done, outcome: result, slice: {...slice, snapshot: {...snapshot, takenBack: {a: {after: 'b'}}}}},
    'expected a number, got "b"',
  ],
  [{...opened, unit: '2'}, 'expected a whole number, got "2"'],
  [{...opened, ms: undefined}, 'expected a number, got undefined'],
  [{...opened, fingerprint: 5}, 'expected a text, got 5'],
  [{...opened, tests: undefined}, 'expected a list, got undefined'],
  [{...opened, tests: ['adds']}, 'expected a collected test, got "adds"'],
  [{...opened, tests: [{group: 0}]}, 'expected a text, got undefined'],
  [{...opened, tests: [{name: 'adds'}]}, 'expected a whole number, got undefined'],
  [{...opened, tests: [{name: 'adds', group: 1.5}]}, 'expected a whole number, got 1.5'],
  [{...progress, unit: null}, 'expected a whole number, got null'],
  [{...progress, done: {0: 1}}, 'expected a list, got {"0":1}'],
  [{...progress, done: [0]}, 'expected a list, got 0'],
  [{...progress, done: [[0.5, 1]]}, 'expected a whole number, got 0.5'],
  [{...progress, done: [[0]]}, 'expected a number, got undefined'],
  [{...progress, done: [[0, '1']]}, 'expected a number, got "1"'],
  [{...progress, running: undefined}, 'expected a whole number, got undefined'],
  [{type: 'units-returned', asked: [1]}, 'expected a list, got undefined'],
  [{type: 'units-returned', asked: ['1'], units: []}, 'expected a whole number, got "1"'],
])('%j from a worker is no message', (message, text) => {
  expect(refusal(() => parseFromWorker(message))).toBe(text);
});

test.each([
  ['{"type":"give"', 'expected JSON, got "{\\"type\\":\\"give\\""'],
  ['3', 'expected a message to a worker, got 3'],
  ['{"type":"stop"}', 'expected a message to a worker, got {"type":"stop"}'],
  ['{"type":"give"}', 'expected a list, got undefined'],
  ['{"type":"give","units":[null]}', 'expected a unit, got null'],
  ['{"type":"give","units":[{"id":"0"}]}', 'expected a whole number, got "0"'],
  ['{"type":"give","units":[{"id":0,"configId":"c"}]}', 'expected a text, got undefined'],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null}]}',
    'expected an order to open a file, got undefined',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":{}}]}',
    'expected a granularity, got undefined',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":{"granularity":"all","collected":null}}]}',
    'expected a granularity, got "all"',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":{"granularity":"each","grouping":"none"}}]}',
    'expected a text, got undefined',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":null}]}',
    'expected the cut of a file, got undefined',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":null,"cut":{"granularity":"each","grouping":"all"}}]}',
    'expected a grouping, got "all"',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":null,"cut":null,"fixtures":null}]}',
    'expected a use of snapshots, got undefined',
  ],
  [
    '{"type":"give","units":[{"id":0,"configId":"c","path":"/a","hardTimeoutMs":null,"split":null,"cut":null,"fixtures":null,"snapshots":"all"}]}',
    'expected a use of snapshots, got "all"',
  ],
  ['{"type":"take-back","units":5}', 'expected a list, got 5'],
  ['{"type":"give-tests","groups":[0]}', 'expected a whole number, got undefined'],
  ['{"type":"give-tests","unit":0}', 'expected a list, got undefined'],
  ['{"type":"give-tests","unit":0,"groups":[null]}', 'expected a whole number, got null'],
  ['{"type":"discard"}', 'expected a whole number, got undefined'],
])('%s is no order', (line, text) => {
  expect(refusal(() => parseToWorker(line))).toBe(text);
});

test.each([
  ['', 'expected JSON, got ""'],
  ['null', 'expected the first line of a worker, got null'],
  ['{"slot":1,"generation":1,"pid":1}', 'expected a text, got undefined'],
  ['{"token":"a","slot":1,"generation":1}', 'expected a whole number, got undefined'],
])('%p is no first line of a worker', (line, text) => {
  expect(refusal(() => parseHello(line))).toBe(text);
});

test.each([
  ['', 'expected JSON, got ""'],
  ['0', 'expected an exit record, got 0'],
  ['{"uncaught":null}', 'expected a whole number, got undefined'],
  ['{"code":1}', 'expected a text, got undefined'],
])('%p is no exit record', (text, message) => {
  expect(refusal(() => parseExitRecord(text))).toBe(message);
});

test('what is shown of a long message is its beginning', () => {
  const message = refusal(() => parseFromWorker({type: 'x'.repeat(1000)}));
  expect(message).toBe(`expected a message from a worker, got {"type":"${'x'.repeat(191)}…`);
});

describe('what is no text, nor can be made one, is refused', () => {
  const hostile = {toString: 1, valueOf: 1};

  test('as the message of an error', () => {
    const outcome = {type: 'error', error: {message: hostile}};
    expect(() => parseFromWorker({type: 'unit-done', unit: 0, ms: 0, outcome, slice: null, profile: null})).toThrow(
      ProtocolError,
    );
  });

  test('as the reason of a worker that leaves', () => {
    expect(parseAheadNews({type: 'leaving', reason: hostile})).toBeNull();
    expect(parseAheadNews({type: 'loaded', modules: [hostile]})).toBeNull();
  });

  test('as a message of a thread', () => {
    const circle: {type: string; unit?: unknown} = {type: 'unit-started'};
    circle.unit = circle;
    for (const message of [circle, {type: 'unit-started', unit: 1n}]) {
      expect(() => parseFromWorker(message)).toThrow(ProtocolError);
    }
  });
});

test('a list is no object', () => {
  expect(() => parseToWorker('{"type": "run", "setup": [], "environment": {}}')).toThrow(ProtocolError);
});
