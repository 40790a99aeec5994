import type {AssertionResult, Test} from '@jest/test-result';
import type {UnitOutcome} from '../../../../src/core/wire/workerMessages';
import {FileReports} from '../../../../src/run/files/fileReports';
import {NodeResults} from '../../../../src/run/files/nodeResults';
import {Reports} from '../../../../src/run/files/reports';
import {jestTest, testResult} from '../jestTests';

const [a, b] = [jestTest('/a.test.js'), jestTest('/b.test.js')];
/** Two files, each on two nodes: the first two units are one file's. */
const tests = [a, a, b, b];
const NODES = ['here', 'east'];

const result = (passed: number, failed = 0): UnitOutcome => ({type: 'result', result: testResult({passed, failed})});
const error = (message: string): UnitOutcome => ({type: 'error', error: {message, stack: message, type: 'Error'}});

function fileReports(each = true, bail = 0) {
  const told: [string, ...unknown[]][] = [];
  const warnings: string[] = [];
  /** Whose obsolete snapshots were asked to be removed. */
  const settled: Test[] = [];
  const reports = new Reports({
    emitter: {
      emit: (name, args) => {
        told.push([name, ...(args as unknown[])]);
        return Promise.resolve();
      },
    },
    bail: 0,
    beforeBail: () => Promise.resolve(),
    onFailure: () => undefined,
  });
  const testOf = (unit: number) => tests[unit]!;
  const nodes = new NodeResults({
    nodes: NODES,
    nodeOf: unit => NODES[unit % 2]!,
    testOf,
    mergeTools: () => ({
      mergeCoverage: () => ({}),
      mergeV8Coverage: () => [],
      formatError: ({message}) => `  ● Test suite failed to run\n\n    ${message}\n`,
      nodeCount: NODES.length,
    }),
    removeObsolete: (test, outcome) => {
      settled.push(test);
      return Promise.resolve(outcome);
    },
    warn: text => warnings.push(text),
  });
  const onFault = (doing: string, error: unknown) => {
    const message = `fault while ${doing}: ${String(error)}`;
    return {message, stack: '', type: 'Error' as const};
  };
  const files = new FileReports({reports, testOf, fixtures: null, nodes: each ? nodes : null, bail, onFault});
  const heard = async () => {
    // What is waited for is put into the queue when it is there.
    await new Promise(setImmediate);
    await reports.drained();
    return told;
  };
  return {files, heard, warnings, settled};
}

const namesIn = (told: unknown) => (told as {testResults: AssertionResult[]}).testResults.map(({fullName}) => fullName);

describe('a file that is one unit', () => {
  test('starts once, and ends with just what its unit came to', async () => {
    const {files, heard} = fileReports(false);
    const outcome = result(1);
    files.started(0);
    files.started(0);
    files.jestEvent(0, 'test-case-start', ['/a.test.js', {ancestorTitles: [], fullName: 'x'}]);
    files.ended(0, {outcome, wasTold: null});
    expect(await heard()).toEqual([
      ['test-file-start', a],
      ['test-case-start', '/a.test.js', {ancestorTitles: [], fullName: 'x'}],
      ['test-file-success', a, outcome.type === 'result' && outcome.result],
    ]);
  });

  test('fails with an error as jest-worker hands it on', async () => {
    const {files, heard} = fileReports(false);
    files.ended(2, {outcome: error('broken'), wasTold: null});
    const [[name, test, thrown] = []] = await heard();
    expect([name, test]).toEqual(['test-file-failure', b]);
    expect(thrown).toBeInstanceOf(String);
    expect(thrown).toMatchObject({message: 'broken', type: 'Error'});
  });

  test('fails where its result cannot be put together, by our fault', async () => {
    const {files, heard} = fileReports(false);
    files.ended(0, {outcome: Promise.reject(new TypeError('no such field')), wasTold: null});
    expect(await heard()).toEqual([
      [
        'test-file-failure',
        a,
        expect.objectContaining({
          message: 'fault while the result of /a.test.js was put together: TypeError: no such field',
        }),
      ],
    ]);
  });

  test('tells of tests that Jest has not heard of', async () => {
    const {files, heard} = fileReports(false);
    files.ended(0, {outcome: Promise.resolve(result(2)), wasTold: ({fullName}) => fullName === 'test 0'});
    expect((await heard()).map(([name, , of]) => [name, (of as AssertionResult).fullName])).toEqual([
      ['test-case-result', 'test 1'],
      ['test-file-success', undefined],
    ]);
  });
});

