/**
 * The thread that watches the main thread of its process. The main thread writes its phase into memory that both
 * threads share. This thread checks at intervals how long the phase has lasted.
 */
import {setTimeout as sleep} from 'node:timers/promises';
import {parentPort, workerData} from 'node:worker_threads';
import {sourceOfLimit, type FromWatchdog, type HungPlace} from '../../core/wire/watchdogMessages';
import {monotonicMs} from '../../pristine/clock';
import {residentBytes} from '../../pristine/memory';
import {exitHung, killProcess} from './endOfProcess';
import {findHungPlace} from './hungStack';
import {printInBand} from './inBandReport';
import {MainThread} from './mainThread';
import {ParentSocket} from './parentSocket';
import {PhaseMemory, type SeenPhase} from './phaseMemory';
import type {WatchdogData} from './watchdog';

/** How often (ms) this thread tells the parent that the process is alive. */
const HEARTBEAT_MS = 1000;

/** How often (ms) to look. A short limit needs more looks, so that this thread soon sees it pass. */
const LOOK_EVERY_MS = {least: 50, most: 1000};
const LOOKS_PER_LIMIT = 4;

/** How long (ms) this thread lives after its last exchange with the main thread. */
const LINGER_MS = 5000;

/** Where a silent main thread hangs. No debugger has stopped it, because a stopped main thread answers. */
const NATIVE: HungPlace = {kind: 'native'};

/** What this thread knows of a phase. */
interface Finding {
  readonly phase: number;
  /** Whether this thread has reported the phase as slow, and as hung. */
  slow: boolean;
  hung: boolean;
  debugged: boolean;
  /** When (by monotonicMs) the event loop last turned, as far as known. */
  turnedAt: number;
}

/** A limit of a phase that has passed. */
interface Overdue {
  readonly limitMs: number;
  /** The start of the overrun time (by monotonicMs). */
  readonly since: number;
  /** Whether the limit is for an event loop that does not turn. */
  readonly stuck: boolean;
}

const {transport, memory} = workerData as WatchdogData;
const phases = new PhaseMemory(memory);
let latest: Finding | null = null;

/** How often this thread has asked whether the event loop turns. The main thread answers in the shared memory. */
let asked = 0;

const parent =
  transport.kind === 'in-band'
    ? null
    : new ParentSocket({
        path: transport.path,
        hello: {
          watchdog: true,
          token: transport.token,
          slot: transport.slot,
          generation: transport.generation,
          pid: process.pid,
        },
        onLost: () => {
          if (!phases.stopped) killProcess(transport.ownsGroup);
        },
      });

function tell(message: FromWatchdog): void {
  if (transport.kind === 'in-band') printInBand(message, transport);
  else parent?.send(message);
}

function findingOf({number, startedAt}: SeenPhase): Finding {
  if (latest?.phase !== number) {
    latest = {phase: number, slow: false, hung: false, debugged: false, turnedAt: startedAt};
  }
  return latest;
}

/** Asks the main thread whether its event loop turns, unless the last question is still unanswered. */
function askForTurn(finding: Finding): void {
  if (phases.turns < asked) return;
  finding.turnedAt = monotonicMs();
  asked = phases.turns + 1;
  parentPort?.postMessage(null);
}

function beat(): void {
  const phase = phases.read();
  if (phase === null) return;
  tell({
    type: 'alive',
    phase: phase.number,
    // In a phase without a hard limit, the main thread waits for the parent, whatever the phase's name is.
    name: phase.hardMs === null && phase.stuckMs !== null ? '' : phase.name,
    ms: monotonicMs() - phase.startedAt,
    limitMs: phase.hardMs,
    debugged: findingOf(phase).debugged,
    rss: residentBytes(),
  });
}

async function look(): Promise<void> {
  const phase = phases.read();
  if (phase === null) return;
  const finding = findingOf(phase);
  const ms = monotonicMs() - phase.startedAt;
  const slow = !finding.slow && phase.slowMs !== null && ms >= phase.slowMs;
  const overdue = finding.hung ? null : overdueLimit(phase, finding);
  if (finding.debugged || (!slow && overdue === null)) return;

  const main = MainThread.connect();
  try {
    const debugged = (await main?.isDebugged().catch(() => null)) ?? null;
    finding.debugged = debugged === true;
    if (finding.debugged || !phases.isStill(phase)) return;
    if (slow) {
      finding.slow = true;
      tell({type: 'slow', name: phase.name, ms});
    }
    if (overdue === null) return;
    const place = main === null || debugged === null ? NATIVE : await findHungPlace(main, () => phases.isStill(phase));
    if (place === null) return;
    if (overdue.stuck && place.kind === 'open') {
      finding.turnedAt = monotonicMs(); // the event loop waits for events, but something delays our question
      return;
    }
    finding.hung = true;
    const {name, began, optionMs} = phase;
    const {limitMs, since} = overdue;
    const limitBy = sourceOfLimit(overdue.stuck ? (phase.limitBy ?? 'option') : phase.limitBy, limitMs, optionMs);
    tell({type: 'hung', name, ms: monotonicMs() - since, limitMs, limitBy, began, place});
    if (parent !== null) return;
    phases.noteEnding();
    await exitHung(main);
  } finally {
    main?.disconnect();
  }
}

/** null: no limit of the phase has passed. */
function overdueLimit({hardMs, stuckMs, startedAt}: SeenPhase, finding: Finding): Overdue | null {
  const now = monotonicMs();
  if (hardMs !== null && now - startedAt >= hardMs) return {limitMs: hardMs, since: startedAt, stuck: false};
  if (stuckMs === null) return null;
  askForTurn(finding);
  const {turnedAt} = finding;
  return now - turnedAt >= stuckMs ? {limitMs: stuckMs, since: turnedAt, stuck: true} : null;
}

/** How soon (ms) to look again. */
function untilNextLook(): number {
  const phase = phases.read();
  if (phase === null) return LOOK_EVERY_MS.least;
  const {slow, hung, debugged} = findingOf(phase);
  const shortest = Math.min(
    slow ? Infinity : (phase.slowMs ?? Infinity),
    hung ? Infinity : Math.min(phase.hardMs ?? Infinity, phase.stuckMs ?? Infinity),
  );
  if (debugged) return LOOK_EVERY_MS.most;
  return Math.max(LOOK_EVERY_MS.least, Math.min(LOOK_EVERY_MS.most, shortest / LOOKS_PER_LIMIT));
}

async function watch(): Promise<void> {
  let heart: NodeJS.Timeout | undefined;
  if (parent !== null) {
    beat();
    heart = setInterval(beat, HEARTBEAT_MS);
  }
  while (!phases.stopped) {
    await look();
    await sleep(untilNextLook());
  }
  clearInterval(heart);
  parent?.close();
  // The thread ends when it has nothing left to do. It must not end while the main thread may be answering it.
  await sleep(LINGER_MS);
}

void watch();
