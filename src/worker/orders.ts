/** The orders of the parent: what a worker has been given and has not begun, and what is to become of the open file. */
import type {FromWorker, ToWorker, UnitOrder} from '../core/wire/workerMessages';
import type {SlicedFile} from './circus/slicedFile';
import {Lease} from './lease';
import type {RunOrder} from './ahead/ahead';
import {neverBegun} from './unitRun';

export interface OrdersOptions {
  readonly answer: (message: FromWorker) => void;
  /** The process is to end by itself from now on. */
  readonly expectExit: () => void;
}

export class Orders {
  readonly #options: OrdersOptions;
  /** Of a worker that was started ahead of its run: the run begins; null: the worker is to end. */
  readonly run: Promise<RunOrder | null>;
  readonly #lease = new Lease();
  /** The file that runs, if its tests are given one by one. */
  #open: {readonly unit: number; readonly file: Pick<SlicedFile, 'give' | 'discard'>} | null = null;
  #beginRun!: (order: RunOrder | null) => void;

  constructor(options: OrdersOptions) {
    this.#options = options;
    this.run = new Promise(resolve => (this.#beginRun = resolve));
  }

  hear(order: ToWorker): void {
    const {answer, expectExit} = this.#options;
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
        this.#lease.close();
        this.#open?.file.discard();
        this.#beginRun(null);
        return;
      case 'run':
        this.#beginRun(order);
        return;
    }
  }

  /** The next unit to run, as soon as there is one; null: none comes any more. */
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
}
