/**
 * Spares jest-runtime work that has the same result in each test file of a process:
 *
 * - Jest loads some 60 modules of its own into each file's realm. Which they are, where, and with what code, is known
 *   from the files before. Their code runs in each realm as ever, and jest-runtime registers the same module objects.
 * - For each module jest-runtime makes a `jest` object of 50 functions. A module that cannot reach it gets none.
 */
import {dirname} from '../../pristine/path';
import type {Importer} from './imports';
import type {KeptCode} from './keptCode';
import {moduleOfFunction, PARAMETERS} from './jestVm';
import type {JestNeeds} from './jestNeeds';
import {withoutFrames} from './ownFrame';
import type {Runtime, RuntimeClass, RuntimeModule, TransformOptions} from './runtimeParts';
import type {ModuleCode} from './storedCode';

/** jest-runtime's own, without --experimental-vm-modules. */
const OPTIONS: TransformOptions = {
  isInternalModule: true,
  supportsDynamicImport: false,
  supportsExportNamespaceFrom: false,
  supportsStaticESM: false,
  supportsTopLevelAwait: false,
};

/** Without --experimental-vm-modules, Node answers each `import()` itself: with an error. */
const NOBODY: Importer = () => undefined;

/** jest-runtime refuses to load a module in these states, in its own words. */
const REFUSING = new Set(['betweenTests', 'tornDown']);

/** A module of Jest's that has been loaded by one `require`. */
interface KnownModule {
  readonly path: string;
  readonly folder: string;
  /** The `paths` of its module object. */
  readonly paths: readonly string[];
  /** null: nobody has loaded it a second time. */
  code: ModuleCode | null;
}

/** By the file that asks, and by what it asks for; null: jest-runtime has to answer each time. */
type KnownModules = Map<string, Map<string | undefined, KnownModule | null>>;

export interface LeanRuntimeOptions {
  /** The path of jest-runtime. */
  readonly path: string;
  readonly kept: KeptCode;
  readonly needs: JestNeeds;
  /** Whether nobody looks at scripts: see `jestVm`. */
  readonly mayBeKept: () => boolean;
  /** Whether a runtime has the parts that are used here. */
  readonly isKnown: (runtime: unknown) => boolean;
}

/**
 * Changes a jest-runtime. The classes of its parts are known only from the first runtime; until then, nothing is spared.
 */
export function makeLean({prototype}: RuntimeClass, {path, kept, needs, mayBeKept, isKnown}: LeanRuntimeOptions): void {
  const [root] = /^.*?[\\/]node_modules[\\/]/.exec(path) ?? [];
  if (root === undefined) return;

  const original = prototype.requireInternalModule;
  /** One resolver answers the same, in one run, for the same conditions. */
  const resolved = new WeakMap<object, Map<string, KnownModules>>();
  /** null: jest-runtime loads all modules in that file. */
  const knownIn = new WeakMap<Runtime, KnownModules | null>();
  let areKnown: boolean | null = null;

  const begin = (runtime: Runtime): KnownModules | null => {
    areKnown ??= isKnown(runtime);
    if (!areKnown) return null;
    needs.reach(runtime.jestGlobals);
    const {injectGlobals, sandboxInjectedGlobals} = runtime._config;
    if (!injectGlobals || sandboxInjectedGlobals.length > 0) return null; // the wrapper has other parameters
    const {resolver, cjsConditions} = runtime._resolution;
    const byConditions = resolved.get(resolver) ?? new Map<string, KnownModules>();
    resolved.set(resolver, byConditions);
    const conditions = cjsConditions.join();
    const known = byConditions.get(conditions) ?? (new Map() as KnownModules);
    byConditions.set(conditions, known);
    return known;
  };

  /** jest-runtime has loaded it. */
  const learn = (runtime: Runtime, known: KnownModules, from: string, to: string | undefined): void => {
    const {_resolution: resolution, registries} = runtime;
    const registry = registries.internalModuleRegistry;
    // A test that asks for `expect` gets Jest's: other files ask for it by other paths.
    if (to !== undefined && !registry.has(from)) return;
    let module: KnownModule | null = null;
    if (to === undefined || !resolution.isCoreModule(to)) {
      try {
        const path = resolution.resolveCjs(from, to);
        // Like all of Jest's packages, it is not looked at again in this run: this process has loaded some itself.
        if (registry.has(path) && path.startsWith(root) && path.endsWith('.js')) {
          const folder = dirname(path);
          const paths = [...resolution.getModulePaths(folder), ...resolution.getGlobalPaths(to)];
          module = {path, folder, paths, code: null};
        }
      } catch {
        // It is outside of the realm.
      }
    }
    const byName = known.get(from) ?? new Map<string | undefined, KnownModule | null>();
    known.set(from, byName.set(to, module));
  };

  /** @returns null: jest-runtime is to do it */
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
    const {executor} = runtime;
    const before = executor.currentlyExecutingManualMock;
    executor.currentlyExecutingManualMock = path;
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
        executor.handleExecutionError(error, module);
      }
    } catch (error) {
      registry.delete(path);
      throw error;
    } finally {
      executor.currentlyExecutingManualMock = before;
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
