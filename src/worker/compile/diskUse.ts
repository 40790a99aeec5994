/** How much of the disk may be taken by what can be made again. */
import {existsSync, rmSync, statfsSync, statSync} from '../../pristine/fs';
import {dirname} from '../../pristine/path';

/** To this share of their bound files are brought down, so that they are not at it with the next run again. */
const SHRINK_TO = 0.75;

/** So many bytes stay free for others: above all for Jest, which fails a run whose results it cannot keep in the same folder. */
const LEFT_FREE = 64 * 1024 * 1024;

/**
 * @param folder where the file is to be; it need not be there
 * @param bytes what it takes
 * @returns whether enough is left free beside it
 */
export function hasRoom(folder: string, bytes: number, leftFree: number = LEFT_FREE): boolean {
  let at = folder;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  try {
    const {bavail, blocks, bsize} = statfsSync(at);
    // Some file systems that are somewhere in a network do not say.
    return blocks === 0 || bavail * bsize - bytes >= leftFree;
  } catch {
    return true; // whether it can be written is seen when it is
  }
}

/**
 * Removes those that were written first, if all together take more than this.
 *
 * @param isLate whether there is no time for more: a later process does the rest
 */
export function keepWithin(paths: readonly string[], maxBytes: number, isLate: () => boolean = () => false): void {
  const files: MeasuredFile[] = [];
  for (const path of paths) {
    if (isLate()) return; // which files are the oldest is not known
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

/** @returns whether it is not there any more */
export function remove(path: string): boolean {
  try {
    rmSync(path, {force: true});
    return true;
  } catch {
    return false; // it is somebody else's, or the folder is none
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
    return []; // another process has removed it
  }
}
