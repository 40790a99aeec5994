import {join} from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import {
  addResult,
  createEmptyTestResult,
  makeEmptyAggregatedTestResult,
  type AssertionResult,
  type TestResult,
} from '@jest/test-result';
import fc from '../../../random';
import type {FileError} from '../../../../src/core/texts/deaths';
import {mergeNodes, onNode, type NodeMergeTools, type NodeOutcome} from '../../../../src/core/results/mergeNodes';
import {passedTest as passed} from '../../run/jestTests';

const failed = (title: string, ...messages: string[]) =>
  passed(title, {status: 'failed', failureMessages: messages.length > 0 ? messages : [`Error: ${title}`]});
const pending = (title: string) => passed(title, {status: 'pending'});
const text = (title: string, error = `Error: ${title}`) => `  ● ${title}\n\n    ${error}\n`;
const OUTSIDE = 'Test suite failed to run';
const NO_TESTS = 'Your test suite must contain at least one test.';

const tools = (fields: Partial<NodeMergeTools> = {}): NodeMergeTools => ({
  mergeCoverage: () => ({}),
  mergeV8Coverage: () => [],
  formatError: ({message}) => text(OUTSIDE, message),
  nodeCount: 1,
  ...fields,
});

function ran(node: string, testResults: AssertionResult[], fields: Partial<TestResult> = {}): NodeOutcome {
  const result = {...createEmptyTestResult(), failureMessage: null, testFilePath: '/a.test.js', testResults, ...fields};
  return {node, outcome: {type: 'result', result}};
}

const errorOf = (message: string, stack = ''): FileError => ({message, stack, type: 'Error'});
const refused = (node: string, message: string, stack = ''): NodeOutcome => ({
  node,
  outcome: {type: 'error', error: errorOf(message, stack)},
});

function merge(outcomes: NodeOutcome[], fields: Partial<NodeMergeTools> = {}): TestResult {
  const merged = mergeNodes(outcomes, tools({nodeCount: outcomes.length, ...fields}));
  if (merged.type === 'error') throw new Error(merged.error.message);
  return merged.result;
}

/** What Jest makes of a file's result. */
function counted(result: TestResult) {
  const all = makeEmptyAggregatedTestResult();
  addResult(all, structuredClone(result));
  return all;
}

describe('the tests', () => {
  test('stand there once for each node, which is their first ancestor', () => {
    const test = passed('adds', {ancestorTitles: ['sums'], fullName: 'sums adds', location: {column: 1, line: 2}});
    expect(merge([ran('node22', [test, passed('b')]), ran('node20', [failed('b')])]).testResults).toEqual([
      {...test, ancestorTitles: ['node22', 'sums'], fullName: 'node22 sums adds'},
      {...passed('b'), ancestorTitles: ['node22'], fullName: 'node22 b'},
      {...failed('b'), ancestorTitles: ['node20'], fullName: 'node20 b'},
    ]);
  });

  test('bear the name of the only node, too', () => {
    expect(merge([ran('utc', [passed('a')])]).testResults).toEqual([onNode('utc', passed('a'))]);
  });

  test('are counted', () => {
    const {numFailingTests, numPassingTests, numPendingTests, numTodoTests, skipped} = merge([
      ran('x', [failed('a'), passed('b'), pending('c')]),
      ran('y', [passed('a'), passed('b'), passed('c', {status: 'todo'})]),
    ]);
    expect({numFailingTests, numPassingTests, numPendingTests, numTodoTests, skipped}).toEqual({
      numFailingTests: 1,
      numPassingTests: 3,
      numPendingTests: 1,
      numTodoTests: 1,
      skipped: false,
    });
  });

  test('make a skipped file if all are, on every node', () => {
    expect(merge([ran('x', [pending('a')]), ran('y', [pending('a')])]).skipped).toBe(true);
    expect(merge([ran('x', [pending('a')]), ran('y', [passed('a')])]).skipped).toBe(false);
    expect(merge([ran('x', [pending('a')]), refused('y', 'no')]).skipped).toBe(false);
  });

  test('as a reporter hears of their start bear the name as well', () => {
    const start = {ancestorTitles: ['d'], fullName: 'd a', mode: undefined, startedAt: 7, title: 'a'};
    expect(onNode('x', start)).toEqual({...start, ancestorTitles: ['x', 'd'], fullName: 'x d a'});
  });
});

