/** Random plans, and random worlds to run them in. */
import fc from 'fast-check';
import type {SchedulePlan} from '../../src/core/schedule/state';
import {planOf} from '../unit/plans';
import type {JoinOutcome, Killer, Moment, SplitWorld, World} from './world';

export interface Scenario {
  readonly plan: SchedulePlan;
  readonly world: World;
}

/** By what factor an estimate is off; null: there is none. */
const error = fc.option(fc.double({min: 0.1, max: 10, noNaN: true}));

/** What is expected of something that takes so long. */
const estimate = (ms: number, error: number | null | undefined) => (error == null ? null : ms * error);

/** @param share of times that something happens */
const sometimes = (share: number) => fc.integer({min: 0, max: 99}).map(drawn => drawn < share * 100);

/** Most often null. */
const rarely = <T>(drawn: fc.Arbitrary<T>) =>
  fc.oneof({weight: 5, arbitrary: fc.constant(null)}, {weight: 1, arbitrary: drawn});

/** How long tests and files take: many are quick. */
const duration = (longest: number) => fc.oneof(fc.integer({min: 0, max: 20}), fc.integer({min: 20, max: longest}));

/** What each of a file's groups is like; and the file has so many groups at the most. */
const groupFlags = fc.uniqueArray(fc.nat(23), {maxLength: 4});

/** A file in groups of tests. */
const splitFile = fc
  .record({
    openMs: fc.integer({min: 0, max: 300}),
    groups: fc.array(duration(2000), {maxLength: 24, size: 'max'}),
    errors: fc.array(error, {minLength: 1, maxLength: 5}),
    opens: sometimes(0.95),
    joins: fc.array(
      fc.oneof(
        {weight: 12, arbitrary: fc.constant('same' as const)},
        {weight: 1, arbitrary: fc.constantFrom<JoinOutcome>('other', 'error', 'death')},
      ),
      {maxLength: 6},
    ),
    failing: rarely(fc.nat(5)),
    breaking: rarely(fc.nat(23)),
    indivisible: rarely(fc.nat(23)),
    anew: fc.boolean(),
    unreported: fc.array(fc.nat(23), {maxLength: 3}),
    sizes: fc.oneof(fc.constant([]), fc.array(fc.integer({min: 1, max: 4}), {maxLength: 24, size: 'max'})),
    hooked: groupFlags,
    concurrent: groupFlags,
    topHooks: fc.boolean(),
    skipped: fc.nat(2),
    teardownMs: fc.nat(20),
  })
  .map(({groups, errors, unreported, sizes, hooked, concurrent, ...rest}): SplitWorld => ({
    ...rest,
    groups,
    costs: groups.map((ms, group) => estimate(ms, errors[group % errors.length])),
    unreported: new Set(unreported),
    sizes: groups.map((_, group) => sizes[group] ?? 1),
    hooked: new Set(hooked),
    concurrent: new Set(concurrent),
  }));

/** A group of a file; the first ones more often, since not every file has so many. */
const someGroup = fc.oneof(fc.nat(3), fc.nat(23));

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {weight: 2, arbitrary: fc.record({type: fc.constant('load' as const)})},
  {weight: 2, arbitrary: fc.record({type: fc.constantFrom('top-before' as const, 'top-after', 'teardown')})},
  {weight: 2, arbitrary: fc.record({type: fc.constantFrom('before' as const, 'after', 'between'), group: someGroup})},
  {weight: 6, arbitrary: fc.record({type: fc.constant('test' as const), group: someGroup, index: fc.nat(3)})},
  {weight: 2, arbitrary: fc.record({type: fc.constant('together' as const), group: someGroup})},
);

const killer: fc.Arbitrary<Killer> = fc.record({at: moment, times: fc.constantFrom(1, 2, Infinity, Infinity)});

/** A file that kills its workers. */
const deadlyFile = fc
  .record({
    file: splitFile,
    killers: fc.array(killer, {minLength: 1, maxLength: 5}),
    unloadable: fc.oneof({weight: 4, arbitrary: fc.constant([])}, {weight: 1, arbitrary: fc.array(fc.nat(3))}),
    // What else goes wrong, less often: what has died in peace shows more.
    peaceful: sometimes(0.7),
    concurrent: fc.uniqueArray(fc.nat(5), {maxLength: 6}),
    hooked: fc.uniqueArray(fc.nat(5), {maxLength: 6}),
  })
  .map(({file, killers, unloadable, peaceful, concurrent, hooked}): SplitWorld => ({
    ...file,
    killers,
    unloadable: new Set(unloadable),
    concurrent: new Set(concurrent),
    hooked: new Set(hooked),
    ...(peaceful && {failing: null, breaking: null, indivisible: null, opens: true}),
  }));

