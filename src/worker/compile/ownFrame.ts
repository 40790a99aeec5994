/** Keeps functions of ours off the stack of an error that is thrown through it: Jest prints all frames of a syntax error. */

/** So many frames can be ours: the function that calls, which may be called once more, what it passes, and two in here. */
const MOST_FRAMES = 5;

/**
 * Calls a function; what that throws is thrown as if our function had not been there.
 *
 * @param file whose function it is; and that which it passes as `act`
 */
export function withoutOurFrame<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    let told = error;
    try {
      told = retried(error, file, act);
    } catch {
      // Something of the error throws when it is read: a `prepareStackTrace` of the user's, say. Our frames stay in it.
    }
    throw told;
  }
}

/** The same error, with the frames that were cut off for ours. */
function retried(error: unknown, file: string, act: () => unknown): unknown {
  const ErrorOfRealm = errorOf(error);
  if (ErrorOfRealm === null) return error;
  const limit = ErrorOfRealm.stackTraceLimit;
  // A realm's may be frozen.
  if (!Reflect.set(ErrorOfRealm, 'stackTraceLimit', limit + MOST_FRAMES)) return error;
  let whole = error;
  try {
    act();
  } catch (sameError) {
    whole = sameError;
  } finally {
    ErrorOfRealm.stackTraceLimit = limit;
  }
  const {stack} = whole as {stack?: unknown};
  if (typeof stack !== 'string') return error;
  const [head, frames] = split(stack);
  const others = frames.filter(frame => !frame.includes(file) && !frame.includes(__filename));
  (whole as Error).stack = [...head, ...others.slice(0, Math.max(0, limit))].join('\n');
  return whole;
}

/**
 * Takes a file's frames off an error's stack. Nothing is called again, so where the stack was too long for its limit, as
 * many of the last frames are missing.
 *
 * @returns what was given
 */
export function withoutFrames(file: string, error: unknown): unknown {
  try {
    const {stack} = error as {stack?: unknown};
    if (typeof stack === 'string' && stack.includes(file)) {
      const [head, frames] = split(stack);
      (error as Error).stack = [...head, ...frames.filter(frame => !frame.includes(file))].join('\n');
    }
  } catch {
    // It is no error, or lets nobody read or change its stack.
  }
  return error;
}

/** The lines before the first frame, and the frames. */
function split(stack: string): [string[], string[]] {
  const lines = stack.split('\n');
  let first = lines.length;
  while (first > 0 && /^\s+at /.test(lines[first - 1] as string)) first--;
  return [lines.slice(0, first), lines.slice(first)];
}

/** The `Error` of the realm that an error is of, which says how many frames are kept; null: it is none, or keeps all of them. */
function errorOf(error: unknown): ErrorConstructor | null {
  if (typeof error !== 'object' || error === null) return null;
  const made = (error as {constructor?: unknown}).constructor;
  if (typeof made !== 'function') return null;
  const base = (made.name === 'Error' ? made : Object.getPrototypeOf(made)) as ErrorConstructor | null;
  return typeof base?.stackTraceLimit === 'number' ? base : null;
}
