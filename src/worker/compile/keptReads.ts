/**
 * Keeps the contents of package files, because Jest reads them again for each test file. Most of them are Jest's own
 * modules. Before a kept file is used again, its stats are compared; a file that was changed or replaced is read again.
 */
import type {BigIntStats} from 'node:fs';
import {epochMs} from '../../pristine/clock';
import {isReadingMocked, statSync} from '../../pristine/fs';
import type {JestsPackages} from './jestsPackages';
import {withoutOurFrame} from './ownFrame';
import {isOfAPackage} from './packages';
import {readWhole} from './wholeFile';

/** The limit for the contents and texts of all kept files, in bytes. Beyond it, files are read each time. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A file that was changed less than this (ns) before it was read is not kept. A second change could get the same
 * timestamp, because timestamps of file systems are coarse (FAT: 2 s). Git calls such a file "racily clean".
 */
const SETTLED_NS = 3_000_000_000n;

/** Matches the name of the package that a file belongs to. */
const PACKAGE = /^.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

type Read = (path: string) => Buffer;

interface KeptFile {
  readonly bytes: Buffer;
  readonly stats: BigIntStats;
  /** Whether the file is used again without a look at its stats. */
  doesNotChange: boolean;
  /** The memory that the file's text takes, in bytes. 0: nobody has asked for the text. */
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
 * Wraps Jest's `readFileSync`. Jest calls it with only a path, and then makes a text of the buffer.
 *
 * The stats of Jest's own packages beside jest-runtime are not even compared. Jest's process and this one have loaded
 * many of these modules through Node, which would not notice a change either. To get a file's stats takes half as long
 * as to read the file.
 */
export function keepReads(
  read: Read,
  {runtime, jests, maxBytes = MAX_BYTES, timeOfDay = epochMs}: KeptReadsOptions,
): Read {
  const isJests = ofJestsPackages(runtime, jests);
  const kept = new Map<string, KeptFile>();
  let size = 0;

  /** Makes the text only once. V8 then recognizes the source by its identity. */
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
    // Not asked for the first read: to find out which packages are Jest's takes longer than the stats of one test
    // file's modules.
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

/** The memory that V8 needs for a text, in bytes: one byte a character, or two if any character needs two. */
function bytesOf(text: string, {length}: Buffer): number {
  return text.length === length ? length : 2 * text.length;
}

/**
 * Node's `readFileSync` calls other functions of `fs`, and an earlier test file may have left mocks of these that
 * throw. If a read fails while such mocks exist, we read the file without them.
 */
function unlessMocked(read: () => Buffer, path: unknown): Buffer {
  try {
    return read();
  } catch (error) {
    if (typeof path !== 'string' || !isReadingMocked()) throw error;
    try {
      return readWhole(path);
    } catch {
      throw error; // the original error has the stack that Jest expects
    }
  }
}

/** Whether the file's stats would show a change after `now` (ns). */
function isSettled({size, mtimeNs, ctimeNs}: BigIntStats, bytes: Buffer, now: bigint): boolean {
  return Number(size) === bytes.length && now - mtimeNs >= SETTLED_NS && now - ctimeNs >= SETTLED_NS;
}

/**
 * @returns undefined if the file cannot be read, or is in an archive mounted as a folder, which has no such timestamps
 */
function statsOf(path: string): BigIntStats | undefined {
  try {
    const stats = statSync(path, {bigint: true, throwIfNoEntry: false});
    return typeof stats?.mtimeNs === 'bigint' && typeof stats.ctimeNs === 'bigint' ? stats : undefined;
  } catch {
    return undefined; // the read that follows throws the reason
  }
}

/**
 * @returns a function that tells whether a path is in one of Jest's packages, below the outermost node_modules that
 * contains jest-runtime
 */
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
