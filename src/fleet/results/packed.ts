/**
 * Values as bytes: JSON, compressed, with the size of the JSON before it. A reader refuses what is too large before it
 * inflates anything, and inflates no more than the size says.
 */
import {brotliCompressSync, brotliDecompressSync, constants} from 'node:zlib';
import {ResultError} from './resultError';

const MIB = 2 ** 20;

/** How many bytes a value may have. */
export interface Limits {
  readonly packed: number;
  /** As JSON. */
  readonly inflated: number;
}

const LIMITS: Limits = {packed: 64 * MIB, inflated: 256 * MIB};

/**
 * One machine compresses a result, and all machines receive it. At this quality, it has a fifth to a third fewer bytes
 * than with gzip's level 1, for up to 0.1 ms more (docs/design/fleet-results.md).
 */
const PARAMETERS = {[constants.BROTLI_PARAM_QUALITY]: 4};

/** The bytes of the head: the size of the JSON. */
const HEAD = 4;

/**
 * @param what for texts: `The result of a.test.js`
 * @throws {ResultError} if the value is too large
 */
export function pack(what: string, value: unknown, limits: Limits = LIMITS): Buffer {
  const json = toBytes(what, value);
  check(what, 'as JSON', json.length, limits.inflated);
  const packed = brotliCompressSync(json, {params: PARAMETERS});
  check(what, 'compressed', packed.length + HEAD, limits.packed);
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(json.length);
  return Buffer.concat([head, packed]);
}

function toBytes(what: string, value: unknown): Buffer {
  try {
    return Buffer.from(JSON.stringify(value));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The text would be longer than V8 allows: half a GiB.
    throw new ResultError(`${what} is too large: ${error.message}.`);
  }
}

/**
 * @param what for texts: `The result of job 3`
 * @throws {ResultError} if these bytes are too large, or not a value
 */
export function unpack(what: string, bytes: Buffer, limits: Limits = LIMITS): unknown {
  check(what, 'compressed', bytes.length, limits.packed);
  const size = bytes.length < HEAD ? 0 : bytes.readUInt32BE();
  check(what, 'as JSON', size, limits.inflated);
  try {
    const json = brotliDecompressSync(bytes.subarray(HEAD), {maxOutputLength: Math.max(1, size)});
    if (json.length === size) return JSON.parse(json.toString()) as unknown;
  } catch {
    // The bytes are damaged, or are more than they say.
  }
  throw new ResultError(`${what} is damaged.`);
}

/** @throws {ResultError} if the size is above the limit */
function check(what: string, form: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new ResultError(`${what} is too large: it has ${inMiB(size)} MiB ${form}, and ${inMiB(limit)} are allowed.`);
}

function inMiB(bytes: number): string {
  return String(Math.ceil((bytes / MIB) * 10) / 10);
}
