/**
 * V8's code caches in a folder, one file for each source. A file's name is the hash of everything that the code depends
 * on, so a file may be missing but is never out of date. A damaged file is ignored.
 */
import {cachedDataVersionTag} from 'node:v8';
import {readdirSync} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';
import {sha1} from './contentHash';
import {hasRoom, keepWithin, remove} from './diskUse';
import {StartPack} from './startPack';
import {readWhole, writeWhole} from './wholeFile';
import type {StoredCode} from './storedCode';

/** The first bytes of each file. Change the number when the format changes, or the rules for what may be stored. */
const MAGIC = Buffer.from('XDC1');
const DIGEST_BYTES = 20;
const WARMTH_AT = MAGIC.length;
const DIGEST_AT = WARMTH_AT + 1;
const HEADER_BYTES = DIGEST_AT + DIGEST_BYTES;

/** The limit for all files of a folder together, in bytes. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The names of our files: a key, and for drafts a suffix that names the writer. We never remove other files. */
const OUR_NAME = /^[0-9a-f]{40}(?:\.|$)/;

export class CodeOnDisk {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #known: Set<string>;
  /**
   * Part of each key. V8 rejects code of another V8 version or of other flags; with the tag, such code is not even
   * read.
   */
  readonly #tag = `${MAGIC.toString()} ${process.arch} ${process.version} ${cachedDataVersionTag()}`;
  /** The paths of the files that this process has written. */
  readonly #written = new Set<string>();
  /** Whether the disk has no room for more. */
  #isFull = false;

  /** @param maxBytes the limit for all files of the folder; for tests */
  constructor(folder: string, maxBytes: number = MAX_BYTES) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#known = new Set(namesIn(folder));
  }

  /** @param parts everything that the code depends on; two different lists never have the same key */
  key(parts: readonly string[]): string {
    const all = `${this.#tag} ${parts.map(({length}) => length).join(' ')}\0${parts.join('')}`;
    // A lone surrogate has no UTF-8 encoding of its own, so in UTF-8 two different sources could have the same bytes.
    return sha1(isWellFormed(all) ? all : Buffer.from(all, 'utf16le'), 'hex');
  }

  /** The modules that a process loads before its first test, for one jest-runtime. */
  startPack(runtime: string): StartPack {
    const path = join(this.#folder, `${this.key([runtime])}.start`);
    return new StartPack(path, {write: bytes => this.#writeWhole(path, bytes)});
  }

  /** @returns null if the file does not exist or is damaged */
  read(key: string): StoredCode | null {
    if (!this.#known.has(key)) return null;
    const path = join(this.#folder, key);
    try {
      const bytes = readWhole(path);
      const data = bytes.subarray(HEADER_BYTES);
      // V8 verifies no checksum of its own, and runs whatever it gets.
      if (
        !bytes.subarray(0, WARMTH_AT).equals(MAGIC) ||
        !sha1(data, 'buffer').equals(bytes.subarray(DIGEST_AT, HEADER_BYTES))
      ) {
        this.#known.delete(key); // the file is damaged, so do not read it again
        return null;
      }
      return {data, warm: bytes[WARMTH_AT] === 1};
    } catch {
      return null; // another process has removed it
    }
  }

  /** @returns whether the file was written; there may be no room, or no permission to write */
  write(key: string, {data, warm}: StoredCode): boolean {
    const bytes = Buffer.concat([MAGIC, Buffer.from([warm ? 1 : 0]), sha1(data, 'buffer'), data]);
    if (!this.#writeWhole(join(this.#folder, key), bytes)) return false;
    this.#known.add(key);
    return true;
  }

  /**
   * If the disk is full, removes what this process has written: Jest also writes to this disk, and fails the run if it
   * cannot. A check in advance is not enough: other processes write too, and no call tells how much of a user's quota
   * is left.
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
   * Call this after the last `write`. Keeps the folder within its limit by removing the oldest files. If a removed file
   * is still needed, a later process writes it again. To record each use of a file would cost every process more than
   * that.
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
    return []; // no process has written to the folder yet
  }
}

function isWellFormed(text: string): boolean {
  return (text as unknown as {isWellFormed(): boolean}).isWellFormed();
}
