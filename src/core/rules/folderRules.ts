/** The option `files`, read: the pragmas' words for folders. */
import type {ResourceShare} from '../plan/constraints';
import type {Granularity} from '../plan/units';
import {inMs} from '../texts/timeSpan';
import type {FilesEntry} from './options';
import {type FixtureRequest, parseFixtureRequest, parseResource} from './pragmas';

/** What an entry of the option says of the files that it matches. A field that is null or empty was not said. */
export interface FolderRules {
  /** Names the entry in messages: `xdist.config.js, "files[0]"`. */
  readonly place: string;
  readonly match: readonly string[];
  /** false: they are not split, whatever was said before. */
  readonly canSplit: Granularity | false | null;
  readonly serial: boolean | null;
  readonly workerGroup: string | null;
  /** In ms; 0: none. */
  readonly hardTimeoutMs: number | null;
  readonly restartWorker: boolean | null;
  readonly resources: readonly ResourceShare[];
  /** Relative to rootDir. */
  readonly sharedFixtures: readonly FixtureRequest[];
}

/**
 * @param entries checked ones
 * @param source names the place where the option stands
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

/** The schema lets no other pass. */
function isRead<T extends object>(parsed: T | string): parsed is T {
  return typeof parsed !== 'string';
}
