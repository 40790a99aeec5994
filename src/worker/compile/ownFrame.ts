/**
 * Keeps our functions out of the stack of an error that passes through them. Jest prints all frames of a syntax error.
 */

/**
 * The most frames that can be ours: the calling function, which may appear twice, its callback, and two of this file.
 */
const MOST_FRAMES = 5;

/**
 * Calls a function. If it throws, the error looks as if our functions had not been on the stack.
 *
 * @param file the file of the calling function and of `act`
 */
export function withoutOurFrame<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    let told = error;
    try {
      told = retried(error, file, act);
    } catch {
      // Reading a property of the error throws, for example in a user's `prepareStackTrace`. Our frames stay in the
      // stack.
    }
    throw told;
  }
}

/** Calls `act` again with a higher limit, to get the frames that our own frames have displaced. */
function retried(error: unknown, file: string, act: () => unknown): unknown {
  const ErrorOfRealm = errorOf(error);
  if (ErrorOfRealm === null) return error;
  const limit = ErrorOfRealm.stackTraceLimit;
  // The realm's `Error` may be frozen.
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
 * Removes a file's frames from an error's stack. It does not call anything again. If the stack was cut at its limit, it
 * therefore lacks as many frames at its end as were removed.
 *
 * @returns the given error
 */
export function withoutFrames(file: string, error: unknown): unknown {
  try {
    const {stack} = error as {stack?: unknown};
    if (typeof stack === 'string' && stack.includes(file)) {
      const [head, frames] = split(stack);
      (error as Error).stack = [...head, ...frames.filter(frame => !frame.includes(file))].join('\n');
    }
  } catch {
    // The value is not an error, or its stack cannot be read or changed.
  }
  return error;
}

/** Splits a stack into the lines before the first frame, and the frames. */
function split(stack: string): [string[], string[]] {
  const lines = stack.split('\n');
  let first = lines.length;
  while (first > 0 && /^\s+at /.test(lines[first - 1] as string)) first--;
  return [lines.slice(0, first), lines.slice(first)];
}

/**
 * The `Error` constructor of the realm that the error comes from; its `stackTraceLimit` applies. null if the value is
 * not an error, or the stack has no limit.
 */
function errorOf(error: unknown): ErrorConstructor | null {
  if (typeof error !== 'object' || error === null) return null;
  const made = (error as {constructor?: unknown}).constructor;
  if (typeof made !== 'function') return null;
  const base = (made.name === 'Error' ? made : Object.getPrototypeOf(made)) as ErrorConstructor | null;
  return typeof base?.stackTraceLimit === 'number' ? base : null;
}
