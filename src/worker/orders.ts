/** Receives the parent's orders: they change the lease, and decide about the tests of the open file. */
import type {FromWorker, ToWorker, UnitOrder} from '../core/wire/workerMessages';
import type {SlicedFile} from './circus/slicedFile';
import {Lease} from './lease';
import type {RunOrder} from './ahead/ahead';
import {neverBegun} from './unitRun';

export interface OrdersOptions {
  readonly answer: (message: FromWorker) => void;
  /** Called when the parent expects the process to end by itself. */
  readonly expectExit: () => void;
}

export class Orders {
  readonly #options: OrdersOptions;
  /** The order that begins the run of a worker that was started ahead; null: the worker must end. */
  readonly run: Promise<RunOrder | null>;
  readonly #lease = new Lease();
  /** The running file, if the parent gives its tests in groups. */
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

  /** Resolves with the next unit to run; null: the parent gives no further unit. */
  nextUnit(): Promise<UnitOrder | null> {
    return this.#lease.next();
  }

  /** A unit begins whose tests the parent gives in groups. */
  opens(unit: number, file: Pick<SlicedFile, 'give' | 'discard'>): void {
    this.#open = {unit, file};
  }

  /** The unit has ended. */
  unitEnded(): void {
    this.#open = null;
  }
}
