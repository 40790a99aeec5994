/**
 * What Jest was told, as the data of ToldLines, and back. Another machine can tell its own Jest the same: paths are
 * relative to the root of the repository, and what coverage says of a source is recorded once.
 *
 * The payloads are those of Jest's TestEvents: a Test, or the path of one, and what is told of it.
 */
import * as v from 'valibot';
import {toldName} from './fieldSchemas';
import {fromJson, toJson} from './json';
import type {SourceLine, ToldName} from './lines';
import type {RepoPaths} from './repoPaths';
import {IstanbulDecoder, IstanbulEncoder} from './told/istanbulCoverage';
import {parseAssertion, parseError, parseResult} from './told/parseTold';
import {changeAssertion, changeResult, changeStacks, isObject, type Json, type PathChanges} from './told/resultPaths';
import {sourceIds, SourceWriter} from './told/sources';
import {V8Decoder, V8Encoder} from './told/v8Coverage';

/** Whether a full recording has Jest's event of that name. */
export function isToldName(name: string): name is ToldName {
  return v.is(toldName, name);
}

/**
 * The sources that the coverage of a result names, each once. The order is that of the coverage.
 *
 * @param data as `ToldEncoder.encode` returns it
 */
export function sourceIdsOf(data: unknown): string[] {
  if (!isObject(data)) return [];
  const ids = [data.coverage, data.v8Coverage].flatMap(sourceIds);
  return [...new Set(ids)];
}

export class ToldEncoder {
  readonly #changes: PathChanges;
  readonly #istanbul: IstanbulEncoder;
  readonly #v8: V8Encoder;

  /** @param emitSource called before `encode` returns data that refers to the source */
  constructor(paths: RepoPaths, emitSource: (line: SourceLine) => void) {
    const sources = new SourceWriter(emitSource);
    this.#istanbul = new IstanbulEncoder(paths, sources);
    this.#v8 = new V8Encoder(paths, sources);
    this.#changes = {
      path: path => paths.toRecorded(path) ?? path,
      snapshotPath: path => paths.sourceToRecorded(path),
      frames: text => paths.framesToRecorded(text),
    };
  }

  /**
   * @param payload a list whose first item, the Test or its path, is left out: a ToldLine has it as `file`
   * @returns the data of a ToldLine; null: nothing follows the Test
   */
  encode(name: ToldName, payload: unknown): unknown {
    const told = (payload as readonly unknown[])[1];
    switch (name) {
      case 'test-file-start':
        return null;
      case 'test-file-success':
        return this.#result(told as Json);
      case 'test-file-failure':
        return changeStacks(toJson(told), this.#changes);
      case 'test-case-start':
        return toJson(told);
      case 'test-case-result':
        return changeAssertion(toJson(told) as Json, this.#changes);
    }
  }

  #result(told: Json): Json {
    const {coverage, v8Coverage, ...rest} = told;
    const data: Record<string, unknown> = {...changeResult(toJson(rest) as Json, this.#changes)};
    if ('coverage' in told) data.coverage = isObject(coverage) ? this.#istanbul.encode(coverage) : toJson(coverage);
    if ('v8Coverage' in told) {
      data.v8Coverage = Array.isArray(v8Coverage) ? this.#v8.encode(v8Coverage) : toJson(v8Coverage);
    }
    return data;
  }
}

export class ToldDecoder {
  readonly #changes: PathChanges;
  readonly #istanbul: IstanbulDecoder;
  readonly #v8: V8Decoder;

  /**
   * @param paths of the reader's checkout
   * @param folder where the source maps of V8's coverage are written, for Jest to read; made if it is missing
   */
  constructor(paths: RepoPaths, folder: string) {
    this.#istanbul = new IstanbulDecoder(paths);
    this.#v8 = new V8Decoder(paths, folder);
    this.#changes = {
      path: path => paths.fromRecorded(path),
      snapshotPath: path => paths.fromMarked(path) ?? path,
      frames: text => paths.framesFromRecorded(text),
    };
  }

  /** @throws {Error} if the source is not one of ours */
  addSource({id, source}: SourceLine): void {
    if (!isObject(source)) throw new TypeError('a source must be an object');
    if (!this.#istanbul.addSource(id, source) && !this.#v8.addSource(id, source)) {
      throw new TypeError(`a source has the unknown kind ${JSON.stringify(source.kind)}`);
    }
  }

  /**
   * @param data of a ToldLine
   * @returns what follows the Test in the payload
   * @throws {Error} which says what is wrong with the data: a path that leaves the root, for example
   */
  decode(name: ToldName, data: unknown): unknown {
    switch (name) {
      case 'test-file-start':
        return undefined;
      case 'test-file-success':
        return this.#result(data);
      case 'test-file-failure':
        return parseError(fromJson(changeStacks(data, this.#changes)));
      case 'test-case-start':
        return fromJson(data);
      case 'test-case-result':
        return parseAssertion(fromJson(changeAssertion(objectOf(data), this.#changes)));
    }
  }

  #result(data: unknown): unknown {
    const {coverage, v8Coverage, ...rest} = objectOf(data);
    const result = fromJson(changeResult(rest, this.#changes)) as Record<string, unknown>;
    if (coverage !== undefined) {
      result.coverage = Array.isArray(coverage) ? this.#istanbul.decode(coverage) : absent(coverage);
    }
    if (v8Coverage !== undefined) {
      result.v8Coverage = Array.isArray(v8Coverage) ? this.#v8.decode(v8Coverage) : absent(v8Coverage);
    }
    return parseResult(result);
  }
}

/** A result without coverage may have its fields nevertheless. */
function absent(data: unknown): null | undefined {
  const value = fromJson(data);
  if (value === null || value === undefined) return value;
  throw new TypeError('coverage must be a list');
}

function objectOf(data: unknown): Json {
  if (isObject(data)) return data;
  throw new TypeError('it must be an object');
}
