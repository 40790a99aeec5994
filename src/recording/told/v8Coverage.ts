/**
 * Coverage by V8: of each script, the ranges that V8 has counted, and once for each content its code, transformed and
 * original, and the source map between the two. Jest names the map by its path in the transform cache, which another
 * machine does not have.
 */
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {RepoPaths} from '../repoPaths';
import {isObject, type Json} from './resultPaths';
import {sourceMapFromRecorded, sourceMapToRecorded} from './sourceMapPaths';
import {hashOf, Sources, type SourceWriter} from './sources';

/** The kind of a SourceLine of ours. */
const KIND = 'v8';

/** Jest's RuntimeTransformResult, as far as a report needs it. */
interface Transformed {
  readonly code: string;
  readonly originalCode: string;
  readonly sourceMapPath: string | null;
  /** Jest 29: how many characters of the code that V8 ran come before `code`. */
  readonly wrapperLength?: number;
}

export class V8Encoder {
  readonly #paths: RepoPaths;
  readonly #sources: SourceWriter;
  /** The last source of each script, by its path: texts are compared faster than hashed. */
  readonly #last = new Map<string, Transformed & {readonly id: string}>();

  constructor(paths: RepoPaths, sources: SourceWriter) {
    this.#paths = paths;
    this.#sources = sources;
  }

  encode(scripts: readonly unknown[]): unknown[] {
    return scripts.map(script => {
      if (!isObject(script) || !isObject(script.result)) return null;
      const {url, scriptId, functions} = script.result;
      const path = String(url);
      const transformed = script.codeTransformResult;
      return [
        this.#paths.toRecorded(path) ?? path,
        isTransformed(transformed) ? this.#sourceOf(path, transformed) : null,
        scriptId,
        (functions as readonly FunctionCoverage[]).map(({functionName, isBlockCoverage, ranges}) => [
          functionName,
          isBlockCoverage,
          ranges.flatMap(({startOffset, endOffset, count}) => [startOffset, endOffset, count]),
        ]),
      ];
    });
  }

  #sourceOf(path: string, transformed: Transformed): string {
    const {code, originalCode, sourceMapPath, wrapperLength} = transformed;
    const last = this.#last.get(path);
    const isSame =
      last?.sourceMapPath === sourceMapPath &&
      last.wrapperLength === wrapperLength &&
      last.code === code &&
      last.originalCode === originalCode;
    if (isSame) return last.id;
    const map = sourceMapToRecorded(readMap(sourceMapPath), this.#paths);
    const id = this.#sources.add({kind: KIND, code, originalCode, wrapperLength: wrapperLength ?? null, map});
    this.#last.set(path, {...transformed, id});
    return id;
  }
}

interface FunctionCoverage {
  readonly functionName: string;
  readonly isBlockCoverage: boolean;
  readonly ranges: readonly {readonly startOffset: number; readonly endOffset: number; readonly count: number}[];
}

function isTransformed(value: unknown): value is Transformed {
  return isObject(value) && typeof value.code === 'string' && typeof value.originalCode === 'string';
}

/** @returns null: there is no map. Jest reports the file on the disk then. */
function readMap(path: string | null | undefined): unknown {
  if (path === null || path === undefined || !existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return null; // Jest's own report fails, too
  }
}

interface Source {
  readonly code: string;
  readonly originalCode: string;
  readonly wrapperLength: number | null;
  readonly map: unknown;
}

export class V8Decoder {
  readonly #paths: RepoPaths;
  readonly #sources = new Sources<Source>('code of a script');
  readonly #folder: string;
  /** The paths of the maps that were written, by the hash of their content. */
  readonly #maps = new Map<string, string>();
  /** What Jest is told of a script's source, by the script's path and the source's id. */
  readonly #transformed = new Map<string, Transformed>();

  /** @param folder where the source maps are written, for Jest to read; made if it is missing */
  constructor(paths: RepoPaths, folder: string) {
    this.#paths = paths;
    this.#folder = folder;
  }

  /** @returns whether the source is of V8 */
  addSource(id: string, {kind, code, originalCode, wrapperLength = null, map}: Json): boolean {
    if (kind !== KIND) return false;
    if (wrapperLength !== null && typeof wrapperLength !== 'number') {
      throw new TypeError('the length of a wrapper must be a number');
    }
    if (typeof code !== 'string' || typeof originalCode !== 'string') {
      throw new TypeError('the code of a script must be a text');
    }
    this.#sources.set(id, {code, originalCode, wrapperLength, map: map ?? null});
    return true;
  }

  decode(scripts: unknown): Json[] {
    if (!Array.isArray(scripts)) throw new TypeError('"v8Coverage" must be a list');
    return scripts.map(script => this.#script(script));
  }

  #script(script: unknown): Json {
    if (!Array.isArray(script)) throw new TypeError('coverage of a script must be a list');
    const [recorded, source, scriptId, functions] = script as unknown[];
    const url = this.#paths.fromRecorded(String(recorded));
    if (!Array.isArray(functions)) throw new TypeError(`the functions of ${String(recorded)} must be a list`);
    return {
      codeTransformResult: source === null ? undefined : this.#transformOf(url, source),
      result: {url, scriptId: String(scriptId), functions: functions.map(functionFrom)},
    };
  }

  #transformOf(url: string, id: unknown): Transformed {
    const key = `${String(id)} ${url}`;
    let transformed = this.#transformed.get(key);
    if (transformed === undefined) {
      const {code, originalCode, wrapperLength, map} = this.#sources.get(id);
      const found = sourceMapFromRecorded(map, this.#paths, url);
      transformed = {
        code,
        originalCode,
        sourceMapPath: found === null ? null : this.#write(JSON.stringify(found)),
        ...(wrapperLength !== null && {wrapperLength}),
      };
      this.#transformed.set(key, transformed);
    }
    return transformed;
  }

  #write(map: string): string {
    const hash = hashOf(map);
    let path = this.#maps.get(hash);
    if (path === undefined) {
      mkdirSync(this.#folder, {recursive: true, mode: 0o700});
      path = join(this.#folder, `${hash}.map`);
      writeFileSync(path, map, {mode: 0o600});
      this.#maps.set(hash, path);
    }
    return path;
  }
}

function functionFrom(recorded: unknown): FunctionCoverage {
  const [functionName, isBlockCoverage, numbers] = Array.isArray(recorded) ? (recorded as unknown[]) : [];
  if (!Array.isArray(numbers) || numbers.length % 3 !== 0 || !numbers.every(item => typeof item === 'number')) {
    throw new TypeError('the ranges of a function must be a list of numbers');
  }
  const ranges = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const [startOffset = 0, endOffset = 0, count = 0] = numbers.slice(at, at + 3);
    ranges.push({startOffset, endOffset, count});
  }
  return {functionName: String(functionName), isBlockCoverage: isBlockCoverage === true, ranges};
}