describe('a file that runs on each node', () => {
  test('starts once, and ends when it has on all of them, with one result', async () => {
    const {files, heard, settled} = fileReports();
    files.started(0);
    files.started(1);
    files.ended(1, {outcome: result(1), wasTold: null});
    expect((await heard()).map(([name]) => name)).toEqual(['test-file-start']);
    expect(settled).toEqual([]);
    files.ended(0, {outcome: result(1, 1), wasTold: null});
    const told = await heard();
    expect(told.map(([name]) => name)).toEqual(['test-file-start', 'test-file-success']);
    expect(told[1]?.[1]).toBe(a);
    expect(namesIn(told[1]?.[2])).toEqual(['here test 0', 'here test 1', 'east test 0']);
    expect(settled).toEqual([a]);
  });

  test('has the name of the node in what reporters hear of its tests', async () => {
    const {files, heard} = fileReports();
    files.jestEvent(1, 'test-case-start', ['/a.test.js', {ancestorTitles: ['x'], fullName: 'x y', title: 'y'}]);
    files.jestEvent(1, 'of-another-kind', [a]);
    files.jestEvent(null, 'test-case-start', ['/a.test.js', {ancestorTitles: [], fullName: 'y'}]);
    const told = await heard();
    expect(told.filter(([name]) => name !== 'of-another-kind')).toEqual([
      ['test-case-start', '/a.test.js', {ancestorTitles: ['east', 'x'], fullName: 'east x y', title: 'y'}],
      ['test-case-start', '/a.test.js', {ancestorTitles: [], fullName: 'y'}],
    ]);
    expect(told).toContainEqual(['of-another-kind', a]);
  });

  test('tells of tests that Jest has not heard of, node by node', async () => {
    const {files, heard} = fileReports();
    files.ended(0, {outcome: Promise.resolve(result(2)), wasTold: ({fullName}) => fullName === 'test 1'});
    files.ended(1, {outcome: result(2), wasTold: null});
    const untold = (await heard()).flatMap(([name, , of]) =>
      name === 'test-case-result' ? [(of as AssertionResult).fullName] : [],
    );
    expect(untold).toEqual(['here test 0']);
  });

  test('warns where the nodes have not the same tests', async () => {
    const {files, heard, warnings} = fileReports();
    files.ended(0, {outcome: result(2), wasTold: null});
    files.ended(1, {outcome: result(1), wasTold: null});
    await heard();
    expect(warnings).toEqual([expect.stringContaining('"test 1" (only in here)')]);
  });

  test('fails where it fails on one node, with the tests of the other', async () => {
    const {files, heard} = fileReports();
    files.ended(0, {outcome: result(1), wasTold: null});
    files.ended(1, {outcome: error('not here'), wasTold: null});
    const [[, , of] = []] = await heard();
    expect(namesIn(of)).toEqual(['here test 0']);
    expect(of).toMatchObject({testExecError: {message: 'not here'}});
  });

  test('has what there is of it when the run is stopped', async () => {
    const {files, heard} = fileReports();
    files.ended(0, {outcome: result(1), wasTold: null});
    files.ended(2, {outcome: result(1), wasTold: null});
    files.ended(3, {outcome: result(1), wasTold: null});
    files.leftOver('it is over.');
    files.leftOver('it is over.');
    const told = await heard();
    expect(told.map(([name, test]) => [name, test])).toEqual([
      ['test-file-success', b],
      ['test-file-success', a],
    ]);
    expect(namesIn(told[1]?.[2])).toEqual(['here test 0']);
    // Where it was not run it has failed, with the reason: nobody is to take it for passed.
    expect(told[1]?.[2]).toMatchObject({testExecError: {message: 'The file was not run on east: it is over.'}});
  });

  test('is told of at once where its failures are as many as Jest bails at', async () => {
    const {files, heard} = fileReports(true, 2);
    files.ended(0, {outcome: result(1, 1), wasTold: null});
    expect(await heard()).toEqual([]);
    files.ended(2, {outcome: result(0, 1), wasTold: null});
    expect((await heard()).map(([name, test]) => [name, test])).toEqual([
      ['test-file-success', a],
      ['test-file-success', b],
    ]);
  });

  test('is not while they are fewer', async () => {
    const {files, heard} = fileReports(true, 2);
    files.ended(0, {outcome: result(1, 1), wasTold: null});
    files.ended(1, {outcome: result(2), wasTold: null});
    expect((await heard()).map(([name]) => name)).toEqual(['test-file-success']);
  });

  test('has its interruption told as one that has run on all', async () => {
    const {files, heard} = fileReports();
    files.ended(0, {outcome: result(1), wasTold: null});
    files.interrupted(1, {message: 'interrupted', stack: 'interrupted', type: 'Error'});
    const [[name, , of] = []] = await heard();
    expect(name).toBe('test-file-success');
    expect(of).toMatchObject({testExecError: {message: 'interrupted'}});
  });
});

test('the interruption of a file that is one unit is an error as it is', async () => {
  const {files, heard} = fileReports(false);
  const interruption = {message: 'interrupted', stack: 'interrupted', type: 'Error' as const};
  files.interrupted(0, interruption);
  expect((await heard())[0]?.[2]).toBe(interruption);
});