/**
 * A file whose longest test comes last, and whose first worker dies early: another one begins with that
 * test, and leaves behind what nobody has come to.
 */
const bereftFile = fc
  .record({
    short: fc.array(fc.integer({min: 50, max: 300}), {minLength: 4, maxLength: 20}),
    long: fc.integer({min: 1000, max: 4000}),
    // It may well take less than expected.
    took: fc.integer({min: 50, max: 2000}),
    openMs: fc.integer({min: 50, max: 500}),
    joins: fc.array(fc.constantFrom<JoinOutcome>('same', 'same', 'other', 'error', 'death'), {maxLength: 5}),
    killers: fc.array(
      fc.record({
        at: fc.record({type: fc.constant('test' as const), group: fc.nat(3), index: fc.constant(0)}),
        times: fc.constantFrom(1, Infinity),
      }),
      {minLength: 1, maxLength: 2},
    ),
  })
  .map(({short, long, took, joins, ...rest}): SplitWorld => {
    return {...rest, groups: [...short, took], costs: [...short, long], opens: true, joins: ['same', ...joins]};
  });

interface Size {
  /** The most of each. */
  readonly units: number;
  readonly files: number;
  readonly file: fc.Arbitrary<SplitWorld>;
  readonly deaths: number;
  /** So much more often is a run stopped than it is not. */
  readonly stops: number;
  /** When the last thing happens that comes from outside (ms). */
  readonly until: number;
}

const scenarioOf = ({units, files, file, deaths, stops, until}: Size) =>
  fc
    .record({
      actualMs: fc.array(duration(5000), {minLength: 1, maxLength: units}),
      errors: fc.array(error, {minLength: 1, maxLength: 7}),
      // Of each: whether it may be split.
      files: fc.array(fc.tuple(fc.nat(Math.min(units, 20) - 1), file, sometimes(0.8)), {maxLength: files}),
      slots: fc.integer({min: 1, max: 8}),
      low: fc.integer({min: 0, max: 100}),
      more: fc.integer({min: 0, max: 400}),
      maxScheduleChunk: fc.option(fc.integer({min: 1, max: 4})),
      maxWorkerRestarts: fc.option(fc.integer({min: 0, max: 5})),
      freshWorkerPerUnit: fc.boolean(),
      prefetch: fc.boolean(),
      evenShares: sometimes(0.3),
      startsAtOnce: fc.integer({min: 1, max: 8}),
      startMs: fc.integer({min: 0, max: 300}),
      latencyMs: fc.integer({min: 0, max: 30}),
      deadly: fc.array(fc.tuple(fc.nat(units - 1), fc.double({min: 0, max: 1, noNaN: true})), {maxLength: deaths}),
      leftovers: fc.array(fc.tuple(fc.nat(units - 1), fc.nat(3000)), {maxLength: deaths}),
      stillborn: fc.array(fc.boolean(), {maxLength: deaths}),
      alwaysStillborn: sometimes(deaths / 20),
      kills: fc.array(fc.record({at: fc.nat(until), slot: fc.integer({min: 1, max: 8})}), {maxLength: 2 * deaths}),
      stop: fc.option(
        fc.record({at: fc.nat(until), reason: fc.constantFrom('bail' as const, 'interrupted' as const)}),
        {
          freq: stops,
        },
      ),
      retiring: fc.array(fc.nat(units - 1), {maxLength: Math.ceil(units / 3)}),
      deaf: fc.boolean(),
      batched: fc.boolean(),
      resume: sometimes(0.9),
    })
    .map((drawn): Scenario => {
      const {actualMs, errors, files: drawnFiles, low, more, leftovers, stillborn, retiring, stop, ...rest} = drawn;
      const deadly = new Map(drawn.deadly);
      const known = drawnFiles.filter(([unit]) => unit < actualMs.length);
      const split = new Map(known.map(([unit, file]) => [unit, withDeadlyTest(file, deadly.get(unit))]));
      const shareable = new Map(known.map(([unit, , mayBeSplit]) => [unit, mayBeSplit]));
      const expected = actualMs.map((ms, unit) =>
        estimate(wholeMs(split.get(unit)) ?? ms, errors[unit % errors.length]),
      );
      return {
        plan: planOf(
          expected,
          {...rest, evenShares: rest.evenShares && !rest.freshWorkerPerUnit, watermark: {low, high: low + more}},
          [...split.keys()].filter(unit => shareable.get(unit)),
        ),
        world: {
          ...rest,
          actualMs,
          split,
          deadly,
          leftovers: new Map(leftovers),
          stillborn: start => stillborn[start] ?? (drawn.alwaysStillborn && start % 3 !== 0),
          retiring: new Set(retiring),
          ...(stop !== null && {stop}),
        },
      };
    });

