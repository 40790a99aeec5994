/**
 * One file with the sources and the compiled code of the modules that a process loads before its first test. Most of
 * them are Jest's own modules inside the realm. Each process loads the same hundred or so modules first. To open one
 * file for each of them and to hash its source would take as long as to compile it.
 */
import {sha1} from './contentHash';
import type {ModuleCode, StoredCode} from './storedCode';
import {readWhole, writeWhole} from './wholeFile';

/** The first bytes of the file. Change the number when the format changes. */
const MAGIC = Buffer.from('XDS1');
const DIGEST_AT = MAGIC.length;
const LENGTHS_AT = DIGEST_AT + 20;
const HEAD_BYTES = LENGTHS_AT + 8;

/** The limit for the file, in bytes. Jest's own modules have about 3 MB of sources and code. */
const MAX_BYTES = 16 * 1024 * 1024;

/** A module's entry in the file's table. Positions are in bytes. */
interface Entry {
  readonly filename: string;
  readonly variant: string;
  readonly warm: boolean;
  readonly code: readonly [from: number, to: number];
  readonly source: readonly [from: number, to: number];
  readonly encoding: 'latin1' | 'utf16le';
}

interface Packed extends StoredCode {
  readonly module: Pick<ModuleCode, 'filename' | 'variant'>;
  /** The bytes as they are in the file. */
  readonly source: Buffer;
  readonly encoding: Entry['encoding'];
}

export interface StartPackOptions {
  /**
   * Writes the whole file.
   *
   * @returns whether the file was written
   */
  readonly write?: (bytes: Buffer) => boolean;
  /** For tests. */
  readonly maxBytes?: number;
}

export class StartPack {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #write: (bytes: Buffer) => boolean;
  /** null: the file has not been read yet. */
  #packed: Map<string, Packed> | null = null;

  /** @param path of the file; each version and flag set of V8 and each jest-runtime has its own file */
  constructor(path: string, {write, maxBytes = MAX_BYTES}: StartPackOptions = {}) {
    this.#path = path;
    this.#write = write ?? (bytes => writeWhole(path, bytes) === 'written');
    this.#maxBytes = maxBytes;
  }

  /** @returns null if the module is not in the file, or the file has a different source */
  find(module: ModuleCode): StoredCode | null {
    this.#packed ??= unpacked(this.#path);
    const packed = this.#packed.get(nameOf(module));
    return packed !== undefined && packed.source.toString(packed.encoding) === module.source ? packed : null;
  }

  /**
   * Adds modules. They replace modules of the same name.
   *
   * @returns the modules that the file has now; there may be no room for some, or no permission to write
   */
  write<Kept extends {readonly module: ModuleCode}>(codes: ReadonlyMap<Kept, StoredCode>): ReadonlySet<Kept> {
    // Another process may have written the file in the meantime.
    const all = unpacked(this.#path);
    for (const [{module}, code] of codes) {
      const name = nameOf(module);
      all.delete(name);
      all.set(name, {module, ...encoded(module.source), ...code});
    }
    let bytes = 0;
    for (const [name, {data, source}] of [...all].reverse()) {
      bytes += data.length + source.length;
      if (bytes > this.#maxBytes) all.delete(name);
    }
    if (!this.#write(packedBytes([...all.values()]))) return new Set();
    this.#packed = all;
    return new Set([...codes.keys()].filter(({module}) => all.has(nameOf(module))));
  }
}

function nameOf({filename, variant}: Pick<ModuleCode, 'filename' | 'variant'>): string {
  return `${filename}\0${variant}`;
}

/**
 * `find` compares sources character by character, so a source needs no digest. The encoding must not map two sources to
 * the same bytes.
 */
function encoded(source: string): Pick<Packed, 'source' | 'encoding'> {
  const encoding = /^[\0-\xff]*$/.test(source) ? 'latin1' : 'utf16le';
  return {source: Buffer.from(source, encoding), encoding};
}

/** The file's layout: head, code, table, sources. The digest covers everything but the sources. */
function packedBytes(all: readonly Packed[]): Buffer {
  let codeEnd = HEAD_BYTES;
  let sourceEnd = 0;
  const entries = all.map(({module: {filename, variant}, warm, data, source, encoding}): Entry => {
    const [code, from] = [codeEnd, sourceEnd];
    codeEnd += data.length;
    sourceEnd += source.length;
    return {filename, variant, warm, encoding, code: [code, codeEnd], source: [from, sourceEnd]};
  });
  const table = Buffer.from(JSON.stringify(entries));
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32LE(codeEnd, LENGTHS_AT);
  head.writeUInt32LE(codeEnd + table.length, LENGTHS_AT + 4);
  const bytes = Buffer.concat([head, ...all.map(({data}) => data), table, ...all.map(({source}) => source)]);
  sha1(bytes.subarray(LENGTHS_AT, codeEnd + table.length), 'buffer').copy(bytes, DIGEST_AT);
  return bytes;
}

/** @returns an empty map if the file does not exist or is damaged */
function unpacked(path: string): Map<string, Packed> {
  const all = new Map<string, Packed>();
  let bytes: Buffer;
  try {
    bytes = readWhole(path);
  } catch {
    return all; // no process has written the file yet
  }
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return all;
  const [tableAt, sourcesAt] = [bytes.readUInt32LE(LENGTHS_AT), bytes.readUInt32LE(LENGTHS_AT + 4)];
  const digest = bytes.subarray(DIGEST_AT, LENGTHS_AT);
  // V8 verifies no checksum of its own, and runs whatever it gets.
  if (!sha1(bytes.subarray(LENGTHS_AT, sourcesAt), 'buffer').equals(digest)) return all;
  for (const entry of JSON.parse(bytes.toString('utf8', tableAt, sourcesAt)) as Entry[]) {
    const {filename, variant, warm, encoding} = entry;
    const module = {filename, variant};
    all.set(nameOf(module), {
      module,
      warm,
      encoding,
      data: bytes.subarray(...entry.code),
      source: bytes.subarray(sourcesAt + entry.source[0], sourcesAt + entry.source[1]),
    });
  }
  return all;
}
