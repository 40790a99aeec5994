import {planShards} from '../../../../src/core/shards/planShards';
import {NO_COSTS, type ShardInput} from '../../../../src/core/shards/shardInput';

const file = (key: string, ms: number | null, fields: Partial<ShardInput> = {}): ShardInput => ({
  key,
  record: ms === null ? null : {at: 0, ms, tests: {}, short: 0, end: 'passed'},
  size: () => 1000,
  mayCut: false,
  workerGroup: null,
  serial: false,
  fixtures: [],
  ...fields,
});

test('the longest files are spread first', () => {
  const {plan, expectedMs} = planShards([file('a', 5), file('b', 3), file('c', 2)], 2, NO_COSTS);
  expect(plan.files.map(({key, shard}) => [key, shard])).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 2],
  ]);
  expect(expectedMs).toEqual([5, 5]);
});
