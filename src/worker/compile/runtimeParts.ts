/**
 * The private parts of jest-runtime 30.4 and later that `leanRuntime` uses. The capability `runtimeParts` checks for
 * them.
 */
import type {Context} from 'node:vm';

/** A module object that jest-runtime makes. */
export interface RuntimeModule {
  children: unknown[];
  exports: unknown;
  readonly filename: string;
  readonly id: string;
  readonly isPreloading: false;
  loaded: boolean;
  readonly path: string;
  paths?: string[];
}

/** The options that jest-runtime passes when it loads a module of its own. */
export interface TransformOptions {
  readonly isInternalModule: true;
  readonly supportsDynamicImport: false;
  readonly supportsExportNamespaceFrom: false;
  readonly supportsStaticESM: false;
  readonly supportsTopLevelAwait: false;
}

export interface JestObjects {
  jestObjectFor(from: string): unknown;
}

/** The runtime of one test file. */
export interface Runtime {
  readonly _config: {readonly injectGlobals: boolean; readonly sandboxInjectedGlobals: readonly string[]};
  readonly _environment: {readonly global: unknown; getVmContext(): Context | null};
  readonly _resolution: {
    readonly resolver: object;
    readonly cjsConditions: readonly string[];
    isCoreModule(name: string): boolean;
    resolveCjs(from: string, to: string | undefined): string;
    getModulePaths(folder: string): readonly string[];
    getGlobalPaths(name: string | undefined): readonly string[];
  };
  readonly executor: {
    /** Throws the error. For a module that cannot be found, Jest adds details to the error. */
    handleExecutionError(error: unknown, module: RuntimeModule): never;
  };
  readonly fileCache: {readFile(path: string): string};
  readonly jestGlobals: JestObjects;
  readonly registries: {readonly internalModuleRegistry: Map<string, RuntimeModule>};
  readonly requireBuilder: {for(module: RuntimeModule, options: TransformOptions): unknown};
  readonly testMainModule: {readonly current: unknown};
  readonly testState: {readonly state: string};
  requireInternalModule(from: string, to?: string): unknown;
}

/** The class of `Runtime`. */
export interface RuntimeClass {
  readonly prototype: Pick<Runtime, 'requireInternalModule'>;
}
