/** What the plan of shards distributes: files that run whole, worker groups, and pieces of files that are cut. */
import type {CutFile, Piece} from './cuts';
import {compareTexts} from './shardInput';
import type {WeighedFile} from './weights';
import {togetherFiles} from './workerGroups';

/** What runs in one shard. */
export interface Item {
  /** For the order of items of the same weight: the key of its first file, and of a piece also its number. */
  readonly name: string;
  /** The files that it runs whole. */
  readonly keys: readonly string[];
  /** null: it is no piece of a file that is cut. */
  readonly piece: Piece | null;
  /** In µs; a serial file counts for each worker that it keeps. It changes if tests move to another piece. */
  us: number;
  /** Whether it has a serial file. */
  readonly serial: boolean;
  readonly fixtures: readonly string[];
  /** The shard that ran it in the last run with as many shards, from 0; null: unknown. */
  readonly home: number | null;
}

export type PieceItem = Item & {readonly piece: Piece};

export interface ItemOptions {
  /** How many workers a serial file keeps. */
  readonly workers: number;
  /** How many shards there are. */
  readonly count: number;
}

/**
 * @param files in the order of their keys
 * @returns the items in the order in which they are placed: serial ones first, then the longest first
 */
export function itemsOf(files: readonly WeighedFile[], cuts: readonly CutFile[], options: ItemOptions): Item[] {
  const cutKeys = new Set(cuts.map(({key}) => key));
  const whole = files.filter(({input}) => !cutKeys.has(input.key));
  const items = togetherFiles(whole).map(together => wholeItem(together, options));
  for (const {key, pieces, fixtures, loadUs} of cuts) {
    for (const [number, piece] of pieces.entries()) {
      const us = loadUs + piece.us;
      items.push({name: `${key} ${number}`, keys: [], piece, us, serial: false, fixtures, home: null});
    }
  }
  return items.sort((a, b) => {
    if (a.serial !== b.serial) return a.serial ? -1 : 1;
    return b.us - a.us || compareTexts(a.name, b.name);
  });
}

function wholeItem(files: readonly WeighedFile[], {workers, count}: ItemOptions): Item {
  const shard = files.map(({input}) => input.record?.shard).find(known => known?.[1] === count);
  return {
    name: files[0]?.input.key ?? '',
    keys: files.map(({input}) => input.key),
    piece: null,
    us: files.reduce((sum, {input, us}) => sum + us * (input.serial ? workers : 1), 0),
    serial: files.some(({input}) => input.serial),
    fixtures: [...new Set(files.flatMap(({input}) => input.fixtures))].sort(compareTexts),
    home: shard === undefined ? null : shard[0] - 1,
  };
}
