/**
 * What messages between processes are put together from and read with: lines, JSON, and the parsing of
 * single values. `protocol` and `watching` say which messages there are.
 */

/** Puts the lines of a stream together again, however it was cut. */
export class LineBuffer {
  #rest = '';

  /** @returns the lines that `chunk` completes */
  push(chunk: string): string[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}

/** A message that is not one. Not the user's mistake. */
export class ProtocolError extends Error {
  constructor(expected: string, got: unknown) {
    super(`jest-runner-xdist: expected ${expected}, got ${preview(got)}`);
    this.name = 'ProtocolError';
  }
}

export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    throw new ProtocolError('JSON', line);
  }
}

export function record(value: unknown, expected: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new ProtocolError(expected, value);
  return value as Record<string, unknown>;
}

/** An object of which each field is the same kind of thing. */
export function dictionary<T>(value: unknown, expected: string, parse: (field: unknown) => T): Record<string, T> {
  const fields = Object.entries(record(value, expected));
  return Object.fromEntries(fields.map(([key, field]) => [key, parse(field)]));
}

export function list<T>(value: unknown, parse: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new ProtocolError('a list', value);
  return value.map(parse);
}

export function nullable<T>(value: unknown, parse: (item: unknown) => T): T | null {
  return value === null ? null : parse(value);
}

export function whole(value: unknown): number {
  if (!Number.isInteger(value)) throw new ProtocolError('a whole number', value);
  return value as number;
}

export function finite(value: unknown): number {
  if (!Number.isFinite(value)) throw new ProtocolError('a number', value);
  return value as number;
}

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new ProtocolError('a text', value);
  return value;
}

function preview(value: unknown): string {
  const shown = JSON.stringify(value) ?? String(value);
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}
