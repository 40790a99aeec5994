/**
 * What jest-runtime, and nobody else in its process, gets for some modules of Node's: the same, but for a call or two. Tests that
 * use these modules, or look at them, get Node's own: they ask through another function of jest-runtime.
 */
import Module from 'node:module';
import type * as FileSystem from 'node:fs';
import type * as Inspector from 'node:inspector';
import type {CompileCacheOrder} from '../../core/wire/workerMessages';
import {readText} from '../../pristine/fs';
import {dirname, join} from '../../pristine/path';
import type {CircusStorages} from './circusStorages';
import {ARE_ANSWERED as IMPORTS_ARE_ANSWERED} from './imports';
import {JestsPackages} from './jestsPackages';
import {JestNeeds} from './jestNeeds';
import {vmFor} from './jestVm';
import type {KeptCode} from './keptCode';
import {keepReads} from './keptReads';
import {makeLean} from './leanRuntime';
import {withoutOurFrame} from './ownFrame';
import type {RuntimeClass} from './runtimeParts';

/** The functions of jest-runtime that ask for a module that itself needs; each asks once, and keeps what it gets. */
const ASK_FOR_ITSELF = new Set(['_nodeVm', '_vm', 'fs', '_module']);

const INSPECT_FLAG = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some(flags => flags.includes('--inspect'));
const INSPECTOR = /^(?:node:)?inspector(?:\/promises)?$/;

/**
 * Jest's own process has loaded jest-runtime for other ends, and up to 30.3 it has asked by then: it is loaded anew, for jest-runner, which
 * asks for it with each test file.
 *
 * @param isKnown whether a runtime has the parts that `leanRuntime` uses
 * @throws what loading it throws
 */
export function reachJestRuntime(
  {runtime: path, core}: Pick<CompileCacheOrder, 'runtime' | 'core'>,
  kept: KeptCode,
  storages: CircusStorages,
  isKnown: (runtime: unknown) => boolean,
): void {
  let inspected = false;
  const mayBeKept = () => !inspected && !isDebugged();
  const needs = new JestNeeds();
  const vm = vmFor(kept, mayBeKept, needs);
  answerRequires(path, (id, ask, {itself, file}) => {
    switch (id) {
      case 'vm':
      case 'node:vm':
        return itself() ? vm : null;
      case 'graceful-fs':
        return itself() ? withKeptReads(ask() as typeof FileSystem, path, core) : null;
      case 'module':
        return itself() ? withLateRequire(ask() as typeof Module) : null;
      case 'async_hooks':
      case 'node:async_hooks':
        return storages.forFile(file());
      default:
        if (INSPECTOR.test(id)) inspected = true; // by a test that is about to look at scripts
        return null;
    }
  });
  // Older ones have other parts; with --experimental-vm-modules the same modules may be loaded in another way.
  if (IMPORTS_ARE_ANSWERED || asksWhenLoaded(path)) return;
  const loaded = require(path) as {readonly default?: RuntimeClass};
  if (loaded.default !== undefined) makeLean(loaded.default, {path, kept, needs, mayBeKept, isKnown});
}

/** Jest copies the properties, of which some warn when they are read. */
function withKeptReads(fs: typeof FileSystem, runtime: string, core: string): typeof FileSystem {
  const value = keepReads(fs.readFileSync, {runtime, jests: new JestsPackages(core)});
  return Object.defineProperties({} as typeof FileSystem, {
    ...Object.getOwnPropertyDescriptors(fs),
    readFileSync: {value, configurable: true, enumerable: true, writable: true},
  });
}

/** Jest 29 makes a `require` for each file at each `require` of its own modules, and calls next to none of them: a third of what loading these takes. */
function withLateRequire(module: typeof Module): typeof Module {
  const createRequire = (from: string) => (id: string) => module.createRequire(from)(id) as unknown;
  return Object.create(module, {createRequire: {value: createRequire}}) as typeof Module;
}

