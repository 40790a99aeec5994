/** What is said of a worker that had nothing left to do and did not end. */
import type {LeftOpen} from './protocol';
import {describeWorker, type SlotNumber} from './units';

export interface Lingering {
  readonly slot: SlotNumber;
  /** null where the process never said. */
  readonly pid: number | null;
  /** Paths as they are to be shown; null: it did not say what kept it. */
  readonly leftOpen: readonly LeftOpen[] | null;
  /** The last file that it ran. */
  readonly lastFile: string | null;
}

/** So many files are named of those of which one has left something open. */
const MOST_CANDIDATES = 3;

/** A line for each file that has left something open. */
export function describeLingering({slot, pid, leftOpen, lastFile}: Lingering): string[] {
  const name = `worker ${describeWorker(slot, pid)}`;
  const afterLast = lastFile === null ? '' : ` after its last file, ${lastFile}`;
  // What takes all of its time does not let it say a word.
  if (leftOpen === null) return [`${name}: busy${afterLast}, and could not say with what`];
  const kinds = new Map<string, string[]>();
  for (const {kind, count, paths} of leftOpen) {
    const since = paths.length === 0 ? 'opened when no file was running' : `still open since ${either(paths)}`;
    kinds.set(since, [...(kinds.get(since) ?? []), `${count} ${kind}`]);
  }
  return [...kinds].map(([since, counts]) => `${name}: ${counts.join(', ')} ${since}`);
}

function either(paths: readonly string[]): string {
  const named = paths.slice(0, MOST_CANDIDATES);
  const others = paths.length - named.length;
  if (others > 0) return `${named.join(', ')} or one of ${others} other files`;
  return named.join(' or ');
}
