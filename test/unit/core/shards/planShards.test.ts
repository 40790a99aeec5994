import {planShards, type PlannedShards} from '../../../../src/core/shards/planShards';
import {NO_COSTS, type ShardCosts, type ShardInput} from '../../../../src/core/shards/shardInput';
import {shardOfTest, shardsOfFile} from '../../../../src/core/shards/shardPlan';
import fc, {cases} from '../../../random';
import {inputOf, longFile, recordOf} from './shardInputs';

const shardsBy = ({plan}: PlannedShards) => Object.fromEntries(plan.files.map(({key, shard}) => [key, shard]));
const fileOf = ({plan}: PlannedShards, key: string) => plan.files.find(file => file.key === key)!;
const many = (count: number, ms: number, fields: Partial<ShardInput> = {}) =>
  Array.from({length: count}, (_, index) => inputOf(`f${index}`, ms, fields));
const costsOf = (startMs: number, fixtures: Readonly<Record<string, number>> = {}, workers = 1): ShardCosts => ({
  startMs,
  fixtures: new Map(Object.entries(fixtures)),
  workers,
});

describe('files that run whole', () => {
  test('are spread so that the shards end together', () => {
    const planned = planShards([inputOf('a', 5), inputOf('b', 3), inputOf('c', 2)], 2, NO_COSTS);
    expect(shardsBy(planned)).toEqual({a: 1, b: 2, c: 2});
    expect(planned).toMatchObject({expectedMs: [5, 5], ratio: 1, bound: 1});
  });

  test('are swapped where the longest first is not best', () => {
    // The longest first: 3 + 2 + 2 beside 3 + 2.
    const files = [3, 3, 2, 2, 2].map((ms, index) => inputOf(`f${index}`, ms));
    expect(planShards(files, 2, NO_COSTS).expectedMs).toEqual([6, 6]);
  });

  test('of equal length are dealt by path', () => {
    const planned = planShards(
      ['b', 'B', 'a', 'ä'].map(key => inputOf(key, 10)),
      2,
      NO_COSTS,
    );
    expect(shardsBy(planned)).toEqual({B: 1, a: 2, b: 1, ä: 2});
  });

  test('leave a shard empty if there are too few', () => {
    const planned = planShards([inputOf('a', 5)], 3, costsOf(100));
    expect(planned.expectedMs).toEqual([105, 100, 100]);
    expect(planShards([], 2, NO_COSTS)).toEqual({plan: {count: 2, files: []}, expectedMs: [0, 0], ratio: 1, bound: 1});
  });

  test('of one worker group are in one shard', () => {
    const planned = planShards([...many(4, 10, {workerGroup: 'db'}), inputOf('x', 10), inputOf('y', 30)], 2, NO_COSTS);
    expect(shardsBy(planned)).toEqual({f0: 1, f1: 1, f2: 1, f3: 1, x: 2, y: 2});
  });

  test('a file that is longer than all others sets the bound', () => {
    const planned = planShards([inputOf('long', 100), ...many(10, 2)], 4, NO_COSTS);
    expect(planned.expectedMs).toEqual([100, 8, 6, 6]);
    expect(planned.bound).toBeCloseTo(100 / 30);
    expect(planned.ratio).toBe(planned.bound);
  });

  test('one long file more than there are shards sets the bound, too', () => {
    const planned = planShards(many(5, 10), 4, NO_COSTS);
    expect(planned.bound).toBeCloseTo(20 / 12.5);
    expect(planned.ratio).toBe(planned.bound);
  });
});

describe('serial files', () => {
  test('are spread evenly before the others, and count for each worker that they keep', () => {
    const serial = [30, 20, 10].map((ms, index) => inputOf(`s${index}`, ms, {serial: true}));
    const planned = planShards([...serial, ...many(12, 10)], 2, costsOf(0, {}, 4));
    expect(shardsBy(planned)).toMatchObject({s0: 1, s1: 2, s2: 2});
    expect(planned.expectedMs).toEqual([180, 180]);
  });
});

describe('shared fixtures', () => {
  test('are set up in few shards if that is cheaper', () => {
    const needy = many(4, 10, {fixtures: ['db']});
    const others = Array.from({length: 20}, (_, index) => inputOf(`o${index}`, 10));
    const planned = planShards([...needy, ...others], 4, costsOf(0, {db: 20}));
    expect(new Set(needy.map(({key}) => shardsBy(planned)[key])).size).toBe(1);
    expect(Math.max(...planned.expectedMs)).toBe(70);
  });

  test('are set up in all shards if that is quicker', () => {
    const planned = planShards(many(40, 10, {fixtures: ['db']}), 4, costsOf(0, {db: 50}));
    expect(planned.expectedMs).toEqual([150, 150, 150, 150]);
  });
});

