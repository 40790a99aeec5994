/** The compile cache of one process: what Jest's runtime compiles in it, and what other processes have compiled before. */
import type {CompileCacheOrder} from '../core/protocol';
import {CodeOnDisk} from './codeOnDisk';
import {SURVIVE_ON_DISK as IMPORTS_SURVIVE} from './imports';
import {KeptCode} from './keptCode';
import {reachJestRuntime} from './jestRuntime';

/** By the path of a jest-runtime. That asks for what it needs once: in watch mode all runs in Jest's own process have the same. */
const started = new Map<string, KeptCode>();

/** @returns null: nothing is kept in this process */
export function startCompileCache(order: CompileCacheOrder | null): KeptCode | null {
  // Coverage by V8 is told in places of the source that V8 has compiled.
  if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
  const before = started.get(order.runtime);
  if (before !== undefined) return before;
  const kept = new KeptCode({disk: IMPORTS_SURVIVE ? new CodeOnDisk(order.folder) : null});
  reachJestRuntime(order.runtime, kept);
  started.set(order.runtime, kept);
  return kept;
}
