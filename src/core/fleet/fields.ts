/** The fields of what machines of a fleet write for each other, with their bounds. */
import {finite, ProtocolError, text, whole} from '../wire/values';

/** More test files or jobs than any run has. */
export const MOST_FILES = 1_000_000;

/** No text, such as the name of a test, is as long (in characters). */
const LONGEST_TEXT = 64 * 2 ** 10;

/** No id is longer (in characters). */
const LONGEST_WORD = 200;

/** In ms since the epoch: the year 2286. */
const LAST_MS = 1e13;

export function shortText(value: unknown): string {
  const parsed = text(value);
  if (parsed.length >= LONGEST_TEXT) throw new ProtocolError(`a text of less than ${LONGEST_TEXT} characters`, parsed);
  return parsed;
}

/** An id. It may be a part of a key of the engine. */
export function word(value: unknown): string {
  const parsed = text(value);
  if (!/^[\w.~-]+$/.test(parsed) || parsed.length > LONGEST_WORD) throw new ProtocolError('an id', parsed);
  return parsed;
}

export function positive(value: unknown): number {
  const parsed = whole(value);
  if (parsed < 1 || parsed > MOST_FILES) throw new ProtocolError(`a number from 1 to ${MOST_FILES}`, value);
  return parsed;
}

export function count(value: unknown): number {
  const parsed = whole(value);
  if (parsed < 0 || parsed > MOST_FILES) throw new ProtocolError(`a number from 0 to ${MOST_FILES}`, value);
  return parsed;
}

/** @param all how many there are */
export function place(value: unknown, all: number): number {
  const parsed = whole(value);
  if (parsed < 0 || parsed >= all) throw new ProtocolError(`a place below ${all}`, value);
  return parsed;
}

/** A duration, or a time since the epoch, in ms. */
export function time(value: unknown): number {
  const parsed = finite(value);
  if (parsed < 0 || parsed > LAST_MS) throw new ProtocolError(`a number from 0 to ${LAST_MS}`, value);
  return parsed;
}

/** @returns the same list @throws {ProtocolError} if something is in it twice */
export function distinct<T>(items: readonly T[], expected: string): readonly T[] {
  const seen = new Set<T>();
  for (const item of items) {
    if (seen.has(item)) throw new ProtocolError(expected, item);
    seen.add(item);
  }
  return items;
}