describe('a file that is longer than a share', () => {
  test('is cut into as few pieces as keep it from being the floor', () => {
    const long = longFile('long', {loadMs: 10, tests: Array<number>(30).fill(10)});
    const planned = planShards([long, ...many(9, 10)], 4, NO_COSTS);
    const file = fileOf(planned, 'long');
    // A share is 100 ms and more: three pieces of 110 ms would be longer.
    expect(shardsOfFile(file)).toHaveLength(4);
    expect(planned.ratio).toBeLessThan(1.05);
    expect(Object.values(file.given!)).not.toContain(file.shard);
  });

  test('runs whole if it must, or if nobody knows its tests', () => {
    const long = longFile('long', {loadMs: 10, tests: [50, 50, 50]});
    const whole = [
      {...long, mayCut: false},
      {...long, serial: true},
      {...long, workerGroup: 'db'},
      {...long, record: {...long.record!, unstable: true as const}},
      {...long, record: {...long.record!, tests: {one: 150}}},
      {...long, record: {...long.record!, ms: null}},
    ];
    for (const input of whole) {
      expect(fileOf(planShards([input, ...many(3, 10)], 3, NO_COSTS), 'long').given).toBeNull();
    }
    expect(fileOf(planShards([long, ...many(3, 10)], 3, NO_COSTS), 'long').given).not.toBeNull();
  });

  test('has no more pieces than tests, and none where loading costs more than the cut saves', () => {
    const two = longFile('long', {loadMs: 0, tests: [50, 50]});
    expect(shardsOfFile(fileOf(planShards([two], 4, NO_COSTS), 'long'))).toHaveLength(2);
    const loading = longFile('long', {loadMs: 1000, tests: [5, 5]});
    expect(fileOf(planShards([loading, ...many(4, 10)], 4, NO_COSTS), 'long').given).toBeNull();
  });

  test('leaves to its owner what has no duration', () => {
    const long = longFile('long', {loadMs: 0, tests: Array<number>(10).fill(10), restMs: 100});
    const planned = planShards([long], 2, NO_COSTS);
    expect(Object.keys(fileOf(planned, 'long').given!)).toHaveLength(10);
    expect(planned.expectedMs).toEqual([100, 100]);
    expect(shardOfTest(fileOf(planned, 'long'), 'a new test')).toBe(fileOf(planned, 'long').shard);
  });

  test('evens out what whole files cannot', () => {
    const long = longFile('long', {loadMs: 0, tests: Array<number>(100).fill(10)});
    const planned = planShards([long, inputOf('a', 300), inputOf('b', 200), inputOf('c', 60)], 3, NO_COSTS);
    expect([...planned.expectedMs].sort()).toEqual([500, 530, 530]);
  });

  test('may have tests with any name', () => {
    const record = recordOf(300, {
      tests: Object.fromEntries(['__proto__', 'toString', 'c'].map(name => [name, 100])),
    });
    const {plan} = planShards([inputOf('long', 300, {record, mayCut: true})], 3, NO_COSTS);
    const file = plan.files[0]!;
    expect(new Set(['__proto__', 'toString', 'c'].map(name => shardOfTest(file, name)))).toEqual(new Set([1, 2, 3]));
    expect(JSON.parse(JSON.stringify(file))).toEqual(file);
  });
});

describe('files of unknown duration', () => {
  const known = ['src/a/1', 'src/a/2', 'src/a/3'].map(key => inputOf(key, 100, {size: () => 10}));
  const elsewhere = ['lib/1', 'lib/2', 'lib/3', 'lib/4'].map(key => inputOf(key, 1, {size: () => 10}));
  const weightOf = (inputs: readonly ShardInput[], key: string) => {
    const {expectedMs, plan} = planShards(inputs, inputs.length, NO_COSTS);
    return expectedMs[plan.files.find(file => file.key === key)!.shard - 1];
  };

  test('take as long for their size as those of the nearest folder of which enough is known', () => {
    const unknown = (key: string) => inputOf(key, null, {size: () => 20});
    expect(weightOf([...known, ...elsewhere, unknown('src/a/deep/new')], 'src/a/deep/new')).toBe(200);
    expect(weightOf([...known, ...elsewhere, unknown('lib/new')], 'lib/new')).toBe(2);
    expect(weightOf([...known, ...elsewhere, unknown('test/new')], 'test/new')).toBe(2);
    expect(weightOf([known[0]!, unknown('src/a/new')], 'src/a/new')).toBe(200);
  });

  test('are weighed by size alone if nothing is known', () => {
    const sizes = [4000, 3000, 1000].map((size, index) => inputOf(`f${index}`, null, {size: () => size}));
    expect(shardsBy(planShards(sizes, 2, NO_COSTS))).toEqual({f0: 1, f1: 2, f2: 2});
  });

  test('no size is read if all durations are known', () => {
    const size = () => {
      throw new Error('it was read');
    };
    expect(() => planShards(many(3, 10, {size}), 2, NO_COSTS)).not.toThrow();
  });
});

