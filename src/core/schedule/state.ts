/**
 * What the scheduler knows: the plan, what each slot runs and holds, and what every policy keeps. Data alone: the
 * policies are the files beside this one, and this one imports none of them.
 */
import type {AbandonReason} from '../texts/deaths';
import type {FixtureId, PlannedFixture} from '../plan/constraints';
import type {Generation, Grouping, NodeId, SlotNumber, Unit} from '../plan/units';
import type {SlotController, SlotGrowth} from './slotController';

/** What a schedule starts from. Plain data: it is the first line of an event log. */
export interface SchedulePlan {
  /** In the order in which they are to be dispatched; a unit's id is its index. */
  readonly units: readonly Unit[];
  /** A fixture's id is its index. */
  readonly fixtures: readonly PlannedFixture[];
  /** How much there is of each resource that a unit asks for. */
  readonly resources: Readonly<Record<string, number>>;
  /** The most workers at a time. */
  readonly slots: number;
  /** How many of them there may be follows the machine's load; null: there may always be as many. */
  readonly growth: SlotGrowth | null;
  /** How many kinds of worker there are; 1: all are alike. */
  readonly nodes: number;
  /** What of a split file's tests stays together. */
  readonly grouping: Grouping;
  /** Every worker is given an even share of the units at first. */
  readonly evenShares: boolean;
  /** In expected ms of held work. */
  readonly watermark: {readonly low: number; readonly high: number};
  /** The most units given at once; null: no limit. */
  readonly maxScheduleChunk: number | null;
  /** How many dead workers may be replaced; null: no cap. */
  readonly maxWorkerRestarts: number | null;
  /** Whether the rest of a file whose worker died runs in a new worker; false: its tests depend on each other. */
  readonly resumes: boolean;
  /** A new worker for each unit. */
  readonly freshWorkerPerUnit: boolean;
  /**
   * How many workers that only a split file needs may be starting at a time. Starting computes: as many as
   * there are processors begin sooner than all at once.
   */
  readonly startsAtOnce: number;
  /** The order of the units is the user's: none is overtaken by one that could as well come later. */
  readonly keepsOrder: boolean;
  /** false: nothing is held beyond the running unit. For measuring what holding gives. */
  readonly prefetch: boolean;
}

/** Why a run ends before all its units have. */
export type StopReason = 'bail' | 'interrupted';

/** `closing`: told to end; `down`: no process, may be started; `dead`: no process, and none will be. */
export type SlotStatus = 'starting' | 'up' | 'closing' | 'down' | 'dead';

/** What several units or groups are expected to take. Kept as a sum, so that nobody has to walk over them. */
export interface CostSum {
  /** Of those of known duration, in ms. */
  knownMs: number;
  /** How many are of unknown duration. */
  unknown: number;
}

export interface SlotState {
  readonly slot: SlotNumber;
  status: SlotStatus;
  generation: Generation;
  /** Of the process that is here, or was. */
  node: NodeId;
  /** What the worker runs; null: nothing. */
  running: Session | null;
  /** Given and not begun, in the order in which the worker will begin them. */
  held: number[];
  /** Of all units in `held`. */
  heldCost: CostSum;
  /** Units asked back, and not yet answered for. */
  recalled: Set<number>;
  lastUnitMs: number | null;
  /** Deaths in a row without having run or blamed anything. */
  barrenDeaths: number;
  /** The process that was here died, so that the next one is a replacement. */
  died: boolean;
  /** When it was told to start. */
  startingSince: number;
  /** It was given its even share, or need not be. */
  hasShare: boolean;
  /** The units that the process has run to their end, in order. */
  ended: number[];
  /** The unit for which fixtures of the worker's own are being set up. */
  preparing: number | null;
  /** The worker groups that it runs: others only while one that it has begun cannot go on. */
  readonly groups: Set<Queue>;
  /** Units that want a fresh worker, for which this process takes the place of another. */
  freshFor: Queue | null;
  /** Whose next worker is to be here, for which this one was told to end. */
  movesTo: Pool | null;
  /** Those whose workers have died here too often to be started again. */
  readonly barredFrom: Set<Pool>;
  /** Its next process, or the one that is starting, takes nobody's place: it makes the workers more. */
  isAdded: boolean;
}

export interface Pool {
  /** null: of any node. */
  readonly node: NodeId | null;
  /** Units that ask for nothing but a worker, in the order of the plan; those before `next` were given. */
  readonly order: number[];
  next: number;
  /** Units that came back, to be given before all others; the last one first. */
  readonly returned: number[];
  /** Slots that are up and have nothing. */
  readonly idle: Set<SlotState>;
  /** Take-backs that have no answer yet. */
  recallsOut: number;
}

