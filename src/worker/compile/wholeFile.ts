/**
 * Whole files. `readFileSync` and `writeFileSync` call `fs.openSync` by its public name, which a test may have replaced by
 * a mock: one that returns a number would have us write into somebody else's file.
 */
import {threadId} from 'node:worker_threads';
import {closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync} from '../../pristine/fs';
import {dirname} from '../../pristine/path';
import {remove} from './diskUse';

/** @throws if there is none, or it cannot be read */
export function readWhole(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(fstatSync(file).size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** The disk, or the user's share of it. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/** What came of it. `full`: there is no place left on the disk; `failed`: there may be no right to write. */
export type Written = 'written' | 'full' | 'failed';

/** Others may read the file at any time: they see all of it, or what was there before. */
export function writeWhole(path: string, bytes: Uint8Array): Written {
  const draft = `${path}.${process.pid}-${threadId}`;
  try {
    mkdirSync(dirname(path), {recursive: true});
    const file = openSync(draft, 'w');
    try {
      for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
    return 'written';
  } catch (error) {
    remove(draft);
    return FULL.has((error as NodeJS.ErrnoException).code) ? 'full' : 'failed';
  }
}
