/**
 * Parses a test file's docblock into FilePragmas, or into problems with line numbers.
 *
 * The running Jest's docblock parser, which is an argument, finds the pragmas, so that Jest and we agree on what a
 * pragma is.
 */

import leven from 'leven';
import type {FixtureScope, ResourceShare} from '../plan/constraints';
import type {Granularity} from '../plan/units';
import {parseTimeSpan, TIME_SPAN_SHAPE} from '../texts/timeSpan';

/** The part of jest-docblock that we use. */
export interface DocblockParser {
  extract(contents: string): string;
  parse(docblock: string): Record<string, string | string[]>;
}

/** The pragmas of a test file. A field is null, false or empty if the file does not have the pragma. */
export interface FilePragmas {
  /** `@can-split`: several workers may share its tests. `each`: every hook is re-entrant. */
  readonly canSplit: Granularity | null;
  /** `@shared-fixture ./path [scope=run|worker]` */
  readonly sharedFixtures: readonly SharedFixturePragma[];
  /** `@serial`: no other file may run at the same time. */
  readonly serial: boolean;
  /** `@worker-group name`: all files of the group run on one worker, in order. */
  readonly workerGroup: string | null;
  /** `@resource name[:amount]` */
  readonly resources: readonly ResourcePragma[];
  /** `@hard-timeout 30s`, in ms; 0: off. */
  readonly hardTimeoutMs: number | null;
  /** `@restart-worker`: the file needs a fresh worker. */
  readonly restartWorker: boolean;
}

/** The declaration of a fixture. */
export interface FixtureRequest {
  /** The module as written: a path relative to the place of the declaration, or a package's name. */
  readonly path: string;
  readonly scope: FixtureScope;
}

export interface SharedFixturePragma extends FixtureRequest {
  /** 1-based. */
  readonly line: number;
}

export interface ResourcePragma extends ResourceShare {
  /** 1-based. */
  readonly line: number;
}

