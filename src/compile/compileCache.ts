/** The compile cache of one process: what Jest's runtime compiles in it, and what other processes have compiled before. */
import type {CompileCacheOrder} from '../core/protocol';
import {CodeOnDisk} from './codeOnDisk';
import {KeptCode} from './keptCode';
import {reachJestRuntime} from './jestRuntime';

/** @returns null: nothing is kept in this process */
export function startCompileCache(order: CompileCacheOrder | null): KeptCode | null {
  // Coverage by V8 is told in places of the source that V8 has compiled.
  if (order === null || process.env.NODE_V8_COVERAGE !== undefined) return null;
  const kept = new KeptCode({disk: new CodeOnDisk(order.folder)});
  reachJestRuntime(order.runtime, kept);
  return kept;
}