test('nothing but the parts told in this file differs from the result of the first node that has one', () => {
  const displayName = {name: 'p', color: 'blue'} as const;
  const first = ran('x', [passed('a')], {displayName, testFilePath: '/x'});
  const {result} = first.outcome as Extract<NodeOutcome['outcome'], {type: 'result'}>;
  expect(merge([first, ran('y', [passed('a')])])).toEqual({
    ...result,
    numPassingTests: 2,
    testResults: [onNode('x', passed('a')), onNode('y', passed('a'))],
  });
  expect(merge([refused('w', 'no'), first])).toMatchObject({displayName, testFilePath: '/x'});
});

test('what was passed in stays as it was', () => {
  const outcomes = [
    ran('x', [failed('a')], {failureMessage: text('a'), console: [{message: 'm', origin: '', type: 'log'}]}),
    refused('y', 'no'),
  ];
  const before = structuredClone(outcomes);
  merge(outcomes);
  expect(outcomes).toEqual(before);
});

describe('the failures', () => {
  test('have the node in their headings, node after node', () => {
    const nested = {...failed('b', '1', '2'), ancestorTitles: ['d']};
    const {failureMessage} = merge([
      ran('x', [failed('a'), passed('c')], {failureMessage: text('a')}),
      ran('y', [failed('a'), nested], {failureMessage: `${text('a')}\n${text('d › b', '1')}\n${text('d › b', '2')}`}),
    ]);
    expect(failureMessage).toBe(
      [text('x › a', 'Error: a'), text('y › a', 'Error: a'), text('y › d › b', '1'), text('y › d › b', '2')].join('\n'),
    );
  });

  test('are none where there are none', () => {
    expect(merge([ran('x', [passed('a')]), ran('y', [passed('a')])]).failureMessage).toBeNull();
  });
});

describe('errors outside of the tests', () => {
  const outside = (...names: string[]): Partial<TestResult> => ({
    failureMessage: `\n\n${names.map(name => text(OUTSIDE, name)).join('\n')}`,
    testExecError: {message: '', stack: names.join('\n')},
  });

  test('come after the tests, each with its node', () => {
    const {failureMessage, testExecError} = merge([
      ran('x', [failed('a')], {...outside('one'), failureMessage: `${text('a')}\n\n${text(OUTSIDE, 'one')}`}),
      ran('y', [passed('a')], outside('two')),
    ]);
    expect(failureMessage).toBe(
      `${text('x › a', 'Error: a')}\n\n${text(`x › ${OUTSIDE}`, 'one')}\n${text(`y › ${OUTSIDE}`, 'two')}`,
    );
    expect(testExecError).toEqual({message: '', stack: 'one\ntwo'});
  });

  test('are told once where nodes ran into the same, twice where one did', () => {
    const {failureMessage, testExecError} = merge([
      ran('x', [passed('a')], outside('same', 'same')),
      ran('y', [passed('a')]),
      ran('z', [passed('a')], outside('same')),
    ]);
    expect(failureMessage).toBe(`\n\n${text(`x, z › ${OUTSIDE}`, 'same')}\n${text(`x › ${OUTSIDE}`, 'same')}`);
    expect(testExecError).toEqual({message: '', stack: 'same\nsame'});
  });
});

