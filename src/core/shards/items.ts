/** What the plan of shards distributes: files that run whole, worker groups, and pieces of files that are cut. */
import type {CutFile, Piece} from './cuts';
import {compareTexts} from './shardInput';
import type {WeighedFile} from './weights';

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
}

export type PieceItem = Item & {readonly piece: Piece};

/**
 * @param files in the order of their keys
 * @param workers how many workers a serial file keeps
 * @returns the items in the order in which they are placed: serial ones first, then the longest first
 */
export function itemsOf(files: readonly WeighedFile[], cuts: readonly CutFile[], workers: number): Item[] {
  const cutKeys = new Set(cuts.map(({key}) => key));
  const groups = new Map<string, WeighedFile[]>();
  const items: Item[] = [];
  for (const file of files) {
    const {key, workerGroup} = file.input;
    if (cutKeys.has(key)) continue;
    const group = workerGroup === null ? undefined : groups.get(workerGroup);
    if (group !== undefined) group.push(file);
    else if (workerGroup !== null) groups.set(workerGroup, [file]);
    else items.push(wholeItem([file], workers));
  }
  for (const group of groups.values()) items.push(wholeItem(group, workers));
  for (const {key, pieces, fixtures, loadUs} of cuts) {
    for (const [number, piece] of pieces.entries()) {
      const us = loadUs + piece.us;
      items.push({name: `${key} ${number}`, keys: [], piece, us, serial: false, fixtures});
    }
  }
  return items.sort((a, b) => {
    if (a.serial !== b.serial) return a.serial ? -1 : 1;
    return b.us - a.us || compareTexts(a.name, b.name);
  });
}

function wholeItem(files: readonly WeighedFile[], workers: number): Item {
  return {
    name: files[0]?.input.key ?? '',
    keys: files.map(({input}) => input.key),
    piece: null,
    us: files.reduce((sum, {input, us}) => sum + us * (input.serial ? workers : 1), 0),
    serial: files.some(({input}) => input.serial),
    fixtures: [...new Set(files.flatMap(({input}) => input.fixtures))].sort(compareTexts),
  };
}
