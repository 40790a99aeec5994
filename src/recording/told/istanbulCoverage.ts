/**
 * Coverage by istanbul: of each file, its counters, and once for each content of a source what they count. Istanbul's
 * data of a file has both in one object.
 */
import {fromJson, toJson} from '../json';
import type {RepoPaths} from '../repoPaths';
import {isObject, type Json} from './resultPaths';
import {sourceMapFromRecorded, sourceMapToRecorded} from './sourceMapPaths';
import {Sources, type SourceWriter} from './sources';

/** The counters of a file, and the map whose entries each of them counts. */
const COUNTERS = {s: 'statementMap', f: 'fnMap', b: 'branchMap', bT: 'branchMap'} as const;
type Counter = keyof typeof COUNTERS;

const NAMES = Object.keys(COUNTERS) as Counter[];

/** The kind of a SourceLine of ours. */
const KIND = 'istanbul';

interface Written {
  readonly hash: unknown;
  readonly sizes: readonly number[];
  readonly id: string;
}

export class IstanbulEncoder {
  readonly #paths: RepoPaths;
  readonly #sources: SourceWriter;
  /** The last source of each path. */
  readonly #last = new Map<string, Written>();

  constructor(paths: RepoPaths, sources: SourceWriter) {
    this.#paths = paths;
    this.#sources = sources;
  }

  encode(coverage: Json): unknown[] {
    return Object.entries(coverage).map(([path, data]) => {
      if (!isObject(data)) return [path, data];
      return [this.#paths.toRecorded(path) ?? path, this.#sourceOf(path, data), countersOf(data)];
    });
  }

  #sourceOf(path: string, data: Json): string {
    const {hash} = data;
    const sizes = NAMES.map(name => Object.keys(Object(data[COUNTERS[name]]) as object).length);
    const last = this.#last.get(path);
    // Istanbul's hash is of all that we take here. Where two results of a file were merged, the entries may be others
    // than those of the hash, and then there are more or fewer of them.
    const isSame =
      typeof hash === 'string' && last?.hash === hash && sizes.every((size, at) => size === last.sizes[at]);
    if (isSame) return last.id;
    const rest = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, key === 'path' || key in COUNTERS ? null : value]),
    );
    if ('inputSourceMap' in data) rest.inputSourceMap = sourceMapToRecorded(data.inputSourceMap, this.#paths);
    const id = this.#sources.add({kind: KIND, data: toJson(rest)});
    this.#last.set(path, {hash, sizes, id});
    return id;
  }
}

/** The counters as lists in the order of the maps; those that do not fit their map stay objects. */
function countersOf(data: Json): Json {
  const counters: Record<string, unknown> = {};
  for (const name of NAMES) {
    const counts = data[name];
    if (!isObject(counts)) continue;
    const keys = Object.keys(counts);
    const entries = Object.keys(Object(data[COUNTERS[name]]) as object);
    const fits = keys.length === entries.length && keys.every((key, at) => key === entries[at]);
    counters[name] = fits ? Object.values(counts) : counts;
  }
  return counters;
}

export class IstanbulDecoder {
  readonly #paths: RepoPaths;
  readonly #sources = new Sources<Json>('source of coverage');

  constructor(paths: RepoPaths) {
    this.#paths = paths;
  }

  /** @returns whether the source is of istanbul */
  addSource(id: string, source: Json): boolean {
    if (source.kind !== KIND) return false;
    const data = fromJson(source.data);
    if (!isObject(data)) throw new TypeError('the source of coverage must be an object');
    this.#sources.set(id, data);
    return true;
  }

  decode(coverage: unknown): Json {
    if (!Array.isArray(coverage)) throw new TypeError('"coverage" must be a list');
    return Object.fromEntries(coverage.map(entry => this.#file(entry)));
  }

  #file(entry: unknown): [path: string, data: Json] {
    if (!Array.isArray(entry)) throw new TypeError('coverage of a file must be a list');
    const [recorded, id, counters] = entry as unknown[];
    const path = this.#paths.fromRecorded(String(recorded));
    const source = this.#sources.get(id);
    if (!isObject(counters)) throw new TypeError(`the counters of ${String(recorded)} must be an object`);
    const data: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(source)) {
      if (key === 'path') data.path = path;
      else if (key === 'inputSourceMap') data[key] = sourceMapFromRecorded(value, this.#paths, path);
      else if (isCounter(key)) data[key] = countsFrom(counters[key], source[COUNTERS[key]]);
      else if (key !== '__proto__') data[key] = value;
    }
    return [path, data];
  }
}

function isCounter(key: string): key is Counter {
  return Object.hasOwn(COUNTERS, key);
}

/** @param map what the counters count */
function countsFrom(counts: unknown, map: unknown): Json {
  const keys = Array.isArray(counts) ? Object.keys(Object(map) as object) : Object.keys(Object(counts) as object);
  const values: unknown[] = Array.isArray(counts) ? counts : Object.values(Object(counts) as object);
  if (values.length !== keys.length || !values.every(isCount)) throw new TypeError('counters of coverage must fit');
  return Object.fromEntries(keys.map((key, at) => [key, values[at]]));
}

/** A branch has a counter for each of its arms. */
function isCount(value: unknown): boolean {
  return Array.isArray(value) ? value.every(item => typeof item === 'number') : typeof value === 'number';
}
