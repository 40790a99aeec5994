/**
 * The files of packages that Jest reads anew for each test file: its own modules, above all. One that has been read is looked
 * at before it is taken again, and read again if it is another, or was changed.
 */
import fs, {type BigIntStats} from 'node:fs';
import {withoutOurFrame} from './ownFrame';
import {isOfAPackage} from './packages';

/** Taken now: a test may spy on it later, and would see our calls. */
const {statSync} = fs;

/** So many bytes are kept; what comes later is read each time. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A file that was changed less than this (ns) before it was read is not kept: a second change could have the same time, as clocks of file
 * systems are coarse (FAT: 2 s). Git calls this "racily clean".
 */
const SETTLED_NS = 3_000_000_000n;

const JESTS_PACKAGES =
  /[\\/]node_modules[\\/](?:jest-[\w-]+|@jest[\\/][\w-]+|expect|pretty-format)(?!.*[\\/]node_modules[\\/])[\\/]/;

type Read = (path: string) => Buffer;

interface KeptFile {
  readonly bytes: Buffer;
  /** null: it does not change. */
  readonly stats: BigIntStats | null;
}

/**
 * Jest calls its `readFileSync` with a path alone, and makes a text of what it gets.
 *
 * @param runtime the path of jest-runtime: what of Jest's own packages lies beside it is not even looked at again. Jest's process, and this one,
 * have loaded much of it by themselves, and would not see a change either; looking takes half as long as reading.
 */
export function keepReads(read: Read, runtime: string, maxBytes: number = MAX_BYTES): Read {
  const isJests = ofJestsPackages(runtime);
  const kept = new Map<string, KeptFile>();
  let size = 0;

  return (path, ...rest: unknown[]) => {
    const readNow = () => withoutOurFrame(__filename, () => (read as (...args: unknown[]) => Buffer)(path, ...rest));
    if (rest.length > 0 || typeof path !== 'string' || !isOfAPackage(path)) return readNow();
    const before = kept.get(path);
    if (before?.stats === null) return before.bytes;
    const stats = isJests(path) ? null : statsOf(path);
    if (before && stats && isSame(before.stats, stats)) return before.bytes;
    const now = BigInt(Date.now()) * 1_000_000n;
    const bytes = readNow();
    if (kept.delete(path)) size -= before?.bytes.length ?? 0;
    if (stats === undefined || size + bytes.length > maxBytes) return bytes;
    if (stats !== null && !isSettled(stats, bytes, now)) return bytes;
    size += bytes.length;
    kept.set(path, {bytes: withKeptText(bytes), stats});
    return bytes;
  };
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
function ofJestsPackages(runtime: string): (path: string) => boolean {
  const [root] = /^.*?[\\/]node_modules[\\/]/.exec(runtime) ?? [];
  if (root === undefined) return () => false;
  return path => path.startsWith(root) && JESTS_PACKAGES.test(path);
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** Its text is made once: then V8 knows the source by its identity. */
function withKeptText(bytes: Buffer): Buffer {
  let text: string | null = null;
  const decode = bytes.toString.bind(bytes);
  const toString: Buffer['toString'] = (encoding = 'utf8', ...range) => {
    if (encoding !== 'utf8' || range.length > 0) return decode(encoding, ...range);
    return (text ??= decode());
  };
  Object.defineProperty(bytes, 'toString', {value: toString, configurable: true, writable: true});
  return bytes;
}
