/** Random plans, and random worlds to run them in. */
import fc from 'fast-check';
import type {SchedulePlan} from '../../src/core/scheduleState';
import {planOf} from '../unit/plans';
import type {JoinOutcome, SplitWorld, World} from './world';

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
  })
  .map(({groups, errors, unreported, ...rest}): SplitWorld => ({
    ...rest,
    groups,
    costs: groups.map((ms, group) => estimate(ms, errors[group % errors.length])),
    unreported: new Set(unreported),
  }));

interface Size {
  /** The most of each. */
  readonly units: number;
  readonly splitFiles: number;
  readonly deaths: number;
  /** So much more often is a run stopped than it is not. */
  readonly stops: number;
  /** When the last thing happens that comes from outside (ms). */
  readonly until: number;
}

const scenarioOf = ({units, splitFiles, deaths, stops, until}: Size) =>
  fc
    .record({
      actualMs: fc.array(duration(5000), {minLength: 1, maxLength: units}),
      errors: fc.array(error, {minLength: 1, maxLength: 7}),
      splitFiles: fc.array(fc.tuple(fc.nat(Math.min(units, 20) - 1), splitFile), {maxLength: splitFiles}),
      slots: fc.integer({min: 1, max: 8}),
      low: fc.integer({min: 0, max: 100}),
      more: fc.integer({min: 0, max: 400}),
      maxScheduleChunk: fc.option(fc.integer({min: 1, max: 4})),
      maxWorkerRestarts: fc.option(fc.integer({min: 0, max: 5})),
      freshWorkerPerUnit: fc.boolean(),
      prefetch: fc.boolean(),
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
    })
    .map((drawn): Scenario => {
      const {actualMs, errors, splitFiles, low, more, deadly, leftovers, stillborn, retiring, stop, ...rest} = drawn;
      const split = new Map(splitFiles.filter(([unit]) => unit < actualMs.length));
      const expected = actualMs.map((ms, unit) =>
        estimate(wholeMs(split.get(unit)) ?? ms, errors[unit % errors.length]),
      );
      return {
        plan: planOf(expected, {...rest, watermark: {low, high: low + more}}, [...split.keys()]),
        world: {
          ...rest,
          actualMs,
          split,
          deadly: new Map(deadly),
          leftovers: new Map(leftovers),
          stillborn: start => stillborn[start] ?? (drawn.alwaysStillborn && start % 3 !== 0),
          retiring: new Set(retiring),
          ...(stop !== null && {stop}),
        },
      };
    });

/** What a file takes in one worker. */
function wholeMs(file: SplitWorld | undefined): number | null {
  return file === undefined ? null : file.openMs + file.groups.reduce((sum, ms) => sum + ms, 0);
}

/** Runs of many units, in which much goes wrong. */
export const scenario = scenarioOf({units: 60, splitFiles: 5, deaths: 10, stops: 4, until: 20_000});

/** Runs of few units, most of which can be split: workers have to share. */
export const sharing = scenarioOf({units: 4, splitFiles: 6, deaths: 1, stops: 1, until: 4000});
