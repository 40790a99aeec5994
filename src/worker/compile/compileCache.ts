/** What jest-runtime gets from us in one process: what was compiled in it, or by other processes before, and storages for jest-circus. */
import type {CompileCacheOrder} from '../../core/wire/workerMessages';
import {join} from '../../pristine/path';
import {CircusStorages} from './circusStorages';
import {monotonicMs} from '../../pristine/clock';
import {CodeOnDisk} from './codeOnDisk';
import {SURVIVE_ON_DISK as IMPORTS_SURVIVE} from './imports';
import {reachJestRuntime} from './jestRuntime';
import {KeptCode} from './keptCode';
import {enableNodesOwnCache, flushNodesOwnCache, tidyNodesOwnCache} from './nodesOwnCache';

/** By the path of a jest-runtime. That asks for what it needs once: in watch mode all runs in Jest's own process have the same. */
const started = new Map<string, CompileCache>();

export class CompileCache {
  readonly #kept: KeptCode;
  readonly #storages = new CircusStorages();
  #reached: NodeModule | null = null;
  readonly #nodesFolder: string | null;

  /**
   * @param isKnown whether a runtime has the parts that `leanRuntime` uses
   * @returns null: nothing is kept in this process
   */
  static start(order: CompileCacheOrder | null, isKnown: (runtime: unknown) => boolean): CompileCache | null {
    // Coverage by V8 is told in places of the source that V8 has compiled.
    if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
    const cache = started.get(order.runtime) ?? new CompileCache(order);
    cache.#reach(order, isKnown);
    started.set(order.runtime, cache);
    return cache;
  }

  /** Has Node write now what it would write as the process exits; also where the user has asked it to, with NODE_COMPILE_CACHE. */
  static flushNodesOwn(): void {
    flushNodesOwnCache();
  }

  private constructor({runtime, folder, fillsNodesOwn}: CompileCacheOrder) {
    const disk = IMPORTS_SURVIVE && folder !== null ? new CodeOnDisk(folder) : null;
    this.#kept = new KeptCode({disk, start: disk?.startPack(runtime) ?? null});
    this.#nodesFolder = folder && join(folder, 'node');
    if (this.#nodesFolder !== null) enableNodesOwnCache(this.#nodesFolder, fillsNodesOwn);
  }

  /** A jest-runtime that was loaded anew asks anew. */
  #reach(order: CompileCacheOrder, isKnown: (runtime: unknown) => boolean): void {
    const {runtime} = order;
    if (this.#reached !== null && require.cache[runtime] === this.#reached) return;
    reachJestRuntime(order, this.#kept, this.#storages, isKnown);
    this.#reached = require.cache[runtime] ?? null;
  }

  /** A test file begins; no other runs meanwhile. */
  fileBegins(path: string): void {
    this.#kept.fileBegins(path);
    this.#storages.fileBegins();
  }

  /**
   * Leaves to other processes what this one has found worth keeping.
   *
   * @param withinMs how long the writing and the tidying together may take; a later process does the rest
   */
  save(withinMs = Infinity): void {
    const startedAt = monotonicMs();
    const isLate = () => monotonicMs() - startedAt >= withinMs;
    const hasGrown = this.#kept.save(isLate);
    if (hasGrown && this.#nodesFolder !== null) tidyNodesOwnCache(this.#nodesFolder, isLate);
  }
}
