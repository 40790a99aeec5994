/** What the scheduler knows: units still to be given, and what each slot runs and holds. */
import {
  addWaiting,
  createConstrained,
  endConstrained,
  leaveGroups,
  type ConstrainedUnits,
  type Queue,
} from './admission';
import type {PlannedFixture} from '../rules/constraints';
import type {AbandonReason} from '../texts/deaths';
import type {Command} from './events';
import type {Session, SplitFile} from './splitFiles';
import {createController, type SlotController, type SlotGrowth} from './slotController';
import {addToPool, createPools, leavePool, type Pool} from './pools';
import type {Generation, Grouping, NodeId, SlotNumber, Unit} from '../plan/units';

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
type SlotStatus = 'starting' | 'up' | 'closing' | 'down' | 'dead';

export interface SlotState {
  readonly slot: SlotNumber;
  status: SlotStatus;
  generation: Generation;
  /** Of the process that is here, or was. */
  node: NodeId;
  running: number | null;
  startedAt: number;
  /** Given and not begun, in the order in which the worker will begin them. */
  held: number[];
  /** Sums over `held`, kept so that a refill need not walk it. */
  heldKnownMs: number;
  heldUnknown: number;
  /** Units asked back, and not yet answered for. */
  recalled: Set<number>;
  lastUnitMs: number | null;
  /** Deaths in a row without having run or blamed anything. */
  barrenDeaths: number;
  /** The process that was here died, so that the next one is a replacement. */
  died: boolean;
  /** What the running unit is to this slot, if its tests may be shared; null: it runs whole. */
  session: Session | null;
  /** When it was told to start. */
  startingSince: number;
  /** It was given its even share, or need not be. */
  hasShare: boolean;
  /** How many units the process has begun. */
  begun: number;
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
  readonly constrained: ConstrainedUnits | null;
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

export function createSchedule(plan: SchedulePlan): ScheduleState {
  const slotCount = slotsOf(plan);
  const constrained = createConstrained(plan);
  return {
    plan,
    controller: plan.growth === null ? null : createController(plan.growth, slotCount),
    addedAt: 0,
    mostWorkers: 0,
    slots: Array.from({length: slotCount}, (_, index) => ({
      slot: index + 1,
      status: 'down',
      generation: 0,
      node: index % plan.nodes,
      running: null,
      startedAt: 0,
      held: [],
      heldKnownMs: 0,
      heldUnknown: 0,
      recalled: new Set(),
      lastUnitMs: null,
      barrenDeaths: 0,
      died: false,
      session: null,
      startingSince: 0,
      hasShare: !plan.evenShares,
      begun: 0,
      preparing: null,
      groups: new Set(),
      freshFor: null,
      movesTo: null,
      barredFrom: new Set(),
      isAdded: true,
    })),
    pools: createPools(plan),
    followers: followersIn(plan),
    unsettled: 0,
    released: false,
    constrained,
    workAhead: plan.fixtures.length === 0 ? null : sumsBefore(plan),
    unfinished: plan.units.length,
    restarts: 0,
    deadBecause: 'all-barren',
    secondChances: new Map(),
    files: new Map(),
    wholeOnly: new Set(),
    resumed: new Set(),
    workerStartMs: null,
    observedMs: 0,
    observedUnits: 0,
    stopped: null,
    finished: false,
  };
}

/** What a unit is taken for (ms) where nothing at all is known yet. */
export const UNKNOWN_MS = 100;

/** Clears what a slot runs and holds; returns what it held. */
export function emptySlot(state: ScheduleState, slot: SlotState, status: SlotStatus): number[] {
  const held = slot.preparing === null ? slot.held : [slot.preparing, ...slot.held];
  slot.preparing = null;
  leaveGroups(slot);
  leavePool(state, slot);
  slot.status = status;
  slot.running = null;
  slot.session = null;
  slot.held = [];
  slot.heldKnownMs = 0;
  slot.heldUnknown = 0;
  slot.recalled = new Set();
  return held;
}

export function addHeld(state: ScheduleState, slot: SlotState, unit: number): void {
  slot.held.push(unit);
  const known = state.plan.units[unit]?.expectedMs ?? null;
  if (known === null) slot.heldUnknown++;
  else slot.heldKnownMs += known;
}

/** false: the slot did not hold it. */
export function removeHeld(state: ScheduleState, slot: SlotState, unit: number): boolean {
  const index = slot.held.indexOf(unit);
  if (index === -1) return false;
  slot.held.splice(index, 1);
  const known = state.plan.units[unit]?.expectedMs ?? null;
  if (known === null) slot.heldUnknown--;
  else slot.heldKnownMs -= known;
  return true;
}

/** What the held units are expected to take; unknown ones as long as units took so far in this run. */
export function heldMs(state: ScheduleState, slot: SlotState): number {
  return slot.heldKnownMs + slot.heldUnknown * (meanMs(state) ?? UNKNOWN_MS);
}

/** A unit has ended: done, merged, blamed or abandoned. */
export function endOfUnit(state: ScheduleState, unit: number, commands: Command[]): void {
  state.unfinished--;
  if (state.followers.has(unit)) state.unsettled++;
  if (state.constrained !== null) endConstrained(state, state.constrained, unit, commands);
}

/** What the unit has come to is there, for those that wait for it. */
export function releaseFollowers(state: ScheduleState, unit: number): void {
  const followers = state.followers.get(unit);
  if (followers === undefined) return;
  state.followers.delete(unit);
  state.unsettled--;
  state.released = true;
  for (const follower of followers) {
    if (state.constrained?.queueOf.has(follower) === true) addWaiting(state.constrained, follower);
    else addToPool(state, follower);
  }
}

function followersIn({units}: SchedulePlan): Map<number, number[]> {
  const followers = new Map<number, number[]>();
  for (const {id, after} of units) {
    if (after !== null) followers.set(after, [...(followers.get(after) ?? []), id]);
  }
  return followers;
}

function sumsBefore({units}: SchedulePlan): Float64Array {
  const sums = new Float64Array(units.length + 1);
  for (const [index, {expectedMs: ms}] of units.entries()) sums[index + 1] = (sums[index] ?? 0) + (ms ?? UNKNOWN_MS);
  return sums;
}

/** What a unit is expected to take: what is known of it, else what units took so far in this run. */
export function expectedMs(state: ScheduleState, unit: number): number | null {
  const known = state.plan.units[unit]?.expectedMs ?? null;
  return known ?? meanMs(state);
}

function meanMs(state: ScheduleState): number | null {
  return state.observedUnits === 0 ? null : state.observedMs / state.observedUnits;
}
