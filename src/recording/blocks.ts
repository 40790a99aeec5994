/**
 * The bytes of a recording: blocks of whole lines, each a gzip member. So `zcat` prints a recording, and a file that
 * ends in the middle of a block can be read up to that block.
 *
 * The header of each member has an extra field (RFC 1952, 2.3.1.1) with the sizes of the block: a reader finds the next
 * block without inflating this one, and knows how much it will inflate. BGZF, the format of compressed genomes, does
 * the same.
 */
import {gunzipSync, gzipSync} from 'node:zlib';

/** The most bytes that the lines of one block may have. A longer block is no block of ours. */
export const MOST_IN_BLOCK = 256 * 2 ** 20;

/** The fixed part of a gzip header, our extra field with its length, and gzip's trailer. */
const HEADER = 10;
const EXTRA = 14;
const TRAILER = 8;

/** Two letters that name the extra field. */
const FIELD = Buffer.from('XD');

/** How many bytes of the extra field follow its name and this length. */
const SIZES = 8;

/** The bit of a gzip header's flags that says that an extra field follows. */
const HAS_EXTRA = 4;

/** @param lines whole lines, each with its line end */
export function encodeBlock(lines: string): Buffer {
  const inflated = Buffer.from(lines);
  // Higher levels take several times as long for a few percent.
  const member = gzipSync(inflated, {level: 1});
  const extra = Buffer.alloc(EXTRA);
  extra.writeUInt16LE(EXTRA - 2, 0);
  FIELD.copy(extra, 2);
  extra.writeUInt16LE(SIZES, 4);
  extra.writeUInt32LE(member.length + EXTRA, 6);
  extra.writeUInt32LE(inflated.length, 10);
  member[3] = (member[3] ?? 0) | HAS_EXTRA;
  return Buffer.concat([member.subarray(0, HEADER), extra, member.subarray(HEADER)]);
}

/** The sizes of a block, in bytes. */
export interface BlockSize {
  readonly stored: number;
  readonly inflated: number;
}

/** How many bytes of a block `sizeOfBlock` needs. */
export const BLOCK_HEAD = HEADER + EXTRA;

/** @returns null: these bytes are not the beginning of a block */
export function sizeOfBlock(bytes: Buffer): BlockSize | null {
  if (bytes.length < BLOCK_HEAD || bytes.readUInt32BE(0) !== (0x1f8b0800 | HAS_EXTRA) >>> 0) return null;
  if (bytes.readUInt16LE(HEADER) !== EXTRA - 2 || !bytes.subarray(12, 14).equals(FIELD)) return null;
  if (bytes.readUInt16LE(14) !== SIZES) return null;
  const stored = bytes.readUInt32LE(16);
  return stored < BLOCK_HEAD + TRAILER ? null : {stored, inflated: bytes.readUInt32LE(20)};
}

/** @returns null: the block is damaged, or holds something else than its head says */
export function inflateBlock(block: Buffer, {inflated}: BlockSize): string | null {
  try {
    const bytes = gunzipSync(block, {maxOutputLength: Math.max(1, inflated)});
    return bytes.length === inflated ? bytes.toString() : null;
  } catch {
    return null;
  }
}
