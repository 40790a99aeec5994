/**
 * What coverage says of a source that does not depend on the run: once for each content, as a SourceLine. The coverage
 * of a file refers to it by its hash.
 */
import {createHash} from 'node:crypto';
import type {SourceLine} from '../lines';

/** Writes the sources of one recording. */
export class SourceWriter {
  readonly #emit: (line: SourceLine) => void;
  readonly #written = new Set<string>();

  constructor(emit: (line: SourceLine) => void) {
    this.#emit = emit;
  }

  /** @returns the id under which the source is recorded */
  add(source: unknown): string {
    const id = hashOf(JSON.stringify(source));
    if (!this.#written.has(id)) {
      this.#written.add(id);
      this.#emit({type: 'source', id, source});
    }
    return id;
  }
}

/** Parsed sources of one recording. */
export class Sources<T> {
  readonly #kind: string;
  readonly #parsed = new Map<string, T>();

  constructor(kind: string) {
    this.#kind = kind;
  }

  set(id: string, source: T): void {
    this.#parsed.set(id, source);
  }

  /** @throws {TypeError} if the recording has no such source */
  get(id: unknown): T {
    const source = typeof id === 'string' ? this.#parsed.get(id) : undefined;
    if (source === undefined) throw new TypeError(`there is no ${this.#kind} with the id ${JSON.stringify(id)}`);
    return source;
  }
}

/** @param coverage as an encoder returns it: of each file, its path and then the id of its source, or null */
export function sourceIds(coverage: unknown): string[] {
  if (!Array.isArray(coverage)) return [];
  return coverage.flatMap((file: unknown) => {
    const id: unknown = Array.isArray(file) ? file[1] : null;
    return typeof id === 'string' ? [id] : [];
  });
}

/** The id of a source. @param text the source as JSON */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
