/**
 * The code of what Node itself loads: Jest's modules, transformers, environments, and what these need. A compiler takes longer to be
 * compiled than most test files take to run, in each process anew. Node keeps it by itself where it is asked to, from 22.1 on.
 */
import fs from 'node:fs';
import Module from 'node:module';
import {join} from 'node:path';
import {keepWithin} from './diskUse';

/** Taken now: a test may spy on it later, and would see our call. */
const {readdirSync} = fs;

/** Node never removes anything. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Node before 22.1 has none: nothing happens. Where the user has asked for one in a folder of their own, that one stays. */
export function enableNodesOwnCache(folder: string): void {
  (Module as {enableCompileCache?(folder: string): unknown}).enableCompileCache?.(folder);
}

/** Node writes at the end of a process; what earlier ones have written is kept within bounds here. */
export function tidyNodesOwnCache(folder: string): void {
  let names: string[];
  try {
    names = readdirSync(folder, {recursive: true, encoding: 'utf8'});
  } catch {
    return; // there is none
  }
  keepWithin(
    names.map(name => join(folder, name)),
    MAX_BYTES,
  );
}
