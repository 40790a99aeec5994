import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {
  checkPlanFile,
  hashOf,
  readPlanFile,
  ShardPlanError,
  writePlanFile,
  type PlanFile,
} from '../../../src/shard/planFile';
import {temporaryFolder} from '../run/temporaryFolder';

const MADE: PlanFile = {
  plan: {
    count: 2,
    files: [
      {key: 'a.test.js', shard: 1, given: null},
      {key: 'b.test.js', shard: 2, given: {'b second': 1, 'b first': 1}},
    ],
  },
  madeFrom: 'the durations of 2 of 2 files in timings.json',
  expectedMs: [10, 20],
  ratio: 1.33,
  bound: 1,
};

function written(change: (made: Record<string, unknown>) => unknown = made => made): string {
  const path = join(temporaryFolder(), 'plan.json');
  writePlanFile(path, MADE);
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)));
  return path;
}

test('a plan is read as it was written', () => {
  const read = readPlanFile(written());
  expect(read).toEqual(MADE);
  expect(hashOf(read.plan)).toBe(hashOf(MADE.plan));
});

test('the hash depends on each part of the plan, and not on the order of the tests', () => {
  const {files, count} = MADE.plan;
  const [a, b] = files as [(typeof files)[number], (typeof files)[number]];
  const same = {count, files: [a, {...b, given: {'b first': 1, 'b second': 1}}]};
  expect(hashOf(same)).toBe(hashOf(MADE.plan));
  const others = [
    {count: 3, files},
    {count, files: [a]},
    {count, files: [{...a, shard: 2}, b]},
    {count, files: [{...a, key: 'c.test.js'}, b]},
    {count, files: [a, {...b, given: {'b first': 1}}]},
    {count, files: [a, {...b, given: null}]},
  ];
  expect(new Set([...others, MADE.plan].map(hashOf)).size).toBe(others.length + 1);
});

test.each([
  ['another format', (made: object) => ({...made, format: 2}), 'format'],
  ['no object', () => 4, 'is not a plan of shards'],
  [
    'a shard that is no number',
    (made: object) => ({...made, files: [{key: 'a', shard: 'x', given: null}]}),
    'files.0.shard',
  ],
  ['a shard 0', (made: object) => ({...made, files: [{key: 'a', shard: 0, given: null}]}), 'files.0.shard'],
  [
    'a shard beyond the count',
    (made: object) => ({...made, files: [{key: 'a', shard: 3, given: null}]}),
    'a is in shard 3',
  ],
  ['a test beyond it', (made: object) => ({...made, files: [{key: 'a', shard: 1, given: {x: 9}}]}), 'a is in shard 9'],
])('%s is an error', (_, change, text) => {
  const path = written(change);
  expect(() => readPlanFile(path)).toThrow(ShardPlanError);
  expect(() => readPlanFile(path)).toThrow(text);
  expect(() => readPlanFile(path)).toThrow(path);
});

test('a file that is not there, or holds no JSON, is an error', () => {
  expect(() => readPlanFile('/none/plan.json')).toThrow(/\/none\/plan\.json, cannot be read: ENOENT/);
  const path = written();
  writeFileSync(path, '{"for');
  expect(() => readPlanFile(path)).toThrow('cannot be read');
});

test('a plan must be of the files that Jest finds', () => {
  const check = (count: number, keys: readonly string[]) => () => checkPlanFile('plan.json', MADE, count, keys);
  expect(check(2, ['b.test.js', 'a.test.js'])).not.toThrow();
  expect(check(3, ['a.test.js', 'b.test.js'])).toThrow('plan.json is a plan of 2 shards, and this run has 3.');
  expect(check(2, ['a.test.js', 'c.test.js'])).toThrow('Only in the plan:\n  b.test.js\nOnly here:\n  c.test.js');
  const many = ['a.test.js', 'b.test.js', ...Array.from({length: 8}, (_, index) => `new${index}.test.js`)];
  expect(check(2, many)).toThrow('  new4.test.js\n  and 3 more');
});
