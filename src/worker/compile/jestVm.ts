/**
 * The `vm` that jest-runtime gets: Node's, but for the one call with which it compiles a module.
 *
 * Jest 30 calls `compileFunction`, for which V8 compiles anew each time. Jest 29 makes a `Script`, of which V8 keeps the
 * code by itself for as long as it likes; what other processes have left on disk it does not know.
 */
import vm from 'node:vm';
import type {Importer} from './imports';
import {JestNeeds} from './jestNeeds';
import type {KeptCode} from './keptCode';
import {withoutOurFrame} from './ownFrame';
import type {ModuleCode} from './storedCode';

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

/** The parameters of a module's function, unless a project asks for more, or for no `jest`. */
export const PARAMETERS = ['module', 'exports', 'require', '__dirname', '__filename', 'jest'];
const USUAL_VARIANT = PARAMETERS.join(', ');

/**
 * @param mayBeKept whether nobody looks at scripts, and places in them: those are to be Jest's
 * @param needs hears which modules can do without their `jest` object
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
        // With other parameters jest-runtime does something between this and asking for the object, or does not ask.
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

/** A module as Jest 30 has it compiled. */
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

/** A module with a name of its own: under that V8 tells places in the script, without its offset. */
const NAMES_ITSELF = /[#@]\s*sourceURL=/;

/** A module that may look at its own function: V8 prints that with a line break before the source. */
const LOOKS_AT_ITSELF = /\barguments\s*(?:\.\s*callee\b|\[\s*['"`]callee)|\.\s*caller\b/;

/** Code that may be made of a text. */
const MAKES_CODE = /\b(?:eval|Function)\b|\.\s*constructor\b/;

const LINE_BREAK = /[\n\r\u2028\u2029]/;

/**
 * Whether it could be seen that a function is part of a script. In the stack of an error in code that was made of a text, V8 tells where that was
 * done by the place in the script, without its offset: on the first line the column would be another.
 */
function wouldDiffer(source: string): boolean {
  // Most modules have none of these words, and to look for a word takes a thirtieth of what the expression takes.
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
    isNewEachTime: () => false, // V8 keeps scripts by itself, and Jest gets the same one again
    wouldDiffer: () => false, // it is a script
    asScript: () => ({code: source, lineOffset: 0, columnOffset: columnOffset ?? 0}),
  };
}
