import fc from 'fast-check';
import {bereft, constrainedScenario, dying, scenario, sharing} from './scenarios';
import {simulate, type SimulationResult} from './simulator';

type Tally = SimulationResult['tally'];

/** What has happened in all runs together. */
function addUp(sum: Partial<Record<keyof Tally, number>>, tally: Tally): void {
  for (const key of Object.keys(tally) as (keyof Tally)[]) sum[key] = (sum[key] ?? 0) + tally[key];
}

jest.setTimeout(1e6); test.each([
  ['of many units', scenario, 40000],
  ['of files whose tests are shared', sharing, 20000],
  ['of files that kill their workers', dying, 15000],
  ['of one file', bereft, 500],
] as const)(
  'what may not run together never does, and fixtures are there for who needs them: runs %s',
  (_, base, numRuns) => {
    const sum: Partial<Record<keyof Tally, number>> = {};
    fc.assert(
      fc.property(constrainedScenario(base), ({plan, world}) => addUp(sum, simulate(plan, world).tally)),
      {numRuns},
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
