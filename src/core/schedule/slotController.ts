/**
 * How many workers a run may have if that number follows the machine's load: more while cores are idle, as they are
 * when tests wait for databases and servers; fewer when the cores are overloaded. Never fewer than the run began with.
 *
 * The controller is pure: samples come in, and a number comes out. These rules keep the number from oscillating. It
 * grows only as far as some cores would still be idle. It shrinks only if no core has been idle for a whole second.
 * After each time it shrinks, it waits twice as long before it grows. It does not return to a number that was too
 * many unless half of the machine is idle.
 */

/** The numbers of workers and the machine that a controller decides for. Plain data, because it is part of a plan. */
export interface SlotGrowth {
  /** The number of workers that is allowed at first, and the minimum later. */
  readonly from: number;
  /** How many cores the run may use; in a container with a quota, this may be a fraction. */
  readonly cores: number;
  /** How much memory is left to other programs, in bytes. */
  readonly reserveBytes: number;
  /** Whether the user has set the limit; false: it is the default. */
  readonly limitIsGiven: boolean;
}

/** A measurement of the machine's load. */
export interface LoadSample {
  /** How many cores were idle, as the mean over `ms`. */
  readonly idleCores: number;
  readonly ms: number;
  /** Available memory, in bytes; null: unknown. */
  readonly availableBytes: number | null;
  /** The memory of the largest worker, in bytes; null: unknown. */
  readonly workerBytes: number | null;
}

/** The workers of a run, and the work for more of them, at the time of a sample. */
export interface Fleet {
  /** Workers that are starting or up. */
  readonly live: number;
  /** For how long (ms) no added worker has been starting; null: one is starting. */
  readonly settledMs: number | null;
  /** How many further workers would have work at once. */
  readonly further: number;
  /** For how many of them the work is worth the start of a process. */
  readonly worthwhile: number;
}

/** Why there are no more workers than there are. */
export type SlotReason =
  | 'limit'
  /** Another worker would not find an idle core. */
  | 'busy'
  | 'memory'
  /** No work waited for another worker. */
  | 'no-files'
  /** The waiting work would have ended before another worker had started. */
  | 'short';

/** A decision. */
export interface SlotChange {
  readonly to: number;
  /** The share of the cores that was idle: 0 to 1. */
  readonly idleShare: number;
  readonly reason: 'idle' | 'busy' | 'memory';
}

export interface SlotController {
  readonly growth: SlotGrowth;
  /** The maximum that `allowed` may reach. */
  readonly limit: number;
  /** Slots with numbers up to this one may have a worker. */
  allowed: number;
  /** Samples since the last change without a starting worker, the latest last. They cover about a second. */
  samples: LoadSample[];
  /** For how long (ms) the number must not grow; `nextRestMs`: the rest after the next time it shrinks. */
  restMs: number;
  nextRestMs: number;
  /** The number of workers that was too many last time; null: no number was too many so far. */
  tooMany: number | null;
  readonly changes: SlotChange[];
  /** By reason: for how long (ms) it has kept the number from growing since the last change. */
  refusals: Map<SlotReason, number>;
  /** The share of idle cores at the last refusal for `busy`. */
  refusedIdleShare: number;
  /** The available memory (bytes) at the last refusal for `memory`; null: there was none, or it is unknown. */
  refusedBytes: number | null;
}

/** How long (ms) the whole machine must have been idle before the number grows; or half of it for twice as long. */
const EVIDENCE_MS = 100;

/** The share of the cores that added workers should leave idle, because their load is not known yet. */
const HEADROOM = 0.1;

/** How long (ms) the cores must have been busy before the number shrinks. */
const OVERLOAD_MS = 1000;

/** The cores are busy if less than this share of them is idle. */
const OVERLOADED_BELOW = 0.04;

/** How long (ms) the number does not grow after it shrinks: the first time, and at most. */
const REST_MS = {first: 1000, most: 16_000};

