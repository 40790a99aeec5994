/** What can happen to the scheduler, and what is to be done then: all that goes in and out of it. */
import type {FixtureId} from '../plan/constraints';
import type {Culprit} from '../results/culprit';
import type {AbandonReason, Death} from '../texts/deaths';
import type {CrashItem, JournalDigest} from '../results/deadSession';
import type {Resumption} from '../wire/workerMessages';
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
   * The worker has listed the tests of a unit that may be split. `costs`: of each group of tests that stay together, in
   * expected ms; null: the list is not the one that the file's first worker made. `ms`: what it took to load the file.
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
   * `failed`: it has no result, but an error. `tests`: places of those of which it has results; null: it was told nothing of
   * the unit's tests, or came too late for any.
   */
  | ({
      readonly type: 'unit-done';
      readonly unit: number;
      readonly ms: number;
      readonly retiring: boolean;
      readonly failed: boolean;
      readonly tests: readonly number[] | null;
    } & FromSlot)
  /** The answer to a take-back: of `asked`, these `units` had not been begun and are ours again. */
  | ({readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]} & FromSlot)
  /** Lease lost: the process is gone, and what it held with it. `journal`: what it has left of the unit that it ran. */
  | ({readonly type: 'slot-lost'; readonly death: Death; readonly journal: JournalDigest | null} & FromSlot)
  /** The process has ended as it was told to. `forced`: it had to be killed, as something in it kept it alive. */
  | ({readonly type: 'slot-closed'; readonly forced: boolean} & FromSlot)
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
  /** `journals`: what workers have left, all of which are ended now, and whose units are to be reported. */
  | {readonly type: 'stopped'; readonly reason: StopReason; readonly journals?: readonly SlotJournal[]};

/** What a worker has left of the unit that it ran. */
export interface SlotJournal {
  readonly slot: SlotNumber;
  readonly journal: JournalDigest | null;
}

/** What a user is told, as it happens. */
export type Notice =
  /** An earlier file has killed the worker while it ran `running`, which is run again; null: nothing ran. */
  | {
      readonly type: 'left-behind';
      readonly slot: SlotNumber;
      readonly culprit: Culprit;
      readonly running: string | null;
    }
  /** A worker has died while it loaded a file of which it was to take some tests; the others go on with it. */
  | {readonly type: 'joiner-lost'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker has found other tests than the file's first one; or could not load the file at all. */
  | {readonly type: 'other-tests' | 'joiner-failed'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker has found why the file's tests cannot be shared. */
  | {readonly type: 'indivisible'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker that had nothing left to do had to be killed. `units`: those that it had run. */
  | {readonly type: 'forced-exit'; readonly slot: SlotNumber; readonly units: readonly number[]};

/** Why tests of a unit whose worker died were not run: workers died again and again, or could not load the rest. */
export type NotRunBecause = 'died' | 'failed' | 'interrupted' | AbandonReason;

/** What is left of a unit whose workers died, when it ends. */
export interface Remains {
  /** Places of the tests that have no result. */
  readonly notRun: readonly number[];
  readonly because: NotRunBecause;
  /** The last process that died of it. */
  readonly lastDeath: FromSlot | null;
  /** Of the deaths of which several tests were suspected, those of which none killed a worker again when it ran alone. */
  readonly together: readonly number[];
}

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
  /** What the worker has just listed are the unit's tests. */
  | {readonly type: 'keep-list'; readonly unit: number; readonly slot: SlotNumber}
  /** What the worker has just delivered is a part of the unit's result. `apart`: why its tests ran apart from the others. */
  | {
      readonly type: 'keep-part';
      readonly unit: number;
      readonly slot: SlotNumber;
      readonly part: number;
      readonly apart: 'split' | 'resumed';
    }
  /** What the worker that has just died left is a part of the unit's result. */
  | {
      readonly type: 'keep-remains';
      readonly unit: number;
      readonly slot: SlotNumber;
      readonly part: number;
      readonly crash: CrashItem;
      /** Places of the tests that have failed by the death. */
      readonly failed: readonly number[];
    }
  /** The unit ran in one worker: what that has just delivered is its result. `awaited`: others wait for its snapshots. */
  | {readonly type: 'report'; readonly unit: number; readonly slot: SlotNumber; readonly awaited: boolean}
  /**
   * The parts are to be made into the unit's result, in this order. `failedIn`: the slot of the worker that has just delivered
   * an error in place of its part. `remains`: null where no worker has died of it.
   */
  | {
      readonly type: 'merge';
      readonly unit: number;
      readonly parts: readonly number[];
      readonly failedIn: SlotNumber | null;
      readonly remains: Remains | null;
      readonly awaited: boolean;
    }
  /** The unit is run once more, for what its workers that died have left of it. */
  | {readonly type: 'resume'; readonly unit: number; readonly resumption: Resumption}
  /** The unit begins anew: what has come of it so far is not wanted. */
  | {readonly type: 'begin-again'; readonly unit: number}
  /** What it needs itself is up. */
  | ({readonly type: 'set-up-fixture' | 'take-down-fixture'; readonly fixture: FixtureId} & FixtureHolder)
  /** Ask again at this time, in ms. */
  | {readonly type: 'wake'; readonly at: number}
  /** Let the process end by itself: it has nothing more to do. */
  | ({readonly type: 'close-slot'} & FromSlot)
  /** The unit's worker has just died, and nothing is known of the unit's tests. `loads`: so many died while they loaded it. */
  | ({readonly type: 'blame'; readonly unit: number; readonly loads: number; readonly awaited: boolean} & FromSlot)
  /** The unit will never run: no worker is left. */
  | {readonly type: 'abandon'; readonly unit: number; readonly reason: AbandonReason; readonly awaited: boolean}
  /** The run was interrupted while these workers were at the unit. */
  | {readonly type: 'interrupt'; readonly unit: number; readonly slots: readonly SlotNumber[]}
  | {readonly type: 'tell'; readonly notice: Notice}
  /** Every unit has ended. */
  | {readonly type: 'units-ended'}
  | {readonly type: 'finish'};

/** Those that come from a slot. */
export type SlotEvent = Exclude<
  ScheduleEvent,
  {type: 'run-started' | 'stopped' | 'unit-settled' | 'woken' | 'sampled'} | FixtureEvent
>;

export type FixtureEvent = Extract<ScheduleEvent, {type: 'fixture-up' | 'fixture-failed' | 'fixture-gone'}>;
