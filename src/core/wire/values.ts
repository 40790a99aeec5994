/** The parts of messages between processes: lines, JSON and single values. The other files here use them. */

/** The longest line (in characters) that a process accepts. V8's longest string is twice as long. */
export const LONGEST_LINE = 256 * 2 ** 20;

/** The longest JSON (in characters) of a fixture's value. As a string in a JSON line it is at most twice as long. */
export const LONGEST_VALUE = LONGEST_LINE / 4;

/** Assembles lines from the chunks of a stream. */
export class LineBuffer {
  readonly #longest: number;
  /** The start of an incomplete line. Joined only once: joining after each chunk takes quadratic time. */
  #pieces: string[] = [];
  #length = 0;

  /** @param longest the longest line, in characters */
  constructor(longest = LONGEST_LINE) {
    this.#longest = longest;
  }

  /**
   * @returns the lines that `chunk` completes
   * @throws {ProtocolError} if a line is too long; the buffer is unusable afterwards
   */
  push(chunk: string): string[] {
    const lines: string[] = [];
    let begin = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', begin)) {
      this.#add(chunk.slice(begin, end));
      lines.push(this.#pieces.length === 1 ? (this.#pieces[0] as string) : this.#pieces.join(''));
      this.#clear();
      begin = end + 1;
    }
    if (begin < chunk.length) this.#add(chunk.slice(begin));
    return lines;
  }

  #add(piece: string): void {
    this.#length += piece.length;
    if (this.#length > this.#longest) {
      const begin = this.#pieces[0] ?? piece;
      this.#clear();
      throw new ProtocolError(`a line of at most ${this.#longest} characters`, begin.slice(0, 100));
    }
    this.#pieces.push(piece);
  }

  #clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}

/** A process received an invalid message. This is an error of the runner, not of the user. */
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ProtocolError(expected, value);
  return value as Record<string, unknown>;
}

/** An object whose fields all have the same type. */
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
  const shown = asJson(value) ?? typeof value;
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown;
}

/** @returns undefined if JSON cannot express the value: a thread can send a cycle or a BigInt */
function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
