/** What we remember of past runs: durations by file and by test, and how each file ended. */

/** What we remember of one test file. */
export interface FileRecord {
  /** When the record was written, in ms since the epoch: the newest record of a file wins. */
  readonly at: number;
  /** How long the file took in a worker, in ms; null: the file never ran to its end. */
  readonly ms: number | null;
  /** Durations in ms by a test's full name. Tests with equal names add up; tests below 1 ms are left out. */
  readonly tests: Readonly<Record<string, number>>;
  /** How many tests the last full run left out of `tests`. A file that has more tests without a duration has new ones. */
  readonly short: number;
  /** How the file's last run ended. `died`: its worker died. */
  readonly end: 'passed' | 'failed' | 'died';
}

/** Records by file key (see fileKey). */
export type Durations = ReadonlyMap<string, FileRecord>;

/** Raised with every change of the timings file's format. A file of another version is not read. */
const VERSION = 2;

/** Records of files that have not run for this long (ms) are dropped: 90 days. */
const FORGET_AFTER_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Identifies a test file across machines and runs: the project's display name, if it has one; the path relative to
 * rootDir with forward slashes; and the node, if the file runs on each node.
 */
export function fileKey(projectName: string | null, relativePath: string, node: string | null = null): string {
  const path = relativePath.replaceAll('\\', '/');
  const key = projectName === null ? path : `${projectName}:${path}`;
  return node === null ? key : `${key} on ${node}`;
}

/** The newest record of each file, without old records. `now`: ms since the epoch. */
export function mergeDurations(all: readonly Durations[], now: number): Map<string, FileRecord> {
  const merged = new Map<string, FileRecord>();
  for (const durations of all) {
    for (const [key, record] of durations) {
      const other = merged.get(key);
      if (now - record.at <= FORGET_AFTER_MS && (other === undefined || other.at <= record.at)) merged.set(key, record);
    }
  }
  return merged;
}

/** The fields of a test's result that durations need. */
export interface TestDuration {
  readonly fullName: string;
  readonly duration?: number | null | undefined;
}

/**
 * Durations by test, in whole ms. Tests below 1 ms are left out and counted: 10,000 trivial tests must not cost 10,000
 * entries. Tests that did not run are neither listed nor counted.
 *
 * @param mostMs how long the whole file took by a monotonic clock. Jest uses the time of day, which may jump.
 */
export function testDurations(tests: readonly TestDuration[], mostMs = Infinity): Pick<FileRecord, 'tests' | 'short'> {
  // Without a prototype: a test may be called "toString".
  const durations = Object.create(null) as Record<string, number>;
  for (const {fullName, duration} of tests) {
    if (typeof duration === 'number' && duration >= 1) {
      durations[fullName] = (durations[fullName] ?? 0) + Math.round(Math.min(duration, mostMs));
    }
  }
  const short = tests.filter(({fullName, duration}) => typeof duration === 'number' && !(fullName in durations)).length;
  return {tests: durations, short};
}

/** What is remembered of a file whose process died: its durations are those of the run before. */
export function recordOfDeath(past: FileRecord | null): Omit<FileRecord, 'at'> {
  return {ms: past?.ms ?? null, tests: past?.tests ?? {}, short: past?.short ?? 0, end: 'died'};
}

export function formatDurations(durations: Durations): string {
  return `${JSON.stringify({version: VERSION, files: Object.fromEntries(durations)})}\n`;
}

/** @throws if the text is not a timings file of this runner */
export function parseDurations(text: string): Durations {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed) || !isRecord(parsed.files)) throw new Error('it is not a timings file');
  if (parsed.version !== VERSION) throw new Error(`it has version ${JSON.stringify(parsed.version)}, not ${VERSION}`);
  return new Map(Object.entries(parsed.files).map(([key, value]) => [key, parseRecord(key, value)]));
}

function parseRecord(key: string, value: unknown): FileRecord {
  const ends = ['passed', 'failed', 'died'] as const;
  if (isRecord(value) && isDuration(value.at) && (value.ms === null || isDuration(value.ms)) && isRecord(value.tests)) {
    const {at, ms, tests, short} = value;
    const end = ends.find(known => known === value.end);
    if (end !== undefined && isDuration(short) && Object.values(tests).every(isDuration)) {
      return {at, ms, tests: tests as Record<string, number>, short, end};
    }
  }
  throw new Error(`its record of ${key} is malformed`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
