import {createEmptyTestResult, type AssertionResult, type TestResult} from '@jest/test-result';
import {mergeSlices, type MergeTools, type SliceResult} from '../../../../src/core/results/merge';
import type {CollectedTest, Slice, SnapshotChanges} from '../../../../src/core/wire/workerMessages';
import {passedTest as passed} from '../../run/jestTests';

const NOTE = 'This file was split: this test ran in worker';
const REMEDY = 'If its tests depend on each other, remove its @can-split or canSplit.';

const file = (...names: string[]): CollectedTest[] => names.map((name, group) => ({name, group}));
const failed = (title: string, ...messages: string[]) =>
  passed(title, {status: 'failed', failureMessages: messages.length > 0 ? messages : [`Error: ${title}`]});
const text = (title: string, error = `Error: ${title}`) => `  ● ${title}\n\n    ${error}\n`;

const saved = {fileDeleted: false, unchecked: 0, uncheckedKeys: []};
const tools = (fields: Partial<MergeTools> = {}): MergeTools => ({
  mergeCoverage: () => ({}),
  mergeV8Coverage: () => [],
  saveSnapshots: () => saved,
  slowTestThresholdS: 5,
  ...fields,
});

/** A slice of these tests by place. What is left out is as of a slice of which nothing is to be said. */
function slice(
  slot: number,
  tests: Readonly<Record<number, AssertionResult>>,
  fields: {readonly result?: Partial<TestResult>; readonly slice?: Partial<Slice>} = {},
): SliceResult {
  const places = Object.keys(tests).map(Number);
  return {
    slot,
    result: {
      ...createEmptyTestResult(),
      failureMessage: null,
      testFilePath: '/a.test.js',
      testResults: Object.values(tests),
      ...fields.result,
    },
    slice: {tests: places, ran: places, console: [], loadMs: 0, snapshot: null, ...fields.slice},
    apart: 'split',
  };
}

