/**
 * The run that goes on in Jest's process, for a reporter in the same process. The reporter listens before the run
 * begins. Without a listener, a run pays one comparison for each line of its schedule.
 */
import type {SlotNumber} from '../core/plan/units';
import type {ScheduleLogLine} from './scheduleLog';
import type {WorkerStatus} from './workers/status';

/** A run has begun. Several follow each other in one run of Jest if its projects have several runners. */
export interface LiveRun {
  /** Whether the files run in Jest's own process, one after the other. */
  readonly inBand: boolean;
  /** The option `slowTimeout`, in ms. */
  readonly slowMs: number;
  /** The clock of the run: ms since it began. */
  readonly now: () => number;
  /** What each worker does now. */
  readonly statuses: () => ReadonlyMap<SlotNumber, WorkerStatus>;
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
let statuses: LiveRun['statuses'] = () => new Map();

/** @returns a function that ends the listening */
export function listenToRuns(to: LiveListener): () => void {
  listener = to;
  return () => {
    if (listener === to) listener = null;
  };
}

/** @param of what the workers of the run do, once there are workers */
export function showStatuses(of: LiveRun['statuses']): void {
  statuses = of;
}

export function tellBegun(run: Omit<LiveRun, 'statuses'>): void {
  statuses = () => new Map();
  tell(to => to.begun({...run, statuses: () => statuses()}));
}

export function tellScheduled(line: ScheduleLogLine): void {
  if (listener !== null) tell(to => to.scheduled(line));
}

export function tellFleet(status: FleetStatus): void {
  if (listener !== null) tell(to => to.fleet(status));
}

export function tellEnded(): void {
  statuses = () => new Map();
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