/** Units of a node that ask for the same; or those of one worker group, of which only the next may begin. */
export interface Queue {
  readonly node: NodeId | null;
  readonly group: string | null;
  /** In descending order: the last is the next. */
  readonly units: number[];
  /** The slot that runs the group. */
  slot: SlotState | null;
  /** How many workers are being replaced for units of it that want a fresh one. */
  replacing: number;
}

export interface ScheduledFixture {
  readonly id: FixtureId;
  readonly scope: 'run' | 'worker';
  readonly needs: readonly FixtureId[];
  readonly neededBy: FixtureId[];
  /** Of scope `worker`: `unused` or `failed`; what it is in each worker stands there. */
  status: FixtureStatus;
  /** Units that need it, and have not ended. */
  unitsLeft: number;
  /** The first unit that needs it. */
  firstUnit: number;
}

/**
 * `unused`: nobody has asked for it; `asked`: it waits for one that it needs, or for its turn; `failed`: it could not be set up,
 * and is not tried again; `gone`: it was taken down.
 */
export type FixtureStatus = 'unused' | 'asked' | 'starting' | 'up' | 'failed' | 'stopping' | 'gone';

export interface FixtureStates {
  readonly all: readonly ScheduledFixture[];
  /** Of scope `worker`, by worker: a fixture's status, in the order of their setup. */
  readonly inWorkers: Map<string, Map<FixtureId, FixtureStatus>>;
  /** Those of scope `run` that nobody has asked for, by their first unit: the last is the next. */
  readonly unasked: FixtureId[];
}

export interface AdmissionState {
  /** Those in which units wait, by their next one: the queue whose next unit comes first is the first. */
  readonly queues: Queue[];
  readonly queueOf: ReadonlyMap<number, Queue>;
  /** How many units wait. */
  waiting: number;
  /** What is left of each resource. */
  readonly left: Map<string, number>;
  /** Units that have what they ask for. */
  readonly admitted: Set<number>;
  /** The one of them that runs alone; null: none does. */
  alone: number | null;
  /** Units that are through, but still run in a worker that has not heard that it need not; `true`: they have ended. */
  readonly unreleased: Map<number, boolean>;
  readonly fixtures: FixtureStates;
  /** Something that a unit waits for may be there since idle slots were last looked at. */
  changed: boolean;
}

/** One worker's execution of one unit. */
export type Session = WholeSession | GroupSession;

/** The worker runs the whole file, and is not told of any test. */
export interface WholeSession {
  readonly unit: number;
  readonly first: true;
  readonly status: 'whole';
  startedAt: number;
}

/** The worker has the file open, and is told which groups of its tests to run. */
export interface GroupSession {
  readonly unit: number;
  /** The file's first: it was there before anything was known of the tests. */
  readonly first: boolean;
  startedAt: number;
  /**
   * `opening`: it loads the file. `open`: it takes tests. `closing`: it has all that it will get.
   * `discarded`: what comes of it is not wanted any more.
   */
  status: 'opening' | 'open' | 'closing' | 'discarded';
  /** Every group below this one is decided for this session: it was given it, or will not be. */
  frontier: number;
  /** Given, and not known to have ended. */
  readonly held: Set<number>;
  /** Of all groups in `held`. */
  readonly heldCost: CostSum;
  running: number | null;
  /** It has told of a test: what loads and sets up the file is behind it. */
  begun: boolean;
  /** It waits for more, whatever it still holds: that may be further down in the file. */
  starving: boolean;
  /** Since when it does what it does now, as far as is known: it loads the file, or runs what it holds. */
  since: number;
  /** Its place in the order in which workers opened the file. */
  opened: number;
}

/** What a session has delivered, of a file that is open: a part of the file's result. */
export interface DeliveredPart {
  readonly part: number;
  /** The session's place in the order in which workers opened the file. */
  readonly opened: number;
  /** Places of the tests of which it has results. */
  readonly tests: readonly number[];
}

