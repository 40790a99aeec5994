/**
 * Compiled code in a folder, one file for each source: what V8 has made of it, for the next process. A file
 * is named by what it was made of and for, so it is never wrong, only not there; one that is damaged is ignored.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import {join} from 'node:path';
import {cachedDataVersionTag} from 'node:v8';
import {threadId} from 'node:worker_threads';
import {keepWithin, remove} from './diskUse';

/** Taken now: a test may spy on them later, and would see our calls. */
const {createHash} = crypto;
const {mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync} = fs;

/** The first bytes of each file. */
const MAGIC = Buffer.from('XDC1');
const DIGEST_BYTES = 20;
const WARMTH_AT = MAGIC.length;
const DIGEST_AT = WARMTH_AT + 1;
const HEADER_BYTES = DIGEST_AT + DIGEST_BYTES;

/** What all files of a folder may take, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
/** A file that is used is marked so, but not more often than this (ms). */
const MARK_AFTER_MS = 24 * 60 * 60 * 1000;

/** How files are named here: by a key, and drafts of them by that and who writes. What else there is in the folder is not ours. */
const OUR_NAME = /^[0-9a-f]{40}(?:\.|$)/;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What V8 has made of a source. */
export interface StoredCode {
  readonly data: Buffer;
  /** Whether the functions are in it that were called when it ran: V8 compiles each at its first call. */
  readonly warm: boolean;
}

export class CodeOnDisk {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #known: Set<string>;
  /** V8 refuses what another version of it has made, or itself with other flags; with this, it is not even asked. */
  readonly #tag = `${process.arch} ${process.version} ${cachedDataVersionTag()}`;
  #written = 0;

  /** @param maxBytes of all files in the folder; for tests */
  constructor(folder: string, maxBytes: number = MAX_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#known = new Set(namesIn(folder));
  }

  /** @param parts all that the code was made of: two lists that differ never have the same key */
  key(parts: readonly string[]): string {
    const hash = createHash('sha1').update(this.#tag);
    // A surrogate without its other half has no UTF-8 of its own: two sources would be one.
    for (const part of parts) {
      const encoding = LONE_SURROGATE.test(part) ? 'utf16le' : 'utf8';
      hash.update(`\0${part.length} ${encoding}\0`).update(part, encoding);
    }
    return hash.digest('hex');
  }

  /** @returns null: there is none, or it is damaged */
  read(key: string): StoredCode | null {
    if (!this.#known.has(key)) return null;
    const path = join(this.#folder, key);
    try {
      const bytes = readFileSync(path);
      const data = bytes.subarray(HEADER_BYTES);
      // V8 looks at no checksum of its own, and what it is given here it runs.
      if (
        !bytes.subarray(0, WARMTH_AT).equals(MAGIC) ||
        !digest(data).equals(bytes.subarray(DIGEST_AT, HEADER_BYTES))
      ) {
        this.#known.delete(key); // it is of no use
        return null;
      }
      return {data, warm: bytes[WARMTH_AT] === 1};
    } catch {
      return null; // another process has removed it
    }
  }

  /** @returns whether it is there now: there may be no place left, or no right to write */
  write(key: string, {data, warm}: StoredCode): boolean {
    const path = join(this.#folder, key);
    const draft = `${path}.${process.pid}-${threadId}`;
    try {
      if (this.#written === 0) mkdirSync(this.#folder, {recursive: true});
      writeFileSync(draft, Buffer.concat([MAGIC, Buffer.from([warm ? 1 : 0]), digest(data), data]));
      renameSync(draft, path);
      this.#known.add(key);
      this.#written++;
      return true;
    } catch {
      remove(draft);
      return false;
    }
  }

  /**
   * To be called after the last `write`: keeps the folder within its bound, by what was not used for longest.
   *
   * @returns whether anything was written
   */
  tidy(used: Iterable<string>): boolean {
    const now = Date.now();
    for (const key of used) this.#mark(join(this.#folder, key), now);
    if (this.#written === 0) return false;
    keepWithin(
      namesIn(this.#folder).map(name => join(this.#folder, name)),
      this.#maxBytes,
    );
    return true;
  }

  #mark(path: string, now: number): void {
    try {
      if (now - statSync(path).mtimeMs > MARK_AFTER_MS) utimesSync(path, now / 1000, now / 1000);
    } catch {
      // Another process has removed it.
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => OUR_NAME.test(name));
  } catch {
    return []; // nothing was kept so far
  }
}

function digest(data: Uint8Array): Buffer {
  return createHash('sha1').update(data).digest();
}
