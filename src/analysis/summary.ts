/** What a recording says of its run in short: what failed, what was slow, and how busy the workers were. */
import type {FileProfile} from '../core/wire/fileProfile';
import {fromJson} from '../recording/json';
import type {
  DeathLine,
  ElsewhereLine,
  EndLine,
  FileLine,
  FleetLine,
  RecordedFile,
  RecordedTest,
  RecordingLine,
} from '../recording/lines';
import {floorOf, type Floor} from './floor';
import {planOf} from './scheduleReplay';
import {slotTimeline, type SlotActivity, type SlotTimeline} from './slotTimeline';

export interface FailedTest {
  readonly file: number;
  readonly titles: readonly string[];
  /** From a full recording; empty: unknown. */
  readonly messages: readonly string[];
}

export interface SlowTest {
  readonly file: number;
  readonly titles: readonly string[];
  readonly ms: number;
}

/** A package or a source file, and what its modules took to load in all files together. */
export interface PackageTime {
  readonly name: string;
  readonly ms: number;
  readonly files: number;
  readonly modules: number;
}

/** What one worker did, in ms. */
export interface WorkerTime {
  readonly slot: number;
  readonly busyMs: number;
  readonly startingMs: number;
  /** By the type of the reason, the longest first. */
  readonly idle: readonly {readonly reason: string; readonly ms: number}[];
}

export interface Summary {
  readonly files: readonly RecordedFile[];
  /** null: the run was killed, or goes on. */
  readonly verdict: EndLine['verdict'] | null;
  readonly failedOutside: boolean;
  /** When the last line was written, in ms since the run began. */
  readonly ms: number;
  readonly counts: {
    readonly files: {
      readonly passed: number;
      readonly failed: number;
      readonly skipped: number;
      readonly notRun: number;
    };
    readonly tests: FileLine['tests'];
  };
  readonly failed: readonly FailedTest[];
  /** Files without a result. */
  readonly errors: readonly {readonly file: number; readonly error: string}[];
  readonly deaths: readonly DeathLine[];
  /** The longest first. */
  readonly slowestFiles: readonly {readonly file: number; readonly ms: number}[];
  readonly slowestTests: readonly SlowTest[];
  readonly packages: readonly PackageTime[];
  /** Source files of the project that took long to load; `name` is a path. */
  readonly sources: readonly PackageTime[];
  /** What each part of files took in all files together, in ms, the longest first; empty: unknown. */
  readonly parts: readonly (readonly [part: string, ms: number])[];
  /** null: the run was in band, was one of a fleet, or ended early. */
  readonly floor: Floor | null;
  /** Empty: the run was in band. */
  readonly workers: readonly WorkerTime[];
  readonly timeline: SlotTimeline | null;
  /** null: the run was not one of a fleet, or was killed. */
  readonly fleet: FleetLine | null;
}

/** How many entries a list of the slowest has. */
const SLOWEST = 10;

export function summaryOf(lines: readonly RecordingLine[], mayGoOn?: () => boolean): Summary {
  const files = lines.flatMap(line => (line.type === 'files' ? line.files : []));
  const ended = new Map(lines.flatMap(line => (line.type === 'file' ? [[line.file, line] as const] : [])));
  const end = lines.find(line => line.type === 'end');
  const shares = lines.filter(line => line.type === 'share');
  const elsewhere = lines.filter(line => line.type === 'elsewhere');
  const tests = [...shares, ...elsewhere].flatMap(({file, tests: own}) => own.map(test => ({file, test})));
  const timeline = slotTimeline(lines, mayGoOn);
  return {
    files,
    verdict: end?.verdict ?? null,
    failedOutside: end?.failedOutside ?? false,
    ms: lines.reduce((last, line) => Math.max(last, 'at' in line ? line.at : 0), 0),
    counts: countsOf(files.length, [...ended.values()]),
    failed: failedTests(lines, tests),
    errors: [...ended.values()].flatMap(({file, error}) => (error === null ? [] : [{file, error}])),
    deaths: lines.filter(line => line.type === 'death'),
    slowestFiles: slowest(
      [...withTimesElsewhere(fileTimes(lines, timeline), elsewhere)].map(([file, ms]) => ({file, ms})),
      SLOWEST,
    ),
    slowestTests: slowest(
      tests.flatMap(({file, test: {titles, ms}}) => (ms === null ? [] : [{file, titles, ms}])),
      SLOWEST,
    ),
    packages: loadedModules(lines, 'packages'),
    sources: loadedModules(lines, 'sources').filter(({ms}) => ms >= SLOW_SOURCE_MS),
    parts: partsOf(shares.flatMap(({profile}) => profile ?? [])),
    floor: floorOf(lines),
    workers: (timeline?.slots ?? []).map((intervals, index) => workerTime(index + 1, intervals)),
    timeline,
    fleet: lines.find(line => line.type === 'fleet') ?? null,
  };
}

function withTimesElsewhere(here: ReadonlyMap<number, number>, lines: readonly ElsewhereLine[]): Map<number, number> {
  const times = new Map(here);
  for (const {file, ms} of lines) times.set(file, (times.get(file) ?? 0) + ms);
  return times;
}

/**
 * How long workers ran each file, in ms, all shares together: as the worker measured it, or if none of it is known, as
 * the scheduler saw it.
 */