/** Whether a debugger listens: one that was asked for by a flag, or by code that has loaded the inspector. */
function isDebugged(): boolean {
  return INSPECT_FLAG || (inspectorIsLoaded() && (require('node:inspector') as typeof Inspector).url() !== undefined);
}

/** How many of the modules that Node has loaded are none of it; the list only grows. */
let modulesBefore = 0;

/** Loading it takes longer than most modules' compilation. */
function inspectorIsLoaded(): boolean {
  const {moduleLoadList} = process as unknown as {moduleLoadList?: readonly string[]};
  if (moduleLoadList === undefined || moduleLoadList.includes('NativeModule inspector', modulesBefore)) return true;
  modulesBefore = moduleLoadList.length;
  return false;
}

/** Who asks. */
interface Asker {
  /** Whether it is jest-runtime that needs it, and no test. */
  readonly itself: () => boolean;
  /** The file that asks jest-runtime for it. */
  readonly file: () => string | null;
}

function askerOf(ours: Module['require'], path: string): Asker {
  return {
    itself: () =>
      callersOf(ours, 3, site => site.getFunctionName()).some(name => name !== null && ASK_FOR_ITSELF.has(name)),
    file: () =>
      callersOf(ours, MOST_CALLS, site => site.getFileName() ?? null).find(
        file => file !== null && file !== path && !file.startsWith('node:'),
      ) ?? null,
  };
}

/** So many calls are at most between a test's `require` and Node's. */
const MOST_CALLS = 20;

/** What there is to say of those who have called a function, the last first. */
function callersOf<T>(callee: Module['require'], count: number, tell: (site: NodeJS.CallSite) => T): T[] {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  const {prepareStackTrace, stackTraceLimit} = Error;
  if (Object.isFrozen(Error)) return []; // NODE_OPTIONS=--frozen-intrinsics: nobody can be told from anybody
  try {
    Error.stackTraceLimit = count;
    Error.prepareStackTrace = (_error, sites) => sites.map(tell);
    const trace: {stack?: T[]} = {};
    Error.captureStackTrace(trace, callee);
    return trace.stack ?? [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whether this version of jest-runtime, or one that does not say which it is, asks while it is loaded. To load it anew takes some 4 ms. */
function asksWhenLoaded(path: string): boolean {
  try {
    const {version} = JSON.parse(readText(join(dirname(path), '..', 'package.json'))) as {version: string};
    return /^(?:29|30\.[0-3])\./.test(version);
  } catch {
    return true;
  }
}

/** What a `require` gives; null: what it gives anyway, which `ask` does, too. */
type Answer = (id: string, ask: () => unknown, asker: Asker) => unknown;

/** Answers the calls of `require` in a file. */
function answerRequires(path: string, answer: Answer): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on modules below
  const original = Module.prototype.require;
  let isAsking = false;
  const ours = function (this: NodeModule, id: string): unknown {
    // Whoever has put a function of theirs in the place of Node's may call ours from that.
    if (this.filename !== path || isAsking) return Reflect.apply(original, this, [id]);
    const ask = () => {
      isAsking = true;
      try {
        // eslint-disable-next-line @typescript-eslint/unbound-method -- called on this
        return Reflect.apply(Module.prototype.require, this, [id]) as unknown;
      } finally {
        isAsking = false;
      }
    };
    return answer(id, ask, asker) ?? withoutOurFrame(__filename, ask);
  } as typeof original;
  const asker = askerOf(ours, path);
  const before = require.cache[path];
  // Some versions ask while they are loaded, others at their first use.
  Module.prototype.require = ours;
  try {
    if (before !== undefined && asksWhenLoaded(path)) delete require.cache[path];
    require(path);
  } catch (error) {
    if (before !== undefined) require.cache[path] = before;
    throw error;
  } finally {
    // What is loaded with it may have put a function of theirs in the place of ours.
    if (Module.prototype.require === ours) Module.prototype.require = original;
  }
  const loaded = require.cache[path];
  if (loaded !== undefined) Object.defineProperty(loaded, 'require', {value: ours, configurable: true, writable: true});
}