/** A file that kills its worker in the test at this share of it. */
function withDeadlyTest(file: SplitWorld, share: number | undefined): SplitWorld {
  if (share === undefined) return file;
  const group = Math.floor(share * (file.groups.length - 1));
  return {...file, killers: [...(file.killers ?? []), {at: {type: 'test', group, index: 0}, times: Infinity}]};
}

/** What a file takes in one worker. */
function wholeMs(file: SplitWorld | undefined): number | null {
  return file === undefined ? null : file.openMs + file.groups.reduce((sum, ms) => sum + ms, 0);
}

/** The unit that is left when no worker dies of anything in it; of joining it, neither. */
export function harmless(file: SplitWorld): SplitWorld {
  const joins = (file.joins ?? []).map(outcome => (outcome === 'death' ? 'same' : outcome));
  return {...file, killers: [], joins};
}

/** The files of a world, changed. */
export function eachFile(
  {split = new Map<number, SplitWorld>()}: World,
  change: (file: SplitWorld) => SplitWorld,
): ReadonlyMap<number, SplitWorld> {
  return new Map([...split].map(([unit, file]) => [unit, change(file)]));
}

/** How a unit ends in which no worker dies. @param again how often it began anew */
export function peacefulEnd({units}: SchedulePlan, {split}: World, unit: number, again: number): 'merged' | 'done' {
  return units[unit]?.split != null && split?.get(unit)?.opens === true && again === 0 ? 'merged' : 'done';
}

/** What a unit asks for, of two groups, three resources and four fixtures. */
const constraint = fc.record({
  serial: sometimes(0.1),
  workerGroup: fc.option(fc.constantFrom('g', 'h'), {freq: 2}),
  resources: fc.uniqueArray(fc.record({name: fc.constantFrom('a', 'b', 'c'), amount: fc.integer({min: 1, max: 3})}), {
    maxLength: 2,
    selector: ({name}) => name,
  }),
  freshWorker: sometimes(0.15),
  fixtures: fc.uniqueArray(fc.nat(3), {maxLength: 2}),
});

const fixture = fc.record({
  scope: fc.constantFrom('run' as const, 'run' as const, 'worker' as const),
  needs: fc.uniqueArray(fc.nat(2), {maxLength: 2}),
  setupMs: fc.nat(3000),
  teardownMs: fc.nat(500),
  fails: fc.array(sometimes(0.2), {maxLength: 3}),
});

