/**
 * What a process loads before its first test (Jest inside of the realm, above all), in one file: sources, and what V8 has made of
 * them. The same some hundred modules come first in each process, and to open a file for each, and to hash its source, takes as long
 * as to compile it.
 */
import {sha1} from './contentHash';
import type {ModuleCode, StoredCode} from './storedCode';
import {readWhole, writeWhole} from './wholeFile';

/** The first bytes of the file; another number where what stands in it means something else. */
const MAGIC = Buffer.from('XDS1');
const DIGEST_AT = MAGIC.length;
const LENGTHS_AT = DIGEST_AT + 20;
const HEAD_BYTES = LENGTHS_AT + 8;

/** So many bytes may it have. Jest's own modules are some 3 MB of sources and code. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Of a module, in the file's table; places are in bytes. */
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
  /** As it stands in the file. */
  readonly source: Buffer;
  readonly encoding: Entry['encoding'];
}

export interface StartPackOptions {
  /** Writes the whole file. @returns whether it is there now */
  readonly write?: (bytes: Buffer) => boolean;
  /** For tests. */
  readonly maxBytes?: number;
}

export class StartPack {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #write: (bytes: Buffer) => boolean;
  /** null: it was not read so far. */
  #packed: Map<string, Packed> | null = null;

  /** @param path of the file, which is of one version of V8, with its flags, and of one Jest */
  constructor(path: string, {write, maxBytes = MAX_BYTES}: StartPackOptions = {}) {
    this.#path = path;
    this.#write = write ?? (bytes => writeWhole(path, bytes) === 'written');
    this.#maxBytes = maxBytes;
  }

  /** null: it is not there, or was made of another source. */
  find(module: ModuleCode): StoredCode | null {
    this.#packed ??= unpacked(this.#path);
    const packed = this.#packed.get(nameOf(module));
    return packed !== undefined && packed.source.toString(packed.encoding) === module.source ? packed : null;
  }

  /**
   * Adds modules, in the place of those of the same name.
   *
   * @returns those that are there now: there may be no place left for some, or no right to write any
   */
  write<Kept extends {readonly module: ModuleCode}>(codes: ReadonlyMap<Kept, StoredCode>): ReadonlySet<Kept> {
    // Another process may have written meanwhile.
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

/** A source is compared, character by character: it needs no digest, and no encoding in which two could be one. */
function encoded(source: string): Pick<Packed, 'source' | 'encoding'> {
  const encoding = /^[\0-\xff]*$/.test(source) ? 'latin1' : 'utf16le';
  return {source: Buffer.from(source, encoding), encoding};
}

/** Head, code, table, sources; all but the sources is in the digest. */
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

/** @returns nothing, where there is none, or it is damaged */
function unpacked(path: string): Map<string, Packed> {
  const all = new Map<string, Packed>();
  let bytes: Buffer;
  try {
    bytes = readWhole(path);
  } catch {
    return all; // nothing was kept so far
  }
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return all;
  const [tableAt, sourcesAt] = [bytes.readUInt32LE(LENGTHS_AT), bytes.readUInt32LE(LENGTHS_AT + 4)];
  const digest = bytes.subarray(DIGEST_AT, LENGTHS_AT);
  // V8 looks at no checksum of its own, and what it is given here it runs.
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
