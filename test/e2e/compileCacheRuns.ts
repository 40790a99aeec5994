/**
 * Runs a project with the stock runner, and with ours in each possible state of the compile cache. Compares everything
 * that a user can see.
 */
import {existsSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {comparable, type ParityOptions} from './parity';
import {IS_THOROUGH, Project, type Files, type JestLine, type JestOutput, type RunOptions} from './project';

export const LATEST_LINES = ['29', '30'] as const;

/** What the cache does on these it does on one of the others, too: not all is tried there. */
const MIDDLE = ['30.0', '30.2', '30.4'] as const;

/** Only with `npm run test:thorough`. */
export const MIDDLE_LINES: readonly (typeof MIDDLE)[number][] = IS_THOROUGH ? MIDDLE : [];

/** The latest, and the other supported line where all is tried. */
export const NEWEST_LINE: readonly JestLine[] = IS_THOROUGH ? LATEST_LINES : ['30'];

/** What the unit tests of `src/worker/compile` cover as well, in one module each. */
export const THOROUGH_LINES: readonly JestLine[] = IS_THOROUGH ? LATEST_LINES : [];

/** Each line of Jest with a jest-runtime of its own. */
export const CACHED_LINES = [...LATEST_LINES, ...MIDDLE_LINES];
export type CachedLine = (typeof CACHED_LINES)[number];

/** What turns the cache off. */
export const CACHE_OFF = {XDIST_COMPILE_CACHE: 'false'};

export const BABEL_JEST = {transform: {'\\.js$': 'babel-jest'}};

/** One worker runs all files, one after the other. To Jest, `-w 1` means that there is to be none. */
export const ONE_WORKER = {XDIST_FILES: JSON.stringify([{match: '**', workerGroup: 'all'}])};

/** Of the cache, and of what it is in. */
export interface State {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the run before it has left in Jest's cache directory is there. */
  readonly warm?: boolean;
  readonly nodeArgs?: readonly string[];
  /** What becomes of the project before it is run. */
  readonly prepare?: (project: Project) => void;
}

const ON: readonly State[] = [
  {name: 'nothing on disk'},
  // Each module that two files load is loaded a second time in this process.
  {name: 'all on disk', warm: true, env: ONE_WORKER},
];

/** What is tried of a line of Jest. */
export function statesOf(line: CachedLine): readonly State[] {
  const isLatest = LATEST_LINES.some(latest => latest === line);
  return isLatest && IS_THOROUGH ? [...ON, {name: 'off', env: CACHE_OFF}] : ON;
}

export interface CacheParityOptions extends ParityOptions {
  /** Files run one after the other, in one process, by their paths: they see what others have left. In Jest's own, or in a worker. */
  readonly inOrder?: 'in band' | 'in a worker';
  /** What is printed is up to what a process has done before, or said: some warnings come once in each. */
  readonly withoutText?: boolean;
  readonly states: readonly State[];
}

export function cacheProject(line: CachedLine, name: string, files: Files, config: object = {}): Project {
  const install = join(__dirname, 'installs', `jest-${line}`);
  return new Project(line === '29' ? '29' : '30', name, files, config, install);
}

/** Runs it in all ways and expects the same as stock. @returns what stock gave */
export async function expectSameInEachState(
  project: Project,
  args: readonly string[],
  options: CacheParityOptions,
): Promise<JestOutput> {
  const run = async (runOptions: RunOptions, how = ['-w', '2']) => {
    await options.before?.(project, before => project.run(before, runOptions));
    const output = await project.run([...how, ...args], runOptions);
    return {output, files: (options.outputs ?? []).map(path => project.readAll(path))};
  };
  const seen = ({output, files}: Awaited<ReturnType<typeof run>>) => {
    const all = comparable(output, files, options);
    return options.withoutText === true ? {...all, text: null, stdout: null} : all;
  };
  project.reset();
  const {inOrder} = options;
  const stock = await run({...options, runner: 'stock'}, inOrder && ['-i']);
  for (const {name, warm, env, prepare, ...state} of options.states) {
    startAnew(project, warm === true);
    prepare?.(project);
    const inBand = inOrder === 'in band';
    const order = inOrder === 'in a worker' ? ONE_WORKER : {};
    const xdist = await run(
      {
        ...options,
        ...state,
        runner: 'xdist',
        env: {...(!inBand && {XDIST_IN_BAND: 'never'}), ...order, ...env, ...options.env},
      },
      inBand ? ['-i'] : undefined,
    );
    expect({state: name, ...seen(xdist)}).toEqual({state: name, ...seen(stock)});
    // Otherwise the stock runner would have been compared with itself.
    if (inBand) expect(Object.keys(project.readAll('.cache')).join()).toMatch(/xdist-timings/);
    else expect(xdist.output.log.length).toBeGreaterThan(0);
  }
  return stock.output;
}

/** As it was first written, but for Jest's cache directory where that is to be warm. */
function startAnew(project: Project, warm: boolean): void {
  const kept = `${project.folder}-cache`;
  rmSync(kept, {recursive: true, force: true});
  if (warm && existsSync(project.path('.cache'))) renameSync(project.path('.cache'), kept);
  project.reset();
  if (existsSync(kept)) renameSync(kept, project.path('.cache'));
}

/** What test files of these projects require: notes what they see, in the order of the file, to be compared. */
export const SEEING: Files = {
  'seen.js': String.raw`
const fs = require('fs');
const path = require('path');
// Below Jest's own frames, both runners have their own.
const frames = stack => { const lines = String(stack).split('\n'); const end = lines.findIndex(line => /jest-circus|jest-runner|node:internal/.test(line)); return end < 0 ? lines : lines.slice(0, end); };
const plain = (value, depth = 0) => {
  if (value === undefined) return 'undefined';
  if (typeof value === 'function') return String(value);
  if (typeof value === 'symbol' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return /^\s+at /m.test(value) ? frames(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error || Object.prototype.toString.call(value) === '[object Error]') return {name: value.name, message: value.message, code: value.code, stack: frames(value.stack), cause: plain(value.cause), own: value instanceof Error};
  if (depth > 6) return '...';
  if (Array.isArray(value)) return value.map(one => plain(one, depth + 1));
  if (value === globalThis) return 'globalThis';
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, depth + 1)]));
};
const file = () => path.join(__dirname, 'seen', (globalThis.projectName || '') + path.basename(require('@jest/globals').expect.getState().testPath) + '.jsonl');
exports.seen = (name, value) => { fs.mkdirSync(path.join(__dirname, 'seen'), {recursive: true}); fs.appendFileSync(file(), JSON.stringify([name, plain(value)]) + '\n'); };
`,
  'drive.js': String.raw`
const {seen} = require('./seen');
const attempt = async (name, make) => { try { seen(name, await make()); } catch (error) { seen(name + ' throws', error); } };
// Loads a module, notes what it exports, and calls what can be called.
exports.drive = async name => {
  let loaded;
  await attempt(name, () => { loaded = require('./' + name); return typeof loaded; });
  await attempt(name + ' again', () => require('./' + name) === loaded);
  if (typeof loaded !== 'object') return seen(name + ' gives', loaded);
  for (const [key, value] of Object.entries(loaded)) {
    if (key === 'bound') continue;
    seen(name + ' ' + key, value);
    if (typeof value === 'function') await attempt(name + ' ' + key + '()', () => value());
  }
};
`,
};

/** Test files of one text: each but the first loads what another has loaded. */
export function thrice(name: string, text: string, extension = 'js'): Files {
  return Object.fromEntries([1, 2, 3].map(number => [`${name}${number}.test.${extension}`, text]));
}

export interface Case {
  readonly files: Files;
  readonly config?: object;
  readonly args?: readonly string[];
  readonly options?: Partial<CacheParityOptions>;
  /** At the least: fewer would mean that the project does not show what it is there to show. */
  readonly tests: number;
}

export function onLines(lines: readonly CachedLine[], name: string, {files, config, args, options, tests}: Case): void {
  if (lines.length === 0) return;
  describe.each(lines)('Jest %s', line => {
    it(name, async () => {
      const project = cacheProject(line, name, files, config);
      const stock: JestOutput = await expectSameInEachState(project, args ?? [], {
        states: statesOf(line),
        ...options,
      });
      expect(stock.json?.numTotalTests).toBeGreaterThanOrEqual(tests);
      project.remove();
    });
  });
}