test('the weight of a file is the median of its last runs', () => {
  const noisy = inputOf('a', 900, {record: recordOf(900, {recent: [100, 110, 105, 95, 900]})});
  expect(planShards([noisy], 1, NO_COSTS).expectedMs).toEqual([105]);
});

const inputs = fc.uniqueArray(
  fc
    .record({
      key: fc.string({minLength: 1, maxLength: 3}),
      ms: fc.option(fc.integer({min: 0, max: 5000})),
      size: fc.integer({min: 0, max: 9000}),
      tests: fc.array(fc.integer({min: 1, max: 3000}), {maxLength: 12}),
      mayCut: fc.boolean(),
      workerGroup: fc.option(fc.constantFrom('g', 'h'), {freq: 3}),
      serial: fc.nat(9).map(number => number === 0),
      fixtures: fc.uniqueArray(fc.constantFrom('db', 'server'), {maxLength: 2}),
    })
    .map(({key, ms, size, tests, ...rules}) => {
      const record = ms === null ? null : {...longFile(key, {loadMs: ms / 4, tests, restMs: ms}).record!};
      return {key, record, size: () => size, ...rules} satisfies ShardInput;
    }),
  {selector: ({key}) => key, maxLength: 30},
);
const counts = fc.integer({min: 1, max: 9});
const costs = fc
  .tuple(fc.integer({max: 3000, min: 0}), fc.integer({max: 3000, min: 0}), fc.integer({min: 1, max: 4}))
  .map(([startMs, db, workers]) => costsOf(startMs, {db}, workers));

test('every file is planned once, by its rules, and no plan is better than its bound', () => {
  fc.assert(
    fc.property(inputs, counts, costs, (files, count, run) => {
      const planned = planShards(files, count, run);
      expect(planned.plan.files.map(({key}) => key)).toEqual(files.map(({key}) => key).sort());
      const groups = new Map<string, number>();
      for (const input of files) {
        const {shard, given} = fileOf(planned, input.key);
        for (const one of [shard, ...Object.values(given ?? {})]) expect(one >= 1 && one <= count).toBe(true);
        const {workerGroup} = input;
        if (!input.mayCut || workerGroup !== null || input.serial) expect(given).toBeNull();
        if (given !== null) {
          expect(Object.values(given)).not.toContain(shard);
          for (const name of Object.keys(given)) expect(Object.hasOwn(input.record!.tests, name)).toBe(true);
        }
        if (workerGroup === null) continue;
        expect(groups.get(workerGroup) ?? shard).toBe(shard);
        groups.set(workerGroup, shard);
      }
      expect(planned.expectedMs).toHaveLength(count);
      expect(planned.bound).toBeGreaterThanOrEqual(1);
      expect(planned.ratio).toBeGreaterThanOrEqual(planned.bound - 1e-9);
    }),
    {numRuns: cases(300)},
  );
});

test('the plan does not depend on the order of the files', () => {
  const shuffled = inputs.chain(files =>
    fc.tuple(fc.constant(files), fc.shuffledSubarray(files, {minLength: files.length, maxLength: files.length})),
  );
  fc.assert(
    fc.property(shuffled, counts, costs, ([files, others], count, run) => {
      expect(planShards(others, count, run)).toEqual(planShards(files, count, run));
    }),
    {numRuns: cases(300)},
  );
});

test('with eight files and more per shard, the plan is within a hundredth of its bound', () => {
  const sizes = fc.tuple(counts, fc.array(fc.integer({min: 100, max: 5000}), {minLength: 72, maxLength: 120}));
  fc.assert(
    fc.property(sizes, ([count, durations]) => {
      const {ratio, bound} = planShards(
        durations.map((ms, index) => inputOf(`f${index}`, ms)),
        count,
        NO_COSTS,
      );
      expect(ratio).toBeLessThan(bound + 0.01);
    }),
    {numRuns: cases(200)},
  );
});