describe('a node that could not load the file', () => {
  const mixed = () => merge([ran('x', [passed('a')]), refused('y', 'no such module', 'Error: no such module\n  at a')]);

  test('is told of beside the tests of the others', () => {
    const {failureMessage, testExecError, testResults} = mixed();
    expect(testResults).toEqual([onNode('x', passed('a'))]);
    expect(failureMessage).toBe(`\n\n${text(`y › ${OUTSIDE}`, 'no such module')}`);
    expect(testExecError).toEqual(errorOf('no such module', 'Error: no such module\n  at a'));
  });

  test('makes Jest count the file as failed, and the tests as what they are', () => {
    expect(counted(mixed())).toMatchObject({
      numFailedTests: 0,
      numFailedTestSuites: 1,
      numPassedTests: 1,
      numPassedTestSuites: 0,
      numRuntimeErrorTestSuites: 1, // for which the run fails
    });
    const skipped = merge([ran('x', [pending('a')]), refused('y', 'no')]);
    expect(counted(skipped)).toMatchObject({numFailedTestSuites: 1, numPendingTestSuites: 0});
  });

  test('has its message for a stack where there is none', () => {
    expect(merge([refused('x', 'no'), ran('y', [passed('a')])]).testExecError).toEqual(errorOf('no', 'no'));
  });

  test('may have found no test in it', () => {
    const {failureMessage, testExecError} = merge([ran('x', [passed('a')]), ran('y', [])]);
    expect(failureMessage).toBe(`\n\n${text(`y › ${OUTSIDE}`, NO_TESTS)}`);
    expect(testExecError).toEqual(errorOf(NO_TESTS, NO_TESTS));
  });
});

describe('where no node has a test', () => {
  test('the outcome of the only node stays', () => {
    const [empty, error] = [ran('x', []), refused('x', 'no')];
    expect(mergeNodes([empty], tools())).toBe(empty.outcome);
    expect(mergeNodes([error], tools())).toBe(error.outcome);
  });

  test('all say why, in one error', () => {
    const afterAll = {failureMessage: `\n\n${text(OUTSIDE, 'late')}`, testExecError: {message: '', stack: 'late'}};
    expect(mergeNodes([refused('x', 'no'), ran('y', [], afterAll), refused('z', 'no')], tools())).toEqual({
      type: 'error',
      error: errorOf(`On x, z:\n\nno\n\nOn y:\n\nlate\n\nOn y:\n\n${NO_TESTS}`),
    });
  });

  test('it is a mistake that there is no node', () => {
    expect(() => mergeNodes([], tools())).toThrow('no outcome on any node');
  });
});

describe('snapshots', () => {
  const counts = {added: 0, matched: 0, unmatched: 0, updated: 0, unchecked: 0, uncheckedKeys: [], fileDeleted: false};
  const saved = (node: string, snapshot: Partial<TestResult['snapshot']>) =>
    ran(node, [passed('a')], {
      snapshot: {...counts, unchecked: snapshot.uncheckedKeys?.length ?? 0, ...snapshot},
    });
  const obsolete = (outcomes: NodeOutcome[], nodeCount = outcomes.length) => {
    const {unchecked, uncheckedKeys, fileDeleted} = merge(outcomes, {nodeCount}).snapshot;
    return {unchecked, uncheckedKeys, fileDeleted};
  };

  test('are counted', () => {
    const {snapshot} = merge([
      saved('x', {added: 1, matched: 2, unmatched: 3, updated: 4}),
      saved('y', {matched: 3, unmatched: 30, updated: 40}),
    ]);
    expect(snapshot).toEqual({...counts, added: 1, matched: 5, unmatched: 33, updated: 44});
  });

  test('are obsolete if no node asks for them', () => {
    const [x, y] = [saved('x', {uncheckedKeys: ['old 1', 'only on y 1']}), saved('y', {uncheckedKeys: ['old 1']})];
    expect(obsolete([x, y])).toEqual({unchecked: 1, uncheckedKeys: ['old 1'], fileDeleted: false});
    expect(obsolete([x])).toEqual({unchecked: 2, uncheckedKeys: ['old 1', 'only on y 1'], fileDeleted: false});
  });

  test.each([
    ['could not load the file', refused('y', 'no')],
    ['found no test', ran('y', [])],
  ])('are not called obsolete where a node %s', (_what, other) => {
    const [x, z] = [saved('x', {uncheckedKeys: ['old 1']}), saved('z', {uncheckedKeys: ['old 1']})];
    expect(obsolete([x, other, z])).toEqual({unchecked: 0, uncheckedKeys: [], fileDeleted: false});
  });

  test('are not called obsolete where a node did not come to the file', () => {
    const [x, y] = [saved('x', {uncheckedKeys: ['old 1']}), saved('y', {uncheckedKeys: ['old 1']})];
    expect(obsolete([x, y], 3)).toEqual({unchecked: 0, uncheckedKeys: [], fileDeleted: false});
  });

  test('are in a file that is deleted unless a later node writes it again', () => {
    const deleted = saved('x', {fileDeleted: true, unchecked: 0, uncheckedKeys: ['old 1']});
    expect(obsolete([deleted, saved('y', {matched: 1, uncheckedKeys: ['old 1']})])).toEqual({
      unchecked: 0, // as Jest counts then
      uncheckedKeys: ['old 1'],
      fileDeleted: true,
    });
    const adds = saved('y', {added: 1, uncheckedKeys: ['old 1']});
    expect(obsolete([deleted, adds])).toMatchObject({unchecked: 1, fileDeleted: false});
    expect(obsolete([adds, deleted]).fileDeleted).toBe(true);
  });
});

