/**
 * The timings file on disk.
 *
 * Two simultaneous runs lose no data. The run that gets the lock merges its data into the file. The other run leaves a
 * part file beside it, and the next run merges that part. Readers read the file and its parts. A killed run leaves no
 * half-written file.
 *
 * Synchronous, because a dozen turns of the event loop would take several times as long, and no other work is waiting.
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
  statSync,
  writeFileSync,
} from 'node:fs';
import {basename, dirname, join, resolve} from 'node:path';
import {
  recordOfDeath,
  formatTimings,
  mergeTimings,
  parseTimings,
  type FileRecord,
  type Timings,
} from '../../core/plan/durations';
import {withRun, type CostsOfRun, type RunCosts} from '../../core/plan/runCosts';
import {isNearlyFull} from '../cache/freeSpace';

/** Leaves this many bytes free, because Jest fails a run whose results it cannot store in its cache directory. */
const LEFT_FREE = 1024 * 1024;

/** A process holds the lock for milliseconds. A lock of this age (ms) belongs to a process that is gone. */
const STALE_LOCK_MS = 30_000;

export interface TimingsOptions {
  /** The option `timings`, relative to rootDir; null: the file is in the cache directory. */
  readonly path: string | null;
  readonly rootDir: string;
  readonly cacheDirectory: string;
  readonly runId: string;
  /**
   * Whether the file is not written. A shard of a run writes nothing: the shards that begin later, or the next run's,
   * would have other timings than the rest, and so another plan. The merge of the shards writes. Default: false.
   */
  readonly readOnly?: boolean;
  /** What earlier runs left, in place of the file, which then is neither read nor written. Default: null. */
  readonly inPlace?: Timings | null;
  readonly warn: (text: string) => void;
}

const NOTHING: Timings = {files: new Map(), costs: null};

export class TimingsFile {
  readonly path: string;
  readonly #runId: string;
  readonly #readOnly: boolean;
  readonly #inPlace: Timings | null;
  readonly #warn: (text: string) => void;
  readonly #learnt = new Map<string, FileRecord>();
  #past: Timings = NOTHING;
  /** The costs of the runs before this one. */
  #costs: RunCosts | null = null;
  /** With those of this run; null: they are saved, or there are none. */
  #learntCosts: RunCosts | null = null;
  /** What `recordCosts` was told last. */
  #recordedCosts = '';
  /** The markers of dead Jest processes. They are removed once their content is saved. */
  #deadMarkers: string[] = [];
  #saves = 0;

  constructor(options: TimingsOptions) {
    const {path, rootDir, cacheDirectory} = options;
    const project = createHash('sha1').update(rootDir).digest('hex').slice(0, 16);
    this.path = path === null ? join(cacheDirectory, `xdist-timings-${project}.json`) : resolve(rootDir, path);
    this.#runId = options.runId;
    this.#inPlace = options.inPlace ?? null;
    this.#readOnly = this.#inPlace !== null || (options.readOnly ?? false);
    this.#warn = options.warn;
  }

