/**
 * What each file is expected to take. All weights are whole microseconds: sums of integers do not depend on their order,
 * so two machines get the same plan.
 */
import {median} from '../plan/recent';
import {compareTexts, type ShardInput} from './shardInput';

export interface WeighedFile {
  readonly input: ShardInput;
  /** In one worker, in µs. */
  readonly us: number;
}

/** What a file that may be cut consists of. The parts add up to its weight. */
export interface FileParts {
  /** What each shard spends that runs some of the file's tests, in µs. */
  readonly loadUs: number;
  /** The tests with a known duration, the longest first. Tests with equal names are one. */
  readonly tests: readonly TestWeight[];
  /** What stays with the owner of the file: tests without a duration, hooks, and the teardown, in µs. */
  readonly restUs: number;
}

export interface TestWeight {
  readonly fullName: string;
  readonly us: number;
}

/** A folder says how long its other files take if so many of its files have a known duration. */
const FEWEST_KNOWN = 3;

/** The pace of a folder is taken from at most so many of its files, because each size is read from the disk. */
const MOST_SAMPLES = 200;

/** If nothing is known, 1 KiB of a test file is taken to take 100 ms: only the ratio to the start of a shard matters. */
const US_PER_BYTE = 100;

/** A file of unknown duration takes at least 1 ms. */
const LEAST_US = 1000;

/** The files in the order of their keys, each with its weight. */
export function weighFiles(inputs: readonly ShardInput[]): WeighedFile[] {
  const sorted = [...inputs].sort((a, b) => compareTexts(a.key, b.key));
  const known = sorted.map(input => ({input, us: knownUs(input)}));
  const paces = new Paces(known.flatMap(({input, us}) => (us === null ? [] : [{input, us}])));
  return known.map(({input, us}) => ({
    input,
    us: us ?? Math.max(LEAST_US, Math.round(input.size() * paces.near(input.key))),
  }));
}

/** @returns null: nothing is known of the file's tests, or it must run whole */
export function partsOf({input, us}: WeighedFile): FileParts | null {
  const {record, mayCut, workerGroup, serial} = input;
  if (!mayCut || workerGroup !== null || serial || record?.ms == null || record.unstable === true) return null;
  const names = Object.entries(record.tests);
  if (names.length < 2) return null;
  const recordedMs = names.reduce((sum, [, ms]) => sum + ms, 0);
  // Without a measured loading time, all that is in no test is taken to be loading.
  const loadMs = Math.min(record.measured?.loadMs ?? Math.max(0, record.ms - recordedMs), record.ms);
  // The record's tests are those of the last run, and the weight is the median of several: the parts follow the weight.
  const wholeMs = Math.max(record.ms, loadMs + recordedMs);
  const partUs = (ms: number) => Math.floor(wholeMs === 0 ? 0 : (ms / wholeMs) * us);
  const tests = names
    .map(([fullName, ms]): TestWeight => ({fullName, us: partUs(ms)}))
    .sort((a, b) => b.us - a.us || compareTexts(a.fullName, b.fullName));
  const loadUs = partUs(loadMs);
  return {loadUs, tests, restUs: us - loadUs - tests.reduce((sum, test) => sum + test.us, 0)};
}

function knownUs({record}: ShardInput): number | null {
  const ms = record?.recent === undefined || record.recent.length === 0 ? record?.ms : median(record.recent);
  return ms == null ? null : Math.round(ms * 1000);
}

/** How long files take for their size, in µs per byte, by folder. */
class Paces {
  readonly #known: readonly WeighedFile[];
  /** For each folder, the known files below it. Made when it is first asked for. */
  #byFolder: Map<string, WeighedFile[]> | null = null;
  readonly #paces = new Map<string, number>();

  constructor(known: readonly WeighedFile[]) {
    this.#known = known;
  }

  /** The pace of the nearest folder above a file of which enough is known. */
  near(key: string): number {
    const folders = foldersAbove(key);
    const byFolder = (this.#byFolder ??= this.#index());
    const folder = folders.find(name => (byFolder.get(name)?.length ?? 0) >= FEWEST_KNOWN) ?? '';
    let pace = this.#paces.get(folder);
    if (pace === undefined) {
      pace = paceOf(byFolder.get(folder) ?? []);
      this.#paces.set(folder, pace);
    }
    return pace;
  }

  #index(): Map<string, WeighedFile[]> {
    const byFolder = new Map<string, WeighedFile[]>();
    for (const file of this.#known) {
      for (const folder of foldersAbove(file.input.key)) {
        const files = byFolder.get(folder);
        if (files === undefined) byFolder.set(folder, [file]);
        else files.push(file);
      }
    }
    return byFolder;
  }
}

function paceOf(files: readonly WeighedFile[]): number {
  const every = Math.max(1, Math.ceil(files.length / MOST_SAMPLES));
  const paces: number[] = [];
  for (let index = 0; index < files.length; index += every) {
    const file = files[index];
    const size = file?.input.size() ?? 0;
    if (file !== undefined && size > 0) paces.push(file.us / size);
  }
  return median(paces) ?? US_PER_BYTE;
}

/** The folders of a key, the nearest first; the last one, '', is of all files. */
function foldersAbove(key: string): string[] {
  const folders: string[] = [];
  for (let end = key.lastIndexOf('/'); end > 0; end = key.lastIndexOf('/', end - 1)) folders.push(key.slice(0, end));
  return [...folders, ''];
}