describe('console', () => {
  const entry = (message: string) => ({message, origin: 'at a.js', type: 'log' as const});

  test('says which node has written what, if there are several', () => {
    const [x, y] = [
      ran('x', [passed('a')], {console: [entry('one'), entry('two\nlines')]}),
      ran('y', [passed('a')], {console: [entry('one')]}),
    ];
    expect(merge([x, refused('w', 'no'), y]).console).toEqual(['[x] one', '[x]\ntwo\nlines', '[y] one'].map(entry));
    expect(merge([x]).console).toEqual(['one', 'two\nlines'].map(entry));
  });

  test('is not there where no node has any', () => {
    expect(merge([ran('x', [passed('a')]), ran('y', [passed('a')])])).not.toHaveProperty('console');
  });
});

test('perfStats span all nodes; runtime is what the file costs', () => {
  const stats = (fields: Partial<TestResult['perfStats']>) => ({
    perfStats: {...createEmptyTestResult().perfStats, ...fields},
  });
  const merged = merge([
    ran('x', [passed('a')], stats({start: 50, end: 700, runtime: 650, setupFilesStart: 60})),
    ran('y', [passed('a')], stats({start: 40, end: 800, runtime: 760, setupFilesStart: 45, slow: true})),
  ]);
  expect(merged.perfStats).toEqual(
    stats({start: 40, end: 800, runtime: 1410, setupFilesStart: 60, slow: true}).perfStats,
  );
});

test('coverage goes to the tools', () => {
  const [a, b] = [{a: {}}, {b: {}}] as unknown as NonNullable<TestResult['coverage']>[];
  const mergeCoverage = jest.fn(() => ({}));
  const mergeV8Coverage = jest.fn(() => []);
  const merged = merge(
    [
      ran('x', [passed('a')], {coverage: a!}),
      refused('w', 'no'),
      ran('y', [passed('a')], {coverage: b!, v8Coverage: []}),
    ],
    {mergeCoverage, mergeV8Coverage},
  );
  expect(mergeCoverage.mock.calls).toEqual([[[a, b]]]);
  expect(mergeV8Coverage.mock.calls).toEqual([[[[]]]]);
  expect(merged).toMatchObject({coverage: {}, v8Coverage: []});
});

test('leaks, open handles and memory are those of all nodes', () => {
  const handle = new Error('handle');
  expect(
    merge([
      ran('x', [passed('a')], {memoryUsage: 5}),
      ran('y', [passed('a')], {leaks: true, openHandles: [handle], memoryUsage: 7}),
    ]),
  ).toMatchObject({leaks: true, openHandles: [handle], memoryUsage: 7});
});

