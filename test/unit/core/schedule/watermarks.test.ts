import {createSchedule} from '../../../../src/core/schedule/createSchedule';
import type {Command, ScheduleEvent} from '../../../../src/core/schedule/events';
import {addHeld} from '../../../../src/core/schedule/slotContents';
import type {Pool, SchedulePlan, Session, SlotState} from '../../../../src/core/schedule/state';
import {step} from '../../../../src/core/schedule/step';
import {mostBurdened} from '../../../../src/core/schedule/watermarks';
import {planOf, units} from '../../plans';

const range = (first: number, last: number) => Array.from({length: last - first + 1}, (_, index) => first + index);

const given = (commands: readonly Command[]) =>
  commands.flatMap(command => (command.type === 'give' ? [...command.units] : []));

/** A schedule whose worker in slot 1 comes up and then runs its units one after the other. */
class OneWorker {
  readonly #state;
  /** The units that it was given when it came up. */
  readonly first: readonly number[];

  constructor(plan: SchedulePlan) {
    this.#state = createSchedule(plan);
    this.#feed({type: 'run-started'});
    this.first = this.#feed({type: 'slot-up', slot: 1, generation: 1});
  }

  /** Runs a unit; what the worker is given when it begins, and when it is done. */
  run(unit: number, ms: number): {begun: number[]; done: number[]} {
    const begun = this.#feed({type: 'unit-started', slot: 1, generation: 1, unit});
    return {
      begun,
      done: this.#feed({
        type: 'unit-done',
        slot: 1,
        generation: 1,
        unit,
        ms,
        retiring: false,
        failed: false,
        tests: null,
      }),
    };
  }

  /** Runs unit after unit until the worker is given more: after which unit that was, and what. */
  runUntilGiven(unit: number, ms: number): {after: number; units: number[]} {
    const {begun, done} = this.run(unit, ms);
    expect(begun).toEqual([]);
    return done.length > 0 ? {after: unit, units: done} : this.runUntilGiven(unit + 1, ms);
  }

  #feed(event: ScheduleEvent): number[] {
    return given(step(this.#state, event, 0));
  }
}

describe('where durations are known', () => {
  test('a worker is filled up to the high watermark beyond the unit that it begins', () => {
    expect(new OneWorker(planOf(units(1000, 10))).first).toEqual(range(0, 20));
    expect(new OneWorker(planOf(units(1000, 10), {watermark: {low: 10, high: 30}})).first).toEqual(range(0, 3));
  });

  test('it is refilled when it falls below the low watermark, up to the high one', () => {
    const worker = new OneWorker(planOf(units(1000, 10)));
    // Unit 16 is about to begin, and 17 to 20 are 40 ms.
    expect(worker.runUntilGiven(0, 10)).toEqual({after: 15, units: range(21, 36)});
  });

  test('one unit is held ahead even where the low watermark is 0', () => {
    const worker = new OneWorker(planOf(units(1000, 10), {watermark: {low: 0, high: 10}}));
    expect(worker.first).toEqual([0, 1]);
    expect(worker.run(0, 10)).toEqual({begun: [], done: [2]});
  });

  test('no worker is loaded up with more than half of its share of the rest', () => {
    expect(new OneWorker(planOf(units(40, 10))).first).toEqual(range(0, 13));
    expect(new OneWorker(planOf(units(40, 10), {slots: 2})).first).toEqual(range(0, 7));
  });

  test('nothing is held behind a unit of more than a second', () => {
    expect(new OneWorker(planOf([1000, 10, 10])).first).toEqual([0, 1]);
    expect(new OneWorker(planOf([1001, 10, 10])).first).toEqual([0]);
  });

  test('a unit longer than the high watermark is not held', () => {
    expect(new OneWorker(planOf([300, 200, 10])).first).toEqual([0, 1]);
    expect(new OneWorker(planOf([300, 201, 10])).first).toEqual([0]);
  });
});

