/** The live view of one run of Jest: collects what happens, and decides when what is shown has to change. */
import {DEFAULT_OPTIONS} from '../core/rules/resolvedOptions';
import {listenToRuns, type FleetStatus, type LiveListener, type LiveRun} from '../run/liveRun';
import type {ScheduleLogLine} from '../run/scheduleLog';
import {Lanes, type Lane} from './lanes';
import type {Totals} from './screen';
import {TimeLeft} from './timeLeft';

/** What runs for so long (ms) is slow, unless the option `slowTimeout` is set: as Jest marks slow files. */
const SLOW_MS = 5000;

/** What Jest counts. */
export interface JestCounts {
  readonly numTotalTestSuites: number;
  readonly numPassedTestSuites: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTestSuites: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/** What is shown of a run now. */
export interface LiveState {
  readonly lanes: readonly Lane[];
  readonly totals: Totals;
  readonly slowMs: number;
}

interface Counts {
  passed: number;
  failed: number;
}

export class LiveView implements LiveListener {
  readonly #onChange: () => void;
  readonly #began = performance.now();
  #counts: JestCounts | null = null;
  /** The tests that have ended in files that have not. */
  readonly #inFiles = new Map<string, Counts>();
  #run: LiveRun | null = null;
  #lanes = new Lanes();
  #timeLeft = new TimeLeft();
  #fleet: FleetStatus | null = null;
  readonly #stopListening: () => void;

  /** @param onChange what is shown may have changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#stopListening = listenToRuns(this);
  }

  /** null: no run of this runner goes on. */
  get state(): LiveState | null {
    const run = this.#run;
    if (run === null) return null;
    const now = run.now();
    return {
      lanes: this.#lanes.at(now, run),
      totals: this.#totals(now),
      slowMs: run.slowMs === DEFAULT_OPTIONS.slowTimeout ? SLOW_MS : run.slowMs,
    };
  }

  begun(run: LiveRun): void {
    this.#run = run;
    this.#lanes = new Lanes();
    this.#timeLeft = new TimeLeft();
    this.#fleet = null;
    this.#onChange();
  }

  scheduled(line: ScheduleLogLine): void {
    this.#lanes.hear(line);
    this.#timeLeft.hear(line);
    this.#onChange();
  }

  fleet(status: FleetStatus): void {
    this.#fleet = status;
    this.#onChange();
  }

  ended(): void {
    this.#run = null;
    this.#onChange();
  }

  counted(counts: JestCounts): void {
    this.#counts = counts;
  }

  fileBegan(path: string): void {
    if (this.#run?.inBand === true) this.#lanes.fileBegan(path, this.#run.now());
  }

  testBegan(path: string, titles: readonly string[]): void {
    if (this.#run !== null) this.#lanes.testBegan(path, titles, this.#run.now());
    this.#onChange();
  }

  testEnded(path: string, status: string): void {
    if (this.#run !== null) this.#lanes.testEnded(path, this.#run.now());
    let counts = this.#inFiles.get(path);
    if (counts === undefined) this.#inFiles.set(path, (counts = {passed: 0, failed: 0}));
    if (status === 'failed') counts.failed++;
    else if (status === 'passed') counts.passed++;
  }

  fileEnded(path: string): void {
    this.#inFiles.delete(path);
    this.#lanes.fileEnded(path);
    this.#onChange();
  }

  close(): void {
    this.#run = null;
    this.#stopListening();
  }

  #totals(now: number): Totals {
    const counts = this.#counts;
    const sums = {passed: counts?.numPassedTests ?? 0, failed: counts?.numFailedTests ?? 0};
    for (const {passed, failed} of this.#inFiles.values()) {
      sums.passed += passed;
      sums.failed += failed;
    }
    return {
      files: counts?.numTotalTestSuites ?? 0,
      ended:
        counts === null ? 0 : counts.numPassedTestSuites + counts.numFailedTestSuites + counts.numPendingTestSuites,
      ...sums,
      elapsedMs: performance.now() - this.#began,
      leftMs: this.#timeLeft.at(now),
      mostWorkers: this.#lanes.mostWorkers,
      fleet: this.#fleet,
    };
  }
}