/** A wrong pragma in a test file. */
export interface PragmaProblem {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

export interface ParsedPragmas {
  readonly pragmas: FilePragmas;
  /** Malformed pragmas. The file must not run, because its rules are unknown. */
  readonly errors: readonly PragmaProblem[];
  /** Pragmas without effect, because Jest does not look for pragmas at that place. */
  readonly warnings: readonly PragmaProblem[];
}

export const NO_PRAGMAS: FilePragmas = Object.freeze({
  canSplit: null,
  sharedFixtures: [],
  serial: false,
  workerGroup: null,
  resources: [],
  hardTimeoutMs: null,
  restartWorker: false,
});

/** The names of our pragmas. No other tool may use one of them (jest-runner-groups has `@group`). */
export const PRAGMA_NAMES = [
  'can-split',
  'shared-fixture',
  'serial',
  'worker-group',
  'resource',
  'hard-timeout',
  'restart-worker',
] as const;
type PragmaName = (typeof PRAGMA_NAMES)[number];

const NAME_PATTERN = PRAGMA_NAMES.join('|');
const MENTIONS_ONE = new RegExp(`@(?:${NAME_PATTERN})(?![\\w-])`);
/** Names that look like one of ours but belong to another tool: phpDocumentor has `@source`. */
const NAMES_OF_OTHERS: ReadonlySet<string> = new Set(['source']);
/** Short forms that users write for one of ours. */
const SHORT_FORMS: ReadonlyMap<string, PragmaName> = new Map([['split', 'can-split']]);
/** A comment at the start of the file, where Jest looks for pragmas. */
const FIRST_COMMENT = /^\s*\/\*/;
/** A line of a comment that starts with one of our pragmas: ` * @serial`, `// @serial`, `/** @serial`. */
const PRAGMA_LINE = new RegExp(`^[ \\t]*(?:/\\*\\*?|\\*|//)?[ \\t]*@(${NAME_PATTERN})(?=\\s|\\*/|$)`);

const NONE: ParsedPragmas = {pragmas: NO_PRAGMAS, errors: [], warnings: []};

/** The pragmas that have an effect in the docblock of a fixture's module. */
export const FIXTURE_PRAGMAS: readonly PragmaName[] = ['shared-fixture'];

/**
 * Reads the pragmas of one file from its source.
 *
 * @param counting the pragmas that have an effect in this file; other pragmas get a warning
 */
export function parsePragmas(
  source: string,
  docblock: DocblockParser,
  counting: readonly PragmaName[] = PRAGMA_NAMES,
): ParsedPragmas {
  // Most files have no pragma and must cost next to nothing.
  if (!MENTIONS_ONE.test(source) && !beginsWithMisspelt(source)) return NONE;
  const block = docblock.extract(source);
  const values = docblock.parse(block);
  const blockStart = source.indexOf(block);
  const blockLines =
    block === '' ? null : {first: lineAt(source, blockStart), last: lineAt(source, blockStart + block.length)};
  const sourceLines = source.split('\n');
  const errors: PragmaProblem[] = [];
  const warnings: PragmaProblem[] = [];
  let pragmas = NO_PRAGMAS;
  for (const name of PRAGMA_NAMES) {
    const value = values[name];
    if (value === undefined) continue;
    // jest-docblock keeps spaces at the end of a value, and a tab in front of it.
    const all = (typeof value === 'string' ? [value] : value).map(text => text.trim());
    const lines = linesOf(name, block).map(line => line + (blockLines?.first ?? 1) - 1);
    if (!counting.includes(name)) {
      warnings.push({line: lines[0] ?? 1, text: `@${name} has no effect here: it is for test files.`});
      continue;
    }
    const parsed = READERS[name](all, lines);
    if ('error' in parsed) {
      const line = lines[parsed.index] ?? lines[0] ?? 1;
      // If the value is not in the pragma's line, jest-docblock has joined several lines.
      const hint = sourceLines[line - 1]?.includes(parsed.value) ? '' : ` (${FOLLOWING_TEXT})`;
      errors.push({line, text: `@${name}${parsed.value && ` ${parsed.value}`}: ${parsed.error}${hint}`});
    } else {
      pragmas = {...pragmas, ...parsed.fields};
    }
  }
  return {
    pragmas,
    errors,
    warnings: [
      ...warnings,
      ...misspeltPragmas(values, block, blockLines?.first ?? 1),
      ...unreadPragmas(block, blockLines?.first ?? 1, values),
      ...strayPragmas(source, blockLines),
    ],
  };
}

type Reading =
  {readonly fields: Partial<FilePragmas>} | {readonly error: string; readonly value: string; readonly index: number};

const FOLLOWING_TEXT =
  'jest-docblock takes the text on the line after a pragma for a part of its value: leave an empty ` *` line between them, or move the text above';

/** @returns the request, or a text that says what is wrong with it */
export function parseFixtureRequest(text: string): FixtureRequest | string {
  const match = /^(\S+)(?:\s+scope=(run|worker))?$/.exec(text);
  if (match?.[1] === undefined) {
    return text === ''
      ? 'name the module of the fixture, as in "@shared-fixture ./fixtures/db.ts"'
      : `expected "./path/to/module" and nothing else, or "scope=worker" after it`;
  }
  return {path: match[1], scope: match[2] === 'worker' ? 'worker' : 'run'};
}

/** @returns the resource, or a text that says what is wrong with it */
export function parseResource(text: string): ResourceShare | string {
  const match = /^([\w./-]+)(?::([1-9]\d*))?$/.exec(text);
  if (match?.[1] === undefined) {
    return text === ''
      ? 'name the resource, as in "@resource gpu" or "@resource gpu:2"'
      : `expected "name" or "name:amount" with a whole amount of 1 or more`;
  }
  return {name: match[1], amount: match[2] === undefined ? 1 : Number(match[2])};
}

export function isResourceName(text: string): boolean {
  const resource = parseResource(text);
  return typeof resource !== 'string' && resource.name === text;
}

export function isWorkerGroup(text: string): boolean {
  return /^[\w.:/-]+$/.test(text);
}

type Reader = (values: readonly string[], lines: readonly number[]) => Reading;

const READERS: Readonly<Record<PragmaName, Reader>> = {
  'can-split': single(value => {
    if (value === '' || value === 'each') return {canSplit: value === '' ? 'tests' : 'each'};
    return `it takes nothing or the word "each"`;
  }),
  'shared-fixture': several(parseFixtureRequest, sharedFixtures => ({sharedFixtures})),
  serial: flag({serial: true}),
  'worker-group': single(value =>
    isWorkerGroup(value)
      ? {workerGroup: value}
      : value === ''
        ? 'name the group, as in "@worker-group db"'
        : `a group's name is one word`,
  ),
  resource: several(parseResource, resources => ({resources})),
  'hard-timeout': single(value => {
    const ms = parseTimeSpan(value);
    return ms === null ? `expected ${TIME_SPAN_SHAPE}` : {hardTimeoutMs: ms};
  }),
  'restart-worker': flag({restartWorker: true}),
};

function single(read: (value: string) => Partial<FilePragmas> | string): Reader {
  return values => {
    if (values.length > 1) return {error: 'it may be given only once in a file', value: values[1] ?? '', index: 1};
    const value = values[0] ?? '';
    const fields = read(value);
    return typeof fields === 'string' ? {error: fields, value, index: 0} : {fields};
  };
}

function several<T extends object>(
  read: (value: string) => T | string,
  collect: (items: (T & {line: number})[]) => Partial<FilePragmas>,
): Reader {
  return (values, lines) => {
    const items: (T & {line: number})[] = [];
    for (const [index, value] of values.entries()) {
      const item = read(value);
      if (typeof item === 'string') return {error: item, value, index};
      items.push({...item, line: lines[index] ?? lines[0] ?? 1});
    }
    return {fields: collect(items)};
  };
}

function flag(fields: Partial<FilePragmas>): Reader {
  return values => {
    const index = values.findIndex(value => value !== '');
    return index === -1 ? {fields} : {error: `it takes no value`, value: values[index] ?? '', index};
  };
}

function linesOf(name: PragmaName, text: string): number[] {
  return [...pragmaLines(text)].filter(found => found.name === name).map(found => found.line);
}

function* pragmaLines(text: string): Generator<{name: string; line: number}> {
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    const match = PRAGMA_LINE.exec(content);
    if (match?.[1] !== undefined) yield {name: match[1], line};
  }
}

