/**
 * Reads and writes whole files. Node's `readFileSync` and `writeFileSync` call `fs.openSync` by its public name, which
 * a test may have mocked. A mock that returns a number would make us write into some other open file.
 */
import {threadId} from 'node:worker_threads';
import {closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, writeSync} from '../../pristine/fs';
import {dirname} from '../../pristine/path';
import {remove} from './diskUse';

/** @throws if the file does not exist or cannot be read */
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

/** The error codes of a full disk and of a used-up quota. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * The outcome of a write. `full`: the disk has no room left; `failed`: any other reason, such as a missing permission.
 */
export type Written = 'written' | 'full' | 'failed';

/** Writes a file atomically: other processes see the whole new file, or the old one. */
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
