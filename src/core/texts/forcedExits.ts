/** Texts for a worker that had no work left but did not exit. */
import type {Departure, LeftOpen} from '../wire/workerMessages';
import {describeWorker, type SlotNumber} from '../plan/units';

export interface ForcedExitFacts {
  readonly slot: SlotNumber;
  /** null if the process never sent it. */
  readonly pid: number | null;
  /** With the paths as the user reads them; null: the worker did not get as far as writing one. */
  readonly departure: Departure | null;
  /** The files that the worker ran, in order. */
  readonly files: readonly string[];
}

/** If nothing tells which file is guilty, the text names this many of the last files that the worker ran. */
const MOST_LAST_FILES = 3;

/** If one of several files left something open, the text names at most this many of them. */
const MOST_CANDIDATES = 3;

/** @returns one line for each file that left something open; none if the tests did not keep the worker alive */
export function describeForcedExit({slot, pid, departure, files}: ForcedExitFacts): string[] {
  const name = `worker ${describeWorker(slot, pid)}`;
  const lastFile = files.at(-1);
  const afterLast = lastFile === undefined ? '' : ` after its last file, ${lastFile}`;
  // Code that never yields keeps the worker from writing its departure.
  if (departure === null) return [`${name}: busy${afterLast}, so it could not report what kept it`];
  switch (departure.at) {
    case 'saving':
      return []; // the disk is slow
    case 'exiting':
      // Of the code that runs during an exit, only an addon's cleanup comes from tests. A busy machine slows the rest.
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
