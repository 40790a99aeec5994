/**
 * The `vm` module that jest-runtime gets: Node's, except for the one call with which jest-runtime compiles a module.
 *
 * Jest 30 calls `compileFunction`, and V8 compiles the source again each time. Jest 29 makes a `Script`. V8 keeps the
 * code of scripts in memory for as long as it likes, but does not know the code that other processes have stored on
 * disk.
 */
import vm from 'node:vm';
import type {Importer} from './imports';
import {JestNeeds} from './jestNeeds';
import type {KeptCode} from './keptCode';
import {withoutOurFrame} from './ownFrame';
import type {ModuleCode} from './storedCode';

const {compileFunction, Script: NodeScript} = vm;

/** The options that Jest 30 passes. It passes no others. */
interface FunctionOptions {
  readonly filename: string;
  readonly importModuleDynamically: Importer;
  readonly parsingContext: vm.Context;
}

/** The options that Jest 29 passes. It passes no others. */
interface ScriptOptions {
  readonly columnOffset: number | undefined;
  readonly displayErrors: true;
  readonly filename: string;
  readonly importModuleDynamically: Importer;
}

/** The parameters of a module's wrapper. A project can add more, or remove `jest`. */
export const PARAMETERS = ['module', 'exports', 'require', '__dirname', '__filename', 'jest'];
const USUAL_VARIANT = PARAMETERS.join(', ');

/**
 * @param mayBeKept whether scripts may be kept; false if a debugger or a test may look at scripts and positions, which
 * then have to be Jest's own
 * @param needs is told which modules do not need their `jest` object
 */
export function vmFor(kept: KeptCode, mayBeKept: () => boolean, needs: JestNeeds = new JestNeeds()): typeof vm {
  function compile(...given: Parameters<typeof compileFunction>): unknown {
    const [source, parameters, options] = given as unknown[];
    const module =
      mayBeKept() && isJest30s(options) && typeof source === 'string' && Array.isArray(parameters)
        ? moduleOfFunction(source, parameters as string[], options)
        : null;
    const script = module && kept.find(module);
    if (script !== null) {
      const {parsingContext, importModuleDynamically} = options as FunctionOptions;
      if (script.fits(parsingContext)) {
        const compiled = script.runIn(parsingContext, importModuleDynamically);
        const {filename, variant} = script.module;
        // With other parameters, jest-runtime makes another call before it asks for the `jest` object, or does not ask
        // for it.
        needs.compiled(filename, variant !== USUAL_VARIANT || script.namesJest());
        return compiled;
      }
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

  // If other code has replaced Node's function, Jest has to call the replacement.
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

/** A module that Jest 30 compiles with `compileFunction`. */
export function moduleOfFunction(
  source: string,
  parameters: readonly string[],
  {filename}: {readonly filename: string},
): ModuleCode {
  const variant = parameters.join(', ');
  const opening = `(function (${variant}) {`;
  return {
    filename,
    source,
    variant,
    isNewEachTime: () => source.includes('`'),
    wouldDiffer: () => wouldDiffer(source),
    asScript: () => ({code: `${opening}${source}\n})`, lineOffset: 0, columnOffset: -opening.length}),
  };
}

/**
 * Matches a module that names itself. For such a module, V8 reports positions in the script without the script's
 * offset.
 */
const NAMES_ITSELF = /[#@]\s*sourceURL=/;

/**
 * Matches a module that may print its own wrapper. V8 prints a compiled function with a line break before the source.
 */
const LOOKS_AT_ITSELF = /\barguments\s*(?:\.\s*callee\b|\[\s*['"`]callee)|\.\s*caller\b/;

/** Matches code that may compile a string. */
const MAKES_CODE = /\b(?:eval|Function)\b|\.\s*constructor\b/;

const LINE_BREAK = /[\n\r\u2028\u2029]/;

/**
 * Whether code could notice that its function is part of a script. If an error comes from code that was compiled from a
 * string, V8's stack names the position of that call without the script's offset. On the first line, the column would
 * differ.
 */
function wouldDiffer(source: string): boolean {
  // Most modules have none of these words, and `includes` takes a thirtieth of the time of a regular expression.
  if ((source.includes('callee') || source.includes('caller')) && LOOKS_AT_ITSELF.test(source)) return true;
  if (source.includes('sourceURL=') && NAMES_ITSELF.test(source)) return true;
  const end = source.search(LINE_BREAK);
  return MAKES_CODE.test(end < 0 ? source : source.slice(0, end));
}

function moduleOfScript(source: unknown, {filename, columnOffset}: ScriptOptions): ModuleCode | null {
  if (typeof source !== 'string') return null;
  return {
    filename,
    source,
    variant: String(columnOffset),
    isNewEachTime: () => false, // V8 itself caches scripts, so Jest gets the same script again anyway
    wouldDiffer: () => false, // Jest compiles a script, too
    asScript: () => ({code: source, lineOffset: 0, columnOffset: columnOffset ?? 0}),
  };
}
