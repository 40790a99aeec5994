/**
 * The code of packages that Node itself loads into a worker: transformers, environments, and what these need. A compiler
 * takes longer to be compiled than most test files take to run, in each worker anew.
 */
import Module from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import type {CodeOnDisk} from './codeOnDisk';
import {withoutFrames} from './ownFrame';

/** Smaller modules (in characters) are compiled about as fast as they are looked up. */
const WORTH_KEEPING = 4096;

const VARIANT = 'exports, require, module, __filename, __dirname';
const {Script} = vm;
/** What makes an `import()` in a script that of the process; Node has it from 20.12 on. */
const DEFAULT_LOADER = (vm.constants as Partial<typeof vm.constants> | undefined)?.USE_MAIN_CONTEXT_DEFAULT_LOADER;

type Wrapper = (...args: unknown[]) => unknown;
type Compile = (this: NodeModule, content: string, filename: string, ...rest: unknown[]) => unknown;

interface Loaded {
  readonly filename: string;
  readonly content: string;
  readonly key: string;
  /** null: Node has compiled it. */
  readonly script: vm.Script | null;
  readonly warm: boolean;
}

interface ModuleClass {
  prototype: {_compile: Compile};
  wrap: unknown;
  _resolveFilename(request: string, from: NodeModule, isMain: boolean, options?: unknown): string;
  _resolveLookupPaths(request: string, from: NodeModule): string[] | null;
  _extensions: NodeJS.RequireExtensions;
  _cache: NodeJS.Dict<NodeModule>;
}

const Loader = Module as unknown as ModuleClass;
const {wrap} = Loader;

export class NodeModules {
  readonly #disk: CodeOnDisk;
  readonly #loaded: Loaded[] = [];

  /** From now on, what packages load comes from there. */
  constructor(disk: CodeOnDisk) {
    this.#disk = disk;
    const compiled = Loader.prototype._compile;
    const scriptOf = (content: string, filename: string) => this.#find(content, filename);
    Loader.prototype._compile = function (content, filename, ...rest) {
      const script = rest.every(isCommonJs) && isWorthIt(content, filename) ? scriptOf(content, filename) : null;
      if (script === null) return Reflect.apply(compiled, this, [content, filename, ...rest]);
      const wrapper = script.runInThisContext() as Wrapper;
      const args = [this.exports, requireOf(this), this, filename, path.dirname(filename)];
      return withoutFrames(__filename, () => Reflect.apply(wrapper, this.exports, args));
    };
  }

  /** Leaves to other processes what this one has loaded. */
  save(): void {
    for (const {filename, content, key, script, warm} of this.#loaded.splice(0)) {
      if (warm) continue;
      try {
        const code = script ?? new Script(...scriptArguments(content, filename, undefined));
        this.#disk.write(key, {data: code.createCachedData(), warm: script !== null});
      } catch {
        // It begins with `#!`, or is an ES module: Node goes on compiling it.
      }
    }
  }

  #find(content: string, filename: string): vm.Script | null {
    const key = this.#disk.key([VARIANT, content]);
    const stored = this.#disk.read(key);
    let script: vm.Script | null = null;
    if (stored !== null) {
      try {
        script = new Script(...scriptArguments(content, filename, stored.data));
        if (script.cachedDataRejected === true) script = null;
      } catch {
        script = null;
      }
    }
    this.#loaded.push({filename, content, key, script, warm: script !== null && stored?.warm === true});
    return script;
  }
}

/** Node 22 passes a format. */
function isCommonJs(format: unknown): boolean {
  return format === undefined || format === 'commonjs';
}

function isWorthIt(content: unknown, filename: unknown): boolean {
  if (typeof content !== 'string' || typeof filename !== 'string' || content.length < WORTH_KEEPING) return false;
  if (!/[\\/]node_modules[\\/]/.test(filename) || Loader.wrap !== wrap) return false;
  // Node then reads the source map of what it compiles.
  if ((process as {sourceMapsEnabled?: boolean}).sourceMapsEnabled === true) return false;
  return DEFAULT_LOADER !== undefined || !/\bimport\s*\(/.test(content);
}

function scriptArguments(
  content: string,
  filename: string,
  cachedData: Buffer | undefined,
): ConstructorParameters<typeof vm.Script> {
  return [
    `(function (${VARIANT}) {\n${content}\n})`,
    {
      filename,
      lineOffset: -1,
      ...(cachedData && {cachedData}),
      ...(DEFAULT_LOADER !== undefined && {importModuleDynamically: DEFAULT_LOADER}),
    },
  ];
}

/** As Node makes it for a module. */
function requireOf(module: NodeModule): NodeJS.Require {
  const require = (id: string): unknown => module.require(id);
  const resolve = (request: string, options?: unknown) => Loader._resolveFilename(request, module, false, options);
  resolve.paths = (request: string) => Loader._resolveLookupPaths(request, module);
  return Object.assign(require, {
    resolve,
    main: process.mainModule,
    extensions: Loader._extensions,
    cache: Loader._cache,
  }) as NodeJS.Require;
}
