/**
 * How many workers a run may have, where that follows the machine's load: more while the cores are idle, as they are
 * when tests wait for databases and servers, fewer again when there is too much to do for them. Never fewer than the
 * run began with.
 *
 * Pure: what is measured comes in as samples, and what is decided is a number. What keeps it from going up and down
 * all the time: it grows only to where cores would still be left idle, goes back only when none has been for a whole
 * second, waits twice as long after each time, and does not come near a number again that was too many unless half
 * of the machine is idle.
 */

/** Between what numbers of workers, and on what machine, a controller decides. Plain data: it is part of a plan. */
export interface SlotGrowth {
  /** How many workers there may be at first, and always. */
  readonly from: number;
  /** How many cores the run may use; of a container with a quota, not always whole ones. */
  readonly cores: number;
  /** So much memory is left to others, in bytes. */
  readonly reserveBytes: number;
  /** Whether the limit is the user's word, and not the default. */
  readonly limitIsGiven: boolean;
}

/** What was measured of the machine. */
export interface LoadSample {
  /** How many cores were idle, in the mean over these `ms`. */
  readonly idleCores: number;
  readonly ms: number;
  /** Memory that can be had, in bytes; null: unknown. */
  readonly availableBytes: number | null;
  /** What the largest of the workers takes, in bytes; null: unknown. */
  readonly workerBytes: number | null;
}

/** The workers of a run, and what there is for more of them, at the time of a sample. */
export interface Fleet {
  /** Workers that are up, or are starting. */
  readonly live: number;
  /** Since when (ms ago) none of the workers that were added has been starting; null: one is. */
  readonly settledMs: number | null;
  /** How many more would have something to do at once. */
  readonly further: number;
  /** For how many of these that is worth the start of a process. */
  readonly worthwhile: number;
}

/** Why there are no more workers than there are. */
export type SlotReason =
  | 'limit'
  /** Another one would not find a core idle. */
  | 'busy'
  | 'memory'
  /** Nothing waited for another one. */
  | 'no-files'
  /** What waited would have been through before it had started. */
  | 'short';

/** A decision. */
export interface SlotChange {
  readonly to: number;
  /** What share of the cores was idle: 0 to 1. */
  readonly idleShare: number;
  readonly reason: 'idle' | 'busy' | 'memory';
}

export interface SlotController {
  readonly growth: SlotGrowth;
  /** The most that there may ever be. */
  readonly limit: number;
  /** Slots with a number up to this may have a worker. */
  allowed: number;
  /** Since the last change, and while nobody was starting; the latest last. They cover about a second. */
  samples: LoadSample[];
  /** No growth for so long (ms) yet, and how long it is after the next time that there were too many. */
  restMs: number;
  nextRestMs: number;
  /** So many were too many; null: none were yet. */
  tooMany: number | null;
  readonly changes: SlotChange[];
  /** How long (ms) what has kept it from growing since the last change. */
  refusals: Map<SlotReason, number>;
  /** What share of the cores was idle when that was found, the last time. */
  refusedIdleShare: number;
  /** Memory that could be had then (bytes), where that was the reason. */
  refusedBytes: number | null;
}

/** So long (ms) must the whole machine have been idle, or half of it for twice as long, for more workers. */
const EVIDENCE_MS = 100;

/** What share of the cores is to be left idle by the workers that are added: it is they that are not known yet. */
const HEADROOM = 0.1;

/** How long (ms) the cores must have been busy for there to be too many workers. */
const OVERLOAD_MS = 1000;

/** If less than this share of them is idle they are. */
const OVERLOADED_BELOW = 0.04;

/** How long (ms) after there were too many for the first time none is added, and at the most. */
const REST_MS = {first: 1000, most: 16_000};

/** Above this share of idle cores there may be as many again as were too many before: the suite has changed. */
const CHANGED_ABOVE = 0.5;

/** The least that a worker is taken to use of a core: whatever waits wakes up now and then. */
const LEAST_USE = 0.02;

/** What a worker is taken for (bytes) until one was measured, and at the least: it grows with its first file. */
const LEAST_WORKER_BYTES = 128 * 1024 * 1024;

/** Below this share of the reserve workers are taken back. */
const MEMORY_SHORT_BELOW = 0.5;

export function createController(growth: SlotGrowth, limit: number): SlotController {
  return {
    growth,
    limit,
    allowed: Math.min(growth.from, limit),
    samples: [],
    restMs: 0,
    nextRestMs: REST_MS.first,
    tooMany: null,
    changes: [],
    refusals: new Map(),
    refusedIdleShare: 0,
    refusedBytes: null,
  };
}

/** Takes a sample; `allowed` is what follows from all so far. */
export function judge(controller: SlotController, sample: LoadSample, fleet: Fleet): void {
  controller.restMs = Math.max(0, controller.restMs - sample.ms);
  if (isShortOfMemory(controller, sample)) {
    giveUpMemory(controller, sample, fleet);
    return;
  }
  // A process that starts keeps a core busy, which says nothing of the tests.
  if (fleet.settledMs === null || fleet.settledMs < sample.ms || fleet.live === 0) {
    controller.samples = [];
    return;
  }
  keep(controller, sample);
  const idle = recentlyIdle(controller);
  const all = meanOf(controller.samples);
  if (idle !== null) growInto(controller, idle, sample, fleet);
  else if (all.ms < OVERLOAD_MS) return;
  else if (all.idleCores < OVERLOADED_BELOW * controller.growth.cores) giveWay(controller, all, sample, fleet);
  else refuse(controller, fleet.further < 1 ? 'no-files' : 'busy', all, sample);
}

