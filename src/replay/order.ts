/**
 * What a replaying run is to tell. The process that starts Jest writes it to a folder of its own, and names the folder
 * to our modules in Jest's process by an environment variable.
 */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {CutLine} from '../recording/lines';

/** Names the folder of the order. */
const VARIABLE = 'XDIST_REPLAY';

export interface ReplayOrder {
  /** Jest's list of tests: the files of all recordings, each once. */
  readonly files: readonly FileOrder[];
  readonly recordings: readonly RecordingOrder[];
  /** The files of which several recordings have a part. */
  readonly shared: readonly SharedFile[];
  /** Whether the run fails because the recordings do not hold all of it. */
  readonly incomplete: boolean;
}

export interface FileOrder {
  /** The id of the project's config in this checkout. */
  readonly configId: string;
  readonly path: string;
}

export interface RecordingOrder {
  readonly path: string;
  /** The root of the repository in this checkout. */
  readonly root: string;
  /** For each file of the recording, its index in the order's list. */
  readonly files: readonly number[];
}

/** Jest hears of such a file once. */
export interface SharedFile {
  /** Its index in the order's list. */
  readonly file: number;
  /** The index of the recording in which its last part ends. */
  readonly endsIn: number;
  /** Why the file fails whatever its parts say; null: its parts become one result. */
  readonly failure: string | null;
  /** If the file was cut, which tests each recording has: in the order of the recordings. */
  readonly cuts: readonly RecordingCut[];
}

export interface RecordingCut {
  /** The index of the recording. */
  readonly recording: number;
  readonly cut: CutLine;
}

/** @returns the variables that lead Jest's process to the order */
export function writeOrder(folder: string, order: ReplayOrder): Record<string, string> {
  writeFileSync(orderFile(folder), JSON.stringify(order), {mode: 0o600});
  return {[VARIABLE]: folder};
}

/** @throws {Error} if Jest was not started by a command of ours */
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
      'jest-runner-xdist: this runner tells recordings. ' +
        'Start it with `jest-runner-xdist show --as-jest` or `jest-runner-xdist merge`.',
    );
  }
  return folder;
}
