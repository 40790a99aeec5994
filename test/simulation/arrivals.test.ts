/** Units come while the run goes on, and leave again. What is here runs as in any other run; the rest does not begin. */
import fc, {longCases, often} from '../random';
import {arriving, askingScenario, bereft, dying, growing, onNodes, scenario, sharing} from './scenarios';
import {simulate} from './simulator';

const kinds = [
  ['many units', scenario, 3000],
  ['files whose tests are shared', sharing, 1500],
  ['files that kill their workers', dying, 1500],
  ['files whose workers die one after the other', bereft, 500],
  ['units that ask for more than a worker', askingScenario(scenario), 3000],
  ['shared files that ask for more', askingScenario(sharing), 1000],
  ['units for nodes', onNodes(scenario), 1000],
  ['units for nodes that ask for more', onNodes(askingScenario(scenario)), 2000],
  ['a number of workers that follows the load', growing(askingScenario(scenario)), 1000],
] as const;

test.each(kinds)('units come late, leave and come again, and the run ends: %s', (_, base, numRuns) => {
  const sum = {arrived: 0, cameAgain: 0, neverCame: 0, left: 0, leftWorker: 0, stayed: 0};
  fc.assert(
    fc.property(arriving(base), ({plan, world}) => {
      const {tally, ends, state} = simulate(plan, world);
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += tally[name];
      for (const unit of state.arrivals?.absent ?? []) expect(ends.has(unit)).toBe(false);
    }),
    {numRuns: longCases(numRuns)},
  );
  // A worker holds nothing behind a long unit, and most units of the other kinds are long.
  const {leftWorker, ...others} = sum;
  for (const count of Object.values(others)) expect(count).toBeGreaterThan(often(50));
  if (base === scenario) expect(leftWorker).toBeGreaterThan(often(50));
});

test('units that are all here before the workers are up run as in a run that has them from the beginning', () => {
  fc.assert(
    fc.property(scenario, ({plan, world: {kills: _, stop: __, ...world}}) => {
      const moves = [{at: 0, type: 'add' as const, units: plan.units.map(({id}) => id)}];
      const arrivals = {moves, noMoreAt: 0};
      const [usual, late] = [simulate(plan, world), simulate({...plan, arriving: true}, {...world, arrivals})];
      expect(late.makespan).toBe(usual.makespan);
      expect([...late.ends]).toEqual([...usual.ends]);
    }),
    {numRuns: longCases(500)},
  );
});