describe('where durations are not known', () => {
  const unknown = units(41, null);

  test('a worker gets one unit first: it may be of any length', () => {
    const worker = new OneWorker(planOf(unknown));
    expect(worker.first).toEqual([0]);
    expect(worker.run(0, 10).begun).toEqual([]);
  });

  test('once units have proved quick, a worker is given half of its share', () => {
    const worker = new OneWorker(planOf(unknown));
    expect(worker.run(0, 10).done).toEqual(range(1, 14));
  });

  test('it is refilled when it holds less than a quarter of its share', () => {
    const worker = new OneWorker(planOf(unknown));
    worker.run(0, 10);
    // 26 are pending; it is about to begin 9 and holds 10 to 14.
    expect(worker.runUntilGiven(1, 10)).toEqual({after: 8, units: range(15, 19)});
  });

  test('after a unit of 100 ms no more than one is held', () => {
    expect(new OneWorker(planOf(unknown)).run(0, 99).done.length).toBeGreaterThan(2);
    expect(new OneWorker(planOf(unknown)).run(0, 100).done).toEqual([1, 2]);
  });

  test('nothing is held where units take longer than the high watermark', () => {
    expect(new OneWorker(planOf(unknown)).run(0, 201).done).toEqual([1]);
  });

  test('a known quick unit is not held behind an unknown first one', () => {
    expect(new OneWorker(planOf([null, 10, 10])).first).toEqual([0]);
  });
});

describe('the most burdened slot', () => {
  type Load = Partial<Pick<SlotState, 'running' | 'status' | 'recalled'>> & {readonly held?: readonly number[]};

  const runs = (unit: number, startedAt = 0): Session => ({unit, first: true, status: 'whole', startedAt});

  /** The number of the slot that is found, of slots that are up with these loads. */
  function find(expectedMs: readonly (number | null)[], loads: readonly Load[], now = 0): number | undefined {
    const state = createSchedule(planOf(expectedMs, {slots: loads.length}));
    state.slots.forEach((slot, index) => {
      const {held = [], ...fields} = loads[index] ?? {};
      Object.assign(slot, {status: 'up', ...fields});
      for (const unit of held) addHeld(state, slot, unit);
    });
    return mostBurdened(state, state.pools[0] as Pool, now)?.slot;
  }

  test('is none where no unit waits', () => {
    expect(find([10, 10], [{running: runs(0)}, {}])).toBeUndefined();
  });

  test('is none where the only unit held is about to begin', () => {
    expect(find([10, 10], [{held: [0]}, {held: [1]}])).toBeUndefined();
  });

  test('is the one whose last unit would wait longest', () => {
    expect(
      find(
        [500, 10, 100, 10],
        [
          {running: runs(2), held: [1]},
          {running: runs(0), held: [3]},
        ],
      ),
    ).toBe(2);
    expect(
      find(
        [10, 10, 10, 400],
        [
          {running: runs(0), held: [1]},
          {running: runs(2), held: [3]},
        ],
      ),
    ).toBe(2);
  });

  test('is found by what is left of the running unit', () => {
    const expected = [500, 10, 100, 10];
    const now = 450;
    expect(
      find(
        expected,
        [
          {running: runs(0, now), held: [1]},
          {running: runs(2, now), held: [3]},
        ],
        now,
      ),
    ).toBe(1);
    expect(
      find(
        expected,
        [
          {running: runs(0, 0), held: [1]},
          {running: runs(2, now), held: [3]},
        ],
        now,
      ),
    ).toBe(2);
  });

  test('owes nothing where its unit takes longer than expected', () => {
    expect(
      find(
        [10, 50, 20, 20],
        [
          {running: runs(0), held: [1]},
          {running: runs(2, 1000), held: [3]},
        ],
        1000,
      ),
    ).toBe(1);
  });

  test('is not one that has been asked for all it holds', () => {
    expect(
      find(
        [500, 10, 10, 10],
        [
          {running: runs(0), held: [1], recalled: new Set([1])},
          {running: runs(2), held: [3]},
        ],
      ),
    ).toBe(2);
  });

  test('is one that takes units', () => {
    expect(
      find(
        [500, 10, 10, 10],
        [
          {running: runs(0), held: [1], status: 'closing'},
          {running: runs(2), held: [3]},
        ],
      ),
    ).toBe(2);
  });
});
