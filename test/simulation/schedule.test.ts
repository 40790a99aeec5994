import fc from 'fast-check';
import {MAX_SECOND_CHANCES} from '../../src/core/schedule';
import type {SchedulePlan} from '../../src/core/scheduleState';
import {simulate, type World} from './simulator';

interface Scenario {
  readonly plan: SchedulePlan;
  readonly world: World;
}

/** `errors`: by what factor the estimate of each unit is off; null: unknown. */
const scenario = fc
  .record({
    actualMs: fc.array(fc.oneof(fc.integer({min: 0, max: 20}), fc.integer({min: 20, max: 5000})), {
      minLength: 1,
      maxLength: 60,
    }),
    errors: fc.array(fc.option(fc.double({min: 0.1, max: 10, noNaN: true})), {minLength: 1, maxLength: 7}),
    slots: fc.integer({min: 1, max: 8}),
    low: fc.integer({min: 0, max: 100}),
    more: fc.integer({min: 0, max: 400}),
    maxScheduleChunk: fc.option(fc.integer({min: 1, max: 4})),
    maxWorkerRestarts: fc.option(fc.integer({min: 0, max: 5})),
    freshWorkerPerUnit: fc.boolean(),
    prefetch: fc.boolean(),
    startMs: fc.integer({min: 0, max: 300}),
    latencyMs: fc.integer({min: 0, max: 30}),
    deadly: fc.array(fc.tuple(fc.nat(59), fc.double({min: 0, max: 1, noNaN: true})), {maxLength: 10}),
    leftovers: fc.array(fc.tuple(fc.nat(59), fc.nat(3000)), {maxLength: 8}),
    stillborn: fc.array(fc.boolean(), {maxLength: 12}),
    alwaysStillborn: fc.boolean(),
    kills: fc.array(fc.record({at: fc.nat(20_000), slot: fc.integer({min: 1, max: 8})}), {maxLength: 20}),
    stop: fc.option(fc.record({at: fc.nat(20_000), reason: fc.constantFrom('bail' as const, 'interrupted' as const)}), {
      freq: 4,
    }),
    retiring: fc.array(fc.nat(59), {maxLength: 20}),
    deaf: fc.boolean(),
    order: fc.boolean(),
  })
  .map((drawn): Scenario => {
    const {actualMs, errors, low, more, deadly, leftovers, stillborn, retiring, stop, alwaysStillborn, ...rest} = drawn;
    const expected = actualMs.map((ms, index) => {
      const error = errors[index % errors.length];
      return error == null ? null : ms * error;
    });
    return {
      plan: {
        ...rest,
        watermark: {low, high: low + more},
        units: expected.map((expectedMs, id) => ({id, expectedMs, file: {configId: 'c', path: `/${id}`}})),
      },
      world: {
        ...rest,
        actualMs,
        deadly: new Map(deadly),
        leftovers: new Map(leftovers),
        stillborn: start => stillborn[start] ?? (alwaysStillborn && start % 3 !== 0),
        retiring: new Set(retiring),
        ...(stop !== null && {stop}),
      },
    };
  });

test('the invariants hold after every step of random runs with deaths, bails and retirements', () => {
  fc.assert(
    fc.property(scenario, ({plan, world}) => {
      simulate(plan, world);
    }),
    {numRuns: 20_000},
  );
});

test('a run is replayed exactly by its scenario', () => {
  fc.assert(
    fc.property(scenario, ({plan, world}) => {
      const [first, second] = [simulate(plan, world), simulate(plan, world)];
      expect(second.makespan).toBe(first.makespan);
      expect([...second.ends]).toEqual([...first.ends]);
    }),
    {numRuns: 200},
  );
});

test('without deaths every unit runs exactly once and is done', () => {
  fc.assert(
    fc.property(
      scenario,
      ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, leftovers: _____, ...world}}) => {
        const {begun, ends} = simulate(plan, world);
        expect([...begun].every(times => times === 1)).toBe(true);
        expect([...ends.values()].every(end => end === 'done')).toBe(true);
      },
    ),
    {numRuns: 1000},
  );
});

test('only deadly units and killed workers cost a result, and a unit is run again only if it had not begun', () => {
  fc.assert(
    fc.property(scenario, ({plan, world: {stillborn: _, kills: __, stop: ___, leftovers: ____, ...world}}) => {
      const {begun, ends} = simulate({...plan, maxWorkerRestarts: null}, world);
      for (const [unit, end] of ends) expect(end).toBe(world.deadly?.has(unit) === true ? 'blamed' : 'done');
      expect([...begun].every(times => times === 1)).toBe(true);
    }),
    {numRuns: 1000},
  );
});

test('what a unit leaves behind costs no other unit its result: it is run again', () => {
  let again = 0;
  fc.assert(
    fc.property(scenario, ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, ...world}}) => {
      const {begun, ends, state} = simulate({...plan, maxWorkerRestarts: null}, world);
      for (const [unit, end] of ends) {
        expect(end === 'done' || (end === 'blamed' && state.secondChances.get(unit) === MAX_SECOND_CHANCES)).toBe(true);
      }
      again += [...begun].filter(times => times > 1).length;
    }),
    {numRuns: 1000},
  );
  expect(again).toBeGreaterThan(0);
});

test('a run in which no worker ever comes up ends with every unit abandoned', () => {
  fc.assert(
    fc.property(scenario, ({plan, world: {stop: _, ...world}}) => {
      const {ends} = simulate(plan, {...world, stillborn: () => true});
      expect([...ends.values()].every(end => end === 'abandoned')).toBe(true);
      expect(ends.size).toBe(plan.units.length);
    }),
    {numRuns: 200},
  );
});

test('a slot that never comes up does not keep the others from finishing the run', () => {
  const units = Array.from({length: 20}, (_, id) => ({id, expectedMs: 10, file: {configId: 'c', path: `/${id}`}}));
  let starts = 0;
  const {ends, state} = simulate(
    {
      units,
      slots: 2,
      watermark: {low: 50, high: 200},
      maxScheduleChunk: null,
      maxWorkerRestarts: null,
      freshWorkerPerUnit: false,
      prefetch: true,
    },
    {actualMs: units.map(() => 1000), startMs: 10, latencyMs: 1, stillborn: () => starts++ !== 0},
  );
  expect([...ends.values()].every(end => end === 'done')).toBe(true);
  expect(state.slots[1]).toMatchObject({status: 'dead', generation: 3});
});

test('workers do not wait for the parent between two short files', () => {
  const units = Array.from({length: 400}, (_, id) => ({id, expectedMs: 20, file: {configId: 'c', path: `/${id}`}}));
  const waited = (prefetch: boolean) =>
    simulate(
      {
        units,
        slots: 4,
        watermark: {low: 50, high: 200},
        maxScheduleChunk: null,
        maxWorkerRestarts: null,
        freshWorkerPerUnit: false,
        prefetch,
      },
      // The estimates are off by up to a half either way; the parent is slow to answer.
      {actualMs: units.map(({id}) => 10 + ((id * 7) % 20)), startMs: 10, latencyMs: 10},
    ).starved;
  expect(waited(false)).toBeGreaterThan(396 * 2 * 10 - 100);
  expect(waited(true)).toBeLessThan(100);
});
