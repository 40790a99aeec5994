/**
 * Values on the server, sealed: JSON texts, and bytes. A value that the run cannot do without must have been written by
 * a machine of this run. What anybody may add, or what only helps, is ignored if no machine of this run wrote it.
 */
import {warn} from '../run/warn';
import {ValueSizeError, type ValueStore} from './engine/engine';
import {FleetError} from './fleetError';
import {SealError, type SealedKind, type Sealer} from './seal';

/** Where a value is, what it is, and what it belongs to. */
export interface Place {
  readonly key: string;
  readonly kind: SealedKind;
  readonly about: readonly string[];
}

export class SealedValues {
  readonly #store: ValueStore;
  readonly #sealer: Sealer;
  #hasWarned = false;

  constructor(store: ValueStore, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** @returns whether the value was written: with `onlyNew`, only if there was none */
  put({key, kind, about}: Place, plain: Buffer, onlyNew = false): Promise<boolean> {
    return this.#store.put(key, this.seal(kind, about, plain), onlyNew);
  }

  /** @returns null: there is none @throws {FleetError} if no machine of this run wrote it */
  async get({key, kind, about}: Place): Promise<Buffer | null> {
    const [sealed = null] = await this.#store.get([key]);
    return sealed === null ? null : this.open(kind, about, sealed);
  }

  append({key, kind, about}: Place, plain: Buffer): Promise<void> {
    return this.#store.append(key, this.seal(kind, about, plain));
  }

  /** A value that only helps. @returns null: there is none, or it cannot be read */
  async hint<T>(place: Place, parse: (plain: Buffer) => T): Promise<T | null> {
    try {
      const [sealed = null] = await this.#store.get([place.key]);
      return sealed === null ? null : this.#tryOpen(place, place.about, sealed, parse);
    } catch (error) {
      if (!(error instanceof ValueSizeError)) throw error;
      this.#ignore(place);
      return null;
    }
  }

  /** The values of a list that can be read. */
  async list<T>(place: Place, parse: (plain: Buffer) => T): Promise<T[]> {
    const list = await this.#store.list(place.key);
    return list.flatMap(sealed => this.#tryOpen(place, place.about, sealed, parse) ?? []);
  }

  /** Sets a field of a record. Its value belongs to the field, too. */
  putField({key, kind, about}: Place, field: string, plain: Buffer): Promise<void> {
    return this.#store.putField(key, field, this.seal(kind, [...about, field], plain));
  }

  /** The values of a record that can be read. */
  async fields<T>(place: Place, parse: (plain: Buffer) => T): Promise<T[]> {
    const fields = await this.#store.fields(place.key);
    return [...fields].flatMap(([field, sealed]) => this.#tryOpen(place, [...place.about, field], sealed, parse) ?? []);
  }

  seal(kind: SealedKind, about: readonly string[], plain: Buffer): Buffer {
    return this.#sealer.seal(kind, about, plain);
  }

  /** @throws {FleetError} if no machine of this run wrote it */
  open(kind: SealedKind, about: readonly string[], sealed: Buffer): Buffer {
    try {
      return this.#sealer.open(kind, about, sealed);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw new FleetError(error.message);
    }
  }

  /** @returns null: it cannot be read */
  #tryOpen<T>(place: Place, about: readonly string[], sealed: Buffer, parse: (plain: Buffer) => T): T | null {
    try {
      return parse(this.open(place.kind, about, sealed));
    } catch {
      this.#ignore(place);
      return null;
    }
  }

  #ignore({kind}: Place): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warn(
      `the fleet's server has values (${kind}) that no machine of this run can have written. They are ignored. ` +
        'Have all machines the same secret and the same version?',
    );
  }
}

/** @throws {FleetError} if the bytes are no JSON, or `parse` throws */
export function parsed<T>(bytes: Buffer, what: string, parse: (value: unknown) => T): T {
  try {
    return parse(JSON.parse(bytes.toString()));
  } catch (error) {
    throw new FleetError(`${what} on the fleet's server cannot be read: ${(error as Error).message}`);
  }
}

export function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
