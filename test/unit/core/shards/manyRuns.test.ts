/** Twenty runs in virtual time, each planned by what the ones before have measured: the plans stay good. */
import {continued, type FileRecord} from '../../../../src/core/plan/durations';
import {planShards} from '../../../../src/core/shards/planShards';
import {NO_COSTS} from '../../../../src/core/shards/shardInput';
import {seeded} from '../../../seeded';
import {inputOf} from './shardInputs';

const RUNS = 20;

/** What a file takes more in a shard that did not have it in the run before: its transforms are not in that cache. */
const COLD = 0.25;

interface Run {
  /** The slowest shard over the mean, by what the files take on a quiet machine with a full cache. */
  readonly ratio: number;
  /** The same, as it is in this run. */
  readonly measured: number;
  readonly plan: string;
  /** The share of the files that another shard had in the run before. */
  readonly moved: number;
}

/** @param noise a file takes up to this share more or less in each run */
function simulate(seed: number, {shards, files: count, noise}: {shards: number; files: number; noise: number}): Run[] {
  const random = seeded(seed);
  const files = Array.from({length: count}, (_, index) => ({
    key: `f${index}`,
    ms: Math.round(500 * 7 ** (random() + random() - 1)),
  }));
  const records = new Map<string, FileRecord>();
  let before = new Map<string, number>();
  return Array.from({length: RUNS}, (_, at): Run => {
    const inputs = files.map(({key}) => inputOf(key, null, {record: records.get(key) ?? null}));
    const {plan} = planShards(inputs, shards, NO_COSTS);
    const shardOf = new Map(plan.files.map(({key, shard}) => [key, shard]));
    const real = Array<number>(shards).fill(0);
    const measured = Array<number>(shards).fill(0);
    for (const {key, ms} of files) {
      const shard = shardOf.get(key)!;
      const cold = before.get(key) === shard ? 0 : COLD;
      const took = Math.round(ms * (1 + cold) * (1 + noise * (2 * random() - 1)));
      real[shard - 1]! += ms;
      measured[shard - 1]! += took;
      const past = records.get(key) ?? null;
      records.set(key, {
        at,
        ms: took,
        tests: {},
        short: 0,
        end: 'passed',
        ...continued(past, took),
        shard: [shard, shards],
      });
    }
    const moved = files.filter(({key}) => before.size > 0 && before.get(key) !== shardOf.get(key)).length;
    before = shardOf;
    return {ratio: ratioOf(real), measured: ratioOf(measured), plan: JSON.stringify(plan), moved: moved / count};
  });
}

function ratioOf(times: readonly number[]): number {
  return (Math.max(...times) * times.length) / times.reduce((sum, ms) => sum + ms, 0);
}

const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;

const SUITES = [
  {shards: 2, files: 16, noise: 0.3},
  {shards: 5, files: 40, noise: 0.3},
  {shards: 12, files: 96, noise: 0.3},
  {shards: 5, files: 200, noise: 0.3},
];

describe.each(SUITES)('with $shards shards, $files files and a noise of 30%', suite => {
  const all = [1, 2, 3, 4, 5].map(seed => simulate(seed, suite));
  const later = all.flatMap(runs => runs.slice(1));

  test('the shards end together from the second run on', () => {
    expect(Math.max(...later.map(({ratio}) => ratio))).toBeLessThan(1.22);
    expect(mean(later.map(({ratio}) => ratio))).toBeLessThan(1.1);
    expect(mean(later.map(({measured}) => measured))).toBeLessThan(1.2);
  });

  test('the plans do not get worse from run to run', () => {
    const ratios = (from: number, to: number) => all.flatMap(runs => runs.slice(from, to).map(({ratio}) => ratio));
    expect(mean(ratios(15, 20))).toBeLessThan(mean(ratios(1, 5)) + 0.01);
  });

  test('few files move, and nothing swings between two plans', () => {
    for (const runs of all) {
      const isBack = (at: number) => runs[at]?.plan === runs[at - 2]?.plan && runs[at]?.plan !== runs[at - 1]?.plan;
      expect(runs.filter((_, at) => isBack(at) && isBack(at - 1))).toEqual([]);
    }
    expect(mean(later.map(({moved}) => moved))).toBeLessThan(0.1);
  });
});

test('without noise, the plan of the second run stays when the caches are full', () => {
  const plans = simulate(1, {shards: 5, files: 40, noise: 0}).map(({plan}) => plan);
  expect(new Set(plans.slice(-10)).size).toBe(1);
});

test('one noisy run of a file changes nothing', () => {
  const shards = (recent: readonly number[]) => {
    const inputs = Array.from({length: 20}, (_, index) => inputOf(`f${index}`, 100 + 10 * index));
    const [first] = inputs;
    return planShards(
      [{...first!, record: {...first!.record!, ms: recent.at(-1)!, recent}}, ...inputs.slice(1)],
      3,
      NO_COSTS,
    );
  };
  expect(shards([100, 100, 100, 100, 900])).toEqual(shards([100, 100, 100, 100, 100]));
});
