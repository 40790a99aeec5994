import fc, {cases, longCases} from '../random';
import {MAX_SECOND_CHANCES} from '../../src/core/schedule/lostSlots';
import {planOf, units} from '../unit/plans';
import {eachFile, harmless, peacefulEnd, scenario} from './scenarios';
import {simulate} from './simulator';
import type {World} from './world';

test('the invariants hold after every step of random runs with deaths, bails and retirements', () => {
  fc.assert(
    fc.property(scenario, ({plan, world}) => {
      simulate(plan, world);
    }),
    {numRuns: longCases(6000)},
  );
});

test('a run is replayed exactly by its scenario', () => {
  fc.assert(
    fc.property(scenario, ({plan, world}) => {
      const [first, second] = [simulate(plan, world), simulate(plan, world)];
      expect(second.makespan).toBe(first.makespan);
      expect([...second.ends]).toEqual([...first.ends]);
    }),
    {numRuns: cases(200)},
  );
});

test('without deaths every unit runs exactly once and is done', () => {
  fc.assert(
    fc.property(
      scenario,
      ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, leftovers: _____, ...world}}) => {
        const {begun, again, ends} = simulate(plan, {...world, split: eachFile(world, harmless)});
        for (const {id} of plan.units) {
          expect(begun[id]).toBe(1 + again[id]!);
          expect(again[id]).toBeLessThanOrEqual(world.split?.has(id) === true ? 1 : 0);
          expect(ends.get(id)).toBe(peacefulEnd(plan, world, id, again[id]!));
        }
      },
    ),
    {numRuns: longCases(1000)},
  );
});

test('only deadly units and killed workers cost a result, and a unit is run again only if it had not begun', () => {
  fc.assert(
    fc.property(scenario, ({plan, world: {stillborn: _, kills: __, stop: ___, leftovers: ____, ...world}}) => {
      const {begun, again, ends} = simulate({...plan, maxWorkerRestarts: null}, world);
      for (const [unit, end] of ends) {
        const file = world.split?.get(unit);
        const failing = file?.failing != null || file?.breaking != null; // it may have failed before
        if (world.deadly?.has(unit) !== true || hasNoTest(world, unit)) expect(['done', 'merged']).toContain(end);
        // Where there is a journal, the test is to blame.
        else if (!failing) expect(end).toBe(file?.opens === true ? 'salvaged' : 'blamed');
        expect(begun[unit]).toBe(1 + again[unit]!);
      }
    }),
    {numRuns: longCases(1000)},
  );
});

test('what a unit leaves behind costs no other unit its result: it is run again', () => {
  let again = 0;
  fc.assert(
    fc.property(scenario, ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, ...world}}) => {
      const result = simulate({...plan, maxWorkerRestarts: null}, {...world, split: eachFile(world, harmless)});
      for (const [unit, end] of result.ends) {
        if (end === 'blamed') expect(result.state.secondChances.get(unit)).toBe(MAX_SECOND_CHANCES);
        else expect(['done', 'merged', 'salvaged']).toContain(end);
      }
      expect(result.tally.blamed).toBe(0);
      again += [...result.again].filter(times => times > 0).length;
    }),
    {numRuns: longCases(1000)},
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
    {numRuns: cases(200)},
  );
});

test('a slot that never comes up does not keep the others from finishing the run', () => {
  let starts = 0;
  const {ends, state} = simulate(planOf(units(20, 10), {slots: 2}), {
    actualMs: Array<number>(20).fill(1000),
    startMs: 10,
    latencyMs: 1,
    stillborn: () => starts++ !== 0,
  });
  expect([...ends.values()].every(end => end === 'done')).toBe(true);
  expect(state.slots[1]).toMatchObject({status: 'dead', generation: 3});
});

test('workers do not wait for the parent between two short files', () => {
  const waited = (prefetch: boolean) =>
    simulate(
      planOf(units(400, 20), {slots: 4, prefetch}),
      // The estimates are off by up to a half either way; the parent is slow to answer.
      {actualMs: Array.from({length: 400}, (_, id) => 10 + ((id * 7) % 20)), startMs: 10, latencyMs: 10},
    ).starved;
  expect(waited(false)).toBeGreaterThan(396 * 2 * 10 - 100);
  expect(waited(true)).toBeLessThan(100);
});

function hasNoTest({split}: World, unit: number): boolean {
  return split?.get(unit)?.groups.length === 0;
}
