/**
 * The compile cache of one process. It gives jest-runtime the code that this process or an earlier one has compiled,
 * and it disables the storages that jest-circus no longer needs.
 */
import type {CompileCacheOrder} from '../../core/wire/workerMessages';
import {join} from '../../pristine/path';
import {CircusStorages} from './circusStorages';
import {monotonicMs} from '../../pristine/clock';
import {CodeOnDisk} from './codeOnDisk';
import {SURVIVE_ON_DISK as IMPORTS_SURVIVE} from './imports';
import {reachJestRuntime} from './jestRuntime';
import {KeptCode} from './keptCode';
import {enableNodesOwnCache, flushNodesOwnCache, tidyNodesOwnCache} from './nodesOwnCache';

/**
 * Keyed by the path of jest-runtime. jest-runtime requires its modules only once, so all watch-mode runs in Jest's own
 * process share one cache.
 */
const started = new Map<string, CompileCache>();

export class CompileCache {
  readonly #kept: KeptCode;
  readonly #storages = new CircusStorages();
  #reached: NodeModule | null = null;
  readonly #nodesFolder: string | null;

  /**
   * @param isKnown whether a runtime has the parts that `leanRuntime` uses
   * @returns null if this process uses no cache
   */
  static start(order: CompileCacheOrder | null, isKnown: (runtime: unknown) => boolean): CompileCache | null {
    // V8 reports coverage as offsets into the source that it has compiled, and a cached script may have a wrapped
    // source.
    if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
    const cache = started.get(order.runtime) ?? new CompileCache(order);
    cache.#reach(order, isKnown);
    started.set(order.runtime, cache);
    return cache;
  }

  /**
   * Makes Node write its own compile cache now, not at process exit. Includes a cache that the user has enabled with
   * NODE_COMPILE_CACHE.
   */
  static flushNodesOwn(): void {
    flushNodesOwnCache();
  }

  private constructor({runtime, folder, fillsNodesOwn}: CompileCacheOrder) {
    const disk = IMPORTS_SURVIVE && folder !== null ? new CodeOnDisk(folder) : null;
    this.#kept = new KeptCode({disk, start: disk?.startPack(runtime) ?? null});
    this.#nodesFolder = folder && join(folder, 'node');
    if (this.#nodesFolder !== null) enableNodesOwnCache(this.#nodesFolder, fillsNodesOwn);
  }

  /** If jest-runtime has been loaded again, the new instance has to require its modules through us again. */
  #reach(order: CompileCacheOrder, isKnown: (runtime: unknown) => boolean): void {
    const {runtime} = order;
    if (this.#reached !== null && require.cache[runtime] === this.#reached) return;
    reachJestRuntime(order, this.#kept, this.#storages, isKnown);
    this.#reached = require.cache[runtime] ?? null;
  }

  /** Call this when a test file begins. A process runs one test file at a time. */
  fileBegins(path: string): void {
    this.#kept.fileBegins(path);
    this.#storages.fileBegins();
  }

  /**
   * Stores on disk the code that other processes can use.
   *
   * @param withinMs the limit for writing and tidying together, in ms; a later process does the rest
   */
  save(withinMs = Infinity): void {
    const startedAt = monotonicMs();
    const isLate = () => monotonicMs() - startedAt >= withinMs;
    const hasGrown = this.#kept.save(isLate);
    if (hasGrown && this.#nodesFolder !== null) tidyNodesOwnCache(this.#nodesFolder, isLate);
  }
}