interface Idleness {
  readonly idleCores: number;
  readonly ms: number;
}

/** The last second is kept, and no more. */
function keep({samples}: SlotController, sample: LoadSample): void {
  samples.push(sample);
  while (meanOf(samples).ms - (samples[0]?.ms ?? 0) >= OVERLOAD_MS) samples.shift();
}

function meanOf(samples: readonly LoadSample[]): Idleness {
  const ms = samples.reduce((sum, sample) => sum + sample.ms, 0);
  const idle = samples.reduce((sum, sample) => sum + sample.idleCores * sample.ms, 0);
  return {idleCores: ms === 0 ? 0 : idle / ms, ms};
}

/** The latest samples that are evidence enough: the more was idle, the fewer these are. null: all are too few. */
function recentlyIdle({samples, growth: {cores}}: SlotController): Idleness | null {
  let ms = 0;
  let idle = 0;
  for (const sample of samples.toReversed()) {
    ms += sample.ms;
    idle += sample.idleCores * sample.ms;
    if (idle >= EVIDENCE_MS * cores) return {idleCores: idle / ms, ms};
  }
  return null;
}

/** There are idle cores: how many more workers they, and all else, have room for. */
function growInto(controller: SlotController, idle: Idleness, sample: LoadSample, fleet: Fleet): void {
  const {growth, limit, restMs} = controller;
  const {live, further, worthwhile} = fleet;
  const use = Math.max(LEAST_USE, (growth.cores - idle.idleCores) / live);
  // Of several that leave no room the first is told.
  const rooms: readonly (readonly [SlotReason, number])[] = [
    ['no-files', further],
    ['memory', memoryRoom(growth, sample)],
    ['limit', limit - live],
    ['busy', Math.floor((idle.idleCores - HEADROOM * growth.cores) / use)],
    ['busy', belowTooMany(controller, idle) - live],
    ['short', worthwhile],
  ];
  const [reason, room] = rooms.reduce((least, one) => (Math.max(0, one[1]) < Math.max(0, least[1]) ? one : least));
  if (room < 1) refuse(controller, reason, idle, sample);
  else if (restMs > 0) refuse(controller, 'busy', idle, sample);
  // Else they may be there already, and are not: they will be started.
  else if (live + room > controller.allowed) change(controller, live + room, 'idle', idle);
}

function memoryRoom({reserveBytes}: SlotGrowth, {availableBytes, workerBytes}: LoadSample): number {
  if (availableBytes === null) return Infinity;
  return Math.floor((availableBytes - reserveBytes) / Math.max(LEAST_WORKER_BYTES, workerBytes ?? 0));
}

function belowTooMany({tooMany, growth}: SlotController, {idleCores}: Idleness): number {
  return tooMany === null || idleCores > CHANGED_ABOVE * growth.cores ? Infinity : tooMany - 1;
}

/** No core is idle, and has not been for long: half of the workers that were added go. */
function giveWay(controller: SlotController, all: Idleness, sample: LoadSample, {live}: Fleet): void {
  const {from} = controller.growth;
  const most = Math.min(controller.allowed, live);
  if (most <= from) {
    refuse(controller, 'busy', all, sample);
    return;
  }
  controller.tooMany = most;
  change(controller, from + Math.floor((most - from) / 2), 'busy', all);
  rest(controller);
}

function isShortOfMemory({allowed, growth}: SlotController, {availableBytes}: LoadSample): boolean {
  return allowed > growth.from && availableBytes !== null && availableBytes < MEMORY_SHORT_BELOW * growth.reserveBytes;
}

/** As many workers go as make up for what is missing of the reserve. */
function giveUpMemory(controller: SlotController, sample: LoadSample, {live}: Fleet): void {
  const {from, reserveBytes} = controller.growth;
  const missing = reserveBytes - (sample.availableBytes ?? 0);
  const most = Math.min(controller.allowed, live);
  const to = most - Math.ceil(missing / Math.max(LEAST_WORKER_BYTES, sample.workerBytes ?? 0));
  controller.refusedBytes = sample.availableBytes;
  // Those that go take a while, and so does what they leave to be seen: that is not to be taken for more shortage.
  if (controller.restMs > 0) return;
  change(controller, Math.max(from, Math.min(to, most - 1)), 'memory', sample);
  rest(controller);
}

/** For so long as it may take to see what came of it, none is added; after each time for longer. */
function rest(controller: SlotController): void {
  controller.restMs = controller.nextRestMs;
  controller.nextRestMs = Math.min(REST_MS.most, 2 * controller.nextRestMs);
}

function change(
  controller: SlotController,
  to: number,
  reason: SlotChange['reason'],
  {idleCores}: {idleCores: number},
) {
  controller.allowed = to;
  controller.changes.push({to, reason, idleShare: idleCores / controller.growth.cores});
  controller.samples = [];
  controller.refusals.clear();
}

function refuse(controller: SlotController, reason: SlotReason, {idleCores}: Idleness, sample: LoadSample): void {
  controller.refusals.set(reason, (controller.refusals.get(reason) ?? 0) + sample.ms);
  if (reason === 'busy') controller.refusedIdleShare = idleCores / controller.growth.cores;
  if (reason === 'memory') controller.refusedBytes = sample.availableBytes;
}

/** What has kept it from growing for longest since the last change; null: nothing, or nothing was measured. */
export function mainRefusal({refusals}: SlotController): SlotReason | null {
  let main: SlotReason | null = null;
  for (const [reason, ms] of refusals) if (main === null || ms > (refusals.get(main) ?? 0)) main = reason;
  return main;
}