  /** Reads what earlier runs left. A file that cannot be read is ignored with a warning. */
  load(): void {
    const siblings = this.#inPlace === null ? this.#siblings() : {parts: [], markers: []};
    const read = () => [this.path, ...siblings.parts].map(path => this.#read(path, this.#warn));
    this.#past = this.#inPlace ?? mergeTimings(read(), Date.now());
    this.#costs = this.#past.costs;
    this.#noteInBandDeaths(siblings.markers);
  }

  /** The record of a file, from this run or an earlier one. */
  get(key: string): FileRecord | null {
    return this.#learnt.get(key) ?? this.#past.files.get(key) ?? null;
  }

  /** What earlier runs spent besides their test files; null: unknown. */
  get costs(): RunCosts | null {
    return this.#costs;
  }

  /** Sets a record. `save` writes it. @returns the record */
  record(key: string, record: Omit<FileRecord, 'at'>): FileRecord {
    const dated = {...record, at: Date.now()};
    this.#learnt.set(key, dated);
    return dated;
  }

  /** What is remembered after `load`. */
  get past(): Timings {
    return this.#past;
  }

  /** Sets all that other runs have learned: their own records and costs. `save` writes them. */
  recordAll({files, costs}: Timings): void {
    for (const [key, record] of files) this.#learnt.set(key, record);
    this.#learntCosts = costs;
  }

  /** Sets what this run spends besides its test files, as far as it is known. `save` writes it. */
  recordCosts(run: CostsOfRun): void {
    const known = JSON.stringify([run.startMs, run.workers, [...run.fixtures]]);
    if (known === this.#recordedCosts || (run.startMs === null && run.fixtures.size === 0)) return;
    this.#recordedCosts = known;
    this.#learntCosts = withRun(this.#costs, run, Date.now());
  }

  /** Writes the records and costs since the last call. */
  save(): void {
    if ((this.#learnt.size === 0 && this.#learntCosts === null) || this.#readOnly) return;
    const learnt: Timings = {files: new Map(this.#learnt), costs: this.#learntCosts};
    this.#learnt.clear();
    this.#learntCosts = null;
    this.#past = mergeTimings([this.#past, learnt], Date.now());
    try {
      mkdirSync(dirname(this.path), {recursive: true});
      this.#write(learnt);
      for (const marker of this.#deadMarkers.splice(0)) rmSync(marker, {force: true});
    } catch (error) {
      this.#warn(`the timings file ${this.path} could not be written: ${(error as Error).message}`);
    }
  }

  /**
   * Leaves a marker while a file runs in band. If the file kills Jest's process, the next run finds the marker.
   *
   * @returns a function that removes the marker
   */
  markInBand(key: string): () => void {
    const marker = `${this.path}.${process.pid}.inband`;
    try {
      mkdirSync(dirname(marker), {recursive: true});
      writeFileSync(marker, key);
    } catch {
      remove(marker); // a full disk may leave an empty one
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

  #read(path: string, warn: (text: string) => void): Timings {
    const text = textOf(path);
    if (text === null) return NOTHING; // it does not exist yet, or another run has just merged it
    try {
      return parseTimings(text);
    } catch (error) {
      warn(`the timings file ${path} is ignored, and will be written anew: ${(error as Error).message}`);
      return NOTHING;
    }
  }

  /** Records a death for each file whose Jest process is gone but has not removed the marker. */
  #noteInBandDeaths(markers: readonly string[]): void {
    for (const marker of markers) {
      const pid = Number(/\.(\d+)\.inband$/.exec(marker)?.[1]);
      // In containers, every Jest may have the same process id, so a marker with our id is from an earlier process.
      if (pid !== process.pid && isAlive(pid)) continue;
      const key = textOf(marker);
      if (key === null || key === '') {
        remove(marker);
        continue;
      }
      this.#deadMarkers.push(marker);
      this.record(key, recordOfDeath(this.#past.files.get(key) ?? null));
    }
  }

  #write(learnt: Timings): void {
    const lock = `${this.path}.lock`;
    if (!tryLock(lock, this.#runId)) {
      // The holder of the lock, or the next run, merges this part.
      this.#writeWhole(`${this.path}.${this.#runId}.${++this.#saves}.part`, learnt);
      return;
    }
    try {
      const {parts} = this.#siblings();
      const all = [this.path, ...parts].map(path => this.#read(path, () => {})); // `load` has warned
      this.#writeWhole(this.path, mergeTimings([...all, learnt], Date.now()));
      for (const part of parts) rmSync(part, {force: true});
    } finally {
      rmSync(lock, {force: true});
    }
  }

  /** Writes atomically: a reader sees the whole file or none, even if this process is killed. */
  #writeWhole(path: string, timings: Timings): void {
    const draft = `${path}.${this.#runId}.tmp`;
    const text = formatTimings(timings);
    if (isNearlyFull(dirname(path), LEFT_FREE)) throw new Error('the disk is nearly full');
    try {
      writeFileSync(draft, text);
      renameSync(draft, path);
    } catch (error) {
      remove(draft); // a full disk may leave an incomplete one
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
      // If several processes find the lock stale, only one can move it away.
      const stale = `${path}.${runId}.stale`;
      try {
        renameSync(path, stale);
        rmSync(stale, {force: true});
      } catch {
        // Another process has moved it.
      }
    }
  }
  return false;
}

/** The modification time, in ms since the epoch; the current time if the file does not exist. */
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
    return []; // the folder does not exist yet
  }
}

/** Ignores errors: a file that we cannot remove belongs to somebody else. */
function remove(path: string): void {
  try {
    rmSync(path, {force: true});
  } catch {
    // The next run tries again.
  }
}

/** @returns null if the file cannot be read */
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
