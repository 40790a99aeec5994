/** Virtual time: what happens next. */
interface Timer {
  /** In ms. */
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Timers by time; those of the same time, in the order in which they were set. A binary heap. */
export class TimerQueue {
  readonly #heap: Timer[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  at(at: number, run: () => void): void {
    const heap = this.#heap;
    const timer = {at, order: this.#order++, run};
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  next(): Timer | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && before(right, left)) child++;
      const least = heap[child];
      if (least === undefined || !before(least, last)) break;
      heap[index] = least;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
