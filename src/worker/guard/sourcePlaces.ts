/** From places in the code that V8 runs to those in the sources that its authors wrote. */
import {SourceMap, type SourceMapping, type SourceMapPayload} from 'node:module';
import {dirname, isAbsolute, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

/** From 0. */
export interface CodePlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A data: URL is all that is read: what Jest's transformers leave in the code that they made. */
const INLINE_MAP = /^data:application\/json[^,]*?(;base64)?,(.*)$/;
const COMMENT = '//# sourceMappingURL=';

/** Of a source that is not a file: `webpack://`. One letter is a drive. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

/** The file that a script was compiled from, as V8 names it: a path, or a file: URL. */
export function scriptPath(url: string): string {
  return url === '' ? '<anonymous>' : (filePath(url) ?? url);
}

/** The code of one script, and the way from there to its sources. */
export class SourcePlaces {
  readonly #path: string;
  readonly #sourceRoot: string;
  readonly #map: SourceMap | null;

  /** @param code as V8 compiled it, with the comment in it that has its source map */
  constructor(path: string, code: string) {
    const payload = inlineMap(code);
    this.#path = path;
    this.#sourceRoot = payload?.sourceRoot ?? '';
    this.#map = payload && readMap(payload);
  }

  /** Where a place in the code is in the sources; itself, if that is not known. */
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
    // Transformers name a source by its file's name alone: it lies where the script does.
    return SCHEME.test(named) ? filePath(named) : resolve(dirname(this.#path), named);
  }
}

/** null: it is not the URL of a file */
function filePath(url: string): string | null {
  try {
    return fileURLToPath(url);
  } catch {
    return null;
  }
}

/** null: there is none, or one that cannot be read */
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
