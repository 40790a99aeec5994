/** The shared fixtures of a run. */
import type {DispatchFixtures} from './dispatch';

/** Of a run in which no file declares one. */
export const NO_SHARED_FIXTURES: DispatchFixtures = {
  setUp: () => Promise.resolve(false),
  takeDown: () => Promise.resolve(),
  valuesFor: () => null,
  ended: (_unit, outcome) => outcome,
};
