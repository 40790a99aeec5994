import type {Death} from '../../../../src/core/texts/deaths';
import {NodeUse} from '../../../../src/run/workers/nodeUse';
import type {WorkerListener} from '../../../../src/run/workers/workerHost';

const NODES = [
  {name: 'old', version: 'v20.1.0'},
  {name: 'new', version: 'v22.9.0'},
];
const PASSED = {testResults: [{status: 'passed'}]} as const;
const DEATH: Death = {kind: 'signal', signal: 'SIGSEGV'};

function listener() {
  const lost: Death[] = [];
  const made = {lost: (death: Death) => lost.push(death)} as unknown as WorkerListener;
  return {listener: made, lost};
}

test('what ran in a slot counts for the node of its worker, and a unit for a node for that one', () => {
  const use = new NodeUse(NODES, [{node: null}, {node: 1}]);
  use.hearing(1, 0, listener().listener);
  use.hearing(2, 1, listener().listener);
  use.ran(0, 1, PASSED);
  use.ran(1, null, null);
  expect(use.lines()).toEqual([
    'old (v20.1.0): tests: 1 passed, 1 total; 1 worker.',
    'new (v22.9.0): tests: 0 total; 1 test suite failed to run; 1 worker.',
  ]);
});

test('a death is counted, and passed on', () => {
  const use = new NodeUse(NODES, []);
  const {listener: run, lost} = listener();
  use.hearing(1, 0, run).lost(DEATH);
  expect(lost).toEqual([DEATH]);
  expect(use.lines()[0]).toMatch(/1 worker, of which 1 died\.$/);
});

test('what no worker has run, and is for no node, counts for none', () => {
  const use = new NodeUse(NODES, [{node: null}]);
  use.ran(0, null, null);
  expect(use.lines()).toEqual(NODES.map(({name, version}) => `${name} (${version}): no worker was started on it.`));
});

test('a run without nodes has no lines', () => {
  const use = new NodeUse([], [{node: null}]);
  const {listener: run, lost} = listener();
  use.hearing(1, 0, run).lost(DEATH);
  use.ran(0, 1, PASSED);
  expect([use.lines(), lost]).toEqual([[], [DEATH]]);
});
