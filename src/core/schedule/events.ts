/** The scheduler's input and output: events that can happen, and commands to carry out. */
import type {FixtureId} from '../plan/constraints';
import type {Culprit} from '../results/culprit';
import type {AbandonReason, Death} from '../texts/deaths';
import type {CrashItem, JournalDigest} from '../results/journalDigest';
import type {Resumption} from '../wire/resumption';
import type {StopReason} from './state';
import type {LoadSample} from './slotController';
import type {Generation, NodeId, SlotNumber} from '../plan/units';

interface FromSlot {
  readonly slot: SlotNumber;
  readonly generation: Generation;
}

/** The worker that a fixture is for; null: all workers. */
export interface FixtureHolder {
  readonly slot: SlotNumber | null;
  readonly generation: Generation | null;
}

/** What can happen. An event from a slot names the generation of the process that it comes from. */
export type ScheduleEvent =
  | {readonly type: 'run-started'}
  /** The worker's process is up and takes units. */
  | ({readonly type: 'slot-up'} & FromSlot)
  | ({readonly type: 'unit-started'; readonly unit: number} & FromSlot)
  /**
   * The worker has listed the tests of a unit that may be split. `costs`: the expected duration of each group of tests
   * that stay together, in ms (null: unknown); null: the list differs from that of the file's first worker. `ms`: how
   * long the file took to load.
   */
  | ({
      readonly type: 'unit-opened';
      readonly unit: number;
      readonly ms: number;
      readonly costs: readonly (number | null)[] | null;
    } & FromSlot)
  /** The worker has found that the unit's tests cannot be shared. `anew`: results so far cannot be used, either. */
  | ({readonly type: 'unit-indivisible'; readonly unit: number; readonly anew: boolean} & FromSlot)
  /** Groups that the worker has ended, with their durations in ms, and the group that runs; null: none runs. */
  | ({
      readonly type: 'tests-progress';
      readonly unit: number;
      readonly done: readonly (readonly [group: number, ms: number])[];
      readonly running: number | null;
    } & FromSlot)
  /**
   * `retiring`: the worker begins no further unit, because it is over its memory limit. `ms`: how long the unit took.
   * `failed`: the unit has an error and no result. `tests`: places of the tests that have results; null: the worker was
   * given no single tests, or came too late for any.
   */
  | ({
      readonly type: 'unit-done';
      readonly unit: number;
      readonly ms: number;
      readonly retiring: boolean;
      readonly failed: boolean;
      readonly tests: readonly number[] | null;
    } & FromSlot)
  /** The answer to a take-back: the worker returns these `units` of `asked`, because it has not begun them. */
  | ({readonly type: 'units-returned'; readonly asked: readonly number[]; readonly units: readonly number[]} & FromSlot)
  /** The process died, and its lease is lost. `journal`: what the process left of the unit that it ran. */
  | ({readonly type: 'slot-lost'; readonly death: Death; readonly journal: JournalDigest | null} & FromSlot)
  /** The process has ended as it was told to. `forced`: something kept the process alive, so it had to be killed. */
  | ({readonly type: 'slot-closed'; readonly forced: boolean} & FromSlot)
  /** These units have arrived: they may begin. */
  | {readonly type: 'units-added'; readonly units: readonly number[]}
  /** These units should be given back: all of them, or none if a worker begins one of them. */
  | {readonly type: 'units-wanted-back'; readonly units: readonly number[]}
  /** No more units arrive: the run ends when all that have arrived have ended. */
  | {readonly type: 'no-more-units'}
  /** A unit that ended has written all its files: its followers may begin. */
  | {readonly type: 'unit-settled'; readonly unit: number}
  /** The time of a `wake` has come. */
  | {readonly type: 'woken'}
  /** The machine's load was measured. Only for runs whose number of workers follows the load. */
  | {readonly type: 'sampled'; readonly load: LoadSample}
  /** The outcome of a set-up-fixture or a take-down-fixture. */
  | ({
      readonly type: 'fixture-up' | 'fixture-failed' | 'fixture-gone';
      readonly fixture: FixtureId;
    } & FixtureHolder)
  /** `journals`: what the ended workers left. If present, the units that they ran are reported. */
  | {readonly type: 'stopped'; readonly reason: StopReason; readonly journals?: readonly SlotJournal[]};

/** What a worker left of the unit that it ran. */
export interface SlotJournal {
  readonly slot: SlotNumber;
  readonly journal: JournalDigest | null;
}

