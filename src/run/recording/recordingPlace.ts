/** Where recordings are: by default the last few of each project, in a folder of Jest's cacheDirectory. */
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, rmSync, statSync} from 'node:fs';
import {join, parse, resolve} from 'node:path';
import {isNearlyFull} from '../cache/freeSpace';
import {makePrivate} from '../cache/privateFolder';

/** The extension of a recording. */
export const EXTENSION = '.xdist';

/** All recordings of a project have at most this many bytes. The oldest are removed first. */
const MOST_BYTES = 256 * 2 ** 20;

/** Leaves this many bytes free, because Jest fails a run whose results it cannot store in its cache directory. */
const LEFT_FREE = 64 * 2 ** 20;

/** The folder of a project's default recordings. */
export function recordingFolder(cacheDirectory: string, rootDir: string): string {
  const project = createHash('sha1').update(rootDir).digest('hex').slice(0, 16);
  return join(cacheDirectory, `xdist-recordings-${project}`);
}

/**
 * Makes room for a new recording.
 *
 * @param keep how many recordings stay, with the new one
 * @param startedAt when the run began, in ms since the epoch
 * @returns the path of the new recording; null: there is no room on the disk, or the folder cannot be used
 */
export function makeRoom(
  folder: string,
  {keep, startedAt, runId}: {readonly keep: number; readonly startedAt: number; readonly runId: string},
): string | null {
  try {
    // It holds names of tests and the ends of programs' output.
    if (makePrivate(folder) !== null) return null;
    removeOldest(folder, keep - 1);
    if (isNearlyFull(folder, LEFT_FREE)) return null;
  } catch {
    return null; // the timings file in the same folder has the same problem and reports it
  }
  const time = new Date(startedAt).toISOString().replaceAll(/[:.]/g, '-');
  return join(folder, `${time}-${runId}${EXTENSION}`);
}

/** The recordings in a folder, the oldest first. */
export function recordingsIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter(name => name.endsWith(EXTENSION));
    return names.sort().map(name => join(folder, name));
  } catch {
    return []; // the folder does not exist
  }
}

function removeOldest(folder: string, keep: number): void {
  let count = 0;
  let bytes = 0;
  for (const path of recordingsIn(folder).reverse()) {
    count++;
    bytes += statSync(path, {throwIfNoEntry: false})?.size ?? 0;
    if (count > keep || bytes > MOST_BYTES) rmSync(path, {force: true});
  }
}

/** The paths that runs of this process have written to. */
const taken = new Set<string>();

/**
 * The path of a full recording. Jest makes several runs in one process if projects have different runner options: each
 * leaves its own file, `run.xdist`, `run-2.xdist` and so on. In watch mode, each run replaces the last one's.
 *
 * @throws if its folder cannot be made
 */
export function pathOfFull(path: string, rootDir: string, watch: boolean): string {
  const {dir, name, ext} = parse(resolve(rootDir, path));
  mkdirSync(dir, {recursive: true});
  for (let number = 1; ; number++) {
    const own = join(dir, number === 1 ? `${name}${ext}` : `${name}-${number}${ext}`);
    if (taken.has(own) && !watch) continue;
    taken.add(own);
    return own;
  }
}
