/** How much of the disk may be taken by what can be made again. */
import fs from 'node:fs';

/** Taken now: a test may spy on them later, and would see our calls. */
const {rmSync, statSync} = fs;

/** To this share of their bound files are brought down, so that they are not at it with the next run again. */
const SHRINK_TO = 0.75;

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
