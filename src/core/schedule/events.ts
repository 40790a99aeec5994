/** What can happen to the scheduler, and what is to be done then: all that goes in and out of it. */
import type {FixtureId} from '../plan/constraints';
import type {AbandonReason, Death} from '../texts/deaths';
import type {Fate} from '../results/salvage';
import type {StopReason} from './state';
import type {LoadSample} from './slotController';
import type {Generation, NodeId, SlotNumber} from '../plan/units';

interface FromSlot {
  readonly slot: SlotNumber;
  readonly generation: Generation;
}

/** Which worker a fixture is for; null: for all. */
export interface FixtureHolder {
  readonly slot: SlotNumber | null;
  readonly generation: Generation | null;
}

/** What can happen. Events from a slot name the generation of the process they come from. */
export type ScheduleEvent =
  | {readonly type: 'run-started'}
  /** The worker's process is up and takes units. */
  | ({readonly type: 'slot-up'} & FromSlot)
  | ({readonly type: 'unit-started'; readonly unit: number} & FromSlot)
  /**
   * The worker has listed the tests of a unit that may be split. `costs`: of each group of tests that
   * stay together, in expected ms; null: the list is not the one that the file's first worker made.
   * `ms`: what it took to load the file.
   */
  | ({
      readonly type: 'unit-opened';
      readonly unit: number;
      readonly ms: number;
      readonly costs: readonly (number | null)[] | null;
    } & FromSlot)
  /** The worker has found that the unit's tests cannot be shared; `anew`: nor can what has run be used. */
  | ({readonly type: 'unit-indivisible'; readonly unit: number; readonly anew: boolean} & FromSlot)
  /** Of the groups that the worker was given, these have ended, in ms each, and that one runs. */
  | ({
      readonly type: 'tests-progress';
      readonly unit: number;
      readonly done: readonly (readonly [group: number, ms: number])[];
      readonly running: number | null;
    } & FromSlot)
  /**
   * `retiring`: the worker begins no further unit (it is over its memory limit). `ms`: what the unit took.
   * `failed`: it has no result, but an error. `rest`: tests of it were begun by a worker that died, and would be
   * left if this were the last one to have it open.
   */
  | ({
      readonly type: 'unit-done';
      readonly unit: number;
      readonly ms: number;
      readonly retiring: boolean;
      readonly failed: boolean;
      readonly rest: boolean;
    } & FromSlot)
  /** The answer to a take-back: of `asked`, these `units` had not been begun and are ours again. */
  | ({readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]} & FromSlot)
  /**
   * Lease lost: the process is gone, and what it held with it. `innocent`: what it ran is known to have no
   * part in that. `fate`: what becomes of that. `rest`: as with `unit-done`.
   */
  | ({
      readonly type: 'slot-lost';
      readonly death: Death;
      readonly innocent: boolean;
      readonly fate: Fate;
      readonly rest: boolean;
    } & FromSlot)
  /** The process has ended as it was told to. */
  | ({readonly type: 'slot-closed'} & FromSlot)
  /** All that a unit which has ended has come to is on disk: units that come after it may begin. */
  | {readonly type: 'unit-settled'; readonly unit: number}
  /** The time that a `wake` asked for has come. */
  | {readonly type: 'woken'}
  /** The machine's load was measured: only where the number of workers follows that. */
  | {readonly type: 'sampled'; readonly load: LoadSample}
  /** What has come of a set-up-fixture, or a take-down-fixture. */
  | ({
      readonly type: 'fixture-up' | 'fixture-failed' | 'fixture-gone';
      readonly fixture: FixtureId;
    } & FixtureHolder)
  | {readonly type: 'stopped'; readonly reason: StopReason};

/** What is to be done. */
export type Command =
  | ({readonly type: 'start-slot'; readonly node: NodeId} & FromSlot)
  | ({readonly type: 'give'; readonly units: readonly number[]} & FromSlot)
  | ({readonly type: 'take-back'; readonly units: readonly number[]} & FromSlot)
  /** Open a unit that another worker is at, for some of its tests. */
  | ({readonly type: 'join'; readonly unit: number} & FromSlot)
  /** Groups of a unit's tests, for a worker that has it open. `last`: it gets no more. */
  | ({
      readonly type: 'give-tests';
      readonly unit: number;
      readonly groups: readonly number[];
      readonly last: boolean;
    } & FromSlot)
  /** The worker need run no more of this unit; what comes of it there is not wanted. */
  | ({readonly type: 'discard'; readonly unit: number} & FromSlot)
  /** All sessions of the unit have ended: their results are to be made into one. */
  | {readonly type: 'merge'; readonly unit: number}
  /** The unit is run once more, for what its workers that died have left of it. */
  | {readonly type: 'resume'; readonly unit: number}
  /** The unit begins anew: what has come of it so far is not wanted. */
  | {readonly type: 'begin-again'; readonly unit: number}
  /** What it needs itself is up. */
  | ({readonly type: 'set-up-fixture' | 'take-down-fixture'; readonly fixture: FixtureId} & FixtureHolder)
  /** Ask again at this time, in ms. */
  | {readonly type: 'wake'; readonly at: number}
  /** Let the process end by itself: it has nothing more to do. */
  | ({readonly type: 'close-slot'} & FromSlot)
  /** The unit's worker died while running it. */
  | ({readonly type: 'blame'; readonly unit: number} & FromSlot)
  /** The unit will never run: no worker is left. */
  | {readonly type: 'abandon'; readonly unit: number; readonly reason: AbandonReason}
  | {readonly type: 'finish'};

/** Those that come from a slot. */
export type SlotEvent = Exclude<
  ScheduleEvent,
  {type: 'run-started' | 'stopped' | 'unit-settled' | 'woken' | 'sampled'} | FixtureEvent
>;

export type FixtureEvent = Extract<ScheduleEvent, {type: 'fixture-up' | 'fixture-failed' | 'fixture-gone'}>;
