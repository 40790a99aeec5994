/** Workers die in the middle of files. In the end, each test has exactly one result. */
import fc, {longCases, often} from '../random';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {planOf, units} from '../unit/plans';
import {bereft, dying, eachFile, harmless, type Scenario} from './scenarios';
import {simulate, type SimulationResult} from './simulator';
import type {Killer, Moment, SplitWorld, World} from './world';

type Tallies = SimulationResult['tally'];

/** Runs random scenarios, and adds up what happens in them. */
function tallyOf(
  drawn: fc.Arbitrary<Scenario>,
  numRuns: number,
  run: (scenario: Scenario) => Tallies = ({plan, world}) => simulate(plan, world).tally,
): Record<string, number> {
  const total: Record<string, number> = {};
  fc.assert(
    fc.property(drawn, scenario => {
      for (const [name, count] of Object.entries(run(scenario))) total[name] = (total[name] ?? 0) + count;
    }),
    {numRuns: longCases(numRuns)},
  );
  return total;
}

function expectOften(total: Record<string, number>, least: Partial<Record<keyof Tallies, number>>): void {
  for (const [name, count] of Object.entries(least)) {
    expect([name, total[name]! >= often(count)]).toEqual([name, true]);
  }
}

describe('random runs', () => {
  test('each test of a file that kills its workers has one result, and what is to blame runs once', () => {
    expectOften(tallyOf(dying, 5000), {
      atLoad: 1000,
      inHook: 300,
      inTest: 1000,
      together: 200,
      between: 300,
      innocent: 20,
      blame: 500,
      whole: 500,
      kept: 2000,
      alone: 300,
      guiltyAlone: 50,
      neverAgain: 30,
      saved: 5000,
      blamed: 2000,
      notRun: 2000,
      resumes: 1000,
      restsJoined: 100,
      salvaged: 1000,
      unloadable: 50,
      abandonedRests: 100,
    });
  });

  test('what a dead worker leaves of a file that others have open is run, whoever is left', () => {
    const total = tallyOf(bereft, 4000);
    expectOften(total, {kept: 2000, resumes: 1500, restsJoined: 1000, mismatches: 50, failures: 50});
  });

  test('as long as workers can be replaced no file is abandoned, however many of its tests kill', () => {
    const total = tallyOf(
      dying,
      2000,
      ({plan, world: {stillborn: _, stop: __, leftovers: ___, kills: ____, ...world}}) => {
        const {ends, tally} = simulate({...plan, maxWorkerRestarts: null}, world);
        expect([...ends.values()]).not.toContain('abandoned');
        return tally;
      },
    );
    expectOften(total, {salvaged: 500});
  });

  test('no test fails, nor is left out, of which only other files have killed the worker', () => {
    const total = tallyOf(
      dying,
      1000,
      ({plan, world: {stillborn: _, stop: __, kills: ___, deadly: ____, ...world}}) => {
        const split = eachFile(world, file => ({
          ...harmless(file),
          failing: null,
          breaking: null,
          unloadable: new Set(),
        }));
        const {tally} = simulate({...plan, maxWorkerRestarts: null}, {...world, split, resume: true});
        expect(tally).toMatchObject({blamed: 0});
        return tally;
      },
    );
    expectOften(total, {innocent: 10});
  });
});

test('a long run, in which one of a hundred tests kills its worker', () => {
  const files = 400;
  const groups = Array.from({length: 300}, (_, group) => 5 + ((group * 7) % 40));
  const deadly = (unit: number): Killer[] =>
    [0, 1, 2].map(nth => ({
      at: {type: 'test', group: (unit * 31 + nth * 97) % groups.length, index: 0},
      times: nth === 0 ? 1 : Infinity,
    }));
  const file = (unit: number): SplitWorld => ({openMs: 20, groups, costs: groups, opens: true, killers: deadly(unit)});
  const {events, ends, tally} = simulate(
    planOf(
      units(files, null),
      {slots: 16},
      [...Array(files).keys()].filter(unit => unit % 10 !== 0),
    ),
    {
      actualMs: [],
      split: new Map([...Array(files).keys()].map(unit => [unit, file(unit)])),
      startMs: 20,
      latencyMs: 1,
    },
    {checkEvery: 997, maxEvents: 10_000_000},
  );
  expect(events).toBeGreaterThan(100_000);
  expect([...ends.values()].every(end => end === 'salvaged')).toBe(true);
  expect(tally).toMatchObject({blamed: 3 * files, notRun: 0});
});

