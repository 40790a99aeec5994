import fc, {longCases} from '../random';
import {askingScenario, dying, onNodes, scenario, sharing} from './scenarios';
import {simulate} from './simulator';

const kinds = [
  ['of many units', scenario, 3000],
  ['of files whose tests are shared', sharing, 1500],
  ['of files that kill their workers', dying, 1000],
  ['of units that ask for more than a worker', askingScenario(scenario), 3000],
  ['of shared files that ask for more', askingScenario(sharing), 1000],
] as const;

test.each(kinds)('every unit runs on its node, and none is lost: runs %s', (_, base, numRuns) => {
  const sum = {onNode: 0, behind: 0, moved: 0};
  fc.assert(
    fc.property(onNodes(base), ({plan, world}) => {
      const {tally} = simulate(plan, world);
      sum.onNode += tally.onNode;
      sum.behind += tally.behind;
      sum.moved += tally.moved;
      // One that dies, or retires after a unit, is followed by another; besides, each slot may serve each node a few times.
      const most = 2 * tally.deaths + plan.units.length + 3 * plan.nodes * plan.slots;
      if (tally.starts > most) throw new Error(`${tally.starts} workers were started, of ${most} at the most`);
    }),
    {numRuns: longCases(numRuns)},
  );
  expect(Math.min(...Object.values(sum))).toBeGreaterThan(0);
});