function misspeltPragmas(values: Readonly<Record<string, unknown>>, block: string, first: number): PragmaProblem[] {
  return Object.keys(values).flatMap(name => {
    const meant = meantBy(name);
    if (meant === null) return [];
    const line = block.split('\n').findIndex(text => text.includes(`@${name}`));
    return [{line: first + Math.max(0, line), text: `@${name} is no pragma. Did you mean @${meant}?`}];
  });
}

/** Whether the comment at the start of the file contains a misspelt pragma. */
function beginsWithMisspelt(source: string): boolean {
  if (!FIRST_COMMENT.test(source)) return false;
  const comment = source.slice(0, source.indexOf('*/'));
  return [...comment.matchAll(/@([^\s*]+)/g)].some(([, name = '']) => meantBy(name) !== null);
}

/** @returns the pragma that a misspelt name resembles; null if the name is one of ours or resembles none */
function meantBy(name: string): PragmaName | null {
  const written = bare(name);
  if ((PRAGMA_NAMES as readonly string[]).includes(name) || NAMES_OF_OTHERS.has(written)) return null;
  return SHORT_FORMS.get(written) ?? PRAGMA_NAMES.find(ours => isNear(written, bare(ours))) ?? null;
}

/** Ignores capitals, hyphens and the plural, which users easily mistake. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll('-', '').replace(/s$/, '');
}

/** Allows one different letter for every four, or two letters in the wrong order. */
function isNear(written: string, ours: string): boolean {
  if (Math.abs(written.length - ours.length) > 2) return false;
  const distance = leven(written, ours);
  return distance <= Math.min(2, ours.length / 4) || (distance === 2 && sorted(written) === sorted(ours));
}

function sorted(text: string): string {
  return [...text].sort().join('');
}

/** Pragmas in the docblock that jest-docblock ignores, because it does not accept a tab before the ` *`. */
function unreadPragmas(block: string, first: number, values: Readonly<Record<string, unknown>>): PragmaProblem[] {
  return [...pragmaLines(block)]
    .filter(({name}) => values[name] === undefined)
    .map(({name, line}) => ({
      line: first + line - 1,
      text: `@${name} has no effect here: Jest cannot read this line. Indent the comment with spaces, and begin the line with " * @${name}".`,
    }));
}

/**
 * Our pragmas in comments outside of the docblock. Only comments at the start of a line count, because an indented
 * comment may be part of a template string. (An unindented comment in a template string gets a warning: only a parser
 * could tell.)
 */
function strayPragmas(source: string, docblock: {first: number; last: number} | null): PragmaProblem[] {
  const comments = /^(?:\/\*[^]*?\*\/|\/\/.*)/gm;
  const warnings: PragmaProblem[] = [];
  for (const comment of source.matchAll(comments)) {
    const first = lineAt(source, comment.index);
    if (docblock !== null && first >= docblock.first && first <= docblock.last) continue;
    for (const {name, line} of pragmaLines(comment[0])) {
      warnings.push({
        line: first + line - 1,
        text: `@${name} has no effect here: Jest reads pragmas only from a /** */ comment that is the very first thing in the file${
          docblock === null ? '' : ` (here, the comment that begins in line ${docblock.first})`
        }. Move it there, before any licence line, // comment or /* eslint-disable */.`,
      });
    }
  }
  return warnings;
}

function lineAt(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) line++;
  return line;
}
