/**
 * Makes texts of thrown values. A thrown value may be anything, and reading it may run code of the user that throws
 * again: a getter, a proxy, an `Error.prepareStackTrace`. So every read is guarded.
 */
import {createRequire} from 'node:module';
import util from 'node:util';
import type {UnitOutcome} from '../core/wire/workerMessages';

const {inspect} = util;

type FileError = Extract<UnitOutcome, {type: 'error'}>['error'];

/** Makes a text of a value. */
export type Format = (value: unknown) => string;

/** The stack of an error; of anything else, the value as text. */
export function stackOfThrown(thrown: unknown): string {
  const {message, stack} = describeThrown(thrown, inspect);
  return stack === '' ? message : stack;
}

/** Describes what a file's run has thrown, for Jest. testWorker throws {code, message, stack, type} objects. */
export function describeThrown(thrown: unknown, format: Format): FileError {
  const code = read(thrown, 'code');
  const {value: stack, failure} = tryToRead(thrown, 'stack');
  const message = messageOf(thrown) ?? `thrown: ${formatted(thrown, format)}`;
  return {
    ...((typeof code === 'string' || typeof code === 'number') && {code}),
    message: failure === undefined ? message : `${message}\n\nIts stack cannot be read, as that throws: ${failure}`,
    stack: typeof stack === 'string' ? stack : '',
    type: 'Error',
  };
}

/** Whether the value has a message and a readable stack. From any other value, Jest's own code makes another error. */
export function isReadable(thrown: unknown): boolean {
  return messageOf(thrown) !== undefined && tryToRead(thrown, 'stack').failure === undefined;
}

/**
 * The running Jest's way to print thrown values that are no errors.
 *
 * @param testWorker the path of jest-runner's module
 */
export function formatOf(testWorker: string): Format {
  return value => {
    const messageUtil = createRequire(testWorker).resolve('jest-message-util');
    const {format} = createRequire(messageUtil)('pretty-format') as {
      format: (value: unknown, options: {maxDepth: number}) => string;
    };
    return format(value, {maxDepth: 3});
  };
}

function messageOf(thrown: unknown): string | undefined {
  if (typeof thrown === 'string') return thrown;
  try {
    const message = read(thrown, 'message');
    // eslint-disable-next-line @typescript-eslint/no-base-to-string -- as Jest does
    return message === undefined ? undefined : String(message);
  } catch {
    return undefined;
  }
}

type Property = 'code' | 'message' | 'stack';

function read(thrown: unknown, name: Property): unknown {
  return tryToRead(thrown, name).value;
}

/** @returns `failure`: what reading it has thrown */
function tryToRead(thrown: unknown, name: Property): {value?: unknown; failure?: string} {
  if (typeof thrown !== 'object' || thrown === null) return {};
  try {
    return {value: (thrown as Record<string, unknown>)[name]};
  } catch (error) {
    return {failure: messageOf(error) ?? 'something that is no error'};
  }
}

function formatted(thrown: unknown, format: Format): string {
  // The second way runs less code of the user.
  for (const print of [format, inspect]) {
    try {
      return print(thrown);
    } catch {
      // Printing has thrown, too.
    }
  }
  return 'something that throws when it is read';
}
