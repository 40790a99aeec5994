import {NodeSummary} from '../../../../src/core/texts/nodeSummary';

const NODES = [
  {name: 'old', version: 'v20.1.0'},
  {name: 'new', version: 'v22.9.0'},
];

const share = (...statuses: ('passed' | 'failed' | 'pending' | 'todo')[]) => ({
  testResults: statuses.map(status => ({status})),
});

test("each node has a line, with what its workers' tests came to", () => {
  const summary = new NodeSummary(NODES);
  summary.started(0);
  summary.started(0);
  summary.started(1);
  summary.ran(0, share('passed', 'passed', 'failed'));
  summary.ran(0, share('pending', 'todo'));
  summary.ran(1, share('passed'));
  expect(summary.lines()).toEqual([
    'old (v20.1.0): tests: 1 failed, 1 skipped, 1 todo, 2 passed, 5 total; 2 workers.',
    'new (v22.9.0): tests: 1 passed, 1 total; 1 worker.',
  ]);
});

test('files without a result and dead workers are told of', () => {
  const summary = new NodeSummary(NODES.slice(0, 1));
  summary.started(0);
  summary.started(0);
  summary.died(0);
  summary.ran(0, null);
  summary.ran(0, {...share('passed'), testExecError: {message: 'broken'}});
  expect(summary.lines()).toEqual([
    'old (v20.1.0): tests: 1 passed, 1 total; 2 test suites failed to run; 2 workers, of which 1 died.',
  ]);
});

test('a node without a worker says so', () => {
  expect(new NodeSummary(NODES).lines()[1]).toBe('new (v22.9.0): no worker was started on it.');
});