describe.each(['jest-29', 'jest-30'])('with the texts of %s', install => {
  const modules = join(__dirname, '../../../e2e/installs', install, 'node_modules');
  const {formatResultsErrors, formatExecError} = require(join(modules, 'jest-message-util')) as {
    formatResultsErrors: (tests: AssertionResult[], config: object, options: object, path: string) => string | null;
    formatExecError: (error: FileError, config: object, options: object, path: string) => string;
  };
  const chalk = require(join(modules, 'chalk')) as {level: number};
  const config = {rootDir: __dirname, testMatch: []};
  const format = (tests: AssertionResult[]) => formatResultsErrors(tests, config, {noStackTrace: false}, __filename);
  const formatError = (error: FileError) => formatExecError(error, config, {noStackTrace: false}, __filename);
  const ranAs = (node: string, tests: AssertionResult[]) => ran(node, tests, {failureMessage: format(tests)});

  const title = fc.constantFrom('a', 'b', 'a › b', 'two\nlines', OUTSIDE);
  const testResult = fc
    .record({
      ancestorTitles: fc.array(title, {maxLength: 2}),
      title,
      status: fc.constantFrom('passed', 'failed', 'pending', 'todo'),
      messages: fc.array(fc.constantFrom('Error: 1\n    at a.js:1:1', 'Error: 2', 'three'), {
        minLength: 1,
        maxLength: 2,
      }),
    })
    .map(({ancestorTitles, title, status, messages}) =>
      passed(title, {
        ancestorTitles,
        fullName: [...ancestorTitles, title].join(' '),
        status,
        failureMessages: status === 'failed' ? messages : [],
      }),
    );
  const outcome = fc.oneof(
    {weight: 4, arbitrary: fc.array(testResult, {minLength: 1, maxLength: 5})},
    fc.constantFrom(errorOf('no module', 'Error: no module\n    at a.js:1:1'), errorOf('no worker')),
  );

  test('nothing is lost, and all is as Jest would have it', () => {
    fc.assert(
      fc.property(fc.array(outcome, {minLength: 1, maxLength: 4}), fc.boolean(), (all, colours) => {
        chalk.level = colours ? 1 : 0;
        const outcomes = all.map((each, k) =>
          Array.isArray(each) ? ranAs(`n${k}`, each) : refused(`n${k}`, each.message, each.stack),
        );
        const named = all.flatMap((each, k) => (Array.isArray(each) ? each.map(test => onNode(`n${k}`, test)) : []));
        const errors = all.flatMap(each => (Array.isArray(each) ? [] : [each]));
        const merged = mergeNodes(outcomes, tools({formatError}));
        if (merged.type === 'error') {
          expect(named).toEqual([]);
          errors.forEach(({message}) => expect(merged.error.message).toContain(message));
          return;
        }
        const {result} = merged;
        expect(result.testResults).toEqual(named);
        const count = (wanted: AssertionResult['status']) => named.filter(({status}) => status === wanted).length;
        expect(counted(result)).toMatchObject({
          numTotalTests: named.length,
          numFailedTests: count('failed'),
          numPassedTests: count('passed'),
          numPendingTests: count('pending'),
          numTodoTests: count('todo'),
          numRuntimeErrorTestSuites: errors.length > 0 ? 1 : 0,
        });
        if (errors.length === 0) expect(result.failureMessage).toBe(format(named));
        else expect(result.failureMessage!.startsWith(`${format(named) ?? ''}\n\n`)).toBe(true);
      }),
    );
  });

  test('the error of a file that no node could load shows those of all nodes', () => {
    chalk.level = 1;
    const merged = mergeNodes(
      [
        refused('node20', "Cannot find module 'x'", `Error: Cannot find module 'x'\n    at f (${__filename}:1:1)`),
        refused('node22', 'Unexpected token', 'SyntaxError: Unexpected token'),
        refused('node24', 'Unexpected token', 'SyntaxError: Unexpected token'),
      ],
      tools({formatError}),
    );
    if (merged.type !== 'error') throw new Error('that is no error');
    const shown = stripVTControlCharacters(formatError(merged.error));
    expect(shown).toContain(`  ● ${OUTSIDE}\n\n    On node20:\n\n    Cannot find module 'x'\n\n`);
    expect(shown).toContain('\n      at f (mergeNodes.test.ts:1:1)\n\n    On node22, node24:\n\n    ');
    expect(shown).toMatch(/On node22, node24:\n\n {4}SyntaxError: Unexpected token\n$/);
  });
});
