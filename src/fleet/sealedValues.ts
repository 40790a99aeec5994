/** Values on the server, sealed: JSON texts, and bytes. What is read was written by a machine of this run. */
import type {ValueStore} from './engine/engine';
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

  constructor(store: ValueStore, sealer: Sealer) {
    this.#store = store;
    this.#sealer = sealer;
  }

  /** @returns whether the value was written: with `onlyNew`, only if there was none */
  put({key, kind, about}: Place, plain: Buffer, onlyNew = false): Promise<boolean> {
    return this.#store.put(key, this.seal(kind, about, plain), onlyNew);
  }

  /** @returns null: there is none */
  async get({key, kind, about}: Place): Promise<Buffer | null> {
    const [sealed = null] = await this.#store.get([key]);
    return sealed === null ? null : this.open(kind, about, sealed);
  }

  append({key, kind, about}: Place, plain: Buffer): Promise<void> {
    return this.#store.append(key, this.seal(kind, about, plain));
  }

  async list({key, kind, about}: Place): Promise<Buffer[]> {
    return (await this.#store.list(key)).map(sealed => this.open(kind, about, sealed));
  }

  /** Sets a field of a record. Its value belongs to the field, too. */
  putField({key, kind, about}: Place, field: string, plain: Buffer): Promise<void> {
    return this.#store.putField(key, field, this.seal(kind, [...about, field], plain));
  }

  async fields({key, kind, about}: Place): Promise<Map<string, Buffer>> {
    const fields = await this.#store.fields(key);
    return new Map([...fields].map(([field, sealed]) => [field, this.open(kind, [...about, field], sealed)]));
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
