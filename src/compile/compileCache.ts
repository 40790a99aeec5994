/** What jest-runtime gets from us in one process: what was compiled in it, or by other processes before, and storages for jest-circus. */
import type {CompileCacheOrder} from '../core/protocol';
import {CircusStorages} from './circusStorages';
import {CodeOnDisk} from './codeOnDisk';
import {SURVIVE_ON_DISK as IMPORTS_SURVIVE} from './imports';
import {KeptCode} from './keptCode';
import {reachJestRuntime} from './jestRuntime';

/** By the path of a jest-runtime. That asks for what it needs once: in watch mode all runs in Jest's own process have the same. */
const started = new Map<string, CompileCache>();

export interface CompileCache {
  /** A test file begins; no other runs meanwhile. */
  fileBegins(path: string): void;
  /** Leaves to other processes what this one has found worth keeping, as far as there is time. */
  save(withinMs?: number): void;
}

/** @returns null: nothing is kept in this process */
export function startCompileCache(order: CompileCacheOrder | null): CompileCache | null {
  // Coverage by V8 is told in places of the source that V8 has compiled.
  if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
  const before = started.get(order.runtime);
  if (before !== undefined) return before;
  const kept = new KeptCode({disk: IMPORTS_SURVIVE ? new CodeOnDisk(order.folder) : null});
  const storages = new CircusStorages();
  reachJestRuntime(order.runtime, kept, storages);
  const cache: CompileCache = {
    fileBegins(path) {
      kept.fileBegins(path);
      storages.fileBegins();
    },
    save: withinMs => kept.save(withinMs),
  };
  started.set(order.runtime, cache);
  return cache;
}
