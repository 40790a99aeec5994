/**
 * What of a test's failure can be sent. `failureDetails` hold what the test has thrown, and that may be anything: a
 * BigInt, a circle, a getter that throws, thousands of levels. jest-worker's channel takes JSON.
 */
import type {AssertionResult} from '@jest/test-result';

const {parse, stringify} = JSON;

/** Nothing of Jest's own is nested as deep. */
const MOST_LEVELS = 50;

/** jest-circus copies a file's result level by level: from some 1,800 levels on, that overflows the stack. */
const MOST_LEVELS_COPIED = 1500;

/** Of a test's failure; a tree of React's refers to all of its page. */
const MOST_OBJECTS = 1000;

/** So many of these are tried whole first, which may go through all of a graph each time. */
const MOST_TRIED = 20;

/**
 * A copy of a message that JSON can hold: each part that it cannot hold is replaced by a text. All other parts are as
 * JSON has them.
 */
export function sendable(message: unknown): unknown {
  return copy(message, 0, {seen: new Set(), most: Infinity, tried: Infinity});
}

/** Cuts off what circus could not copy into the file's result: of what was thrown itself, as that is what it copies. */
export function cutDeepDetails({failureDetails}: Pick<AssertionResult, 'failureDetails'>): void {
  for (const thrown of failureDetails) {
    if (!isTooDeep(thrown, 0)) continue;
    for (const [key, {value}] of Object.entries(Object.getOwnPropertyDescriptors(thrown))) {
      // Of a frozen object nothing can be cut off.
      if (isTooDeep(value, 1)) Reflect.defineProperty(thrown as object, key, {value: copy(value, 0, ofFailure())});
    }
  }
}

/** As circus goes through a graph: in depth, to each object once. */
function isTooDeep(value: unknown, atLevel: number): boolean {
  const seen = new Set<unknown>();
  const waiting = [{value, level: atLevel}];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next.value !== 'object' || next.value === null || seen.has(next.value)) continue;
    seen.add(next.value);
    const level = next.level + 1;
    if (level > MOST_LEVELS_COPIED) return true;
    const properties = Object.values(Object.getOwnPropertyDescriptors(next.value));
    for (const {value: child} of properties.reverse()) waiting.push({value: child, level});
  }
  return false;
}

/** Objects that JSON cannot hold as a whole: each is copied once, as a graph may have any number of paths. */
interface Copied {
  readonly seen: Set<unknown>;
  readonly most: number;
  readonly tried: number;
}

function ofFailure(): Copied {
  return {seen: new Set(), most: MOST_OBJECTS, tried: MOST_TRIED};
}

function copy(value: unknown, level: number, copied: Copied): unknown {
  const {seen, most, tried} = copied;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null || seen.size < tried) {
    try {
      const text = stringify(value) as string | undefined;
      return text === undefined ? undefined : cut(parse(text), level);
    } catch {
      // Only objects make it throw.
    }
  }
  if (seen.has(value)) return '[Seen above]';
  if (level === MOST_LEVELS) return '[Too deep]';
  if (seen.size === most) return '[Too much]';
  seen.add(value);
  try {
    if (Array.isArray(value)) return Array.from(value, item => copy(item, level + 1, copied) ?? null);
    const owner = value as object;
    return Object.fromEntries(Object.keys(owner).map(key => [key, copyProperty(owner, key, level, copied)]));
  } catch {
    return '[Unreadable]'; // a revoked proxy, say
  }
}

function copyProperty(owner: object, key: string, level: number, copied: Copied): unknown {
  let value: unknown;
  try {
    value = Reflect.get(owner, key);
  } catch {
    return '[Getter that throws]';
  }
  // What several tests have thrown is in the failure of each.
  const within = key === 'failureDetails' ? ofFailure() : copied;
  return copy(value, level + 1, within);
}

/** What JSON can just hold, it could not below further levels. */
function cut(plain: unknown, level: number): unknown {
  if (typeof plain !== 'object' || plain === null) return plain;
  if (level === MOST_LEVELS) return '[Too deep]';
  if (Array.isArray(plain)) return plain.map(item => cut(item, level + 1));
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, cut(value, level + 1)]));
}
