/**
 * What the scheduler knows: the plan, what each slot runs and holds, and what every policy keeps. This file contains
 * only data. The policies are the files beside it; it imports none of them.
 */
import type {AbandonReason} from '../texts/deaths';
import type {FixtureId, PlannedFixture} from '../plan/constraints';
import type {Generation, Grouping, NodeId, SlotNumber, Unit} from '../plan/units';
import type {SlotController, SlotGrowth} from './slotController';

/** What a schedule starts from. A plan is plain data, because a recording contains it. */
export interface SchedulePlan {
  /** In the order of dispatch; a unit's id is its index. */
  readonly units: readonly Unit[];
  /** A fixture's id is its index. */
  readonly fixtures: readonly PlannedFixture[];
  /** The run's total of each resource that units ask for. */
  readonly resources: Readonly<Record<string, number>>;
  /** The maximum number of workers at a time. */
  readonly slots: number;
  /** How the number of workers follows the machine's load; null: all slots may have a worker at any time. */
  readonly growth: SlotGrowth | null;
  /** The number of nodes; 1: all workers are alike. */
  readonly nodes: number;
  /** Which tests of a split file stay together. */
  readonly grouping: Grouping;
  /** Whether each worker first gets an even share of the units. */
  readonly evenShares: boolean;
  /** Expected ms of held work. */
  readonly watermark: {readonly low: number; readonly high: number};
  /** The maximum number of units in one `give`; null: no limit. */
  readonly maxScheduleChunk: number | null;
  /** How many dead workers may be replaced; null: no limit. */
  readonly maxWorkerRestarts: number | null;
  /** Whether a new worker runs the rest of a file whose worker died; false: a file's tests depend on each other. */
  readonly resumes: boolean;
  /** A new worker for each unit. */
  readonly freshWorkerPerUnit: boolean;
  /**
   * How many workers that only a split file needs may start at a time. A starting worker keeps a processor busy, so
   * more starts than processors would slow each other down.
   */
  readonly startsAtOnce: number;
  /** Whether the user chose the order of the units: then the scheduler lets no unit overtake another to save time. */
  readonly keepsOrder: boolean;
  /** false: a worker holds nothing beyond its running unit. For benchmarks of holding. */
  readonly prefetch: boolean;
  /** Whether a unit may begin only when it has arrived (`units-added`). A worker group arrives as a whole. */
  readonly arriving: boolean;
}

/** Why a run ends before all its units have ended. */
export type StopReason = 'bail' | 'interrupted';

/**
 * `closing`: the worker was told to end. `down`: the slot has no process and may get one. `dead`: the slot has no
 * process and will get none.
 */
export type SlotStatus = 'starting' | 'up' | 'closing' | 'down' | 'dead';

/** The expected duration of several units or groups, kept as a sum so that no policy has to walk over them. */
export interface CostSum {
  /** The sum of the known durations, in ms. */
  knownMs: number;
  /** The number of unknown durations. */
  unknown: number;
}

/**
 * A slot, its process, and what that process runs and holds. This is one record and not a union by status, because most
 * policies loop over all slots and read `running` and `held` whatever the status. Hardly any fields exclude each other.
 */
export interface SlotState {
  readonly slot: SlotNumber;
  status: SlotStatus;
  generation: Generation;
  /** The node of the slot's process, or of its last process. */
  node: NodeId;
  /** What the worker runs; null: nothing. */
  running: Session | null;
  /** Units that were given and have not begun, in the order in which the worker will begin them. */
  held: number[];
  /** Of all units in `held`. */
  heldCost: CostSum;
  /** Units that the scheduler has asked back and the worker has not answered for. */
  recalled: Set<number>;
  /** How long the process's last unit took; null: no unit has ended. */
  lastUnitMs: number | null;
  /** How many workers of the slot were barren in a row. */
  barrenDeaths: number;
  /** Whether the slot's last process died, so that the next process is a replacement. */
  died: boolean;
  /** When the slot's last process was told to start. */
  startingSince: number;
  /** Whether the slot has received its even share, or the plan has no even shares. */
  hasShare: boolean;
  /** The units that the process has run to their end, in order. An idle process that has ended none is fresh. */
  ended: number[];
  /** The unit for which the worker's own fixtures are being set up; null: there is none. */
  preparing: number | null;
  /** The worker groups that the slot runs. It takes a further group only while its own groups cannot go on. */
  readonly groups: Set<Queue>;
  /** The queue whose next unit wants a fresh worker, for which the slot's process is being replaced. */
  freshFor: Queue | null;
  /** The pool that gets the slot's next worker, for which the present worker was told to end. */
  movesTo: Pool | null;
  /** Pools whose workers were barren in this slot too often: the slot gets no further worker for them. */
  readonly barredFrom: Set<Pool>;
  /** Whether the slot's next or starting process raises the number of workers, and replaces none. */
  isAdded: boolean;
}

