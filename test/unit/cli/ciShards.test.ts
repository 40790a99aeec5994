import {shardOfCi} from '../../../src/cli/ciShards';

test.each([
  ['GitLab', {CI_NODE_INDEX: '2', CI_NODE_TOTAL: '5'}, {index: 2, count: 5}],
  ['GitLab without parallel', {CI_NODE_TOTAL: '1'}, {index: 1, count: 1}],
  ['CircleCI', {CIRCLE_NODE_INDEX: '0', CIRCLE_NODE_TOTAL: '4'}, {index: 1, count: 4}],
  ['CircleCI, the last', {CIRCLE_NODE_INDEX: '3', CIRCLE_NODE_TOTAL: '4'}, {index: 4, count: 4}],
  ['Buildkite', {BUILDKITE_PARALLEL_JOB: '1', BUILDKITE_PARALLEL_JOB_COUNT: '2'}, {index: 2, count: 2}],
  ['Azure', {SYSTEM_JOBPOSITIONINPHASE: '3', SYSTEM_TOTALJOBSINPHASE: '3'}, {index: 3, count: 3}],
])('%s', (_, environment, shard) => {
  expect(shardOfCi(environment)).toEqual(shard);
});

test.each([
  [{}, 'No variable says which shard this is'],
  [{GITHUB_ACTIONS: 'true'}, 'shard ${{ matrix.shard }}/${{ strategy.job-total }}'],
  [{CI_NODE_INDEX: '6', CI_NODE_TOTAL: '5'}, 'CI_NODE_INDEX=6 and CI_NODE_TOTAL=5'],
  [{CI_NODE_INDEX: '0', CI_NODE_TOTAL: '5'}, 'no shard of a run'],
  [{CIRCLE_NODE_INDEX: '4', CIRCLE_NODE_TOTAL: '4'}, 'no shard of a run'],
  [{CIRCLE_NODE_TOTAL: '4'}, 'CIRCLE_NODE_INDEX= and'],
  [{BUILDKITE_PARALLEL_JOB: 'one', BUILDKITE_PARALLEL_JOB_COUNT: '2'}, 'BUILDKITE_PARALLEL_JOB=one'],
])('%j is no shard', (environment, text) => {
  expect(shardOfCi(environment)).toContain(text);
});
