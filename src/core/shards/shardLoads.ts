/** What each shard has, and what it takes with it: the start, its items, and each shared fixture that they need once. */
import type {Item, PieceItem} from './items';

export class ShardLoads {
  readonly #fixtureUs: ReadonlyMap<string, number>;
  readonly #shards: readonly Shard[];
  /** What each shard takes, in µs. */
  readonly #us: number[];

  constructor(count: number, startUs: number, fixtureUs: ReadonlyMap<string, number>) {
    this.#fixtureUs = fixtureUs;
    this.#shards = Array.from({length: count}, () => new Shard());
    this.#us = Array.from({length: count}, () => startUs);
  }

  get count(): number {
    return this.#shards.length;
  }

  /** In µs. */
  get totalUs(): number {
    return this.#us.reduce((sum, us) => sum + us, 0);
  }

  us(shard: number): number {
    return this.#us[shard] ?? 0;
  }

  items(shard: number): readonly Item[] {
    return this.#at(shard).items;
  }

  has(shard: number, fixture: string): boolean {
    return this.#at(shard).needs.has(fixture);
  }

  /** The shard that takes longest. */
  fullest(): number {
    return this.#us.indexOf(this.#us.reduce((most, us) => Math.max(most, us), 0));
  }

  /** The shard that takes least. */
  emptiest(): number {
    return this.#us.indexOf(this.#us.reduce((least, us) => Math.min(least, us), Infinity));
  }

  /** The pieces of a file that is cut, each with its shard. */
  piecesOf(key: string): {readonly shard: number; readonly item: PieceItem}[] {
    return this.#shards.flatMap(({files, items}, shard) => {
      const item = files.has(key) ? items.find(({piece}) => piece?.file.key === key) : undefined;
      return item === undefined ? [] : [{shard, item: item as PieceItem}];
    });
  }

  /** Whether the shard has no other piece of the same file. */
  mayTake(shard: number, {piece}: Item, instead: Item | null = null): boolean {
    const {files} = this.#at(shard);
    return piece === null || !files.has(piece.file.key) || instead?.piece?.file.key === piece.file.key;
  }

  /** What the shard would take with one item more, and with another one less. */
  usWith(shard: number, taken: Item | null, given: Item | null): number {
    const {needs} = this.#at(shard);
    let sum = this.us(shard) + (taken?.us ?? 0) - (given?.us ?? 0);
    for (const fixture of given?.fixtures ?? []) {
      if (needs.get(fixture) === 1 && taken?.fixtures.includes(fixture) !== true) sum -= this.#costOf(fixture);
    }
    for (const fixture of taken?.fixtures ?? []) if (!needs.has(fixture)) sum += this.#costOf(fixture);
    return sum;
  }

  add(shard: number, item: Item): void {
    this.#us[shard] = this.usWith(shard, item, null);
    this.#at(shard).add(item);
  }

  remove(shard: number, item: Item): void {
    this.#us[shard] = this.usWith(shard, null, item);
    this.#at(shard).remove(item);
  }

  #costOf(fixture: string): number {
    return this.#fixtureUs.get(fixture) ?? 0;
  }

  #at(shard: number): Shard {
    const found = this.#shards[shard];
    if (found === undefined) throw new RangeError(`there is no shard ${shard}`);
    return found;
  }
}

class Shard {
  /** The longest first. */
  readonly items: Item[] = [];
  /** How many items need each fixture. */
  readonly needs = new Map<string, number>();
  /** The keys of the cut files of which it has a piece. */
  readonly files = new Set<string>();

  add(item: Item): void {
    const place = this.items.findIndex(other => other.us < item.us);
    this.items.splice(place < 0 ? this.items.length : place, 0, item);
    for (const fixture of item.fixtures) this.needs.set(fixture, (this.needs.get(fixture) ?? 0) + 1);
    if (item.piece !== null) this.files.add(item.piece.file.key);
  }

  remove(item: Item): void {
    this.items.splice(this.items.indexOf(item), 1);
    for (const fixture of item.fixtures) {
      const left = (this.needs.get(fixture) ?? 0) - 1;
      if (left > 0) this.needs.set(fixture, left);
      else this.needs.delete(fixture);
    }
    if (item.piece !== null) this.files.delete(item.piece.file.key);
  }
}
