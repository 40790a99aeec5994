/** The units that a worker has received from the parent and not begun. */
import type {UnitOrder} from '../core/wire/workerMessages';

export class Lease {
  #held: UnitOrder[] = [];
  #closed = false;
  #wake: (() => void) | null = null;

  give(units: readonly UnitOrder[]): void {
    this.#held.push(...units);
    this.#wake?.();
  }

  /** Hands back those of `asked` that have not begun. */
  takeBack(asked: readonly number[]): number[] {
    const returned = this.#held.filter(unit => asked.includes(unit.id)).map(unit => unit.id);
    this.#held = this.#held.filter(unit => !returned.includes(unit.id));
    return returned;
  }

  /** The worker begins no further unit. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The next unit to run, as soon as there is one; null once the lease is closed. */
  async next(): Promise<UnitOrder | null> {
    while (!this.#closed) {
      const unit = this.#held.shift();
      if (unit !== undefined) return unit;
      await new Promise<void>(resolve => (this.#wake = resolve));
      this.#wake = null;
    }
    return null;
  }
}
