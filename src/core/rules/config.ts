/**
 * Resolves the runner's options (not Jest's config). Checks every value of every source, merges the sources key by key,
 * and adds the defaults. An unknown option, or a value of the wrong type, is an error.
 */
import leven from 'leven';
import * as v from 'valibot';
import {inMs} from '../texts/timeSpan';
import {hasPassword} from './fleetUrl';
import {FLEET_VARIABLES, PASSWORD_VARIABLE} from './fleetVariables';
import {readFolderRules} from './folderRules';
import {
  KEYS_WITHIN,
  OPTION_NAMES,
  OPTION_SCHEMAS,
  type OptionName,
  PLAN_TO_VARIABLE,
  PLAN_VARIABLE,
  WORKER_VARIABLES,
} from './optionSchemas';
import type {XdistOptions} from './options';
import {DEFAULT_LEASE, DEFAULT_OPTIONS, type ResolvedOptions} from './resolvedOptions';

/** The unchecked options of one source. */
export interface OptionSource {
  /** Names the source in texts: "xdist.config.js", "the runner's options in the Jest config". */
  readonly name: string;
  readonly value: unknown;
  /** Set for an environment variable, in which lists and objects are JSON. Examples in texts are JSON then, too. */
  readonly isVariable?: boolean;
}

/** A mistake in the options. The text names the source and the key, and says what to write instead. */
export class OptionsError extends Error {
  constructor(problems: readonly string[]) {
    const message = `jest-runner-xdist: ${problems.length === 1 ? 'an option is' : 'some options are'} invalid.\n\n${problems
      .map(problem => `  • ${problem}`)
      .join('\n')}\n`;
    super(message);
    this.name = 'OptionsError';
    // Jest prints the stack. Our frames would not help a user.
    this.stack = message;
  }
}

/** Variables of the runner that are no options. A Jest that a test starts inherits them. */
const NO_OPTIONS: ReadonlySet<string> = new Set([
  ...WORKER_VARIABLES,
  ...FLEET_VARIABLES,
  'XDIST_FIXTURES_SOCKET',
  PLAN_VARIABLE,
  PLAN_TO_VARIABLE,
]);

/** Options whose environment variables must be JSON. (The variable of `canSplit` may also be a glob.) */
const ALWAYS_JSON: ReadonlySet<OptionName> = new Set(['nodes', 'files', 'resources', 'watermark']);

/** `maxWorkerRestarts` -> `XDIST_MAX_WORKER_RESTARTS` */
export function variableOf(option: OptionName): string {
  return `XDIST_${option.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`;
}

/**
 * Resolves the options of a run.
 *
 * @param sources the sources in ascending order of precedence: a later one wins, key by key
 * @param environment the process's environment; its `XDIST_<OPTION>` variables override all sources
 * @throws {OptionsError} one error that lists every unknown key and every value of the wrong type
 */
export function resolveOptions(
  sources: readonly OptionSource[],
  environment: Readonly<Record<string, string | undefined>>,
): ResolvedOptions {
  const problems: string[] = [];
  let merged: XdistOptions = {};
  /** The source of each option's value. */
  const from: Partial<Record<OptionName, OptionSource>> = {};
  const places = [...sources, ...environmentSources(environment, problems)];
  for (const source of places) {
    const options = checkSource(source, problems);
    merged = {
      ...merged,
      ...options,
      ...(options.watermark && {watermark: {...merged.watermark, ...options.watermark}}),
      ...(options.resources && {resources: {...merged.resources, ...options.resources}}),
      // XDIST_FLEET may say the URL alone, and the config the rest.
      ...(options.fleet && {fleet: {...merged.fleet, ...options.fleet}}),
    };
    if (source.isVariable !== true && options.fleet && hasPassword(options.fleet.url)) {
      problems.push(
        `${source.name}: "fleet.url" has a password, and anybody who has the repository can read it. ` +
          `Set the environment variable ${PASSWORD_VARIABLE}.`,
      );
    }
    for (const name of Object.keys(options) as OptionName[]) from[name] = source;
  }
  const watermark = {...DEFAULT_OPTIONS.watermark, ...merged.watermark};
  if (merged.watermark?.low !== undefined && merged.watermark.high === undefined) {
    // Only `low` is set. The default `high` must not turn a sensible value into an error.
    watermark.high = Math.max(watermark.high, watermark.low);
  } else if (merged.watermark?.high !== undefined && merged.watermark.low === undefined) {
    watermark.low = Math.min(watermark.low, watermark.high);
  }
  if (watermark.low > watermark.high) {
    problems.push(`watermark.low (${watermark.low}) is above watermark.high (${watermark.high}).`);
  }
  // Invalid nodes have an error already. Do not also report them as missing.
  const hasNodes = merged.nodes ? merged.nodes.length > 0 : places.some(({value}) => saysNodes(value));
  if (from.dist !== undefined && merged.dist === 'each' && !hasNodes) problems.push(describeMissingNodes(from.dist));
  const pointless = describePointlessBound(merged, from, places);
  if (pointless !== null) problems.push(pointless);
  if (problems.length > 0) throw new OptionsError(problems);
  return Object.freeze({
    ...DEFAULT_OPTIONS,
    ...merged,
    nodes: Object.freeze([...(merged.nodes ?? [])]),
    files: Object.freeze(readFolderRules(merged.files ?? [], from.files?.name ?? '')),
    resources: Object.freeze({...merged.resources}),
    watermark: Object.freeze(watermark),
    hardTimeout: inMs(merged.hardTimeout) ?? DEFAULT_OPTIONS.hardTimeout,
    slowTimeout: inMs(merged.slowTimeout) ?? DEFAULT_OPTIONS.slowTimeout,
    fixtureTimeout: inMs(merged.fixtureTimeout) ?? DEFAULT_OPTIONS.fixtureTimeout,
    recording: resolveRecording(merged.recording),
    fleet: resolveFleet(merged.fleet),
    from: Object.freeze(Object.fromEntries(Object.entries(from).map(([name, {name: source}]) => [name, source]))),
  });
}

