/**
 * Values as bytes: JSON, compressed, with the size of the JSON before it. A reader refuses what is too large before it
 * inflates anything, and inflates no more than the size says.
 */
import {brotliCompressSync, brotliDecompressSync, constants} from 'node:zlib';
import {ResultError} from './resultError';

const MIB = 2 ** 20;

/** The most bytes that a value may have: compressed, and as JSON. */
export const MOST_PACKED = 64 * MIB;
export const MOST_INFLATED = 256 * MIB;

/**
 * One machine compresses a result, and all machines receive it. At this quality, it has a quarter less bytes than with
 * gzip's level 1, for about the same time (docs/design/fleetResults.md).
 */
const PARAMETERS = {[constants.BROTLI_PARAM_QUALITY]: 4};

/** The bytes of the head: the size of the JSON. */
const HEAD = 4;

/**
 * @param what for texts: `The result of a.test.js`
 * @throws {ResultError} if the value is too large
 */
export function pack(what: string, value: unknown): Buffer {
  const json = toBytes(what, value);
  if (json.length > MOST_INFLATED) throw new ResultError(`${what} is too large: ${sizes(json.length, MOST_INFLATED)}.`);
  const packed = brotliCompressSync(json, {params: PARAMETERS});
  if (packed.length + HEAD > MOST_PACKED) {
    throw new ResultError(`${what} is too large: compressed ${sizes(packed.length, MOST_PACKED)}.`);
  }
  const head = Buffer.alloc(HEAD);
  head.writeUInt32BE(json.length);
  return Buffer.concat([head, packed]);
}

function toBytes(what: string, value: unknown): Buffer {
  let json: string;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    // The text would be longer than V8 allows: half a GiB.
    throw new ResultError(`${what} is too large: ${(error as Error).message}.`);
  }
  return Buffer.from(json);
}

/**
 * @param what for texts: `The result of job 3`
 * @throws {ResultError} if these bytes are too large, or not a value
 */
export function unpack(what: string, bytes: Buffer): unknown {
  if (bytes.length > MOST_PACKED) throw new ResultError(`${what} is too large: ${sizes(bytes.length, MOST_PACKED)}.`);
  const size = bytes.length < HEAD ? 0 : bytes.readUInt32BE();
  if (size > MOST_INFLATED) throw new ResultError(`${what} is too large: inflated ${sizes(size, MOST_INFLATED)}.`);
  try {
    const json = brotliDecompressSync(bytes.subarray(HEAD), {maxOutputLength: Math.max(1, size)});
    if (json.length === size) return JSON.parse(json.toString()) as unknown;
  } catch {
    // The bytes are damaged, or are more than they say.
  }
  throw new ResultError(`${what} is damaged.`);
}

function sizes(size: number, most: number): string {
  return `${Math.ceil(size / MIB)} MiB, and ${most / MIB} MiB are allowed`;
}
