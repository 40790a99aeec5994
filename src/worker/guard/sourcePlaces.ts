/** Maps places in the code that V8 runs to places in the sources that its authors wrote. */
import {SourceMap, type SourceMapping, type SourceMapPayload} from 'node:module';
import {dirname, isAbsolute, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

/** A place in a file. Lines and columns count from 0. */
export interface CodePlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A source map as a data: URL. Jest's transformers leave such URLs in their output; no other URL is read. */
const INLINE_MAP = /^data:application\/json[^,]*?(;base64)?,(.*)$/;
const COMMENT = '//# sourceMappingURL=';

/** The scheme of a source that is not a file, such as `webpack://`. A single letter is a drive. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

/** The file that a script was compiled from, as V8 names it: a path, or a file: URL. */
export function scriptPath(url: string): string {
  return url === '' ? '<anonymous>' : (filePath(url) ?? url);
}

/** Maps places in the code of one script to its sources. */
export class SourcePlaces {
  readonly #path: string;
  readonly #sourceRoot: string;
  readonly #map: SourceMap | null;

  /** @param code the code that V8 compiled, including the comment with the source map */
  constructor(path: string, code: string) {
    const payload = inlineMap(code);
    this.#path = path;
    this.#sourceRoot = payload?.sourceRoot ?? '';
    this.#map = payload && readMap(payload);
  }

  /** The place in the sources for a place in the code; the given place if the sources are unknown. */
  original(line: number, column: number): CodePlace {
    const generated = {path: this.#path, line, column};
    const found = this.#map?.findEntry(line, column) as Partial<SourceMapping> | undefined;
    if (found?.originalSource === undefined || found.originalLine === undefined) return generated;
    const path = this.#sourcePath(found.originalSource);
    return path === null ? generated : {path, line: found.originalLine, column: found.originalColumn ?? 0};
  }

  #sourcePath(source: string): string | null {
    const complete = this.#sourceRoot === '' || isAbsolute(source) || SCHEME.test(source);
    const named = complete ? source : `${this.#sourceRoot.replace(/\/$/, '')}/${source}`;
    // Transformers name a source by its base name, because it is in the same folder as the script.
    return SCHEME.test(named) ? filePath(named) : resolve(dirname(this.#path), named);
  }
}

/** @returns null: it is not the URL of a file */
function filePath(url: string): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

/** @returns null: there is no readable source map */
function inlineMap(code: string): SourceMapPayload | null {
  const at = code.lastIndexOf(COMMENT);
  if (at === -1) return null;
  const [url = ''] = /^\S*/.exec(code.slice(at + COMMENT.length)) ?? [];
  const [, base64, data = ''] = INLINE_MAP.exec(url) ?? [];
  try {
    const json = base64 === undefined ? decodeURIComponent(data) : Buffer.from(data, 'base64').toString('utf8');
    return JSON.parse(json) as SourceMapPayload;
  } catch {
    return null;
  }
}

function readMap(payload: SourceMapPayload): SourceMap | null {
  try {
    return new SourceMap(payload);
  } catch {
    return null;
  }
}