export interface Pool {
  /** null: all nodes. */
  readonly node: NodeId | null;
  /** Units that ask for nothing but a worker, in the order of the plan; units before `next` were given. */
  readonly order: number[];
  next: number;
  /** Units that came back. They are given before all others, the last first. */
  readonly returned: number[];
  /** Slots that are up and have no work. */
  readonly idle: Set<SlotState>;
  /** How many units were asked back without an answer so far. */
  recallsOut: number;
}

/** Units of one node with equal constraints; or the units of one worker group, of which only the next may begin. */
export interface Queue {
  readonly node: NodeId | null;
  readonly group: string | null;
  /** In descending order: the last unit is the next. */
  readonly units: number[];
  /** The slot that runs the group; null: no slot does, or the queue is no group. */
  slot: SlotState | null;
  /** How many workers are being replaced because units of this queue want a fresh worker. */
  replacing: number;
}

export interface ScheduledFixture {
  readonly id: FixtureId;
  readonly scope: 'run' | 'worker';
  readonly needs: readonly FixtureId[];
  readonly neededBy: FixtureId[];
  /** A fixture of scope `worker` is `unused` or `failed`; `FixtureStates.inWorkers` has its status by worker. */
  status: FixtureStatus;
  /** How many units need the fixture and have not ended. */
  unitsLeft: number;
  /** The first unit that needs the fixture. */
  firstUnit: number;
}

/**
 * `unused`: the setup has not been asked for. `asked`: it waits for a fixture that it needs, or for its turn.
 * `failed`: its setup failed and is not tried again. `gone`: it was taken down.
 */
export type FixtureStatus = 'unused' | 'asked' | 'starting' | 'up' | 'failed' | 'stopping' | 'gone';

export interface FixtureStates {
  readonly all: readonly ScheduledFixture[];
  /** By worker: the status of each fixture of scope `worker`, in the order of setup. */
  readonly inWorkers: Map<string, Map<FixtureId, FixtureStatus>>;
  /**
   * Fixtures of scope `run` whose setup has not been asked for. The one with the earliest first unit is last. Empty if
   * units arrive: each unit then asks for its own.
   */
  readonly unasked: FixtureId[];
}

export interface AdmissionState {
  /** Queues in which units wait, in the order of their next units. */
  readonly queues: Queue[];
  readonly queueOf: ReadonlyMap<number, Queue>;
  /** The number of waiting units in all queues. */
  waiting: number;
  /** What is left of each resource. */
  readonly left: Map<string, number>;
  /** Units that have all that they ask for. */
  readonly admitted: Set<number>;
  /** The admitted unit that is serial; null: there is none. */
  alone: number | null;
  /** Units that have ended (`true`) or were requeued (`false`) but still occupy a worker. */
  readonly unreleased: Map<number, boolean>;
  readonly fixtures: FixtureStates;
  /** Whether something that a unit waits for may have become free since the scheduler last fed idle slots. */
  changed: boolean;
}

/** One worker's execution of one unit. */
export type Session = WholeSession | GroupSession;

/** The worker runs the whole file and gets no order for single tests. */
export interface WholeSession {
  readonly unit: number;
  readonly first: true;
  readonly status: 'whole';
  startedAt: number;
}

/** The worker has the file open, and is told which groups of its tests to run. */
export interface GroupSession {
  readonly unit: number;
  /** Whether this is the file's first session: it began before the file's tests were known. */
  readonly first: boolean;
  startedAt: number;
  /**
   * `opening`: the worker loads the file. `open`: the session takes groups. `closing`: the session has received its
   * last group. `discarded`: the session's results are not wanted any more.
   */
  status: 'opening' | 'open' | 'closing' | 'discarded';
  /** The session gets no further group below this one. */
  frontier: number;
  /** Groups that were given and are not known to have ended. */
  readonly held: Set<number>;
  /** Of all groups in `held`. */
  readonly heldCost: CostSum;
  running: number | null;
  /** Whether the worker has reported a test, so that loading and setup of the file are over. */
  begun: boolean;
  /** Whether the worker waits for a group. It may hold groups nonetheless, whose tests come later in the file. */
  starving: boolean;
  /** When the worker began to load the file or to run what it holds, as far as the scheduler knows. */
  since: number;
  /** The session's place in the order in which workers opened the file. */
  opened: number;
}

/** The part of an open file's result that a session has delivered. */
export interface DeliveredPart {
  readonly part: number;
  /** The session's place in the order in which workers opened the file. */
  readonly opened: number;
  /** Places of the tests that the part has results of. */
  readonly tests: readonly number[];
}

