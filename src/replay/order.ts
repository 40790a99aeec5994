/**
 * What a replaying run is to tell. The process that starts Jest writes it to a folder of its own, and names the folder
 * to our modules in Jest's process by an environment variable.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

/** Names the folder of the order. */
const VARIABLE = 'XDIST_REPLAY';

export interface ReplayOrder {
  readonly recordings: readonly RecordingOrder[];
  /** Whether the run fails because a recording does not hold all of its run. */
  readonly incomplete: boolean;
}

export interface RecordingOrder {
  readonly path: string;
  /** The root of the repository in this checkout. */
  readonly root: string;
  /** The recorded files in this checkout, in the order of the recording. */
  readonly files: readonly FileOrder[];
}

export interface FileOrder {
  /** The id of the project's config in this checkout. */
  readonly configId: string;
  readonly path: string;
}

/** @returns the variables that lead Jest's process to the order */
export function writeOrder(folder: string, order: ReplayOrder): Record<string, string> {
  writeFileSync(orderFile(folder), JSON.stringify(order), {mode: 0o600});
  return {[VARIABLE]: folder};
}

/** @throws {Error} if Jest was not started by `show --as-jest` */
export function readOrder(): ReplayOrder {
  return JSON.parse(readFileSync(orderFile(folderOfOrder()), 'utf8')) as ReplayOrder;
}

/** Where the source maps of coverage are written. */
export function mapsFolder(folder: string = folderOfOrder()): string {
  return join(folder, 'maps');
}

function orderFile(folder: string): string {
  return join(folder, 'order.json');
}

function folderOfOrder(): string {
  const folder = process.env[VARIABLE];
  if (folder === undefined) {
    throw new Error(
      'jest-runner-xdist: this runner tells recordings. Start it with `jest-runner-xdist show --as-jest`.',
    );
  }
  return folder;
}
