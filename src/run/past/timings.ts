/**
 * The timings file on disk.
 *
 * Two runs at once lose nothing: whoever gets the lock folds what it learnt into the file, and whoever
 * does not leaves a part of its own beside it, for the next one to fold in. Readers read both, so it
 * does not matter when that happens, and a run that is killed on the way leaves nothing half-written.
 *
 * Synchronous: nobody else is served meanwhile, and a dozen turns of the event loop take several times as long.
 */
import {createHash} from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {
  deathOf,
  formatDurations,
  mergeDurations,
  parseDurations,
  type Durations,
  type FileRecord,
} from '../../core/plan/durations';

/** So many bytes stay free: Jest fails a run whose results it cannot keep in its cache directory. */
const LEFT_FREE = 1024 * 1024;

/** A lock is held for milliseconds; one this old (ms) was left behind by a process that is gone. */
const STALE_LOCK_MS = 30_000;

export interface TimingsOptions {
  /** The option, relative to rootDir; null: in the cache directory. */
  readonly path: string | null;
  readonly rootDir: string;
  readonly cacheDirectory: string;
  readonly runId: string;
  readonly warn: (text: string) => void;
}

export class TimingsFile {
  readonly path: string;
  readonly #runId: string;
  readonly #warn: (text: string) => void;
  readonly #learnt = new Map<string, FileRecord>();
  #past: Durations = new Map();
  /** Marks of Jest processes that died, to be taken away once what they say is on disk. */
  #deadMarkers: string[] = [];
  #saves = 0;

  constructor(options: TimingsOptions) {
    const {path, rootDir, cacheDirectory} = options;
    const project = createHash('sha1').update(rootDir).digest('hex').slice(0, 16);
    this.path = path === null ? join(cacheDirectory, `xdist-timings-${project}.json`) : resolve(rootDir, path);
    this.#runId = options.runId;
    this.#warn = options.warn;
  }

  /** Reads what earlier runs left. A file that cannot be read is ignored with a warning. */
  load(): void {
    const siblings = this.#siblings();
    const all = [this.path, ...siblings.parts].map(path => this.#read(path, this.#warn));
    this.#past = mergeDurations(all, Date.now());
    this.#noteInBandDeaths(siblings.markers);
  }

  /** What is remembered of a file, from this run or an earlier one. */
  get(key: string): FileRecord | null {
    return this.#learnt.get(key) ?? this.#past.get(key) ?? null;
  }

  /** Notes what this run found out; written by `save`. */
  record(key: string, record: Omit<FileRecord, 'at'>): void {
    this.#learnt.set(key, {...record, at: Date.now()});
  }

  /** Writes what was noted since the last time. */
  save(): void {
    if (this.#learnt.size === 0) return;
    const learnt = new Map(this.#learnt);
    this.#learnt.clear();
    this.#past = mergeDurations([this.#past, learnt], Date.now());
    try {
      mkdirSync(dirname(this.path), {recursive: true});
      this.#write(learnt);
      for (const marker of this.#deadMarkers.splice(0)) rmSync(marker, {force: true});
    } catch (error) {
      this.#warn(`the timings file ${this.path} could not be written: ${(error as Error).message}`);
    }
  }

  /**
   * Leaves a mark while a file runs inside the Jest process itself: if that process dies, nobody is
   * left to write down whose fault it was, and the next run reads it here.
   *
   * @returns a function that takes the mark away
   */
  markInBand(key: string): () => void {
    const marker = `${this.path}.${process.pid}.inband`;
    try {
      mkdirSync(dirname(marker), {recursive: true});
      writeFileSync(marker, key);
    } catch {
      remove(marker); // there may be an empty one, if the disk is full
      return () => undefined; // a cache that cannot be written to is reported by `save`
    }
    return () => remove(marker);
  }

  #siblings(): {parts: string[]; markers: string[]} {
    const folder = dirname(this.path);
    const prefix = `${basename(this.path)}.`;
    const ours = namesIn(folder)
      .filter(name => name.startsWith(prefix))
      .map(name => join(folder, name));
    return {
      parts: ours.filter(path => path.endsWith('.part')),
      markers: ours.filter(path => path.endsWith('.inband')),
    };
  }

  #read(path: string, warn: (text: string) => void): Durations {
    const text = textOf(path);
    if (text === null) return new Map(); // not there yet, or just folded into the file by another run
    try {
      return parseDurations(text);
    } catch (error) {
      warn(`the timings file ${path} is ignored, and will be written anew: ${(error as Error).message}`);
      return new Map();
    }
  }

  /** Notes the files that were running inside a Jest process which is gone without having taken its mark away. */
  #noteInBandDeaths(markers: readonly string[]): void {
    for (const marker of markers) {
      const pid = Number(/\.(\d+)\.inband$/.exec(marker)?.[1]);
      // In a container every Jest may have the same process id: a mark with ours is of one before us.
      if (pid !== process.pid && isAlive(pid)) continue;
      const key = textOf(marker);
      if (key === null || key === '') {
        remove(marker);
        continue;
      }
      this.#deadMarkers.push(marker);
      this.record(key, deathOf(this.#past.get(key) ?? null));
    }
  }

  #write(learnt: Durations): void {
    const lock = `${this.path}.lock`;
    if (!tryLock(lock, this.#runId)) {
      // Whoever holds it, or the next run, folds this in.
      this.#writeWhole(`${this.path}.${this.#runId}.${++this.#saves}.part`, learnt);
      return;
    }
    try {
      const {parts} = this.#siblings();
      const all = [this.path, ...parts].map(path => this.#read(path, () => {})); // `load` has warned
      this.#writeWhole(this.path, mergeDurations([...all, learnt], Date.now()));
      for (const part of parts) rmSync(part, {force: true});
    } finally {
      rmSync(lock, {force: true});
    }
  }

  /** A reader sees all of it or nothing, whenever we are killed. */
  #writeWhole(path: string, durations: Durations): void {
    const draft = `${path}.${this.#runId}.tmp`;
    const text = formatDurations(durations);
    if (isNearlyFull(dirname(path))) throw new Error('the disk is nearly full');
    try {
      writeFileSync(draft, text);
      renameSync(draft, path);
    } catch (error) {
      remove(draft); // a part of it, if the disk is full
      throw error;
    }
  }
}

function tryLock(path: string, runId: string): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      closeSync(openSync(path, 'wx'));
      return true;
    } catch {
      if (Date.now() - changedAt(path) < STALE_LOCK_MS) return false;
      // Of several that find it stale, one moves it away; the others find the new lock, or none.
      const stale = `${path}.${runId}.stale`;
      try {
        renameSync(path, stale);
        rmSync(stale, {force: true});
      } catch {
        // Another has.
      }
    }
  }
  return false;
}

/** By the clock of Date; now, if it is not there. */
function changedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return Date.now();
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was kept so far
  }
}

/** What cannot be removed is somebody else's. */
function remove(path: string): void {
  try {
    rmSync(path, {force: true});
  } catch {
    // The next run looks at it again.
  }
}

function isNearlyFull(folder: string): boolean {
  try {
    const {bavail, blocks, bsize} = statfsSync(folder);
    // Some file systems that are somewhere in a network do not say.
    return blocks > 0 && bavail * bsize < LEFT_FREE;
  } catch {
    return false; // whether it can be written is seen when it is
  }
}

/** @returns null: it cannot be read */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
