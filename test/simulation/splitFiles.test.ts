/** Files whose tests run in several workers: that nothing is lost or run twice, and what it is good for. */
import fc, {cases, longCases, often} from '../random';
import type {FileRecord} from '../../src/core/plan/durations';
import {groupCosts} from '../../src/core/plan/groupCosts';
import type {ScheduleLogLine} from '../../src/run/scheduleLog';
import {planOf} from '../unit/plans';
import {replay} from './replay';
import {eachFile, harmless, peacefulEnd, sharing} from './scenarios';
import {simulate, type SimulationResult} from './simulator';
import type {SplitWorld, World} from './world';

const START_MS = 100;

const times = (count: number, ms: number) => Array<number>(count).fill(ms);
const sum = (numbers: readonly number[]) => numbers.reduce((total, ms) => total + ms, 0);

/** A file whose tests take exactly what is expected of them. */
const known = (openMs: number, groups: readonly number[]): SplitWorld => ({openMs, groups, costs: groups, opens: true});

/** A file of which nothing is known. */
const unknown = (openMs: number, groups: readonly number[]): SplitWorld => ({
  ...known(openMs, groups),
  costs: groups.map(() => null),
});

/** A file whose tests were renamed. Its last run took as long as this one will. */
const renamed = (openMs: number, groups: readonly number[]): KnownFile => {
  const lastMs = openMs + sum(groups);
  const tests = groups.map((_, group) => ({name: `new ${group}`, group}));
  const past = Object.fromEntries(groups.map((ms, group) => [`old ${group}`, ms]));
  const record: FileRecord = {at: 0, ms: lastMs, tests: past, short: 0, end: 'passed'};
  return {...known(openMs, groups), costs: groupCosts(tests, record, openMs), lastMs};
};

interface KnownFile extends SplitWorld {
  /** Default: unknown if the duration of a test is, or else the sum. */
  readonly lastMs?: number;
}

interface Suite {
  /** The units that can be split. They come first. */
  readonly files: readonly KnownFile[];
  /** What the other units take. */
  readonly whole?: readonly number[];
  readonly slots: number;
  readonly log?: (line: ScheduleLogLine) => void;
}

/** Runs a suite in a quiet world; nobody waits for messages but a millisecond. */
function run({files, whole = [], slots, log}: Suite, world: Partial<World> = {}): SimulationResult {
  const expected = files.map(
    ({openMs, groups, costs, lastMs}) => lastMs ?? (costs.includes(null) ? null : openMs + sum(groups)),
  );
  return simulate(
    planOf([...expected, ...whole], {slots}, [...files.keys()]),
    {
      actualMs: [...files.map(() => 0), ...whole],
      split: new Map(files.entries()),
      startMs: START_MS,
      latencyMs: 1,
      batched: true,
      ...world,
    },
    log === undefined ? {} : {log},
  );
}

