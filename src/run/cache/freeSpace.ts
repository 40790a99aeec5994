/** Whether a disk has room: Jest fails a run whose results it cannot store in its cache directory. */
import {statfsSync} from 'node:fs';

/** @param leftFree in bytes @returns whether the folder's disk has less than that; false: it does not say so */
export function isNearlyFull(folder: string, leftFree: number): boolean {
  try {
    const {bavail, blocks, bsize} = statfsSync(folder);
    // Some network file systems report no blocks.
    return blocks > 0 && bavail * bsize < leftFree;
  } catch {
    return false; // the write itself will tell
  }
}
