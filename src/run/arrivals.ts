/**
 * A run whose files come while it goes on: another machine may have them, or give them back. The run knows all files
 * from the beginning, and begins those that have come. Jest is told nothing by such a run: `told` hears all of it. A
 * signal ends the run as `stop` does. A run that cannot begin never calls `open`.
 */
import type {Test} from '@jest/test-result';
import type {FileRecord, NodeRecords, Timings} from '../core/plan/durations';
import type {CutTests, FileCut} from '../core/wire/fileCut';

export interface Arrivals {
  /** What earlier runs say, in place of the timings file, which the run neither reads nor writes. */
  readonly timings: Timings;
  /** The tests that stand for a part of a file. Several tests may stand for parts of one file. */
  readonly cuts: ReadonlyMap<Test, FileCut>;
  /** Called once, when workers can get files. */
  open(run: OpenRun): void;
  /** A worker has begun the file, or a part of it; of a file that begins again, the first time. */
  started(test: Test): void;
  /** The files of a `takeBack` have left: no worker has begun one of them, and they can be added again. */
  gaveBack(tests: readonly Test[]): void;
  /** So many workers run something now. */
  busy(workers: number): void;
  /** What Jest would have been told. @param test null: the file is unknown */
  told(test: Test | null, name: string, payload: unknown): void;
  /** Which tests a part of a file has. Called before `ended`. @param unchecked keys of snapshots no test asked for */
  cut(test: Test, tests: CutTests, unchecked: readonly string[]): void;
  /**
   * The file, or the part, has ended, and all of it was passed to `told`. Of a part without tests, `told` has heard no
   * end.
   *
   * @param record what is remembered of it; null: nothing
   * @param slot the worker that ended it, or contributed last; null: no worker ran it
   * @param onNodes with `dist: 'each'`, in place of `record`: what is remembered, by the name of the node
   */
  ended(test: Test, record: FileRecord | null, slot: number | null, onNodes: NodeRecords): void;
}

/** The side of the run. */
export interface OpenRun {
  /** These may begin. They are among the run's tests. The files of a worker group come together. */
  add(tests: readonly Test[]): void;
  /**
   * Takes these back, which may be held by workers: all of them, or none if a worker begins one. `gaveBack` tells when
   * they have left, at once or later; if they stay, nothing is told.
   */
  takeBack(tests: readonly Test[]): void;
  /** No more will come: the run ends when all that came has ended. */
  noMore(): void;
  /** Ends the run early: workers end, and files that run are not reported. Resolves when no worker is left. */
  stop(): Promise<void>;
}
