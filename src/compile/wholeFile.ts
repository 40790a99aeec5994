/** Files that others read at any time: they see all of one, or what was there before. */
import fs from 'node:fs';
import {dirname} from 'node:path';
import {threadId} from 'node:worker_threads';
import {remove} from './diskUse';

/** Taken now: a test may spy on them later, and would see our calls. */
const {mkdirSync, renameSync, writeFileSync} = fs;

/** @returns whether it is there now: there may be no place left, or no right to write */
export function writeWhole(path: string, bytes: Uint8Array): boolean {
  const draft = `${path}.${process.pid}-${threadId}`;
  try {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(draft, bytes);
    renameSync(draft, path);
    return true;
  } catch {
    remove(draft);
    return false;
  }
}
