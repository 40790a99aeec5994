/** Files that others read at any time: they see all of one, or what was there before. */
import fs from 'node:fs';
import {dirname} from 'node:path';
import {threadId} from 'node:worker_threads';
import {remove} from './diskUse';

/** Taken now: a test may spy on them later, and would see our calls. */
const {mkdirSync, renameSync, writeFileSync} = fs;

/** The disk, or the user's share of it. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

/** What came of it. `full`: there is no place left on the disk; `failed`: there may be no right to write. */
export type Written = 'written' | 'full' | 'failed';

export function writeWhole(path: string, bytes: Uint8Array): Written {
  const draft = `${path}.${process.pid}-${threadId}`;
  try {
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(draft, bytes);
    renameSync(draft, path);
    return 'written';
  } catch (error) {
    remove(draft);
    return FULL.has((error as NodeJS.ErrnoException).code) ? 'full' : 'failed';
  }
}
