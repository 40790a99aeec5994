/** Checks what a recording says that Jest was told: as far as Jest and its reporters count on it. */
import * as v from 'valibot';

const text = v.string('a text');
const texts = v.array(text, 'a list of texts');
const number = v.number('a number');

const assertion = v.looseObject({
  ancestorTitles: texts,
  title: text,
  fullName: text,
  status: v.picklist(['passed', 'failed', 'skipped', 'pending', 'todo', 'disabled', 'focused'], 'the status of a test'),
  failureMessages: texts,
  failureDetails: v.optional(v.array(v.unknown(), 'a list')),
});

const consoleEntry = v.looseObject({message: text, origin: text, type: text});

const result = v.looseObject({
  testFilePath: text,
  numFailingTests: number,
  numPassingTests: number,
  numPendingTests: number,
  numTodoTests: number,
  testResults: v.array(assertion, 'a list of tests'),
  failureMessage: v.nullish(text),
  console: v.nullish(v.array(consoleEntry, 'a list of output')),
  perfStats: v.looseObject({start: number, end: number, runtime: number}, 'an object of times'),
  snapshot: v.looseObject(
    {
      added: number,
      matched: number,
      unchecked: number,
      unmatched: number,
      updated: number,
      uncheckedKeys: v.optional(texts),
    },
    'an object of counts',
  ),
});

/** An error as Jest takes it: an Error, or an object or a String object with its fields. */
const error = v.looseObject({message: v.optional(v.unknown()), stack: v.nullish(text)});

/** @throws {TypeError} if it is not a TestResult */
export function parseResult(value: unknown): unknown {
  return checked(result, value);
}

/** @throws {TypeError} if it is not an AssertionResult */
export function parseAssertion(value: unknown): unknown {
  return checked(assertion, value);
}

/** @throws {TypeError} if it is nothing that Jest takes as an error */
export function parseError(value: unknown): unknown {
  return value === null || value === undefined || typeof value === 'string' ? value : checked(error, value);
}

/** @returns the value itself: a copy would have lost its prototype */
function checked(schema: v.GenericSchema, value: unknown): unknown {
  const found = v.safeParse(schema, value, {abortEarly: true});
  if (found.success) return value;
  const [issue] = found.issues;
  const path = v.getDotPath(issue);
  const place = path === null ? 'it' : JSON.stringify(path);
  throw new TypeError(issue.received === 'undefined' ? `${place} is missing` : `${place} must be ${issue.message}`);
}
