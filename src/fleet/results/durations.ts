/** The durations that a fleet keeps from run to run. */
import {
  fileKey,
  formatTimings,
  mergeTimings,
  parseTimings,
  recordAfter,
  type FileRecord,
  type NodeRecords,
  type Timings,
} from '../../core/plan/durations';
import type {Collection} from '../../core/fleet/collection';
import type {PlannedJob} from '../../core/fleet/fleetPlan';
import {combineCut, type CutRecord} from '../../core/shards/cutRecords';
import type {JobResult} from './jobResult';
import {pack, unpack} from './packed';
import {ResultError} from './resultError';

/** Collects the records of a run's files. Each machine of the run collects the same. */
export class RunDurations {
  readonly #files: Collection['files'];
  readonly #whole = new Map<number, FileRecord>();
  readonly #onNodes = new Map<number, NodeRecords>();
  readonly #parts = new Map<number, CutRecord[]>();
  /** The records of parts that ended before their tests were listed. */
  readonly #failed = new Map<number, FileRecord>();

  constructor({files}: Pick<Collection, 'files'>) {
    this.#files = files;
  }

  /** An accepted result of the run. */
  add({part}: Pick<PlannedJob, 'part'>, {files}: JobResult): void {
    for (const {file, record, onNodes = {}, cut} of files) {
      this.#onNodes.set(file, onNodes);
      if (record === null) continue;
      if (part === null) this.#whole.set(file, record);
      else if (cut === null) this.#failed.set(file, record);
      else this.#parts.set(file, [...(this.#parts.get(file) ?? []), {record, names: cut.names, own: cut.own}]);
    }
  }

  /**
   * What is remembered after the run.
   *
   * @param past what was remembered before
   * @param now in ms since the epoch
   */
  timings(past: Timings, now: number): Timings {
    const files = new Map<string, FileRecord>();
    for (const [file, record] of this.#whole) files.set(this.#keyOf(file), record);
    for (const [file, onNodes] of this.#onNodes) {
      for (const [node, record] of Object.entries(onNodes)) files.set(fileKey(null, this.#keyOf(file), node), record);
    }
    const add = (file: number, record: FileRecord) => {
      const key = this.#keyOf(file);
      files.set(key, recordAfter(past.files.get(key) ?? null, record));
    };
    for (const [file, parts] of this.#parts) {
      const combined = combineCut(parts);
      if (combined !== null) add(file, combined);
    }
    // Nobody knows the duration of the file then.
    for (const [file, {at, end}] of this.#failed) add(file, {at, ms: null, tests: {}, short: 0, end});
    return mergeTimings([past, {files, costs: null}], now);
  }

  #keyOf(file: number): string {
    const key = this.#files[file];
    if (key === undefined) throw new RangeError(`there is no file ${file}`);
    return key;
  }
}

/** @throws {ResultError} if they are too large */
export function encodeDurations(timings: Timings): Buffer {
  return pack('The file of durations', formatTimings(timings));
}

/** @throws {ResultError} if the bytes are not durations */
export function decodeDurations(bytes: Buffer): Timings {
  const what = 'The file of durations';
  const text = unpack(what, bytes);
  try {
    return parseTimings(String(text));
  } catch (error) {
    throw new ResultError(`${what} cannot be read: ${(error as Error).message}.`);
  }
}
