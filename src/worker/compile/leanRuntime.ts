/**
 * Saves jest-runtime work that has the same result for each test file of a process:
 *
 * - Jest loads about 60 modules of its own into each file's realm. Earlier files have shown which modules these are,
 *   where they are, and what their code is. Their code still runs in each realm, and the registry gets the same module
 *   objects.
 * - jest-runtime makes a `jest` object with 50 functions for each module. A module that cannot reach it gets none.
 */
import {dirname} from '../../pristine/path';
import type {Importer} from './imports';
import type {KeptCode} from './keptCode';
import {moduleOfFunction, PARAMETERS} from './jestVm';
import type {JestNeeds} from './jestNeeds';
import {withoutFrames} from './ownFrame';
import type {Runtime, RuntimeClass, RuntimeModule, TransformOptions} from './runtimeParts';
import type {ModuleCode} from './storedCode';

/** The options that jest-runtime uses for its own modules without --experimental-vm-modules. */
const OPTIONS: TransformOptions = {
  isInternalModule: true,
  supportsDynamicImport: false,
  supportsExportNamespaceFrom: false,
  supportsStaticESM: false,
  supportsTopLevelAwait: false,
};

/** Without --experimental-vm-modules, Node never calls an importer: each `import()` fails with Node's own error. */
const NOBODY: Importer = () => undefined;

/** The states in which jest-runtime refuses to load a module. It then reports its own error. */
const REFUSING = new Set(['betweenTests', 'tornDown']);

/** One of Jest's modules that an earlier file has loaded. */
interface KnownModule {
  readonly path: string;
  readonly folder: string;
  /** The `paths` of its module object. */
  readonly paths: readonly string[];
  /** null: no file has loaded the module a second time. */
  code: ModuleCode | null;
}

/**
 * Keyed by the file that requires a module, and then by the name that it requires. null: jest-runtime has to load the
 * module each time.
 */
type KnownModules = Map<string, Map<string | undefined, KnownModule | null>>;

export interface LeanRuntimeOptions {
  /** The path of jest-runtime. */
  readonly path: string;
  readonly kept: KeptCode;
  readonly needs: JestNeeds;
  /** Whether scripts may be kept: see `jestVm`. */
  readonly mayBeKept: () => boolean;
  /** Whether a runtime has the parts that this file uses. */
  readonly isKnown: (runtime: unknown) => boolean;
}

/**
 * Patches a jest-runtime. The classes of its parts are known only from the first runtime, so until then nothing is
 * saved.
 */
export function makeLean({prototype}: RuntimeClass, {path, kept, needs, mayBeKept, isKnown}: LeanRuntimeOptions): void {
  const [root] = /^.*?[\\/]node_modules[\\/]/.exec(path) ?? [];
  if (root === undefined) return;

  const original = prototype.requireInternalModule;
  /** Within one run, a resolver gives the same answers for the same conditions. */
  const resolved = new WeakMap<object, Map<string, KnownModules>>();
  /** null: jest-runtime loads all modules of that file itself. */
  const knownIn = new WeakMap<Runtime, KnownModules | null>();
  let areKnown: boolean | null = null;

  const begin = (runtime: Runtime): KnownModules | null => {
    areKnown ??= isKnown(runtime);
    if (!areKnown) return null;
    needs.reach(runtime.jestGlobals);
    const {injectGlobals, sandboxInjectedGlobals} = runtime._config;
    if (!injectGlobals || sandboxInjectedGlobals.length > 0) return null; // the wrapper has different parameters
    const {resolver, cjsConditions} = runtime._resolution;
    const byConditions = resolved.get(resolver) ?? new Map<string, KnownModules>();
    resolved.set(resolver, byConditions);
    const conditions = cjsConditions.join();
    const known = byConditions.get(conditions) ?? (new Map() as KnownModules);
    byConditions.set(conditions, known);
    return known;
  };

  /** Records a module that jest-runtime has just loaded. */
  const learn = (runtime: Runtime, known: KnownModules, from: string, to: string | undefined): void => {
    const {_resolution: resolution, registries} = runtime;
    const registry = registries.internalModuleRegistry;
    // A test that requires `expect` gets Jest's own module. Other test files have other paths, so nothing is learned
    // from it.
    if (to !== undefined && !registry.has(from)) return;
    let module: KnownModule | null = null;
    if (to === undefined || !resolution.isCoreModule(to)) {
      try {
        const path = resolution.resolveCjs(from, to);
        // Within this run, a later change of the file goes unnoticed. That holds for all of Jest's packages, because
        // Node itself has loaded some of them in this process.
        if (registry.has(path) && path.startsWith(root) && path.endsWith('.js')) {
          const folder = dirname(path);
          const paths = [...resolution.getModulePaths(folder), ...resolution.getGlobalPaths(to)];
          module = {path, folder, paths, code: null};
        }
      } catch {
        // Jest loads the module outside the realm.
      }
    }
    const byName = known.get(from) ?? new Map<string | undefined, KnownModule | null>();
    known.set(from, byName.set(to, module));
  };

  /** @returns null if jest-runtime has to load the module itself */
  const load = (runtime: Runtime, known: KnownModule, from: string, to: string | undefined): RuntimeModule | null => {
    if (REFUSING.has(runtime.testState.state) || !runtime._environment.global || !mayBeKept()) return null;
    const {path, folder, paths} = known;
    known.code ??= moduleOfFunction(runtime.fileCache.readFile(path), PARAMETERS, {filename: path});
    const script = kept.find(known.code);
    const realm = runtime._environment.getVmContext();
    if (script === null || realm === null || !script.fits(realm)) return null;

    const registry = runtime.registries.internalModuleRegistry;
    const module: RuntimeModule = {
      children: [],
      exports: {},
      filename: path,
      id: path,
      isPreloading: false,
      loaded: false,
      path: folder,
    };
    registry.set(path, module);
    try {
      const parent = to ? from : '';
      Object.defineProperty(module, 'parent', {enumerable: true, get: () => registry.get(parent) ?? null});
      module.paths = [...paths];
      const require = runtime.requireBuilder.for(module, OPTIONS);
      Object.defineProperty(module, 'require', {value: require});
      const wrapper = script.runIn(realm, NOBODY) as (this: unknown, ...given: unknown[]) => void;
      const jest = script.namesJest() ? runtime.jestGlobals.jestObjectFor(path) : undefined;
      Object.defineProperty(module, 'main', {enumerable: true, value: runtime.testMainModule.current});
      try {
        wrapper.call(module.exports, module, module.exports, require, folder, path, jest);
      } catch (error) {
        runtime.executor.handleExecutionError(error, module);
      }
    } catch (error) {
      registry.delete(path);
      throw error;
    }
    module.loaded = true;
    return module;
  };

  const ours = function (this: Runtime, from: string, to?: string): unknown {
    let knownModules = knownIn.get(this);
    if (knownModules === undefined) knownIn.set(this, (knownModules = begin(this)));
    try {
      const known = knownModules?.get(from)?.get(to);
      if (known === undefined || known === null) {
        const exports = original.call(this, from, to);
        if (known === undefined && knownModules !== null) learn(this, knownModules, from, to);
        return exports;
      }
      const module = this.registries.internalModuleRegistry.get(known.path) ?? load(this, known, from, to);
      return module === null ? original.call(this, from, to) : module.exports;
    } catch (error) {
      throw withoutFrames(__filename, error);
    }
  };
  prototype.requireInternalModule = ours;
}
