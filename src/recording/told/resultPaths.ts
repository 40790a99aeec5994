/**
 * Where paths are in what Jest is told: the path of the test file, and the stack frames of failures and of the console.
 * All else in a result is the user's own text, or has no path. The functions change the JSON that `toJson` returns, on
 * the way into a recording and out of it.
 */

/** One direction: into a recording, or out of it. */
export interface PathChanges {
  /** The path of a test file. */
  readonly path: (path: string) => string;
  /** The path of a snapshot file. */
  readonly snapshotPath: (path: string) => string;
  /** A text with stack frames. */
  readonly frames: (text: string) => string;
}

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The data of `test-file-success`: a TestResult without coverage. */
export function changeResult(result: Json, changes: PathChanges): Json {
  const test = (item: unknown) => (isObject(item) ? changeAssertion(item, changes) : item);
  const output = (item: unknown) => (isObject(item) ? changeFields(item, {origin: onText(changes.frames)}) : item);
  return changeFields(result, {
    testFilePath: onText(changes.path),
    failureMessage: onText(changes.frames),
    testExecError: error => changeStacks(error, changes),
    openHandles: errors => changeStacks(errors, changes),
    console: onEach(output),
    testResults: onEach(test),
  });
}

/** The data of `test-case-result`: an AssertionResult. */
export function changeAssertion(result: Json, changes: PathChanges): Json {
  const texts = onEach(onText(changes.frames));
  return changeFields(result, {
    failureMessages: texts,
    retryMessages: texts,
    retryReasons: texts,
    failureDetails: details => changeStacks(details, changes),
  });
}

/** An error, or any value that contains errors: changes stacks and the paths of snapshots, and leaves the rest. */
export function changeStacks(value: unknown, changes: PathChanges): unknown {
  if (Array.isArray(value)) return value.map(item => changeStacks(item, changes));
  if (!isObject(value)) return value;
  const code = value.$xdist;
  if (Array.isArray(code) && code[0] === 'error') {
    const [kind, name, message, stack, fields] = code as unknown[];
    return {$xdist: [kind, name, message, onText(changes.frames)(stack), changeStacks(fields, changes)]};
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      if (typeof field !== 'string') return [key, changeStacks(field, changes)];
      if (key === 'stack') return [key, changes.frames(field)];
      return [key, key === 'snapshotPath' ? changes.snapshotPath(field) : field];
    }),
  );
}

type Change = (value: unknown) => unknown;

function changeFields(object: Json, changes: Readonly<Record<string, Change>>): Json {
  const all = new Map(Object.entries(changes));
  return Object.fromEntries(Object.entries(object).map(([key, field]) => [key, all.get(key)?.(field) ?? field]));
}

function onText(change: (text: string) => string): Change {
  return value => (typeof value === 'string' ? change(value) : value);
}

function onEach(change: Change): Change {
  return value => (Array.isArray(value) ? value.map(change) : value);
}
