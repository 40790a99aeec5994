/** Makes the plan of a fleet. A pure function: whichever machine plans, the plan is the same but for its id. */
import {cutFiles, type CutFile} from '../shards/cuts';
import {compareTexts, type ShardInput} from '../shards/shardInput';
import {weighFiles, type WeighedFile} from '../shards/weights';
import {togetherFiles} from '../shards/workerGroups';
import type {Collection} from './collection';
import type {CutOfFleet, FleetPlan, PlannedJob} from './fleetPlan';

export interface PlanFleetOptions {
  readonly id: string;
  readonly collection: Collection;
  /** How many machines there will be, as far as is known. */
  readonly machines: number;
}

/**
 * A file is cut if it is longer than the share of one of at least so many machines. Machines come late, and a file that
 * was not cut cannot be shared by them.
 */
const FEWEST_MACHINES = 4;

/** @param inputs one for each file of the collection, in any order */
export function planFleet(inputs: readonly ShardInput[], {id, collection, machines}: PlanFleetOptions): FleetPlan {
  const files = weighFiles(inputs);
  const places = new Map(collection.files.map((key, place) => [key, place]));
  const placeOf = (key: string) => {
    const place = places.get(key);
    if (place === undefined) throw new Error(`${key} is no file of the collection`);
    return place;
  };
  const totalUs = files.reduce((sum, {us}) => sum + us, 0);
  const cuts = cutFiles(files, Math.max(FEWEST_MACHINES, machines), totalUs, 0).map(withoutEmptyPieces);
  const cutKeys = new Set(cuts.flatMap(({key, pieces}) => (pieces.length > 1 ? [key] : [])));
  const failed = new Set(files.flatMap(({input}) => (hasFailed(input) ? [input.key] : [])));
  const drafts = [
    ...togetherFiles(files.filter(({input}) => !cutKeys.has(input.key))).map(draftOf),
    ...cuts.filter(({key}) => cutKeys.has(key)).flatMap(cut => partDrafts(cut, failed.has(cut.key))),
  ];
  return {
    id,
    round: 1,
    collection,
    jobs: drafts.sort(byUrgency).map(({keys, part, us, isKnown}, index): PlannedJob => ({
      id: String(index),
      files: keys.map(placeOf).sort((a, b) => a - b),
      part,
      expectedMs: isKnown ? Math.round(us / 1000) : null,
    })),
    cuts: cuts
      .filter(({key}) => cutKeys.has(key))
      .map(cut => cutOf(cut, placeOf(cut.key)))
      .sort((a, b) => a.file - b.file),
    kept: [],
  };
}

/** A job without its number. */
interface Draft {
  readonly keys: readonly string[];
  readonly part: number | null;
  /** In one worker, in µs. An unknown file is weighed by its size. */
  readonly us: number;
  readonly isKnown: boolean;
  readonly serial: boolean;
  readonly failedLastTime: boolean;
}

function draftOf(files: readonly WeighedFile[]): Draft {
  return {
    keys: files.map(({input}) => input.key),
    part: null,
    us: files.reduce((sum, {us}) => sum + us, 0),
    isKnown: files.every(({input}) => input.record !== null && input.record.ms !== null),
    serial: files.some(({input}) => input.serial),
    failedLastTime: files.some(({input}) => hasFailed(input)),
  };
}

function partDrafts({key, loadUs, pieces}: CutFile, failedLastTime: boolean): Draft[] {
  return pieces.map(({us}, index): Draft => ({
    keys: [key],
    part: index + 1,
    us: loadUs + us,
    isKnown: true,
    serial: false,
    failedLastTime,
  }));
}

/** Tests that take nothing measurable may leave a piece without any. */
function withoutEmptyPieces(cut: CutFile): CutFile {
  return {...cut, pieces: cut.pieces.filter(({tests}, index) => index === 0 || tests.length > 0)};
}

function cutOf({pieces}: CutFile, file: number): CutOfFleet {
  const given = pieces
    .slice(1)
    .flatMap(({tests}, index) => tests.map(({fullName}) => [fullName, index + 2] as const))
    .sort(([a], [b]) => compareTexts(a, b));
  // Object.fromEntries, because a test may be called "__proto__".
  return {file, parts: pieces.length, given: Object.fromEntries(given)};
}

function hasFailed({record}: ShardInput): boolean {
  return record !== null && record.end !== 'passed';
}

/**
 * The order of a run on one machine (core/plan/plan), with one difference: serial files come first. A serial file keeps
 * all workers of its machine. At the beginning these have no work that must end before, and what follows fills the time
 * until the last machine is ready.
 */
function byUrgency(a: Draft, b: Draft): number {
  if (a.serial !== b.serial) return a.serial ? -1 : 1;
  if (a.failedLastTime !== b.failedLastTime) return a.failedLastTime ? -1 : 1;
  if (a.isKnown !== b.isKnown) return a.isKnown ? 1 : -1;
  return b.us - a.us || compareTexts(a.keys[0] ?? '', b.keys[0] ?? '') || (a.part ?? 0) - (b.part ?? 0);
}
