/**
 * The `vm` that jest-runtime gets: Node's, but for the one call with which it compiles a module.
 *
 * Jest 30 calls `compileFunction`, for which V8 compiles anew each time. Jest 29 makes a `Script`, of which V8 keeps the
 * code by itself for as long as it likes; what other processes have left on disk it does not know.
 */
import vm from 'node:vm';
import type {Importer} from './imports';
import type {KeptCode, ModuleCode} from './keptCode';
import {withoutOurFrame} from './ownFrame';

const {compileFunction, Script: NodeScript} = vm;

/** What Jest 30 passes, and nothing else. */
interface FunctionOptions {
  readonly filename: string;
  readonly importModuleDynamically: Importer;
  readonly parsingContext: vm.Context;
}

/** What Jest 29 passes, and nothing else. */
interface ScriptOptions {
  readonly columnOffset: number | undefined;
  readonly displayErrors: true;
  readonly filename: string;
  readonly importModuleDynamically: Importer;
}

/** @param mayBeKept whether nobody looks at scripts, and places in them: those are to be Jest's */
export function vmFor(kept: KeptCode, mayBeKept: () => boolean): typeof vm {
  function compile(...given: Parameters<typeof compileFunction>): unknown {
    const [source, parameters, options] = given as unknown[];
    const module = mayBeKept() && isJest30s(options) ? moduleOfFunction(source, parameters, options) : null;
    const script = module && kept.find(module);
    if (script !== null) {
      const {parsingContext, importModuleDynamically} = options as FunctionOptions;
      return script.runIn(parsingContext, importModuleDynamically);
    }
    const compiled = withoutOurFrame(__filename, () => Reflect.apply(compileFunction, undefined, given));
    if (module !== null) kept.accepted(module);
    return compiled;
  }

  function OurScript(...given: ConstructorParameters<typeof NodeScript>): unknown {
    const [source, options] = given as unknown[];
    const module = mayBeKept() && isJest29s(options) ? moduleOfScript(source, options) : null;
    const script = module && kept.find(module);
    if (script !== null) {
      const {importModuleDynamically} = options as ScriptOptions;
      const runInContext = (realm: vm.Context, ...rest: unknown[]) =>
        script.runIn(realm, importModuleDynamically, ...rest);
      return {runInContext};
    }
    const compiled = withoutOurFrame(__filename, () => new NodeScript(...given));
    if (module !== null) kept.accepted(module);
    return compiled;
  }

  // Somebody may have put a function of their own in the place of Node's: Jest would call that.
  return Object.create(vm, {
    compileFunction: {get: () => (vm.compileFunction === compileFunction ? compile : vm.compileFunction)},
    Script: {get: () => (vm.Script === NodeScript ? OurScript : vm.Script)},
  }) as typeof vm;
}

function isJest30s(options: unknown): options is FunctionOptions {
  return hasExactly(options, ['filename', 'importModuleDynamically', 'parsingContext']);
}

function isJest29s(options: unknown): options is ScriptOptions {
  return hasExactly(options, ['columnOffset', 'displayErrors', 'filename', 'importModuleDynamically']);
}

function hasExactly(options: unknown, names: readonly string[]): boolean {
  if (typeof options !== 'object' || options === null) return false;
  const keys = Object.keys(options);
  return keys.length === names.length && names.every(name => keys.includes(name));
}

function moduleOfFunction(source: unknown, parameters: unknown, {filename}: FunctionOptions): ModuleCode | null {
  if (typeof source !== 'string' || !Array.isArray(parameters)) return null;
  const variant = parameters.join(', ');
  return {
    filename,
    source,
    variant,
    // As V8 prints such a function, so that this one prints the same; its own first line is the module's second.
    asScript: () => ({code: `(function (${variant}) {\n${source}\n})`, lineOffset: -1}),
  };
}

function moduleOfScript(source: unknown, {filename, columnOffset}: ScriptOptions): ModuleCode | null {
  if (typeof source !== 'string') return null;
  const offset = columnOffset === undefined ? {} : {columnOffset};
  return {filename, source, variant: String(columnOffset), asScript: () => ({code: source, ...offset})};
}
