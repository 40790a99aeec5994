/**
 * Compiled code in a folder, one file for each source: what V8 has made of it, for the next process. A file
 * is named by what it was made of and for, so it is never wrong, only not there; one that is damaged is ignored.
 */
import {cachedDataVersionTag} from 'node:v8';
import {readdirSync} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';
import {sha1} from './contentHash';
import {hasRoom, keepWithin, remove} from './diskUse';
import {StartPack} from './startPack';
import {readWhole, writeWhole} from './wholeFile';
import type {StoredCode} from './storedCode';

/** The first bytes of each file; another number where what stands in it, or what may be left, is something else. */
const MAGIC = Buffer.from('XDC1');
const DIGEST_BYTES = 20;
const WARMTH_AT = MAGIC.length;
const DIGEST_AT = WARMTH_AT + 1;
const HEADER_BYTES = DIGEST_AT + DIGEST_BYTES;

/** What all files of a folder may take, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** How files are named here: by a key, and drafts of them by that and who writes. What else there is in the folder is not ours. */
const OUR_NAME = /^[0-9a-f]{40}(?:\.|$)/;

export class CodeOnDisk {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #known: Set<string>;
  /** V8 refuses what another version of it has made, or itself with other flags; with this, it is not even asked. */
  readonly #tag = `${MAGIC.toString()} ${process.arch} ${process.version} ${cachedDataVersionTag()}`;
  /** What this process has written. */
  readonly #written = new Set<string>();
  /** There is no place for more. */
  #isFull = false;

  /** @param maxBytes of all files in the folder; for tests */
  constructor(folder: string, maxBytes: number = MAX_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#known = new Set(namesIn(folder));
  }

  /** @param parts all that the code was made of: two lists that differ never have the same key */
  key(parts: readonly string[]): string {
    const all = `${this.#tag} ${parts.map(({length}) => length).join(' ')}\0${parts.join('')}`;
    // A surrogate without its other half has no UTF-8 of its own: two sources would be one.
    return sha1(isWellFormed(all) ? all : Buffer.from(all, 'utf16le'), 'hex');
  }

  /** What is loaded before the first test with one jest-runtime. */
  startPack(runtime: string): StartPack {
    const path = join(this.#folder, `${this.key([runtime])}.start`);
    return new StartPack(path, {write: bytes => this.#writeWhole(path, bytes)});
  }

  /** @returns null: there is none, or it is damaged */
  read(key: string): StoredCode | null {
    if (!this.#known.has(key)) return null;
    const path = join(this.#folder, key);
    try {
      const bytes = readWhole(path);
      const data = bytes.subarray(HEADER_BYTES);
      // V8 looks at no checksum of its own, and what it is given here it runs.
      if (
        !bytes.subarray(0, WARMTH_AT).equals(MAGIC) ||
        !sha1(data, 'buffer').equals(bytes.subarray(DIGEST_AT, HEADER_BYTES))
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
    const bytes = Buffer.concat([MAGIC, Buffer.from([warm ? 1 : 0]), sha1(data, 'buffer'), data]);
    if (!this.#writeWhole(join(this.#folder, key), bytes)) return false;
    this.#known.add(key);
    return true;
  }

  /**
   * Where no place is left, what this process has written is given back: Jest has still to write there, and fails a run if it cannot. It is
   * not enough to ask before: other processes write, and of a user's quota nothing is told.
   */
  #writeWhole(path: string, bytes: Buffer): boolean {
    this.#isFull ||= !hasRoom(dirname(path), bytes.length);
    if (this.#isFull) return false;
    const end = writeWhole(path, bytes);
    if (end === 'written') this.#written.add(path);
    if (end === 'full') {
      this.#isFull = true;
      for (const written of this.#written) remove(written);
    }
    return end === 'written';
  }

  /**
   * To be called after the last `write`: keeps the folder within its bound, by what was written first. What is still used of that is
   * written anew; to mark each use would cost every process more than that.
   *
   * @param isLate whether there is no time for more
   * @returns whether anything was written
   */
  tidy(isLate: () => boolean = () => false): boolean {
    if (this.#written.size === 0) return false;
    keepWithin(
      namesIn(this.#folder).map(name => join(this.#folder, name)),
      this.#maxBytes,
      isLate,
    );
    return true;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => OUR_NAME.test(name));
  } catch {
    return []; // nothing was kept so far
  }
}

function isWellFormed(text: string): boolean {
  return (text as unknown as {isWellFormed(): boolean}).isWellFormed();
}
