/** The shared fixtures of a run, for whoever sets them up, and for whoever hands out their values. */
import type {Test} from '@jest/test-result';
import type {FixtureId, FixtureScope, PlannedFixture} from './constraints';

export interface RunFixture {
  /** The real path of its module: two ways to write it are one fixture. */
  readonly path: string;
  /** Relative to rootDir. */
  readonly title: string;
  /** Of the projects whose files need it the one of the smallest id: its config says how the module is transformed. */
  readonly configId: string;
  readonly scope: FixtureScope;
  /** The fixtures that its module names, by what it calls them. */
  readonly needs: Readonly<Record<string, FixtureId>>;
}

/** A fixture that a file declares, and what it may call it. */
export interface FixtureNames {
  readonly id: FixtureId;
  readonly names: readonly string[];
}

/** Of the files that run. */
export interface RunFixtures<File = Test> {
  /** By id: what a fixture needs comes before it. */
  readonly fixtures: readonly RunFixture[];
  /** What a file declares itself, not what those need. A name is of one of them. */
  declaredBy(file: File): readonly FixtureNames[];
  /** All that must be up for a file, each after those that it needs. */
  neededBy(file: File): readonly FixtureId[];
}

export const NO_FIXTURES: RunFixtures = {fixtures: [], declaredBy: () => [], neededBy: () => []};

/** The fixtures as the schedule knows them. */
export function plannedFixtures({fixtures}: Pick<RunFixtures, 'fixtures'>): PlannedFixture[] {
  return fixtures.map(({scope, needs}) => ({scope, needs: [...new Set(Object.values(needs))].sort((a, b) => a - b)}));
}