describe('random runs', () => {
  test('the invariants hold after every step while workers join, finish and crash', () => {
    const total: Record<string, number> = {};
    fc.assert(
      fc.property(sharing, ({plan, world}) => {
        const {tally} = simulate(plan, world);
        for (const [name, count] of Object.entries(tally)) total[name] = (total[name] ?? 0) + count;
      }),
      {numRuns: longCases(5000)},
    );
    const happens = {
      joins: 2500,
      joinersEnded: 500,
      joinersLost: 150,
      firstsLost: 500,
      discards: 500,
      mismatches: 25,
      failures: 25,
      indivisible: 150,
      merges: 500,
      wakes: 25,
    };
    for (const [name, least] of Object.entries(happens)) {
      expect([name, total[name]! >= often(least)]).toEqual([name, true]);
    }
  });

  test('the log of a run replays to the same commands', () => {
    fc.assert(
      fc.property(sharing, ({plan, world}) => {
        const lines: string[] = [];
        simulate(plan, world, {check: false, log: line => lines.push(JSON.stringify(line))});
        const replayed = replay(lines.map(line => JSON.parse(line) as ScheduleLogLine));
        expect(replayed.difference).toBeNull();
        expect(replayed.state.finished).toBe(true);
      }),
      {numRuns: cases(300)},
    );
  });

  test('workers that die while they open a file cost it nothing', () => {
    let lost = 0;
    fc.assert(
      fc.property(
        sharing,
        ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, leftovers: _____, ...world}}) => {
          const split = eachFile(world, file => ({
            ...file,
            killers: [],
            joins: (file.joins ?? []).map(outcome => (outcome === 'same' ? 'same' : 'death')),
            indivisible: null,
          }));
          const {ends, again, tally} = simulate({...plan, maxWorkerRestarts: null}, {...world, split});
          for (const [unit, end] of ends) expect(end).toBe(peacefulEnd(plan, world, unit, 0));
          expect([...again].every(times => times === 0)).toBe(true);
          lost += tally.joinersLost;
        },
      ),
      {numRuns: longCases(2000)},
    );
    expect(lost).toBeGreaterThan(0);
  });

  test('a file that workers find different, cannot load, or find indivisible, runs whole in one of them', () => {
    const found = {mismatches: 0, failures: 0, indivisible: 0, again: 0};
    fc.assert(
      fc.property(
        sharing,
        ({plan, world: {deadly: _, stillborn: __, kills: ___, stop: ____, leftovers: _____, ...world}}) => {
          const split = eachFile(world, file => ({
            ...harmless(file),
            joins: (file.joins ?? []).map(outcome => (outcome === 'death' ? 'other' : outcome)),
          }));
          const {ends, again, begun, tally} = simulate(plan, {...world, split});
          for (const {id} of plan.units) {
            expect(ends.get(id)).toBe(peacefulEnd(plan, world, id, again[id]!));
            expect(again[id]).toBeLessThanOrEqual(1);
            expect(begun[id]).toBe(1 + again[id]!);
          }
          found.mismatches += tally.mismatches;
          found.failures += tally.failures;
          found.indivisible += tally.indivisible;
          found.again += sum([...again]);
        },
      ),
      {numRuns: longCases(2000)},
    );
    for (const count of Object.values(found)) expect(count).toBeGreaterThan(0);
  });
});

