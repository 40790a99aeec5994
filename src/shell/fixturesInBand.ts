/** Shared fixtures of a run in band, where nobody schedules: each is set up as the first file begins that needs it. */
import type {Test} from '@jest/test-result';
import type {FixtureId} from '../core/constraints';
import type {FixtureHolder} from '../core/fixtureStates';
import type {FileFixtures, UnitOutcome} from '../core/protocol';
import type {RunFixtures} from '../core/runFixtures';
import type {SharedFixtures} from './sharedFixtures';

export interface FixturesInBand {
  /** What sets up all that a file needs, to be called as it begins; null: it needs none. */
  setUpFor(test: Test): (() => Promise<FileFixtures>) | null;
  /** Takes down what no other file needs. @returns the file's outcome, with what goes wrong in that */
  ended(test: Test, outcome: UnitOutcome): Promise<UnitOutcome>;
}

const FOR_ALL: FixtureHolder = {slot: null, generation: null};
/** Jest's process is the worker. */
const WORKER: FixtureHolder = {slot: 1, generation: 1};

export function fixturesInBand(
  shared: Pick<SharedFixtures, 'setUp' | 'takeDown' | 'valuesFor' | 'ended' | 'isNeeded'>,
  run: RunFixtures,
): FixturesInBand {
  const up = new Set<FixtureId>();
  const failed = new Set<FixtureId>();
  const holderOf = (id: FixtureId) => (run.fixtures[id]?.scope === 'run' ? FOR_ALL : WORKER);
  const setUp = async (needed: readonly FixtureId[]) => {
    for (const id of needed) {
      if (failed.has(id)) return;
      if (up.has(id)) continue;
      if (!(await shared.setUp(id, holderOf(id)))) {
        failed.add(id);
        return;
      }
      up.add(id);
    }
  };
  return {
    setUpFor: test => {
      const needed = run.neededBy(test);
      if (needed.length === 0) return null;
      return async () => {
        await setUp(needed);
        const values = shared.valuesFor(test, WORKER);
        if (values === null) throw new Error(`${test.path} needs no fixtures`);
        return values;
      };
    },
    ended: async (test, outcome) => {
      const all = shared.ended(test, outcome);
      for (const id of [...run.neededBy(test)].reverse()) {
        if (shared.isNeeded(id) || !up.delete(id)) continue;
        await shared.takeDown(id, holderOf(id));
      }
      return all;
    },
  };
}
