/** A fixture, for its type. */
import type {FixtureContext} from '../../../src/realm/fixtures';

export interface Postgres {
  readonly url: string;
  readonly databases: readonly string[];
}

export function setup({runId}: FixtureContext): Promise<Postgres> {
  return Promise.resolve({url: `postgres:///${runId}`, databases: []});
}

export function teardown(_value: Postgres): void {}
