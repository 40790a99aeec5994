/** The orders of the parent: what a worker has been given and has not begun, and what is to become of the open file. */
import type {FromWorker, ToWorker, UnitOrder} from '../core/wire/workerMessages';
import type {SlicedFile} from './circus/slicedFile';
import {Lease} from './lease';
import type {Stay} from './rest/stay';
import {neverBegun} from './unitRun';

export interface OrdersOptions {
  readonly answer: (message: FromWorker) => void;
  /** The process is to end by itself from now on. */
  readonly expectExit: () => void;
  readonly stay: Pick<Stay, 'allow' | 'next'>;
}

export class Orders {
  readonly #options: OrdersOptions;
  #lease = new Lease();
  /** The file that runs, if its tests are given one by one. */
  #open: {readonly unit: number; readonly file: Pick<SlicedFile, 'give' | 'discard'>} | null = null;
  #closed = false;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  hear(order: ToWorker): void {
    const {answer, expectExit, stay} = this.#options;
    switch (order.type) {
      case 'give':
        this.#lease.give(order.units);
        return;
      case 'take-back':
        answer({type: 'units-returned', asked: order.units, units: this.#lease.takeBack(order.units)});
        return;
      case 'give-tests':
        if (this.#open?.unit === order.unit) this.#open.file.give(order.groups, order.last);
        return;
      case 'discard':
        if (this.#open?.unit === order.unit) this.#open.file.discard();
        else if (this.#lease.takeBack([order.unit]).length > 0) answer(neverBegun(order.unit));
        return;
      case 'close':
        expectExit();
        this.#closed = true;
        this.#beginNothing();
        stay.next(null);
        return;
      case 'rest':
        stay.allow();
        this.#beginNothing();
        return;
      case 'run':
        stay.next(order);
        return;
    }
  }

  /** The next unit to run, as soon as there is one; null: none comes in this run. */
  nextUnit(): Promise<UnitOrder | null> {
    return this.#lease.next();
  }

  /** A unit whose tests are given one by one begins. */
  opens(unit: number, file: Pick<SlicedFile, 'give' | 'discard'>): void {
    this.#open = {unit, file};
  }

  /** The unit has ended. */
  unitEnded(): void {
    this.#open = null;
  }

  /** The worker serves another run. The parent may have told it to close meanwhile. */
  beginRun(): void {
    this.#lease = new Lease();
    if (this.#closed) this.#lease.close();
  }

  #beginNothing(): void {
    this.#lease.close();
    this.#open?.file.discard();
  }
}
