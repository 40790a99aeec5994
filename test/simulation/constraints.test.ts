import fc, {longCases} from '../random';
import {median} from '../../bench/statistics';
import {planUnits} from '../../src/core/plan/plan';
import {seeded} from '../seeded';
import {NOTHING, planOf} from '../unit/plans';
import {bereft, askingScenario, dying, scenario, sharing} from './scenarios';
import {simulate, type SimulationResult} from './simulator';

type Tally = SimulationResult['tally'];

/** What has happened in all runs together. */
function addUp(sum: Partial<Record<keyof Tally, number>>, tally: Tally): void {
  for (const key of Object.keys(tally) as (keyof Tally)[]) sum[key] = (sum[key] ?? 0) + tally[key];
}

test.each([
  ['of many units', scenario, 4000],
  ['of files whose tests are shared', sharing, 2000],
  ['of files that kill their workers', dying, 1500],
  ['of one file', bereft, 500],
] as const)(
  'what may not run together never does, and fixtures are there for who needs them: runs %s',
  (_, base, numRuns) => {
    const sum: Partial<Record<keyof Tally, number>> = {};
    fc.assert(
      fc.property(askingScenario(base), ({plan, world}) => addUp(sum, simulate(plan, world).tally)),
      {numRuns: longCases(numRuns)},
    );
    const wanted = [
      'serial',
      'grouped',
      'locked',
      'fresh',
      'withFixture',
      'failedFixture',
      'setups',
      'bereaved',
    ] as const;
    expect(wanted.filter(key => !sum[key])).toEqual([]);
  },
);

test('files of a fixture are kept together: it lives a third less long, and no run takes longer for it', () => {
  const makespans: number[] = [];
  const lives: number[] = [];
  for (let seed = 1; seed <= 100; seed++) {
    const random = seeded(seed);
    const inputs = Array.from({length: 120}, (_, index) => ({
      file: {configId: 'c', path: String(index)},
      lastMs: 200 * (1 - random()) ** (-1 / 1.5),
      failedLastTime: false,
      size: () => 0,
      split: null,
      constraints: random() < 0.5 ? {...NOTHING, fixtures: [Math.floor(random() * 3)]} : null,
      node: null,
    }));
    const units = planUnits(inputs, {resources: {}, keepOrder: false});
    const fixtures = Array.from({length: 3}, () => ({scope: 'run' as const, needs: []}));
    const actualMs = units.map(({expectedMs}) => (expectedMs ?? 0) * Math.exp(0.3 * (random() - 0.5)));
    // In an order that is kept no unit overtakes another.
    const [together, apart] = [false, true].map(keepsOrder => {
      let livedMs = 0;
      const {makespan} = simulate(
        {...planOf([]), units, fixtures, slots: 6, keepsOrder},
        {
          actualMs,
          startMs: 300,
          latencyMs: 1,
          fixtures: fixtures.map(() => ({setupMs: 1500, teardownMs: 300, fails: []})),
        },
        {
          log: line => {
            if ('event' in line && line.event.type === 'fixture-up') livedMs -= line.at;
            if ('command' in line && line.command.type === 'take-down-fixture') livedMs += line.at;
          },
        },
      );
      return {makespan, livedMs};
    }) as [{makespan: number; livedMs: number}, {makespan: number; livedMs: number}];
    makespans.push(together.makespan / apart.makespan);
    lives.push(together.livedMs / apart.livedMs);
  }
  expect(Math.max(...makespans)).toBeLessThan(1.005);
  expect(median(lives)).toBeLessThan(0.75);
});