/** An open file, and what is left of it. */
export interface SplitFile {
  readonly unit: number;
  /** How many workers have opened the file. */
  opened: number;
  readonly delivered: DeliveredPart[];
  /** Whether the sessions run the rest of a file whose worker died. */
  readonly resumed: boolean;
  /** The expected duration of each group, in ms; null: unknown. */
  readonly costs: readonly (number | null)[];
  /** The assumed duration (ms) of an unknown group until a group has ended; null: there is no basis for one. */
  readonly priorMs: number | null;
  /** How long the file's first worker took to open it, in ms. */
  readonly openMs: number;
  /** By group: whether it was given to a session. */
  readonly taken: boolean[];
  /** All groups below it are taken. */
  head: number;
  pending: number;
  /** Of all pending groups. */
  readonly pendingCost: CostSum;
  /** The longest known duration of any group, pending or not, in ms. */
  readonly longestKnownMs: number;
  observedMs: number;
  observedGroups: number;
  /** Of the groups of known duration that have ended: the expected and the actual total, in ms. */
  foreseenMs: number;
  tookMs: number;
  /** Whether a session other than the first has received tests. */
  shared: boolean;
  /** false: no further worker may open it. */
  joinable: boolean;
  /** The time of the last `wake` for this file: by then the scheduler knows more about the durations of its tests. */
  wakesAt: number;
}

/** A death with several suspected tests. Each of them runs again, alone, to find the culprit. */
export interface Suspicion {
  /** The part of the unit's result that the dead worker left. */
  readonly part: number;
  /** Places of all suspects; `left`: of the suspects without a result. */
  readonly places: readonly number[];
  left: readonly number[];
  /** Whether a suspect has killed another worker. */
  guilty: boolean;
}

/** A unit whose workers died (lostUnits.ts). */
export interface LostUnit {
  /** Whether the rest of the unit may run in a new worker. */
  resumes: boolean;
  /** The unit's tests, as listed by the first worker that died with the file open; null: no such list is known. */
  listed: {readonly listing: string; readonly modes: readonly ('run' | 'skip' | 'todo')[]} | null;
  /** Parts of the unit's result from workers that ended their share before the unit was given anew. */
  parts: number[];
  /** Parts of the unit's result from workers that died. */
  deaths: number[];
  /** Places of the tests that have a result. */
  readonly done: Set<number>;
  /** The size of `done` at the last death. */
  doneAtDeath: number;
  suspicions: Suspicion[];
  /** Deaths in a row without progress: by the file's own fault, and by another file's. */
  stalls: number;
  innocentStalls: number;
  /** How many workers have died while they loaded the file. */
  loads: number;
  /** Whether no more of the unit is to run. */
  givenUp: boolean;
  /** The last process that died while it ran the unit; null: none is known. */
  lastDeath: {readonly slot: SlotNumber; readonly generation: Generation} | null;
}

/** Which units of a plan with `arriving` are here. */
export interface Arrivals {
  /** Units that have not arrived, or were given back. */
  readonly absent: Set<number>;
  /** Units that a worker has begun. They are not given back. */
  readonly begun: Set<number>;
  /** Units that are wanted back, in sets that leave as a whole. A worker was asked for a unit of each set. */
  readonly wanted: Set<readonly number[]>;
  /** How many workers run something. */
  busy: number;
  /** Whether more units may arrive. */
  open: boolean;
}

export interface ScheduleState {
  readonly plan: SchedulePlan;
  readonly slots: readonly SlotState[];
  /** Decides which slots may have a worker; null: all may, at any time. */
  readonly controller: SlotController | null;
  /** When the last worker came up that raised the number of workers. */
  addedAt: number;
  /** The largest number of workers so far. */
  mostWorkers: number;
  /** One pool; if units are for nodes, one pool for each node. */
  readonly pools: readonly Pool[];
  /** By unit: the units that wait until this unit has settled. */
  readonly followers: Map<number, readonly number[]>;
  /** How many units have ended, but not settled, while others wait for them. */
  unsettled: number;
  /** Whether a follower was released since the scheduler last fed idle slots. */
  released: boolean;
  /** State of the units that ask for more than a worker; null: there are none. */
  readonly admission: AdmissionState | null;
  /**
   * By unit: the expected total (ms) of all units before it; last, of all units. null: the plan has no fixtures, or its
   * units arrive one by one.
   */
  readonly workAhead: Float64Array | null;
  /** null: all units are here from the beginning. */
  readonly arrivals: Arrivals | null;
  /** How many units have not ended. */
  unfinished: number;
  restarts: number;
  /** Why the slot that last became `dead`, or was barred from a pool, gets no further worker. */
  deadBecause: AbandonReason;
  /** By unit: how often it ran again because another file had killed its worker. */
  readonly secondChances: Map<number, number>;
  /** Open files, by unit. */
  readonly files: Map<number, SplitFile>;
  /** Units that should have been split but turned out to be indivisible. */
  readonly wholeOnly: Set<number>;
  /** Units whose worker died and whose rest runs. */
  readonly resumed: Set<number>;
  /** What is known of units whose worker died. */
  readonly lost: Map<number, LostUnit>;
  /** The number of the last part of any unit's result. */
  lastPart: number;
  /** How long the last worker took to start, in ms. */
  workerStartMs: number | null;
  observedMs: number;
  observedUnits: number;
  stopped: StopReason | null;
  finished: boolean;
}

/** How many workers a plan can use: one for each unit, or all of them if a file may be split. */
export function slotsOf({slots, units}: SchedulePlan): number {
  return units.some(({split}) => split !== null) ? slots : Math.min(slots, units.length);
}
