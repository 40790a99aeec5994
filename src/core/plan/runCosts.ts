/** What we remember of the runs themselves: what a run spends besides its test files. */
import {isRecent, withRecent} from './recent';

/** What many runs spent. Each list has the values of at most `MOST_RECENT` runs, the newest last. */
export interface RunCosts {
  /** When the last of these runs was remembered, in ms since the epoch. */
  readonly at: number;
  /** From the start of Jest until the first test file began, in ms. */
  readonly startMs: readonly number[];
  /** How many workers there were. */
  readonly workers: readonly number[];
  /** What each shared fixture of scope `run` took to set up, in ms, by its title. */
  readonly fixtures: Readonly<Record<string, readonly number[]>>;
}

/** What one run spent. */
export interface CostsOfRun {
  /** null: no file began, or the process did other things before, as in watch mode. */
  readonly startMs: number | null;
  /** null: unknown. */
  readonly workers: number | null;
  readonly fixtures: ReadonlyMap<string, number>;
}

/** @param at the time of the run, in ms since the epoch */
export function withRun(costs: RunCosts | null, run: CostsOfRun, at: number): RunCosts {
  const {startMs = [], workers = [], fixtures = {}} = costs ?? {};
  const setups = [...run.fixtures].map(([title, ms]) => {
    const recent = Object.hasOwn(fixtures, title) ? fixtures[title] : undefined;
    return [title, withRecent(recent ?? [], Math.round(ms))] as const;
  });
  return {
    at,
    startMs: run.startMs === null ? startMs : withRecent(startMs, Math.round(run.startMs)),
    workers: run.workers === null ? workers : withRecent(workers, run.workers),
    // Other runs may have other files, and so other fixtures: all are kept.
    fixtures: {...fixtures, ...Object.fromEntries(setups)},
  };
}

/** The newest costs, with the fixtures of all. */
export function mergeCosts(all: readonly (RunCosts | null)[]): RunCosts | null {
  const known = all.filter(costs => costs !== null).sort((a, b) => a.at - b.at);
  const newest = known.at(-1);
  if (newest === undefined) return null;
  return {...newest, fixtures: Object.fromEntries(known.flatMap(({fixtures}) => Object.entries(fixtures)))};
}

/** @throws if it is malformed. @param value undefined: the timings file has none */
export function parseCosts(value: unknown): RunCosts | null {
  if (value === undefined) return null;
  if (isRecord(value) && typeof value.at === 'number' && isRecent(value.startMs) && isRecent(value.workers)) {
    const {at, startMs, workers, fixtures} = value;
    if (isRecord(fixtures) && Object.values(fixtures).every(isRecent)) {
      return {at, startMs, workers, fixtures: fixtures as Record<string, number[]>};
    }
  }
  throw new Error('its "costs" are malformed');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