describe('the makespan', () => {
  test('of 64 tests of 300 ms on 8 slots is near the bound, whether durations are known or not', () => {
    const groups = times(64, 300);
    const bound = sum(groups) / 8;
    // The others start when the first has opened the file, and open it too.
    expect(run({files: [known(50, groups)], slots: 8}).makespan).toBeLessThan(2 * (START_MS + 50) + bound * 1.02);
    // One has to have run for a while before anybody knows that joining pays.
    expect(run({files: [unknown(50, groups)], slots: 8}).makespan).toBeLessThan(
      2 * (START_MS + 50) + bound * 1.02 + 100,
    );
  });

  test('of tests that were renamed is that of tests with known durations', () => {
    const groups = times(4, 700);
    expect(run({files: [renamed(100, groups)], slots: 2}).makespan).toBeLessThan(START_MS + 100 + 3 * 700 + 10);
    const many = times(64, 300);
    const bound = sum(many) / 8;
    expect(run({files: [renamed(50, many)], slots: 8}).makespan).toBeLessThan(2 * (START_MS + 50) + bound * 1.02);
  });

  test('of a file with its longest test at the end is that of this test', () => {
    const groups = [...times(64, 100), 5000];
    const openMs = 50;
    const {makespan} = run({files: [known(openMs, groups)], slots: 8});
    expect(makespan).toBeLessThanOrEqual(1.1 * Math.max(sum(groups) / 8, 5000) + START_MS + 2 * openMs);
  });

  test('of one long file among short ones is that of an even share', () => {
    const openMs = 50;
    const file = known(openMs, times(80, 100));
    const whole = times(24, 200);
    const bound = (sum(file.groups) + sum(whole)) / 4;
    expect(run({files: [file], whole, slots: 4}).makespan).toBeLessThanOrEqual(1.05 * bound + START_MS + openMs);
  });

  test('of long tests of which nothing is known is not that of two in a row', () => {
    const {makespan} = run({files: [unknown(50, times(8, 10_000))], slots: 8});
    expect(makespan).toBeLessThan(11_000);
  });

  test('is no more than that of three where the first ones are short, and those behind them are taken to be', () => {
    for (let short = 1; short < 20; short++) {
      const groups = [...times(short, 1), ...times(8, 10_000)];
      expect(run({files: [unknown(50, groups)], slots: 8}).makespan).toBeLessThan(31_000);
    }
  });

  test('of many short tests is little longer than it takes to open the file: the last to join would gain less than that', () => {
    const groups = times(2000, 2);
    const {makespan} = run({files: [known(50, groups)], slots: 8});
    expect(makespan).toBeLessThan(2 * (START_MS + 50) + (sum(groups) / 8) * 1.35);
  });

  test('of as many long tests as there are slots is that of one, though one worker more alone would not help', () => {
    const {makespan} = run({files: [known(50, times(16, 1000))], slots: 16});
    expect(makespan).toBeLessThan(2 * (START_MS + 50) + 1000 + 50);
  });

  test('with known durations is within one test of the ideal', () => {
    const duration = fc.oneof(fc.integer({min: 1, max: 100}), fc.integer({min: 100, max: 3000}));
    fc.assert(
      fc.property(
        fc.array(duration, {minLength: 1, maxLength: 100, size: 'max'}),
        fc.integer({min: 1, max: 500}),
        fc.integer({min: 1, max: 8}),
        (groups, openMs, slots) => {
          const {makespan} = run({files: [known(openMs, groups)], slots});
          // If all join, and the worst test comes last.
          const ready = START_MS + openMs;
          const ideal = ready + (sum(groups) + (slots - 1) * ready) / slots;
          const alone = ready + sum(groups);
          expect(makespan).toBeLessThanOrEqual(Math.min(ideal + Math.max(...groups), alone) + 300);
        },
      ),
      {numRuns: longCases(1000)},
    );
  });
});

describe('joining', () => {
  test('is not paid for where it does not shorten the run', () => {
    for (const make of [known, unknown]) {
      expect(run({files: [make(2000, times(5, 1))], slots: 8}).tally.joins).toBe(0);
    }
  });

  test('is not paid for while another unit takes longer', () => {
    const file = known(50, times(20, 100));
    expect(run({files: [file], whole: [2500], slots: 4}).tally.joins).toBe(0);
    expect(run({files: [file], whole: [1000], slots: 4}).tally.joins).toBe(2);
  });

  test('waits until nothing else is to be begun', () => {
    const lines: ScheduleLogLine[] = [];
    run({files: [known(50, times(80, 100))], whole: times(60, 200), slots: 4, log: line => lines.push(line)});
    const first = lines.findIndex(line => 'command' in line && line.command.type === 'join');
    const begun = lines.slice(0, first).filter(line => 'event' in line && line.event.type === 'unit-started');
    expect(begun).toHaveLength(61);
  });

  test('never makes a run longer that goes as expected', () => {
    const file = fc.tuple(fc.array(fc.integer({min: 1, max: 1000}), {maxLength: 40}), fc.integer({min: 1, max: 1000}));
    fc.assert(
      fc.property(
        fc.array(file, {minLength: 1, maxLength: 4}),
        fc.array(fc.integer({min: 1, max: 2000}), {maxLength: 20}),
        fc.integer({min: 1, max: 8}),
        (drawn, whole, slots) => {
          const files = drawn.map(([groups, openMs]) => known(openMs, groups));
          const shared = run({files, whole, slots});
          const actualMs = [...files.map(({openMs, groups}) => openMs + sum(groups)), ...whole];
          const apart = simulate(planOf(actualMs, {slots}), {actualMs, startMs: START_MS, latencyMs: 1});
          expect(shared.makespan).toBeLessThanOrEqual(apart.makespan * 1.03 + 100);
        },
      ),
      {numRuns: longCases(1000)},
    );
  });
});