/** Runs whose units ask for more than a worker. */
export const askingScenario = (base: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> =>
  fc
    .record({
      base,
      constraints: fc.array(fc.option(constraint, {freq: 3}), {minLength: 1, maxLength: 12, size: 'max'}),
      fixtures: fc.tuple(fixture, fixture, fixture, fixture),
      keepsOrder: fc.boolean(),
    })
    .map(({base: {plan, world}, constraints, fixtures: drawn, keepsOrder}): Scenario => {
      const scopes = drawn.map(({scope}) => scope);
      const fixtures = drawn.map(({scope, needs}, id) => ({
        scope,
        needs: needs.filter(need => need < id && (scope === 'worker' || scopes[need] === 'run')),
      }));
      /** With those that it needs, before it. */
      const closure = (id: number): number[] => [...(fixtures[id]?.needs ?? []).flatMap(closure), id];
      const units = plan.units.map(unit => {
        const asked = constraints[(unit.id * 7) % constraints.length] ?? null;
        if (asked === null) return unit;
        const needed = [...new Set(asked.fixtures.flatMap(closure))].sort((a, b) => a - b);
        const whole =
          asked.serial ||
          asked.workerGroup !== null ||
          asked.freshWorker ||
          needed.some(id => fixtures[id]?.scope === 'worker');
        return {...unit, split: whole ? null : unit.split, constraints: {...asked, fixtures: needed}};
      });
      return {
        plan: {...plan, units, fixtures, resources: {a: 3, b: 4, c: 3}, keepsOrder},
        world: {...world, fixtures: drawn},
      };
    });

/** Runs of many units, in which much goes wrong. */
export const scenario = scenarioOf({units: 60, files: 5, file: splitFile, deaths: 10, stops: 4, until: 20_000});

/** Runs of few units, most of which can be split: workers have to share. */
export const sharing = scenarioOf({units: 4, files: 6, file: splitFile, deaths: 1, stops: 1, until: 4000});

/** Runs of few units, most of which have tests that kill their worker. */
export const dying = scenarioOf({units: 5, files: 6, file: deadlyFile, deaths: 2, stops: 1, until: 6000});

/** Runs of one file, whose workers die one after the other while others join. */
export const bereft = scenarioOf({units: 1, files: 2, file: bereftFile, deaths: 1, stops: 1, until: 4000});

/** Runs whose number of workers follows the load of a machine. */
export const growing = (base: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> =>
  fc
    .record({
      base,
      from: fc.integer({min: 1, max: 4}),
      slots: fc.integer({min: 1, max: 10}),
      cores: fc.constantFrom(0.5, 1, 2, 3, 8),
      computing: fc.array(fc.constantFrom(0, 0.05, 0.3, 1), {minLength: 1, maxLength: 7}),
      others: fc.nat(2),
      sampleEveryMs: fc.constantFrom(10, 50, 200),
      noise: fc.array(fc.double({min: -1, max: 1, noNaN: true}), {minLength: 1, maxLength: 9}),
      memory: fc.integer({min: 1, max: 12}),
      limitIsGiven: fc.boolean(),
    })
    .map(({base: {plan, world}, from, slots, cores, computing, memory, limitIsGiven, ...rest}): Scenario => {
      const [limit, workerBytes] = [Math.max(from, slots), 200e6];
      const growth = {from, cores, reserveBytes: 0.1 * memory * workerBytes, limitIsGiven};
      return {
        plan: {...plan, slots: limit, growth},
        world: {
          ...world,
          machine: {
            ...rest,
            cores,
            computing: plan.units.map(({id}) => computing[id % computing.length]!),
            totalBytes: memory * workerBytes,
            workerBytes,
          },
        },
      };
    });

/** Runs in which every unit is for a node: so many in a row are one file's, and may have to run one after the other. */
export const onNodes = (base: fc.Arbitrary<Scenario>): fc.Arbitrary<Scenario> =>
  fc
    .record({base, nodes: fc.integer({min: 1, max: 3}), inTurn: fc.boolean()})
    .map(({base: {plan, world}, nodes, inTurn}): Scenario => {
      const placed = plan.units.map(unit => ({...unit, node: unit.id % nodes}));
      const leaderOf = ({id, node, constraints}: (typeof placed)[number]) => {
        const group = constraints?.workerGroup ?? null;
        if (group === null) return id - 1;
        const before = placed.filter(unit => unit.node === node - 1 && unit.constraints?.workerGroup === group);
        return before.at(-1)?.id ?? null;
      };
      const units = placed.map(unit => ({...unit, after: inTurn && unit.node > 0 ? leaderOf(unit) : null}));
      return {plan: {...plan, units, nodes, evenShares: false}, world};
    });

/** Units that come at once and leave at once: a file's on all nodes, a worker group's, and a unit's with its followers. */
function jobsOf({units}: SchedulePlan): number[][] {
  const jobOf = units.map(({id}) => id);
  const join = (a: number, b: number) => {
    const [to, from] = [jobOf[a]!, jobOf[b]!];
    for (const [unit, job] of jobOf.entries()) if (job === from) jobOf[unit] = to;
  };
  const groups = new Map<string, number>();
  for (const {id, after, constraints} of units) {
    if (after !== null) join(after, id);
    const group = constraints?.workerGroup ?? null;
    if (group === null) continue;
    const first = groups.get(group);
    if (first === undefined) groups.set(group, id);
    else join(first, id);
  }
  return [...new Set(jobOf)].map(job => units.flatMap(({id}) => (jobOf[id] === job ? id : [])));
}

/** Runs whose units come while they go on, leave and come again; some never come. */
export const arriving = (base: fc.Arbitrary<Scenario>, until = 10_000): fc.Arbitrary<Scenario> =>
  fc
    .record({
      base,
      moves: fc.array(
        fc.record({
          at: fc.oneof(fc.nat(20), fc.nat(until)),
          type: fc.constantFrom('add' as const, 'add', 'want-back'),
          job: fc.nat(60),
          // Several jobs come at once, as when a run begins.
          jobs: fc.oneof(fc.constant(1), fc.nat(20)),
        }),
        {maxLength: 40, size: 'max'},
      ),
      heldWanted: fc.uniqueArray(fc.nat(20), {maxLength: 5}),
      // Most of the units come at last.
      lastAt: fc.option(fc.nat(until), {freq: 2}),
      noMoreAt: fc.integer({min: 0, max: 1.2 * until}),
    })
    .map(({base: {plan, world}, moves, heldWanted, lastAt, noMoreAt}): Scenario => {
      const jobs = jobsOf(plan);
      const all = moves.map(({at, type, job, jobs: count}) => {
        const moved = Array.from({length: type === 'add' ? count : 1}, (_, nth) => jobs[(job + nth) % jobs.length]!);
        return {at, type, units: moved.flat()};
      });
      const last = lastAt === null ? [] : [{at: lastAt, type: 'add' as const, units: jobs.slice(1).flat()}];
      const arrivals = {moves: [...all, ...last], jobs, heldWanted, noMoreAt};
      return {plan: {...plan, arriving: true}, world: {...world, arrivals}};
    });
