/**
 * Node's own compile cache, for the modules that Node itself loads: Jest, transformers, environments, and their
 * dependencies. To compile a large compiler takes longer than most test files take to run, and each process has to do
 * it. Node can cache this code itself, if asked. From 22.10 on, we can also tell Node when to write the cache.
 */
import Module from 'node:module';
import {readdirSync} from '../../pristine/fs';
import {join} from '../../pristine/path';
import {hasRoom, keepWithin} from './diskUse';

interface NodesOwnCache {
  enableCompileCache?(this: void, folder: string): unknown;
  flushCompileCache?(this: void): void;
}

/** Read at load time: a test may spy on these functions later, and would see our calls. */
const {enableCompileCache, flushCompileCache} = Module as NodesOwnCache;

/** The limit for Node's cache, in bytes. Node itself never removes anything. */
const MAX_BYTES = 256 * 1024 * 1024;

/** The most that a process with a large compiler writes, in bytes. Several processes may write at once. */
const MOST_WRITTEN = 128 * 1024 * 1024;

/**
 * Enables Node's compile cache, on Node 22.10 and later. Earlier versions, from 22.1 on, write the cache only at
 * process exit, when the parent already waits for the exit. If the user has enabled the cache in another folder, Node
 * keeps using that one.
 *
 * @param fills whether this process should fill an empty cache
 */
export function enableNodesOwnCache(folder: string, fills: boolean): void {
  if (flushCompileCache === undefined || (!fills && !hasBeenFilled(folder))) return;
  if (!hasRoom(folder, MOST_WRITTEN)) return; // Node itself does not check the free space
  enableCompileCache?.(folder);
}

/**
 * Whether a process has filled the cache. Node makes a folder for each of its versions, and a process that fills the
 * cache makes that folder when it starts.
 */
function hasBeenFilled(folder: string): boolean {
  try {
    const own = readdirSync(folder).filter(name => name.startsWith(`${process.version}-`));
    return own.some(name => readdirSync(join(folder, name)).length > 0);
  } catch {
    return false;
  }
}

/** Makes Node write what it would write at process exit. Takes about 0.1 ms for each module that Node has compiled. */
export function flushNodesOwnCache(): void {
  flushCompileCache?.();
}

/**
 * Keeps Node's compile cache within its limit, because Node never removes anything.
 *
 * @param isLate whether there is no time for more
 */
export function tidyNodesOwnCache(folder: string, isLate: () => boolean = () => false): void {
  if (isLate()) return;
  let names: string[];
  try {
    names = readdirSync(folder, {recursive: true, encoding: 'utf8'});
  } catch {
    return; // the folder does not exist
  }
  keepWithin(
    names.map(name => join(folder, name)),
    MAX_BYTES,
    isLate,
  );
}
