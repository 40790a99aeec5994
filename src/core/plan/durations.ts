/** What we remember of past runs: durations by file and by test, and how each file ended. */

import type {FileProfile} from '../wire/fileProfile';
import {isRecent, withRecent} from './recent';
import {mergeCosts, parseCosts, type RunCosts} from './runCosts';

/** What a process measured when it ran a test file. */
export interface Measured {
  /** The time for the test environment, setup files and modules (ms): each further worker of the file spends it, too. */
  readonly loadMs: number;
  /** The CPU time of the process, in ms. */
  readonly cpuMs: number;
  /** The machine, in a few words. */
  readonly on: string;
}

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
  /** Not set if unknown: nobody followed the file, or an older version of the runner wrote the record. */
  readonly measured?: Measured;
  /**
   * The durations (ms) of the last full runs, at most `MOST_RECENT`, the newest last. The time for which the process
   * waited for a CPU is taken off. Not set: no full run, or an older version of the runner wrote the record.
   */
  readonly recent?: readonly number[];
  /** Shards of one run found different tests in the file. It is not cut over shards again. */
  readonly unstable?: true;
  /** The shard that ran the whole file last, from 1, and how many there were. Plans keep files where they were. */
  readonly shard?: readonly [index: number, count: number];
}

/** What a record keeps when a run says nothing new of it. */
type History = Pick<FileRecord, 'recent' | 'unstable' | 'shard'>;

/** All that is remembered of past runs. */
export interface Timings {
  readonly files: Durations;
  /** null: unknown. */
  readonly costs: RunCosts | null;
}

/** What is remembered of a file that runs on each node, by the name of the node. Empty: it does not. */
export type NodeRecords = Readonly<Record<string, FileRecord>>;

/** Records by file key (see fileKey). */
export type Durations = ReadonlyMap<string, FileRecord>;

/** Raised with every change of the timings file's format. */
const VERSION = 3;

/** The versions that are read. In version 2, nothing is `measured`. */
const READ_VERSIONS: readonly unknown[] = [2, VERSION];

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

/** Of all timings, the newest record of each file, without old records. `now`: ms since the epoch. */
export function mergeTimings(all: readonly Timings[], now: number): Timings {
  return {
    files: mergeDurations(
      all.map(({files}) => files),
      now,
    ),
    costs: mergeCosts(all.map(({costs}) => costs)),
  };
}

/**
 * The newest record of each file, without old records. A record continues the `recent` of the one that its run has read,
 * so two lists are not joined: they have runs in common. Only a record without one takes it from the next older one.
 *
 * @param now in ms since the epoch
 */