function resolveRecording(option: XdistOptions['recording']): ResolvedOptions['recording'] {
  if (option === false) return null;
  const {path = null, keep = DEFAULT_OPTIONS.recording?.keep ?? 0} = option ?? {};
  return Object.freeze({path, keep});
}

function resolveFleet(option: XdistOptions['fleet']): ResolvedOptions['fleet'] {
  if (!option || option.url === undefined) return null;
  const {url, run = null, secret = null, lease} = option;
  return Object.freeze({url, run, secret, lease: inMs(lease) ?? DEFAULT_LEASE});
}

function* environmentSources(
  environment: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Generator<OptionSource> {
  const options = new Map(OPTION_NAMES.map(option => [variableOf(option), option]));
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('XDIST_') || NO_OPTIONS.has(variable) || text === undefined) continue;
    const option = options.get(variable);
    if (option === undefined) {
      problems.push(
        `the environment variable ${variable} is not an option.${suggestion(variable, [...options.keys()], 'XDIST_')}`,
      );
    } else {
      const value = {[option]: parseVariable(option, text)};
      yield {name: `the environment variable ${variable}`, value, isVariable: true};
    }
  }
}

/**
 * Parses a variable as JSON if possible (`3`, `{"low": 10}`). Otherwise it is a plain string; for an option that expects
 * a list, a list of that string; for `recording`, its path; for `fleet`, its URL. The path of `timings` is always a string.
 */
function parseVariable(option: OptionName, text: string): unknown {
  if (option === 'timings') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (option === 'recording') return {path: text};
    if (option === 'fleet') return {url: text};
    return option === 'canSplit' ? [text] : text;
  }
}

function checkSource(source: OptionSource, problems: string[]): XdistOptions {
  if (!isPlainObject(source.value)) {
    problems.push(`${source.name}: expected an object of options, got ${show(source.value)}.`);
    return {};
  }
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source.value)) {
    if (value === undefined) continue;
    if (!isOptionName(key)) {
      problems.push(`${source.name}: unknown option "${key}".${suggestion(key, OPTION_NAMES)}`);
      continue;
    }
    const result = v.safeParse(OPTION_SCHEMAS[key], value, {abortPipeEarly: true});
    if (result.success) checked[key] = isPlainObject(value) ? withoutUndefined(value) : value;
    else for (const issue of result.issues) problems.push(describeIssue(source, key, value, issue));
  }
  return checked;
}

function describeIssue(
  {name: source, isVariable = false}: OptionSource,
  key: OptionName,
  value: unknown,
  issue: v.BaseIssue<unknown>,
): string {
  const path = pathOf(key, issue);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const unknown = String(issue.path?.at(-1)?.key);
    return `${source}: unknown option "${path}".${suggestion(unknown, KEYS_WITHIN[key] ?? [])}`;
  }
  const received = issue.path === undefined ? value : issue.input;
  // A variable that is not valid JSON has become a string.
  const isNoJson = isVariable && ALWAYS_JSON.has(key) && typeof value === 'string';
  const expected = `${isNoJson ? 'JSON, ' : ''}${isVariable ? asJson(issue.message) : issue.message}`;
  // A URL that is wrong may have a password.
  const got = key === 'fleet' ? '' : `, got ${show(received)}`;
  return `${source}: "${path}" must be ${expected}${got}.${meantValue(key, received)}`;
}

