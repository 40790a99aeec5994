/**
 * The code of what Node itself loads: Jest's modules, transformers, environments, and what these need. A compiler takes longer to be
 * compiled than most test files take to run, in each process anew. Node keeps it by itself where it is asked to, and can be told when, from 22.10 on.
 */
import Module from 'node:module';
import {readdirSync} from '../../pristine/fs';
import {join} from '../../pristine/path';
import {hasRoom, keepWithin} from './diskUse';

interface NodesOwnCache {
  enableCompileCache?(this: void, folder: string): unknown;
  flushCompileCache?(this: void): void;
}

/** Taken now: a test may spy on them later, and would see our calls. */
const {enableCompileCache, flushCompileCache} = Module as NodesOwnCache;

/** Node never removes anything. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What a process with a large compiler writes; several may at once. */
const MOST_WRITTEN = 128 * 1024 * 1024;

/**
 * Nothing happens on a Node before 22.10. From 22.1 on it has a cache, but writes it as the process exits, when the parent already waits
 * for that. Where the user has asked for a cache in a folder of their own, that one stays.
 *
 * @param fills whether this process is to fill a cache that is empty
 */
export function enableNodesOwnCache(folder: string, fills: boolean): void {
  if (flushCompileCache === undefined || (!fills && !hasBeenFilled(folder))) return;
  if (!hasRoom(folder, MOST_WRITTEN)) return; // Node asks nobody
  enableCompileCache?.(folder);
}

/** Node has a folder in there for each of its versions; a process that is to fill it makes that as it starts. */
function hasBeenFilled(folder: string): boolean {
  try {
    const own = readdirSync(folder).filter(name => name.startsWith(`${process.version}-`));
    return own.some(name => readdirSync(join(folder, name)).length > 0);
  } catch {
    return false;
  }
}

/** Has Node write what it would write as the process exits: some 0.1 ms for each module that it has compiled. */
export function flushNodesOwnCache(): void {
  flushCompileCache?.();
}

/**
 * Node never removes anything; what it has written is kept within bounds here.
 *
 * @param isLate whether there is no time for more
 */
export function tidyNodesOwnCache(folder: string, isLate: () => boolean = () => false): void {
  if (isLate()) return;
  let names: string[];
  try {
    names = readdirSync(folder, {recursive: true, encoding: 'utf8'});
  } catch {
    return; // there is none
  }
  keepWithin(
    names.map(name => join(folder, name)),
    MAX_BYTES,
    isLate,
  );
}
