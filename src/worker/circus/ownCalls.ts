/**
 * Removes our stack frames from errors of the user's code. Our functions call an environment's event handler or a
 * snapshot serializer, so our frames are in the stacks of their errors.
 */
import {join, sep} from '../../pristine/path';

const OWN_FOLDER = join(__dirname, '..', '..') + sep;

/** Takes our calls out of an error's stack. @returns the error */
export function withoutOurCalls(error: unknown): unknown {
  try {
    const thrown = error as {stack?: unknown};
    if (typeof thrown.stack !== 'string' || !thrown.stack.includes(OWN_FOLDER)) return error;
    thrown.stack = thrown.stack
      .split('\n')
      .filter(line => !/^\s+at /.test(line) || !line.includes(OWN_FOLDER))
      .join('\n');
  } catch {
    // The error is frozen, or throws when it is read.
  }
  return error;
}