/** What the user is told at once. */
export type Notice =
  /** An earlier file killed the worker while it ran `running`, which runs again; null: nothing ran. */
  | {
      readonly type: 'left-behind';
      readonly slot: SlotNumber;
      readonly culprit: Culprit;
      readonly running: string | null;
    }
  /** A worker died while it loaded a file that it had joined; the file's other workers go on. */
  | {readonly type: 'joiner-lost'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker that joined a file has found other tests than the file's first worker, or could not load the file. */
  | {readonly type: 'other-tests' | 'joiner-failed'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker has found that the file's tests cannot be shared. */
  | {readonly type: 'indivisible'; readonly slot: SlotNumber; readonly unit: number}
  /** A worker without work left did not end and had to be killed. `units`: the units that it had run. */
  | {readonly type: 'forced-exit'; readonly slot: SlotNumber; readonly units: readonly number[]};

/** Why tests of a unit whose worker died did not run. `died`: workers kept dying. `failed`: the rest did not load. */
export type NotRunBecause = 'died' | 'failed' | 'interrupted' | AbandonReason;

/** What is known of a unit whose workers died, when it ends. */
export interface Remains {
  /** Places of the tests without a result. */
  readonly notRun: readonly number[];
  readonly because: NotRunBecause;
  /** The last process that died while it ran the unit. */
  readonly lastDeath: FromSlot | null;
  /** Parts of the deaths whose suspects all ran alone without killing a worker: the suspects caused it together. */
  readonly together: readonly number[];
}

/** What to do. */
export type Command =
  | ({readonly type: 'start-slot'; readonly node: NodeId} & FromSlot)
  | ({readonly type: 'give'; readonly units: readonly number[]} & FromSlot)
  | ({readonly type: 'take-back'; readonly units: readonly number[]} & FromSlot)
  /** Open a unit that another worker has open, for some of the unit's tests. */
  | ({readonly type: 'join'; readonly unit: number} & FromSlot)
  /** Give groups of a unit's tests to a worker that has the unit open. `last`: the worker gets no more groups. */
  | ({
      readonly type: 'give-tests';
      readonly unit: number;
      readonly groups: readonly number[];
      readonly last: boolean;
    } & FromSlot)
  /** Tell the worker to run no more of this unit; its results are not wanted. */
  | ({readonly type: 'discard'; readonly unit: number} & FromSlot)
  /** Keep the list that the worker has just sent as the list of the unit's tests. */
  | {readonly type: 'keep-list'; readonly unit: number; readonly slot: SlotNumber}
  /** Keep what the worker has just delivered as a part of the unit's result. `apart`: why its tests ran apart. */
  | {
      readonly type: 'keep-part';
      readonly unit: number;
      readonly slot: SlotNumber;
      readonly part: number;
      readonly apart: 'split' | 'resumed';
    }
  /** Keep what the worker that has just died left as a part of the unit's result. */
  | {
      readonly type: 'keep-remains';
      readonly unit: number;
      readonly slot: SlotNumber;
      readonly part: number;
      readonly crash: CrashItem;
      /** Places of the tests that failed by the death. */
      readonly failed: readonly number[];
    }
  /** Report what the worker has just delivered as the unit's result. `awaited`: other units wait for its snapshots. */
  | {readonly type: 'report'; readonly unit: number; readonly slot: SlotNumber; readonly awaited: boolean}
  /**
   * Merge the parts into the unit's result, in this order. `failedIn`: the slot whose worker has just delivered an
   * error instead of its part. `remains`: null if no worker died while it ran the unit.
   */
  | {
      readonly type: 'merge';
      readonly unit: number;
      readonly parts: readonly number[];
      readonly failedIn: SlotNumber | null;
      readonly remains: Remains | null;
      readonly awaited: boolean;
    }
  /** Prepare the unit's next order: the tests that its dead workers left. */
  | {readonly type: 'resume'; readonly unit: number; readonly resumption: Resumption}
  /** Forget all results of the unit so far: it begins anew. */
  | {readonly type: 'begin-again'; readonly unit: number}
  /** Set up a fixture whose own needs are up; or take a fixture down. */
  | ({readonly type: 'set-up-fixture' | 'take-down-fixture'; readonly fixture: FixtureId} & FixtureHolder)
  /** Send `woken` at this time, in ms. */
  | {readonly type: 'wake'; readonly at: number}
  /** Close the process: it gets no more work. */
  | ({readonly type: 'close-slot'} & FromSlot)
  /** Fail the unit: its worker has just died, and no test is known. `loads`: how many workers died loading it. */
  | ({readonly type: 'blame'; readonly unit: number; readonly loads: number; readonly awaited: boolean} & FromSlot)
  /** Report that the unit will never run, because no worker is left for it. */
  | {readonly type: 'abandon'; readonly unit: number; readonly reason: AbandonReason; readonly awaited: boolean}
  /** Report that the run was interrupted while these workers ran the unit. */
  | {readonly type: 'interrupt'; readonly unit: number; readonly slots: readonly SlotNumber[]}
  | {readonly type: 'tell'; readonly notice: Notice}
  /** These units were wanted back: they leave, and may arrive again. No worker has begun one of them. */
  | {readonly type: 'give-back'; readonly units: readonly number[]}
  /** In a plan with `arriving`: how many workers run something, whenever the number has changed. */
  | {readonly type: 'busy'; readonly workers: number}
  /** Every unit has ended. */
  | {readonly type: 'units-ended'}
  | {readonly type: 'finish'};

/** Events that come from a slot. */
export type SlotEvent = Exclude<
  ScheduleEvent,
  {type: 'run-started' | 'stopped' | 'unit-settled' | 'woken' | 'sampled'} | FixtureEvent | ArrivalEvent
>;

/** Events of plans with `arriving`. */
export type ArrivalEvent = Extract<ScheduleEvent, {type: 'units-added' | 'units-wanted-back' | 'no-more-units'}>;

export type FixtureEvent = Extract<ScheduleEvent, {type: 'fixture-up' | 'fixture-failed' | 'fixture-gone'}>;
