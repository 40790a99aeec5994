/** Limits the disk space of caches. */
import {existsSync, rmSync, statfsSync, statSync} from '../../pristine/fs';
import {dirname} from '../../pristine/path';

/** Files over their limit are reduced to this share of it, so that the next run does not exceed the limit again. */
const SHRINK_TO = 0.75;

/**
 * The free space that we leave, in bytes. Jest needs it most: Jest fails a run if it cannot write to its cache folder.
 */
const LEFT_FREE = 64 * 1024 * 1024;

/**
 * @param folder where the file will be; it may not exist yet
 * @param bytes the size of the file
 * @param leftFree the free space that has to remain, in bytes
 * @returns whether enough space remains
 */
export function hasRoom(folder: string, bytes: number, leftFree: number = LEFT_FREE): boolean {
  let at = folder;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  try {
    const {bavail, blocks, bsize} = statfsSync(at);
    // Some network file systems do not report their size.
    return blocks === 0 || bavail * bsize - bytes >= leftFree;
  } catch {
    return true; // the write itself will tell
  }
}

/**
 * Removes the oldest files if all files together exceed the limit.
 *
 * @param isLate whether there is no time for more; a later process does the rest
 */
export function keepWithin(paths: readonly string[], maxBytes: number, isLate: () => boolean = () => false): void {
  const files: MeasuredFile[] = [];
  for (const path of paths) {
    if (isLate()) return; // without all sizes and times, we do not know which files are the oldest
    files.push(...measure(path));
  }
  let bytes = files.reduce((sum, {size}) => sum + size, 0);
  if (bytes <= maxBytes) return;
  files.sort((a, b) => a.writtenAt - b.writtenAt);
  for (const {path, size} of files) {
    if (bytes <= maxBytes * SHRINK_TO || isLate()) break;
    if (remove(path)) bytes -= size;
  }
}

/** @returns whether the file is gone */
export function remove(path: string): boolean {
  try {
    rmSync(path, {force: true});
    return true;
  } catch {
    return false; // no permission, or a part of the path is not a folder
  }
}

interface MeasuredFile {
  readonly path: string;
  readonly size: number;
  readonly writtenAt: number;
}

function measure(path: string): MeasuredFile[] {
  try {
    const stats = statSync(path);
    return stats.isFile() ? [{path, size: stats.size, writtenAt: stats.mtimeMs}] : [];
  } catch {
    return []; // another process has removed the file
  }
}
