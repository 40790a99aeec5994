/**
 * Makes messages sendable. jest-worker's channel takes JSON, but `failureDetails` contain what a test has thrown, which
 * may be anything: a BigInt, a cycle, a getter that throws, thousands of levels.
 */
import type {AssertionResult} from '@jest/test-result';

const {parse, stringify} = JSON;

/** Jest's own data is nested less deeply. */
const MOST_LEVELS = 50;

/** jest-circus copies a file's result recursively. From about 1,800 levels on, that overflows the stack. */
const MOST_LEVELS_COPIED = 1500;

/** How many objects to copy of a test's failure. A tree of React elements refers to its whole page. */
const MOST_OBJECTS = 1000;

/** For how many objects to try JSON on the whole object first. Each try may walk the whole graph. */
const MOST_TRIED = 20;

/** Returns a copy of a message that JSON can hold. Texts replace the parts that it cannot hold. */
export function sendable(message: unknown): unknown {
  return copy(message, 0, {seen: new Set(), most: Infinity, tried: Infinity});
}

/** Cuts off levels that circus could not copy into the file's result, in the thrown objects themselves. */
export function cutDeepDetails({failureDetails}: Pick<AssertionResult, 'failureDetails'>): void {
  for (const thrown of failureDetails) {
    if (!isTooDeep(thrown, 0)) continue;
    for (const [key, {value}] of Object.entries(Object.getOwnPropertyDescriptors(thrown))) {
      // From a frozen object, nothing can be cut off.
      if (isTooDeep(value, 1)) Reflect.defineProperty(thrown as object, key, {value: copy(value, 0, ofFailure())});
    }
  }
}

/** Walks a graph as circus does: depth first, each object once. */
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

/** The objects that JSON cannot hold whole. Each is copied once, because a graph may have any number of paths. */
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
    return '[Unreadable]'; // for example, a revoked proxy
  }
}

function copyProperty(owner: object, key: string, level: number, copied: Copied): unknown {
  let value: unknown;
  try {
    value = Reflect.get(owner, key);
  } catch {
    return '[Getter that throws]';
  }
  // If several tests have thrown the same object, each failure contains it.
  const within = key === 'failureDetails' ? ofFailure() : copied;
  return copy(value, level + 1, within);
}

/** Limits the levels of plain data. JSON may hold the data alone, but not at the end of a deeper path. */
function cut(plain: unknown, level: number): unknown {
  if (typeof plain !== 'object' || plain === null) return plain;
  if (level === MOST_LEVELS) return '[Too deep]';
  if (Array.isArray(plain)) return plain.map(item => cut(item, level + 1));
  return Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, cut(value, level + 1)]));
}
