/**
 * The run that goes on in Jest's process, for a reporter in the same process. The reporter listens before the run
 * begins. Without a listener, a run pays one comparison for each line of its schedule.
 */
import type {SlotNumber} from '../core/plan/units';
import type {IdleReason} from '../core/schedule';
import type {ScheduleLogLine} from './scheduleLog';
import type {WorkerStatus} from './workers/status';

/** The workers of a run, as they are now. */
export interface LiveWorkers {
  /** What each of them does. */
  readonly statuses: () => ReadonlyMap<SlotNumber, WorkerStatus>;
  /** Why one that runs nothing runs nothing. null: not known. */
  readonly whyIdle: (slot: SlotNumber) => IdleReason | null;
}

/** A run has begun. Several follow each other in one run of Jest if its projects have several runners. */
export interface LiveRun extends LiveWorkers {
  /** Whether the files run in Jest's own process, one after the other. */
  readonly inBand: boolean;
  /** The option `slowTimeout`, in ms. */
  readonly slowMs: number;
  /** The clock of the run: ms since it began. */
  readonly now: () => number;
}

/** What a machine of a fleet knows of the fleet's run. */
export interface FleetStatus {
  /** The machines that take part now, with this one. */
  readonly machines: number;
  /** `completed` has those that failed. */
  readonly jobs: {readonly all: number; readonly completed: number; readonly failed: number};
  /** How many jobs this machine holds that have not begun. */
  readonly waiting: number;
}

export interface LiveListener {
  begun(run: LiveRun): void;
  /** The plan, an event or a command of a run over workers, as it happens. */
  scheduled(line: ScheduleLogLine): void;
  /** The run is one of a fleet. Called again and again. */
  fleet(status: FleetStatus): void;
  ended(): void;
}

let listener: LiveListener | null = null;
let workers: LiveWorkers | null = null;

/** @returns a function that ends the listening */
export function listenToRuns(to: LiveListener): () => void {
  listener = to;
  return () => {
    if (listener === to) listener = null;
  };
}

/** The run has workers now. */
export function showWorkers(ofRun: LiveWorkers): void {
  workers = ofRun;
}

export function tellBegun(run: Omit<LiveRun, keyof LiveWorkers>): void {
  workers = null;
  const statuses = () => workers?.statuses() ?? new Map<SlotNumber, WorkerStatus>();
  const whyIdle = (slot: SlotNumber) => workers?.whyIdle(slot) ?? null;
  tell(to => to.begun({...run, statuses, whyIdle}));
}

export function tellScheduled(line: ScheduleLogLine): void {
  if (listener !== null) tell(to => to.scheduled(line));
}

export function tellFleet(status: FleetStatus): void {
  if (listener !== null) tell(to => to.fleet(status));
}

export function tellEnded(): void {
  workers = null;
  tell(to => to.ended());
}

/** A listener that throws is not told again: what shows a run must not end it. */
function tell(what: (to: LiveListener) => void): void {
  if (listener === null) return;
  try {
    what(listener);
  } catch {
    listener = null;
  }
}