/** As it is written in JavaScript: `files[0].canSplit`. */
function pathOf(key: OptionName, issue: v.BaseIssue<unknown>): string {
  const within = (issue.path ?? []).map(item => (item.type === 'array' ? `[${item.key}]` : `.${String(item.key)}`));
  return `${key}${within.join('')}`;
}

/** Names the value of a list of values that a text is close to. */
function meantValue(key: OptionName, received: unknown): string {
  const schema = OPTION_SCHEMAS[key];
  if (typeof received !== 'string' || schema.type !== 'picklist') return '';
  const nearest = nearestOf(received, schema.options);
  return nearest === null ? '' : ` Did you mean "${nearest}"?`;
}

function describeMissingNodes({name, isVariable = false}: OptionSource): string {
  const nodes = '[{name: "utc", env: {TZ: "UTC"}}, {name: "tokyo", env: {TZ: "Asia/Tokyo"}}]';
  const example = isVariable ? `XDIST_NODES='${asJson(nodes)}'` : `nodes: ${nodes}`;
  return (
    `${name}: "dist" is "each", which runs every file once on every node, but there are no "nodes". ` +
    `Add them, as in ${example}, or remove ${isVariable ? variableOf('dist') : '"dist"'}.`
  );
}

/**
 * Reports a `maxSlots` that bounds nothing, because `slots` is not `'auto'`. It is no mistake if `slots` comes from a
 * source of higher precedence: `XDIST_SLOTS=4` overrides one run, and `maxSlots` bounds the others.
 *
 * @returns null if there is no `maxSlots`, or if it is no mistake
 */
function describePointlessBound(
  {slots, maxSlots}: XdistOptions,
  from: Partial<Record<OptionName, OptionSource>>,
  places: readonly OptionSource[],
): string | null {
  if (from.maxSlots === undefined || slots === 'auto') return null;
  const {name, isVariable = false} = from.maxSlots;
  const rank = (place: OptionSource) => (place.isVariable === true ? Infinity : places.indexOf(place));
  if (from.slots !== undefined && rank(from.slots) > rank(from.maxSlots)) return null;
  // An invalid "slots" has an error already. Do not also report it as missing.
  if (from.slots === undefined && places.some(({value}) => isPlainObject(value) && value.slots !== undefined))
    return null;
  const found = from.slots === undefined ? 'there is no "slots"' : `"slots" is ${show(slots)} (${from.slots.name})`;
  const auto = isVariable ? 'XDIST_SLOTS=auto' : 'slots: "auto"';
  return (
    `${name}: "maxSlots" (${show(maxSlots)}) is the most workers that "slots": "auto" starts, but ${found}. ` +
    `Set ${auto}, or remove ${isVariable ? variableOf('maxSlots') : '"maxSlots"'}.`
  );
}

/** Turns the JavaScript objects in a text into JSON, so that a user can copy them into a variable. */
function asJson(text: string): string {
  return text.replace(/(?<=[{,]\s*)\w+(?=: )/g, '"$&"');
}

/** @param prefix a prefix that all names share, which does not count for their similarity */
function suggestion(name: string, candidates: readonly string[], prefix = ''): string {
  if (candidates.length === 0) return '';
  const nearest = nearestOf(name, candidates, prefix);
  return nearest === null ? ` The options are ${candidates.join(', ')}.` : ` Did you mean "${nearest}"?`;
}

/** @returns null: none is close */
function nearestOf(name: string, candidates: readonly string[], prefix = ''): string | null {
  const bare = (text: string) => text.slice(prefix.length).toLowerCase();
  const distance = (candidate: string) => leven(bare(name), bare(candidate));
  const [nearest] = [...candidates].sort((a, b) => distance(a) - distance(b));
  if (nearest === undefined) return null;
  return distance(nearest) <= Math.max(2, bare(nearest).length / 2) ? nearest : null;
}

function saysNodes(options: unknown): boolean {
  return isPlainObject(options) && options.nodes !== undefined;
}

function isOptionName(key: string): key is OptionName {
  return Object.hasOwn(OPTION_SCHEMAS, key);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return 'an object that refers to itself';
  }
}
