/**
 * Replaces some of Node's modules for jest-runtime only. A replacement differs from Node's module in one or two
 * functions. Tests still get Node's own modules, because jest-runtime requires a test's modules in a different
 * function.
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

/**
 * The functions of jest-runtime in which it requires modules for its own use. Each function requires its module once
 * and keeps the result.
 */
const ASK_FOR_ITSELF = new Set(['_nodeVm', '_vm', 'fs', '_module']);

const INSPECT_FLAG = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some(flags => flags.includes('--inspect'));
const INSPECTOR = /^(?:node:)?inspector(?:\/promises)?$/;

/**
 * Patches jest-runtime. Jest's own process has already loaded jest-runtime for other purposes. Up to 30.3, jest-runtime
 * has by then required its modules, so we load it again. jest-runner requires jest-runtime for each test file, so it
 * gets the new instance.
 *
 * @param isKnown whether a runtime has the parts that `leanRuntime` uses
 * @throws what jest-runtime throws while it loads
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
        if (INSPECTOR.test(id)) inspected = true; // the test may be about to look at scripts
        return null;
    }
  });
  // Older versions have different parts. With --experimental-vm-modules, jest-runtime may load the same modules
  // differently.
  if (IMPORTS_ARE_ANSWERED || asksWhenLoaded(path)) return;
  const loaded = require(path) as {readonly default?: RuntimeClass};
  if (loaded.default !== undefined) makeLean(loaded.default, {path, kept, needs, mayBeKept, isKnown});
}

/** Copies descriptors, not values: Jest copies the properties too, and some of them warn when they are read. */
function withKeptReads(fs: typeof FileSystem, runtime: string, core: string): typeof FileSystem {
  const value = keepReads(fs.readFileSync, {runtime, jests: new JestsPackages(core)});
  return Object.defineProperties({} as typeof FileSystem, {
    ...Object.getOwnPropertyDescriptors(fs),
    readFileSync: {value, configurable: true, enumerable: true, writable: true},
  });
}

/**
 * Jest 29 makes a `require` function at each `require` of its own modules, and calls almost none of these functions.
 * Making them takes a third of the time in which these modules load, so we make each one at its first call.
 */
function withLateRequire(module: typeof Module): typeof Module {
  const createRequire = (from: string) => (id: string) => module.createRequire(from)(id) as unknown;
  return Object.create(module, {createRequire: {value: createRequire}}) as typeof Module;
}

/** Whether a debugger is listening. Either a flag has started it, or code that has loaded the inspector. */
function isDebugged(): boolean {
  return INSPECT_FLAG || (inspectorIsLoaded() && (require('node:inspector') as typeof Inspector).url() !== undefined);
}

/** The length of the part of Node's module list that has already been searched. The list only grows. */
let modulesBefore = 0;

/** Whether Node has loaded its inspector. To load it for a check takes longer than to compile most modules. */
function inspectorIsLoaded(): boolean {
  const {moduleLoadList} = process as unknown as {moduleLoadList?: readonly string[]};
  if (moduleLoadList === undefined || moduleLoadList.includes('NativeModule inspector', modulesBefore)) return true;
  modulesBefore = moduleLoadList.length;
  return false;
}

/** The caller of a `require` in jest-runtime. */
interface Asker {
  /** Whether jest-runtime needs the module for itself, and not for a test. */
  readonly itself: () => boolean;
  /** The file that requires the module through jest-runtime. */
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

/** The most calls between a test's `require` and Node's. */
const MOST_CALLS = 20;

/** Maps the callers of a function, the innermost first. */
function callersOf<T>(callee: Module['require'], count: number, tell: (site: NodeJS.CallSite) => T): T[] {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- put back as it was
  const {prepareStackTrace, stackTraceLimit} = Error;
  if (Object.isFrozen(Error)) return []; // with NODE_OPTIONS=--frozen-intrinsics, callers cannot be told apart
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

/**
 * Whether this version of jest-runtime requires its modules while it loads. Also true if the version is unknown. To
 * load jest-runtime again takes about 4 ms.
 */
function asksWhenLoaded(path: string): boolean {
  try {
    const {version} = JSON.parse(readText(join(dirname(path), '..', 'package.json'))) as {version: string};
    return /^(?:29|30\.[0-3])\./.test(version);
  } catch {
    return true;
  }
}

/** Answers a `require`. null: the result of `ask`, which makes the original call. */
type Answer = (id: string, ask: () => unknown, asker: Asker) => unknown;

/** Lets `answer` handle all calls of `require` in one file. */
function answerRequires(path: string, answer: Answer): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called on modules below
  const original = Module.prototype.require;
  let isAsking = false;
  const ours = function (this: NodeModule, id: string): unknown {
    // A function with which other code has replaced Node's `require` may call ours.
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
  // Some versions of jest-runtime require their modules while they load, others at first use.
  Module.prototype.require = ours;
  try {
    if (before !== undefined && asksWhenLoaded(path)) delete require.cache[path];
    require(path);
  } catch (error) {
    if (before !== undefined) require.cache[path] = before;
    throw error;
  } finally {
    // A module that was loaded along with jest-runtime may have replaced our function.
    if (Module.prototype.require === ours) Module.prototype.require = original;
  }
  const loaded = require.cache[path];
  if (loaded !== undefined) Object.defineProperty(loaded, 'require', {value: ours, configurable: true, writable: true});
}