export function mergeDurations(all: readonly Durations[], now: number): Map<string, FileRecord> {
  const merged = new Map<string, FileRecord>();
  for (const durations of all) {
    for (const [key, record] of durations) {
      const other = merged.get(key);
      if (now - record.at > FORGET_AFTER_MS) continue;
      const [newer, older] = other === undefined || other.at <= record.at ? [record, other] : [other, record];
      const recent = newer.recent ?? older?.recent;
      merged.set(key, newer.recent === recent ? newer : {...newer, ...(recent && {recent})});
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
  // A map: to look up a long name in an object, V8 first has to make it a property name.
  const durations = new Map<string, number>();
  for (const {fullName, duration} of tests) {
    if (typeof duration === 'number' && duration >= 1) {
      durations.set(fullName, (durations.get(fullName) ?? 0) + Math.round(Math.min(duration, mostMs)));
    }
  }
  const short = tests.filter(({fullName, duration}) => typeof duration === 'number' && !durations.has(fullName)).length;
  // Without a prototype: a test may be called "toString".
  const byName = Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(durations));
  return {tests: byName, short};
}

/**
 * What is remembered of the processes that ran a file, each as if it had run alone: one loading, and the tests of all.
 *
 * @param profiles of the sessions of the file, in their order
 * @param on the machine, in a few words
 * @returns null: there is no profile
 */
export function measuredBy(profiles: readonly FileProfile[], on: string): Measured | null {
  const [first, ...others] = profiles;
  if (first === undefined) return null;
  // Loading is mostly computing: the CPU time of the other sessions is taken to contain their loading.
  const cpuMs = others.reduce((sum, other) => sum + Math.max(0, other.cpuMs - loadMsOf(other)), first.cpuMs);
  return {loadMs: Math.round(loadMsOf(first)), cpuMs: Math.round(cpuMs), on};
}

/** What a file took, in ms: of a split file one loading, and the tests and hooks of all its sessions. */
export function spentMs(profiles: readonly FileProfile[]): number | null {
  const [first, ...others] = profiles;
  if (first === undefined) return null;
  if (others.length === 0) return first.ms;
  return profiles.reduce((sum, {testsMs, hooksMs}) => sum + testsMs + hooksMs, loadMsOf(first) + first.teardownMs);
}

function loadMsOf({environmentMs, setupMs, modulesMs}: FileProfile): number {
  return environmentMs + setupMs + modulesMs;
}

/**
 * The duration of a file without the time for which its processes waited for a CPU, in whole ms.
 *
 * @param profiles of the sessions of the file. If one of them does not know its delay, nothing is taken off.
 */
export function correctedMs(ms: number, profiles: readonly FileProfile[]): number {
  const all = profiles.reduce((sum, profile) => sum + profile.ms, 0);
  const delayMs = profiles.reduce((sum, profile) => sum + (profile.delayMs ?? NaN), 0);
  // The duration of a split file is that of an unsplit run, so it has a part of what all sessions together waited.
  return Math.round(all > 0 && delayMs > 0 ? ms * (1 - Math.min(1, delayMs / all)) : ms);
}

/** What a full run adds to a record. @param corrected as `correctedMs` makes it; null: the duration is unknown */
export function continued(past: FileRecord | null, corrected: number | null): History {
  const {recent = [], unstable, shard} = past ?? {};
  const values = corrected === null ? recent : withRecent(recent, corrected);
  return {...(values.length > 0 && {recent: values}), ...(unstable && {unstable}), ...(shard && {shard})};
}

/**
 * What is remembered of a file after a run whose record does not know of earlier runs.
 *
 * @param past what was remembered before; null: nothing
 * @param record its `recent` has at most one duration, that of the run
 */
export function recordAfter(past: FileRecord | null, {recent = [], ...now}: FileRecord): FileRecord {
  const {unstable, shard} = now;
  const marks = {...(unstable && {unstable}), ...(shard && {shard})};
  // Without a duration, the file did not run to its end: what is known of it stays.
  if (now.ms === null && past !== null) return {...past, at: now.at, end: now.end, ...marks};
  return {...now, ...continued(past, recent.at(-1) ?? null), ...marks};
}

/** What is remembered of a file whose process died: its durations are those of the run before. */
export function recordOfDeath(past: FileRecord | null): Omit<FileRecord, 'at'> {
  const {ms = null, tests = {}, short = 0, measured} = past ?? {};
  return {ms, tests, short, end: 'died', ...(measured && {measured}), ...continued(past, null)};
}

/** The text of a timings file. Each machine is in it once, in `places`; a record's `on` is an index into these. */
export function formatTimings({files: durations, costs}: Timings): string {
  const places: string[] = [];
  const indexOf = (on: string) => {
    const index = places.indexOf(on);
    return index >= 0 ? index : places.push(on) - 1;
  };
  const files = [...durations].map(([key, {measured, ...record}]) => {
    return [key, measured === undefined ? record : {...record, measured: {...measured, on: indexOf(measured.on)}}];
  });
  const file = {version: VERSION, places, ...(costs && {costs}), files: Object.fromEntries(files) as unknown};
  return `${JSON.stringify(file)}\n`;
}

/** The text of a timings file that knows nothing of the runs themselves. */
export function formatDurations(files: Durations): string {
  return formatTimings({files, costs: null});
}

/** @throws if the text is not a timings file of this runner */
export function parseTimings(text: string): Timings {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed) || !isRecord(parsed.files)) throw new Error('it is not a timings file');
  if (!READ_VERSIONS.includes(parsed.version)) {
    throw new Error(`it has version ${JSON.stringify(parsed.version)}, not ${VERSION}`);
  }
  const places: readonly unknown[] = Array.isArray(parsed.places) ? parsed.places : [];
  return {
    files: new Map(Object.entries(parsed.files).map(([key, value]) => [key, parseStored(key, value, places)])),
    costs: parseCosts(parsed.costs),
  };
}

function parseStored(key: string, value: unknown, places: readonly unknown[]): FileRecord {
  const record = parseRecord(value, on => (typeof on === 'number' ? places[on] : undefined));
  if (record === null) throw new Error(`its record of ${key} is malformed`);
  return record;
}

/**
 * @param placeOf the machine that `on` stands for; by default it is the machine itself
 * @returns null: it is no record of a file
 */
export function parseRecord(value: unknown, placeOf = (on: unknown): unknown => on): FileRecord | null {
  const ends = ['passed', 'failed', 'died'] as const;
  if (!isRecord(value) || !isDuration(value.at) || !(value.ms === null || isDuration(value.ms))) return null;
  const {at, ms, tests, short} = value;
  const end = ends.find(known => known === value.end);
  const measured = parseMeasured(value.measured, placeOf);
  const history = parseHistory(value);
  if (!isRecord(tests) || !Object.values(tests).every(isDuration) || end === undefined) return null;
  if (!isDuration(short) || measured === null || history === null) return null;
  return {at, ms, tests: tests as Record<string, number>, short, end, ...measured, ...history};
}

/** @returns null: it is malformed */
function parseMeasured(value: unknown, placeOf: (on: unknown) => unknown): Pick<FileRecord, 'measured'> | null {
  if (value === undefined) return {};
  if (!isRecord(value) || !isDuration(value.loadMs) || !isDuration(value.cpuMs)) return null;
  const on = placeOf(value.on);
  return typeof on === 'string' ? {measured: {loadMs: value.loadMs, cpuMs: value.cpuMs, on}} : null;
}

/** @returns null: it is malformed */
function parseHistory({recent, unstable, shard}: Record<string, unknown>): History | null {
  if ((recent !== undefined && !isRecent(recent)) || (unstable !== undefined && unstable !== true)) return null;
  if (shard !== undefined && !isShard(shard)) return null;
  return {...(recent && {recent}), ...(unstable && {unstable}), ...(shard && {shard})};
}

function isShard(value: unknown): value is readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Number.isInteger)) return false;
  const [index, count] = value as [number, number];
  return index >= 1 && index <= count;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