/** A file that is open, and what is left of it. */
export interface SplitFile {
  readonly unit: number;
  /** How many workers have opened it. */
  opened: number;
  readonly delivered: DeliveredPart[];
  /** Whether it goes on with what a worker has begun that died. */
  readonly resumed: boolean;
  /** What each group is expected to take, in ms; null: unknown. */
  readonly costs: readonly (number | null)[];
  /** What a group of unknown duration is taken for before any has ended (ms); null: there is no telling. */
  readonly priorMs: number | null;
  /** What its first worker took to open it, in ms. */
  readonly openMs: number;
  /** By group: whether it was given to a session. */
  readonly taken: boolean[];
  /** All groups below it are taken. */
  head: number;
  pending: number;
  /** Of all pending groups. */
  readonly pendingCost: CostSum;
  /** The longest of the groups of known duration, whether pending or not, in ms. */
  readonly longestKnownMs: number;
  observedMs: number;
  observedGroups: number;
  /** Of the groups of known duration that have ended: what they were expected to take and what they took, in ms. */
  foreseenMs: number;
  tookMs: number;
  /** Whether a session other than the first was given tests. */
  shared: boolean;
  /** false: no further worker may open it. */
  joinable: boolean;
  /** The time of the last wake-up that was asked for: by then more is known of how long its tests take. */
  wakesAt: number;
}

/** A death of which there are several suspects, who run alone, one after the other. */
export interface Suspicion {
  /** The part of the unit's result that the death has left. */
  readonly part: number;
  /** Places of all suspects; and of those that have no result yet. */
  readonly places: readonly number[];
  left: readonly number[];
  /** Whether one of them has failed by another death. */
  guilty: boolean;
}

/** A unit of which workers have died (lostUnits.ts). */
export interface LostUnit {
  /** Whether its rest may run in a new worker. */
  resumes: boolean;
  /** Its tests, as the first worker listed them that died with the file open; null: none is known. */
  listed: {readonly listing: string; readonly modes: readonly ('run' | 'skip' | 'todo')[]} | null;
  /** Parts of its result: of workers that ended their share before the unit was given anew, and of those that died. */
  parts: number[];
  deaths: number[];
  /** Places of the tests that have a result. */
  readonly done: Set<number>;
  /** So many had one at the last death. */
  doneAtDeath: number;
  suspicions: Suspicion[];
  /** Deaths in a row without which the file would have come as far; and those of them that were another file's fault. */
  stalls: number;
  innocentStalls: number;
  /** How many workers have died while they loaded it. */
  loads: number;
  /** No more of it is run. */
  givenUp: boolean;
  /** The last process that died of it; null: it is not known yet. */
  lastDeath: {readonly slot: SlotNumber; readonly generation: Generation} | null;
}

export interface ScheduleState {
  readonly plan: SchedulePlan;
  readonly slots: readonly SlotState[];
  /** Which of the slots may have a worker; null: all may, always. */
  readonly controller: SlotController | null;
  /** When the last worker was up that makes them more. */
  addedAt: number;
  /** The most workers that there were at a time. */
  mostWorkers: number;
  /** One; or where units are for nodes, one of each node. */
  readonly pools: readonly Pool[];
  /** Units that may begin when what another has come to is there, by that one. */
  readonly followers: Map<number, readonly number[]>;
  /** How many units have ended for which others wait still. */
  unsettled: number;
  /** A unit may begin since idle slots were last looked at. */
  released: boolean;
  /** Units that ask for more than a worker; null: there are none. */
  readonly admission: AdmissionState | null;
  /** What the units before each one are expected to take (ms), and all, last; null: the plan has no fixtures. */
  readonly workAhead: Float64Array | null;
  /** Units without an end. */
  unfinished: number;
  restarts: number;
  /** Why the last slot that got no further worker got none. */
  deadBecause: AbandonReason;
  /** How often units were run again because another had killed their worker. */
  readonly secondChances: Map<number, number>;
  /** Files whose tests are being given out, by unit. */
  readonly files: Map<number, SplitFile>;
  /** Units that were to be split, and turned out to be indivisible. */
  readonly wholeOnly: Set<number>;
  /** Units whose worker died, and whose rest is run. */
  readonly resumed: Set<number>;
  /** What is known of units whose worker died. */
  readonly lost: Map<number, LostUnit>;
  /** The number of the last part of any unit's result. */
  lastPart: number;
  /** What the last worker took to start, in ms. */
  workerStartMs: number | null;
  observedMs: number;
  observedUnits: number;
  stopped: StopReason | null;
  finished: boolean;
}

/** How many workers a plan can use: one for each unit, or all for one that is split. */
export function slotsOf({slots, units}: SchedulePlan): number {
  return units.some(({split}) => split !== null) ? slots : Math.min(slots, units.length);
}
