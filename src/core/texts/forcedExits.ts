/** What is said of a worker that had nothing left to do and did not end. */
import type {Departure, LeftOpen} from '../wire/workerMessages';
import {describeWorker, type SlotNumber} from '../plan/units';

export interface ForcedExitFacts {
  readonly slot: SlotNumber;
  /** null where the process never said. */
  readonly pid: number | null;
  /** Paths as they are to be shown; null: it did not get that far. */
  readonly departure: Departure | null;
  /** The files that it ran, in order. */
  readonly files: readonly string[];
}

/** So many of the last files that a worker ran are named where nothing tells which of all it was. */
const MOST_LAST_FILES = 3;

/** So many files are named of those of which one has left something open. */
const MOST_CANDIDATES = 3;

/** A line for each file that has left something open. None: nothing that tests have left kept the worker. */
export function describeForcedExit({slot, pid, departure, files}: ForcedExitFacts): string[] {
  const name = `worker ${describeWorker(slot, pid)}`;
  const lastFile = files.at(-1);
  const afterLast = lastFile === undefined ? '' : ` after its last file, ${lastFile}`;
  // What takes all of its time does not let it say a word.
  if (departure === null) return [`${name}: busy${afterLast}, and could not report with what`];
  switch (departure.at) {
    case 'saving':
      return []; // the disk is slow
    case 'exiting':
      // Of what runs in an exit, only an addon's own cleanup is the tests'. The rest takes long where the machine is busy.
      if (departure.addons.length === 0) return [];
      return [`${name}: began to exit and did not finish. ${nativeAddons(departure.addons)}${lastOf(files)}`];
    case 'waiting':
      if (departure.leftOpen.length > 0) return describeLeftOpen(name, departure.leftOpen);
      return [
        `${name}: kept alive by something that Node does not list. ${nativeAddons(departure.addons)}${lastOf(files)}`,
      ];
  }
}

function nativeAddons(addons: readonly string[]): string {
  return addons.length === 0 ? 'It has loaded no native addon.' : `Native addons in it: ${addons.join(', ')}.`;
}

function lastOf(files: readonly string[]): string {
  return files.length === 0 ? '' : ` Its last files: ${files.slice(-MOST_LAST_FILES).join(', ')}`;
}

function describeLeftOpen(name: string, leftOpen: readonly LeftOpen[]): string[] {
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
