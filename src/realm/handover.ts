/** Passes the values of a file's shared fixtures into its realm, under a global symbol. */
import type {FileFixtures, FixtureFailure} from '../core/wire/workerMessages';

export const FIXTURES = Symbol.for('jest-runner-xdist.fixtures');

/** The JSON of a HandedOver. Under Jest's own runner, a function that fetches it (null: the file is not known yet). */
export type Held = string | (() => string | null);

/** A file's fixtures. */
export interface HandedOver {
  /** Absolute path of the test file. */
  readonly testPath: string;
  readonly fixtures: FileFixtures;
}

/** The error of a fixture whose setup failed, with the original stack: the place of this rethrow is of no use. */
export function failureError({message, stack}: FixtureFailure): Error {
  const error = new Error(message);
  error.stack = stack.includes(message) ? stack : `Error: ${message}\n${stack}`.trimEnd();
  return error;
}