/** Above this share of idle cores, the suite has changed: a number that was too many is allowed again. */
const CHANGED_ABOVE = 0.5;

/** The minimum share of a core that a worker is assumed to use: a process that waits wakes up now and then. */
const LEAST_USE = 0.02;

/** The minimum memory (bytes) that a worker is assumed to take: a measured worker may not have run its first file. */
const LEAST_WORKER_BYTES = 128 * 1024 * 1024;

/** If less than this share of the reserve is available, the number shrinks. */
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

/** Takes a sample and updates `allowed`. */
export function judge(controller: SlotController, sample: LoadSample, fleet: Fleet): void {
  controller.restMs = Math.max(0, controller.restMs - sample.ms);
  if (isShortOfMemory(controller, sample)) {
    giveUpMemory(controller, sample, fleet);
    return;
  }
  // A starting process keeps a core busy, which says nothing about the tests.
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

/** Keeps the samples of the last second. */
function keep({samples}: SlotController, sample: LoadSample): void {
  samples.push(sample);
  while (meanOf(samples).ms - (samples[0]?.ms ?? 0) >= OVERLOAD_MS) samples.shift();
}

function meanOf(samples: readonly LoadSample[]): Idleness {
  const ms = samples.reduce((sum, sample) => sum + sample.ms, 0);
  const idle = samples.reduce((sum, sample) => sum + sample.idleCores * sample.ms, 0);
  return {idleCores: ms === 0 ? 0 : idle / ms, ms};
}

/** The latest samples that suffice as evidence: the more cores were idle, the fewer samples. null: all are too few. */
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

/** Cores are idle: grows as far as cores, memory, work and the limit allow. */
function growInto(controller: SlotController, idle: Idleness, sample: LoadSample, fleet: Fleet): void {
  const {growth, limit, restMs} = controller;
  const {live, further, worthwhile} = fleet;
  const use = Math.max(LEAST_USE, (growth.cores - idle.idleCores) / live);
  // Of several reasons that leave no room, the first one counts.
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
  // Otherwise as many workers are allowed already and have yet to start.
  else if (live + room > controller.allowed) change(controller, live + room, 'idle', idle);
}

function memoryRoom({reserveBytes}: SlotGrowth, {availableBytes, workerBytes}: LoadSample): number {
  if (availableBytes === null) return Infinity;
  return Math.floor((availableBytes - reserveBytes) / Math.max(LEAST_WORKER_BYTES, workerBytes ?? 0));
}

function belowTooMany({tooMany, growth}: SlotController, {idleCores}: Idleness): number {
  return tooMany === null || idleCores > CHANGED_ABOVE * growth.cores ? Infinity : tooMany - 1;
}

/** No core has been idle for a second: half of the added workers go. */
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

/** As many workers go as make up for the memory that the reserve lacks. */
function giveUpMemory(controller: SlotController, sample: LoadSample, {live}: Fleet): void {
  const {from, reserveBytes} = controller.growth;
  const missing = reserveBytes - (sample.availableBytes ?? 0);
  const most = Math.min(controller.allowed, live);
  const to = most - Math.ceil(missing / Math.max(LEAST_WORKER_BYTES, sample.workerBytes ?? 0));
  controller.refusedBytes = sample.availableBytes;
  // Workers take a while to end and to free their memory. Until then, a shortage is no reason for further cuts.
  if (controller.restMs > 0) return;
  change(controller, Math.max(from, Math.min(to, most - 1)), 'memory', sample);
  rest(controller);
}

/** Forbids growth until the effect of a cut can be seen; longer each time. */
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

/** What has kept the number from growing for longest since the last change; null: nothing, or nothing was measured. */
export function mainRefusal({refusals}: SlotController): SlotReason | null {
  let main: SlotReason | null = null;
  for (const [reason, ms] of refusals) if (main === null || ms > (refusals.get(main) ?? 0)) main = reason;
  return main;
}