describe('the tests', () => {
  test('stand in the order of the source, whoever ran them', () => {
    const merged = mergeSlices(
      [slice(1, {0: passed('a'), 3: passed('d')}), slice(4, {1: passed('b')}), slice(2, {2: passed('c')})],
      file('a', 'b', 'c', 'd'),
      tools(),
    );
    expect(merged.testResults).toEqual([passed('a'), passed('b'), passed('c'), passed('d')]);
  });

  test('are counted as jest-circus counts', () => {
    const withStatus = (status: AssertionResult['status']) => passed(status, {status});
    const {numFailingTests, numPassingTests, numPendingTests, numTodoTests, skipped} = mergeSlices(
      [
        slice(1, {0: withStatus('pending'), 1: withStatus('todo'), 2: failed('x')}),
        slice(2, {3: failed('y'), 4: withStatus('passed'), 5: withStatus('focused'), 6: withStatus('passed')}),
      ],
      file('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      tools(),
    );
    expect({numFailingTests, numPassingTests, numPendingTests, numTodoTests, skipped}).toEqual({
      numFailingTests: 2,
      numPassingTests: 3,
      numPendingTests: 1,
      numTodoTests: 1,
      skipped: false,
    });
  });

  test('make a skipped file if all of them are', () => {
    const pending = passed('a', {status: 'pending'});
    const merge = (other: AssertionResult) =>
      mergeSlices([slice(1, {0: pending}), slice(2, {1: other})], file('a', 'b'), tools());
    expect(merge(pending).skipped).toBe(true);
    expect(merge(passed('b', {status: 'todo'})).skipped).toBe(false);
  });

  test.each<[string, SliceResult[], string]>([
    ['is missing', [slice(1, {0: passed('a')}), slice(2, {})], 'no result of "b", "c \\"d\\""'],
    [
      'is there twice',
      [slice(1, {0: passed('a'), 1: passed('b')}), slice(2, {1: passed('b'), 2: passed('c')})],
      'more than one result of "b"',
    ],
    [
      'is none of the file',
      [slice(1, {0: passed('a'), 1: passed('b'), 2: passed('c')}), slice(2, {3: passed('z')})],
      'worker w2 has a result of a test that the file has not: "z"',
    ],
    [
      'has no place',
      [
        slice(1, {0: passed('a'), 1: passed('b'), 2: passed('c')}),
        slice(2, {}, {result: {testResults: [passed('z')]}}),
      ],
      'worker w2 has 1 results for 0 tests',
    ],
    [
      'has only a place',
      [slice(1, {0: passed('a'), 1: passed('b')}), slice(2, {}, {slice: {tests: [2]}})],
      'worker w2 has 0 results for 1 tests; no result of "c \\"d\\""',
    ],
    ['is missing in the only slice', [slice(1, {0: passed('a'), 2: passed('c')})], 'no result of "b"'],
  ])('are refused, and nothing is saved, if one %s', (_what, slices, problem) => {
    const saveSnapshots = jest.fn(() => saved);
    expect(() => mergeSlices(slices, file('a', 'b', 'c "d"'), tools({saveSnapshots}))).toThrow(
      `the results of a split test file do not add up to the file: ${problem}`,
    );
    expect(saveSnapshots).not.toHaveBeenCalled();
  });
});

test('the result of a file that nobody joined is the only one there is, but for the snapshots', () => {
  const only = slice(
    3,
    {0: passed('a'), 1: failed('b')},
    {
      result: {
        failureMessage: 'as it is',
        perfStats: {...createEmptyTestResult().perfStats, start: 1, end: 9000, runtime: 8999, slow: true},
        snapshot: {...createEmptyTestResult().snapshot, added: 2},
        console: [{message: 'loaded', origin: '', type: 'log'}],
        v8Coverage: [],
      },
      slice: {console: [-1]},
    },
  );
  const snapshots = {fileDeleted: false, unchecked: 1, uncheckedKeys: ['old 1']};
  const merged = mergeSlices([only], file('a', 'b'), tools({saveSnapshots: () => snapshots}));
  expect(merged).toEqual({...only.result, snapshot: {...only.result.snapshot, ...snapshots}});
});

test('nothing but the parts told below differs from the result of the first slice', () => {
  const displayName = {name: 'p', color: 'blue'} as const;
  const first = slice(1, {0: passed('a')}, {result: {displayName, testFilePath: '/x', failing: true}});
  const perfStats = {...createEmptyTestResult().perfStats, runtime: 20};
  expect(mergeSlices([first, slice(2, {1: passed('b')})], file('a', 'b'), tools())).toEqual({
    ...first.result,
    numPassingTests: 2,
    perfStats,
    testResults: [passed('a'), passed('b')],
  });
});

describe('the failures', () => {
  const collected = file('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const merge = () =>
    mergeSlices(
      [
        slice(
          1,
          {0: failed('a', 'Error: 1', 'Error: 2'), 2: passed('c'), 4: failed('e')},
          {
            result: {failureMessage: `${text('a', 'Error: 1')}\n${text('a', 'Error: 2')}\n${text('e')}`},
            slice: {ran: [0, 2, 4]},
          },
        ),
        slice(
          7,
          {
            1: failed('b'),
            3: passed('d', {status: 'pending', failureMessages: ['hook']}),
            5: failed('f'),
            6: passed('g'),
          },
          {
            result: {failureMessage: `${text('b')}\n${text('d', 'hook')}\n${text('f')}`},
            slice: {ran: [6, 1]},
          },
        ),
      ],
      collected,
      tools(),
    );
  const alone = `${NOTE} w1, as the first of the file's tests there. ${REMEDY}`;
  const afterTwo = `${NOTE} w1, after 2 of the file's other tests: "a", "c". ${REMEDY}`;
  const afterOne = `${NOTE} w7, after 1 of the file's other tests: "g". ${REMEDY}`;
  const never = 'This file was split: this test should have run in worker w7, but it never started.';

  test('are told in the order of the source, each with what ran before it in its worker', () => {
    const withNote = (part: string, note: string) => `${part}\n    ${note}\n`;
    expect(merge().failureMessage).toBe(
      [
        withNote(`${text('a', 'Error: 1')}\n${text('a', 'Error: 2')}`, alone),
        withNote(text('b'), afterOne),
        text('d', 'hook'),
        withNote(text('e'), afterTwo),
        withNote(text('f'), never),
      ].join('\n'),
    );
  });

  test('have their note at the end of the last of their messages', () => {
    expect(merge().testResults.map(({failureMessages}) => failureMessages)).toEqual([
      ['Error: 1', `Error: 2\n\n${alone}`],
      [`Error: b\n\n${afterOne}`],
      [],
      ['hook'],
      [`Error: e\n\n${afterTwo}`],
      [`Error: f\n\n${never}`],
      [],
    ]);
  });

  test('leave the results that were passed in as they were', () => {
    const [one, two] = [slice(1, {0: failed('a')}), slice(2, {1: failed('b')})];
    const before = structuredClone([one, two]);
    mergeSlices([one, two], file('a', 'b'), tools());
    expect([one, two]).toEqual(before);
  });
});

describe('errors outside of the tests', () => {
  const outside = (...names: string[]): Partial<TestResult> => ({
    failureMessage: `\n\n${names.map(name => text('Test suite failed to run', name)).join('\n')}`,
    testExecError: {message: '', stack: names.join('\n')},
  });
  const merge = (...results: Partial<TestResult>[]) =>
    mergeSlices(
      results.map((result, k) => slice(k + 1, {[k]: passed(String(k))}, {result})),
      file(...results.map((_, k) => String(k))),
      tools(),
    );

  test('are told once where every worker ran into the same', () => {
    const {failureMessage, testExecError} = merge(outside('x'), outside('x'));
    expect({failureMessage, testExecError}).toEqual(outside('x'));
  });

  test('are told of all workers', () => {
    const {failureMessage, testExecError} = merge({}, outside('x'), outside('y'));
    expect({failureMessage, testExecError}).toEqual(outside('x', 'y'));
  });

  test('are none where there are none', () => {
    expect(merge({}, {})).not.toHaveProperty('testExecError');
  });
});

describe('perfStats', () => {
  const stats = (fields: Partial<TestResult['perfStats']>) => ({
    perfStats: {...createEmptyTestResult().perfStats, ...fields},
  });
  const merge = (slowTestThresholdS: number) =>
    mergeSlices(
      [
        slice(
          1,
          {1: passed('b', {duration: 700.4})},
          {result: stats({start: 50, end: 800, setupFilesStart: 7, runtime: 1}), slice: {loadMs: 100.3}},
        ),
        slice(
          2,
          {0: passed('a', {duration: 200}), 2: passed('c', {duration: null})},
          {result: stats({start: 40, end: 700, setupFilesStart: 8}), slice: {loadMs: 1000}},
        ),
      ],
      file('a', 'b', 'c'),
      tools({slowTestThresholdS}),
    ).perfStats;

  test("span all workers, but runtime is what the file costs: the first one's load, and all tests", () => {
    expect(merge(5)).toEqual(stats({start: 40, end: 800, runtime: 1001, setupFilesStart: 7, slow: false}).perfStats);
  });

  test('call a file slow that costs more than the threshold', () => {
    expect(merge(1).slow).toBe(true);
    expect(merge(1.001).slow).toBe(false);
  });
});

describe('console', () => {
  const entry = (message: string) => ({message, origin: '', type: 'log' as const});
  const written = (slot: number, place: number, entries: Readonly<Record<string, number>>) =>
    slice(
      slot,
      {[place]: passed(String(place))},
      {result: {console: Object.keys(entries).map(entry)}, slice: {console: Object.values(entries)}},
    );

  test('has the entries in the order of the tests, and those of the load once', () => {
    const {console} = mergeSlices(
      [
        written(1, 0, {load: -1, 'late 1': 2, zero: 0, 'late 2': 2}),
        written(2, 1, {load: -1, one: 1, late: 2, zero2: 0}),
        slice(3, {2: passed('c')}),
      ],
      file('a', 'b', 'c'),
      tools(),
    );
    expect(console?.map(({message}) => message)).toEqual(['load', 'zero', 'zero2', 'one', 'late 1', 'late 2', 'late']);
  });

  test('loses no entry of which nothing is known', () => {
    const unknown = slice(2, {1: passed('b')}, {result: {console: [entry('x')]}});
    expect(mergeSlices([written(1, 0, {zero: 0}), unknown], file('a', 'b'), tools()).console).toEqual(
      ['zero', 'x'].map(entry),
    );
  });

  test.each([[null], [undefined]])('is %s where no slice has any', console => {
    const none = (place: number) =>
      slice(1, {[place]: passed('a')}, {result: {console: console as unknown as NonNullable<TestResult['console']>}});
    expect(mergeSlices([none(0), none(1)], file('a', 'b'), tools()).console).toBe(console);
  });
});

describe('coverage', () => {
  test('of all slices that have some goes to the tools', () => {
    const coverage = {merged: {}} as unknown as NonNullable<TestResult['coverage']>;
    const mergeCoverage = jest.fn(() => coverage);
    const mergeV8Coverage = jest.fn(() => []);
    const [a, b] = [{a: {}}, {b: {}}] as unknown as [typeof coverage, typeof coverage];
    const merged = mergeSlices(
      [
        slice(1, {0: passed('a')}, {result: {coverage: a}}),
        slice(2, {1: passed('b')}),
        slice(3, {2: passed('c')}, {result: {coverage: b, v8Coverage: []}}),
      ],
      file('a', 'b', 'c'),
      tools({mergeCoverage, mergeV8Coverage}),
    );
    expect(mergeCoverage.mock.calls).toEqual([[[a, b]]]);
    expect(mergeV8Coverage.mock.calls).toEqual([[[[]]]]);
    expect(merged.coverage).toBe(coverage);
    expect(merged.v8Coverage).toEqual([]);
  });

  test('is not there where no slice has any', () => {
    const merged = mergeSlices([slice(1, {0: passed('a')}), slice(2, {1: passed('b')})], file('a', 'b'), tools());
    expect(merged).not.toHaveProperty('coverage');
    expect(merged).not.toHaveProperty('v8Coverage');
  });
});

describe('snapshots', () => {
  const changes = (name: string): SnapshotChanges => ({
    path: '/a.snap',
    written: {[name]: ''},
    dirty: true,
    unchecked: [],
    takenBack: {},
    inline: [],
  });
  const counted = (place: number, snapshot: Partial<TestResult['snapshot']>, changed: SnapshotChanges | null) =>
    slice(
      place + 1,
      {[place]: passed('a')},
      {result: {snapshot: {...createEmptyTestResult().snapshot, ...snapshot}}, slice: {snapshot: changed}},
    );

  test('are saved once for all slices, and counted', () => {
    const saveSnapshots = jest.fn(() => ({fileDeleted: true, unchecked: 3, uncheckedKeys: ['k']}));
    const merged = mergeSlices(
      [
        counted(0, {added: 1, matched: 2, unmatched: 3, updated: 4, unchecked: 99}, changes('a')),
        counted(1, {added: 10, matched: 20, unmatched: 30, updated: 40, unchecked: 99}, null),
        counted(2, {matched: 200}, changes('c')),
      ],
      file('a', 'b', 'c'),
      tools({saveSnapshots}),
    );
    expect(saveSnapshots.mock.calls).toEqual([[[changes('a'), changes('c')]]]);
    expect(merged.snapshot).toEqual({
      added: 11,
      matched: 222,
      unmatched: 33,
      updated: 44,
      fileDeleted: true,
      unchecked: 3,
      uncheckedKeys: ['k'],
    });
  });
});

test('leaks, open handles and memory are those of all workers', () => {
  const handle = new Error('handle');
  const merge = (one: Partial<TestResult>, two: Partial<TestResult>) =>
    mergeSlices(
      [slice(1, {0: passed('a')}, {result: one}), slice(2, {1: passed('b')}, {result: two})],
      file('a', 'b'),
      tools(),
    );
  expect(merge({memoryUsage: 5}, {leaks: true, openHandles: [handle], memoryUsage: 7})).toMatchObject({
    leaks: true,
    openHandles: [handle],
    memoryUsage: 7,
  });
  expect(merge({}, {})).toMatchObject({leaks: false, openHandles: []});
  expect(merge({}, {})).not.toHaveProperty('memoryUsage');
});