describe('one file', () => {
  interface Run {
    readonly plan?: Partial<SchedulePlan>;
    readonly world?: Partial<World>;
    readonly file?: Partial<SplitWorld>;
  }

  /** A file of six tests of 100 ms, two of which are in a block with hooks, and two run at the same time. */
  function run(killers: readonly Killer[], {plan, world, file: fields}: Run = {}): SimulationResult {
    const groups = [100, 200, 200, 100];
    const file: SplitWorld = {
      openMs: 10,
      groups,
      costs: groups,
      opens: true,
      sizes: [1, 2, 2, 1],
      hooked: new Set([1]),
      concurrent: new Set([2]),
      topHooks: true,
      killers,
      ...fields,
    };
    return simulate(planOf([null], {slots: 2, ...plan}), {
      actualMs: [],
      split: new Map([[0, file]]),
      startMs: 10,
      latencyMs: 1,
      ...world,
    });
  }

  const always = (at: Moment): Killer => ({at, times: Infinity});

  test.each<[string, Killer[], Partial<Tallies>]>([
    ['a test', [always({type: 'test', group: 0, index: 0})], {inTest: 1, blamed: 1, resumes: 1}],
    [
      'every test',
      [0, 1, 2, 3].flatMap(group => [0, 1].map(index => always({type: 'test', group, index}))),
      // The two that run at the same time: first both, then each.
      {inTest: 6, together: 1, alone: 2, guiltyAlone: 2, blamed: 6, neverAgain: 0},
    ],
    [
      'tests that run at the same time, together',
      [always({type: 'together', group: 2})],
      {alone: 2, neverAgain: 1, blamed: 0},
    ],
    ["a block's beforeAll hook", [always({type: 'before', group: 1})], {inHook: 1, blamed: 2}],
    ["a block's afterAll hook", [always({type: 'after', group: 1})], {inHook: 1, blamed: 0}],
    ["the file's beforeAll hook", [always({type: 'top-before'})], {inHook: 1, blamed: 6, resumes: 0}],
    ["the file's afterAll hook", [always({type: 'top-after'})], {inHook: 1, blamed: 0, resumes: 0}],
    ['something after a test', [always({type: 'between', group: 0})], {between: 1, saved: 1, blamed: 0}],
    ['the teardown', [always({type: 'teardown'})], {between: 1, saved: 6, blamed: 0, resumes: 0}],
    ['loading it, once', [{at: {type: 'load'}, times: 1}], {atLoad: 1, whole: 1, kept: 0, salvaged: 0}],
    ['loading it, always', [always({type: 'load'})], {atLoad: 2, whole: 1, blame: 1, salvaged: 0}],
  ])('whose workers die of %s', (_what, killers, expected) => {
    expect(run(killers).tally).toMatchObject({...expected, notRun: 0});
  });

  test('whose rest cannot be loaded keeps what had ended', () => {
    const killers = [always({type: 'test', group: 1, index: 0})];
    const {tally} = run(killers, {file: {unloadable: new Set([0])}});
    expect(tally).toMatchObject({salvaged: 1, unloadable: 1, saved: 1, blamed: 1, notRun: 4});
  });

  test('for whose rest no worker is left keeps what had ended', () => {
    const {tally, ends} = run([always({type: 'test', group: 1, index: 0})], {plan: {maxWorkerRestarts: 0, slots: 1}});
    expect(tally).toMatchObject({saved: 1, blamed: 1, notRun: 4, abandonedRests: 1});
    expect(ends.get(0)).toBe('abandoned');
  });

  test("is run no further where a death fails it ('fail-file')", () => {
    const {tally} = run([always({type: 'test', group: 1, index: 0})], {world: {resume: false}});
    expect(tally).toMatchObject({saved: 1, blamed: 1, notRun: 4, resumes: 0});
  });

  test('is not begun again where nothing of it may be run twice', () => {
    const {tally} = run([always({type: 'load'})], {world: {resume: false}});
    expect(tally).toMatchObject({atLoad: 1, blame: 1, whole: 0});
  });
});
