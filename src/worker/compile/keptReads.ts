/**
 * The files of packages that Jest reads anew for each test file: its own modules, above all. One that has been read is looked
 * at before it is taken again, and read again if it is another, or was changed.
 */
import type {BigIntStats} from 'node:fs';
import {epochMs} from '../../pristine/clock';
import {isReadingMocked, statSync} from '../../pristine/fs';
import type {JestsPackages} from './jestsPackages';
import {withoutOurFrame} from './ownFrame';
import {isOfAPackage} from './packages';
import {readWhole} from './wholeFile';

/** So many bytes are kept, of files and of their texts; what comes later is read each time. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A file that was changed less than this (ns) before it was read is not kept: a second change could have the same time, as clocks of file
 * systems are coarse (FAT: 2 s). Git calls this "racily clean".
 */
const SETTLED_NS = 3_000_000_000n;

/** The package that a file is of. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

type Read = (path: string) => Buffer;

interface KeptFile {
  readonly bytes: Buffer;
  readonly stats: BigIntStats;
  /** Whether it is not looked at again. */
  doesNotChange: boolean;
  /** What its text takes, in bytes; 0: nobody has asked for it. */
  textSize: number;
}

export interface KeptReadsOptions {
  /** The path of jest-runtime. */
  readonly runtime: string;
  readonly jests: JestsPackages;
  /** For tests. */
  readonly maxBytes?: number;
  /** In whole ms since the epoch; for tests. */
  readonly timeOfDay?: () => number;
}

/**
 * Jest calls its `readFileSync` with a path alone, and makes a text of what it gets.
 *
 * What of Jest's own packages lies beside jest-runtime is not even looked at again. Jest's process, and this one, have loaded much of it by
 * themselves, and would not see a change either; looking takes half as long as reading.
 */
export function keepReads(
  read: Read,
  {runtime, jests, maxBytes = MAX_BYTES, timeOfDay = epochMs}: KeptReadsOptions,
): Read {
  const isJests = ofJestsPackages(runtime, jests);
  const kept = new Map<string, KeptFile>();
  let size = 0;

  /** Its text is made once: then V8 knows the source by its identity. */
  const keepText = (path: string, file: KeptFile) => {
    let text: string | null = null;
    const decode = file.bytes.toString.bind(file.bytes);
    const toString: Buffer['toString'] = (encoding = 'utf8', ...range) => {
      if (encoding !== 'utf8' || range.length > 0) return decode(encoding, ...range);
      if (text !== null) return text;
      const made = decode();
      const textSize = bytesOf(made, file.bytes);
      if (kept.get(path) !== file || size + textSize > maxBytes) return made;
      file.textSize = textSize;
      size += textSize;
      return (text = made);
    };
    Object.defineProperty(file.bytes, 'toString', {value: toString, configurable: true, writable: true});
  };

  return (path, ...rest: unknown[]) => {
    const readNow = () =>
      withoutOurFrame(__filename, () =>
        unlessMocked(() => (read as (...args: unknown[]) => Buffer)(path, ...rest), path),
      );
    if (rest.length > 0 || typeof path !== 'string' || !isOfAPackage(path)) return readNow();
    const before = kept.get(path);
    // Not asked at the first time: to find out which packages are Jest's takes longer than to look at the files of one test file.
    if (before !== undefined && (before.doesNotChange ||= isJests(path))) return before.bytes;
    const stats = statsOf(path);
    if (before && stats && isSame(before.stats, stats)) return before.bytes;
    const now = BigInt(timeOfDay()) * 1_000_000n;
    const bytes = readNow();
    if (before !== undefined && kept.delete(path)) size -= before.bytes.length + before.textSize;
    if (stats === undefined || size + bytes.length > maxBytes) return bytes;
    if (!isSettled(stats, bytes, now)) return bytes;
    const file = {bytes, stats, doesNotChange: false, textSize: 0};
    size += bytes.length;
    kept.set(path, file);
    keepText(path, file);
    return bytes;
  };
}

/** What V8 takes for a text: a byte for each character; two, where one of them needs it. */
function bytesOf(text: string, {length}: Buffer): number {
  return text.length === length ? length : 2 * text.length;
}

/**
 * Node's `readFileSync` calls other functions of `fs`, of which an earlier test file may have left mocks that throw. What fails while
 * there are mocks is read without them.
 */
function unlessMocked(read: () => Buffer, path: unknown): Buffer {
  try {
    return read();
  } catch (error) {
    if (typeof path !== 'string' || !isReadingMocked()) throw error;
    try {
      return readWhole(path);
    } catch {
      throw error; // it is Jest's, with Jest's stack
    }
  }
}

/** Whether a change after `now` (ns) could be told from what was read. */
function isSettled({size, mtimeNs, ctimeNs}: BigIntStats, bytes: Buffer, now: bigint): boolean {
  return Number(size) === bytes.length && now - mtimeNs >= SETTLED_NS && now - ctimeNs >= SETTLED_NS;
}

/** @returns undefined: it cannot be read, or is in an archive that stands for a folder, and has no such times */
function statsOf(path: string): BigIntStats | undefined {
  try {
    const stats = statSync(path, {bigint: true, throwIfNoEntry: false});
    return typeof stats?.mtimeNs === 'bigint' && typeof stats.ctimeNs === 'bigint' ? stats : undefined;
  } catch {
    return undefined; // reading it says why
  }
}

/** @returns whether a path is of a package of Jest's, in the outermost node_modules that jest-runtime is in */
function ofJestsPackages(runtime: string, jests: JestsPackages): (path: string) => boolean {
  const [root] = /^.*?[\\/]node_modules[\\/]/.exec(runtime) ?? [];
  if (root === undefined) return () => false;
  return path => {
    if (!path.startsWith(root)) return false;
    const [, name] = PACKAGE.exec(path) ?? [];
    return name !== undefined && jests.has(name.replace('\\', '/'));
  };
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}
