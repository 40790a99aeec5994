/** How the values of a file's shared fixtures get into its realm: as one text, or what fetches it, under one global symbol. */
import type {FileFixtures, FixtureFailure} from '../core/wire/workerMessages';

export const FIXTURES = Symbol.for('jest-runner-xdist.fixtures');

/** The text of a HandedOver; or, under Jest's own runner, what fetches it. null: it is not known yet which file this is. */
export type Held = string | (() => string | null);

/** The text, as JSON. */
export interface HandedOver {
  /** Absolute path of the test file. */
  readonly testPath: string;
  readonly fixtures: FileFixtures;
}

/** The error of a fixture that could not be set up, with its own stack: where it was thrown again says nothing. */
export function failureError({message, stack}: FixtureFailure): Error {
  const error = new Error(message);
  error.stack = stack.includes(message) ? stack : `Error: ${message}\n${stack}`.trimEnd();
  return error;
}