export function fileTimes(lines: readonly RecordingLine[], timeline: SlotTimeline | null): Map<number, number> {
  const times = new Map<number, number>();
  const plan = planOf(lines);
  for (const {from, to, activity} of timeline?.slots.flat() ?? []) {
    const file = activity.type === 'running' ? plan?.files[activity.unit] : undefined;
    if (file !== undefined) times.set(file, (times.get(file) ?? 0) + to - from);
  }
  const measured = new Map<number, number>();
  for (const line of lines) {
    if (line.type !== 'share' || line.profile === null) continue;
    measured.set(line.file, (measured.get(line.file) ?? 0) + line.profile.ms);
  }
  return new Map([...times, ...measured]);
}

function slowest<T extends {readonly ms: number}>(all: readonly T[], count: number): T[] {
  return [...all].sort((a, b) => b.ms - a.ms).slice(0, count);
}

function countsOf(all: number, ended: readonly FileLine[]): Summary['counts'] {
  const files = {passed: 0, failed: 0, skipped: 0, notRun: Math.max(0, all - ended.length)};
  const tests = {passed: 0, failed: 0, pending: 0, todo: 0};
  for (const {status, tests: own} of ended) {
    files[status]++;
    for (const outcome of ['passed', 'failed', 'pending', 'todo'] as const) tests[outcome] += own[outcome];
  }
  return {files, tests};
}

/** Each failed test once: a file that began anew has shares that do not count. */
function failedTests(
  lines: readonly RecordingLine[],
  tests: readonly {readonly file: number; readonly test: RecordedTest}[],
): FailedTest[] {
  const failed = new Map<string, FailedTest>();
  const keyOf = (file: number, titles: readonly string[]) => JSON.stringify([file, titles]);
  for (const {file, test} of tests) {
    const key = keyOf(file, test.titles);
    if (test.status === 'failed') failed.set(key, {file, titles: test.titles, messages: []});
    else if (test.status === 'passed') failed.delete(key);
  }
  for (const line of lines) {
    if (line.type !== 'told' || line.name !== 'test-file-success' || line.file === null) continue;
    for (const {titles, messages} of toldFailures(line.data)) {
      failed.set(keyOf(line.file, titles), {file: line.file, titles, messages});
    }
  }
  return [...failed.values()];
}

/** The failed tests of a TestResult that Jest was told. The recording may hold anything in its place. */
function toldFailures(data: unknown): {titles: string[]; messages: string[]}[] {
  let told: unknown;
  try {
    told = fromJson(data);
  } catch {
    return [];
  }
  return listOf(fieldOf(told, 'testResults')).flatMap(test => {
    const title = fieldOf(test, 'title');
    if (fieldOf(test, 'status') !== 'failed' || typeof title !== 'string') return [];
    const titles = [...textsOf(fieldOf(test, 'ancestorTitles')), title];
    return [{titles, messages: textsOf(fieldOf(test, 'failureMessages'))}];
  });
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter(item => typeof item === 'string');
}

/** What these profiles' files spent, by the names of its parts, in ms, the longest first. */
export function partsOf(profiles: readonly FileProfile[]): (readonly [part: string, ms: number])[] {
  const parts = new Map<string, number>();
  const add = (part: string, ms: number) => parts.set(part, (parts.get(part) ?? 0) + Math.max(0, ms));
  for (const profile of profiles) {
    const {ms, environmentMs, setupMs, transformMs, modulesMs, testsMs, hooksMs, teardownMs} = profile;
    add('test environment', environmentMs);
    add('setup files', setupMs);
    add('transforms', transformMs);
    add('modules', modulesMs);
    add('hooks', hooksMs);
    add('tests', testsMs);
    add('teardown of the environment', teardownMs);
    // Transforms are also in the parts that cause them. Tests that run at the same time take more than has passed.
    add('Jest itself', ms - environmentMs - setupMs - transformMs - modulesMs - hooksMs - testsMs - teardownMs);
  }
  return [...parts].filter(([, ms]) => ms >= 0.05).sort(([, a], [, b]) => b - a);
}

/** Source files that take less in all files together are not worth a line. */
const SLOW_SOURCE_MS = 50;

function loadedModules(lines: readonly RecordingLine[], kind: 'packages' | 'sources'): PackageTime[] {
  const packages = new Map<string, {name: string; ms: number; files: number; modules: number}>();
  for (const line of lines) {
    if (line.type !== 'share') continue;
    for (const {name, ms, modules} of line.profile?.[kind] ?? []) {
      const known = packages.get(name) ?? {name, ms: 0, files: 0, modules: 0};
      packages.set(name, known);
      known.ms += ms;
      known.files++;
      known.modules += modules;
    }
  }
  return slowest([...packages.values()], SLOWEST);
}

function workerTime(
  slot: number,
  intervals: readonly {readonly from: number; readonly to: number; readonly activity: SlotActivity}[],
): WorkerTime {
  let busyMs = 0;
  let startingMs = 0;
  const idle = new Map<string, number>();
  for (const {from, to, activity} of intervals) {
    const ms = to - from;
    if (activity.type === 'running') busyMs += ms;
    else if (activity.type === 'starting') startingMs += ms;
    else if (activity.type === 'idle') idle.set(activity.reason.type, (idle.get(activity.reason.type) ?? 0) + ms);
  }
  const reasons = [...idle].map(([reason, ms]) => ({reason, ms})).sort((a, b) => b.ms - a.ms);
  return {slot, busyMs, startingMs, idle: reasons};
}
