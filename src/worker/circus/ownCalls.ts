/** Our functions call the user's: an environment's handler of events, a snapshot serializer. They are in the stacks of what these throw. */
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
    // It is frozen, or throws when it is read.
  }
  return error;
}
