/** Parses the option `files`, which sets pragmas for many files. */
import type {ResourceShare} from '../plan/constraints';
import type {Granularity} from '../plan/units';
import {inMs} from '../texts/timeSpan';
import type {FilesEntry} from './options';
import {type FixtureRequest, parseFixtureRequest, parseResource} from './pragmas';

/** An entry of the option. A field is null or empty if the entry does not set it. */
export interface FolderRules {
  /** Names the entry in texts: `xdist.config.js, "files[0]"`. */
  readonly place: string;
  readonly match: readonly string[];
  /** false: the files are not split, whatever earlier entries say. */
  readonly canSplit: Granularity | false | null;
  readonly serial: boolean | null;
  readonly workerGroup: string | null;
  /** In ms; 0: no limit. */
  readonly hardTimeoutMs: number | null;
  readonly restartWorker: boolean | null;
  readonly resources: readonly ResourceShare[];
  /** The paths are relative to rootDir. */
  readonly sharedFixtures: readonly FixtureRequest[];
}

/**
 * @param entries the entries, checked against the schema
 * @param source names the source of the option
 */
export function readFolderRules(entries: readonly FilesEntry[], source: string): FolderRules[] {
  return entries.map((entry, index) => ({
    place: `${source}, "files[${index}]"`,
    match: typeof entry.match === 'string' ? [entry.match] : entry.match,
    canSplit: entry.canSplit === true ? 'tests' : (entry.canSplit ?? null),
    serial: entry.serial ?? null,
    workerGroup: entry.workerGroup ?? null,
    hardTimeoutMs: inMs(entry.hardTimeout),
    restartWorker: entry.restartWorker ?? null,
    resources: (entry.resources ?? []).map(parseResource).filter(isRead),
    sharedFixtures: (entry.sharedFixtures ?? []).map(parseFixtureRequest).filter(isRead),
  }));
}

/** Always true, because the schema accepts no other text. */
function isRead<T extends object>(parsed: T | string): parsed is T {
  return typeof parsed !== 'string';
}
