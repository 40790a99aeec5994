/** A run's shared fixtures, for the code that sets them up and the code that passes their values to tests. */
import type {Test} from '@jest/test-result';
import type {FixtureId, FixtureScope, PlannedFixture} from './constraints';

export interface RunFixture {
  /** The real path of the fixture's module: two spellings of one path are one fixture. */
  readonly path: string;
  /** The module's path relative to rootDir. */
  readonly title: string;
  /** The smallest id of the projects whose files need the fixture: that project's config transforms the module. */
  readonly configId: string;
  readonly scope: FixtureScope;
  /** The fixtures that the module needs, by the name that it uses for them. */
  readonly needs: Readonly<Record<string, FixtureId>>;
}

/** A fixture that a file declares, and the names by which the file may ask for its value. */
export interface FixtureNames {
  readonly id: FixtureId;
  readonly names: readonly string[];
}

/** The fixtures of the files that run. */
export interface RunFixtures<File = Test> {
  /** By id. A fixture comes after the fixtures that it needs. */
  readonly fixtures: readonly RunFixture[];
  /** The fixtures that a file declares itself, not those that these need. No two of them share a name. */
  declaredBy(file: File): readonly FixtureNames[];
  /** All fixtures that must be up for a file, each after the fixtures that it needs. */
  neededBy(file: File): readonly FixtureId[];
}

export const NO_FIXTURES: RunFixtures = {fixtures: [], declaredBy: () => [], neededBy: () => []};

/** What the schedule knows of the fixtures. */
export function plannedFixtures({fixtures}: Pick<RunFixtures, 'fixtures'>): PlannedFixture[] {
  return fixtures.map(({scope, needs}) => ({scope, needs: [...new Set(Object.values(needs))].sort((a, b) => a - b)}));
}
