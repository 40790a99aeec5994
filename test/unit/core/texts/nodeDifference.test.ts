import {createEmptyTestResult, type AssertionResult} from '@jest/test-result';
import type {NodeOutcome} from '../../../../src/core/results/mergeNodes';
import {describeNodeDifference} from '../../../../src/core/texts/nodeDifference';

const PATH = '/p/a.test.js';

const found = (node: string, ...names: string[]): NodeOutcome => ({
  node,
  outcome: {
    type: 'result',
    result: {
      ...createEmptyTestResult(),
      testResults: names.map((fullName): AssertionResult => ({
        ancestorTitles: [],
        failureDetails: [],
        failureMessages: [],
        fullName,
        numPassingAsserts: 0,
        status: 'passed',
        title: fullName,
      })),
    },
  },
});
const refused: NodeOutcome = {
  node: 'node18',
  outcome: {type: 'error', error: {message: 'cannot be loaded', stack: '', type: 'Error'}},
};

const ADVICE =
  'Each test ran on the nodes that define it. If a test is not for every node, skip it on the other nodes, so that ' +
  'Jest counts it there. Test names must not depend on time, chance or the node.';

test('tests that one of two nodes has are told as a diff, with what to do', () => {
  expect(
    describeNodeDifference(PATH, [found('node20', 'adds', 'on 20'), found('node22', 'on 22', 'adds', 'more')]),
  ).toBe(
    '/p/a.test.js does not have the same tests on every node: 2 in node20, 3 in node22.\n' +
      '  - "on 20" (only in node20)\n' +
      '  + "on 22" (only in node22)\n' +
      '  + "more" (only in node22)\n' +
      ADVICE,
  );
});

test('of more nodes it is told which have a test', () => {
  expect(
    describeNodeDifference(PATH, [found('node20', 'a'), found('node22', 'a', 'b'), found('node24', 'a', 'b')]),
  ).toBe(
    '/p/a.test.js does not have the same tests on every node: 1 in node20, 2 in node22, 2 in node24.\n' +
      '  "b" (only in node22, node24)\n' +
      ADVICE,
  );
});

test.each<[string, NodeOutcome[]]>([
  ['the tests are the same, in whatever order', [found('node20', 'a', 'b'), found('node22', 'b', 'a')]],
  ['there is one node', [found('node20', 'a')]],
  ['the other could not load the file', [found('node20', 'a'), refused]],
  ['the other found no test, which is its failure', [found('node20', 'a'), found('node22')]],
])('there is no difference where %s', (_what, outcomes) => {
  expect(describeNodeDifference(PATH, outcomes)).toBeNull();
});

test('a node that could not load the file is left out', () => {
  expect(describeNodeDifference(PATH, [found('node20', 'a'), refused, found('node22', 'b')])).toContain(
    '  - "a" (only in node20)\n  + "b" (only in node22)\n',
  );
});
