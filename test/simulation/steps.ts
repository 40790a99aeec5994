/**
 * What a worker does for a group of a file's tests, one thing after the other, and the lines that it
 * leaves of that in its journal, as src/worker/circus/recorder.ts writes them.
 */
import type {AssertionResult} from '@jest/test-result';
import type {JournalRecord} from '../../src/core/wire/journal';
import {runCount, type GroupView} from './fileView';
import type {SplitOrder} from './orders';
import type {Moment} from './world';

/** What any hook takes (ms), if nothing goes wrong. */
const HOOK_MS = 2;

export interface Step {
  readonly ms: number;
  /** What could kill the worker halfway through. */
  readonly moments: readonly Moment[];
  readonly begins: () => void;
  readonly ends: () => void;
}

/** What steps act upon. */
export interface Stage {
  readonly split: SplitOrder;
  readonly journal: (record: JournalRecord) => void;
  readonly beginsTest: (place: number) => void;
}

export function groupSteps(stage: Stage, {origin: group, range, places, ms}: GroupView): Step[] {
  const {world} = stage.split;
  const hooked = world.hooked?.has(group) === true;
  const batches = world.concurrent?.has(group) === true ? [places] : places.map(place => [place]);
  const tests = batches.map((batch): Step => {
    const moments = batch.map(place => ({type: 'test', group, index: place - range.from}) as const);
    return testStep(stage, batch, (ms * batch.length) / places.length, moments);
  });
  return [
    ...(hooked ? [hookStep(stage, 'beforeAll', range, {type: 'before', group})] : []),
    ...tests,
    ...(hooked ? [hookStep(stage, 'afterAll', range, {type: 'after', group})] : []),
    {ms: 0, moments: [{type: 'between', group}], begins: nothing, ends: nothing},
  ];
}

/** The hooks outside of any block. */
export function topHookSteps(stage: Stage, hook: 'beforeAll' | 'afterAll'): Step[] {
  const {world} = stage.split;
  if (world.topHooks !== true) return [];
  const moment: Moment = {type: hook === 'beforeAll' ? 'top-before' : 'top-after'};
  return [hookStep(stage, hook, {from: 0, to: runCount(world)}, moment)];
}

export function teardownStep({split, journal}: Stage): Step {
  const begins = () => journal({type: 'finished'});
  return {ms: split.world.teardownMs ?? 0, moments: [{type: 'teardown'}], begins, ends: nothing};
}

function testStep({split, journal, beginsTest}: Stage, batch: readonly number[], ms: number, moments: Moment[]): Step {
  return {
    ms,
    moments,
    begins: () => {
      for (const place of batch) {
        beginsTest(place);
        journal({type: 'test', place, at: 0, rss: 0});
      }
    },
    ends: () => {
      for (const place of batch) {
        split.running.delete(place);
        split.ended.push(place);
        journal({type: 'ended', willRetry: false, place, result: PASSED, console: [], snapshots: null});
      }
    },
  };
}

function hookStep(
  {split, journal}: Stage,
  hook: 'beforeAll' | 'afterAll',
  range: {readonly from: number; readonly to: number},
  moment: Moment,
): Step {
  return {
    ms: HOOK_MS,
    moments: [moment],
    begins: () => {
      split.hook = {before: hook === 'beforeAll', ...range};
      journal({type: 'hook', hook, titles: [], ...range});
    },
    ends: () => {
      split.hook = null;
      journal({type: 'hook-ended'});
    },
  };
}

const PASSED = {} as AssertionResult; // nobody looks into it here

function nothing(): void {
  // There is nothing to it.
}
