/** The files of this shard that are cut: their orders, the tests that were found in them, and what Jest is told. */
import type {Test, TestResult} from '@jest/test-result';
import {keysOfShard} from '../../core/results/foreignSnapshots';
import type {CutTests, FileCut} from '../../core/wire/fileCut';
import type {Recorder} from '../recording/recorder';

export class CutFiles {
  readonly #cuts: ReadonlyMap<Test, FileCut>;
  readonly #recorder: Pick<Recorder, 'cut' | 'leftOut'>;
  readonly #found = new Map<Test, CutTests>();

  constructor(cuts: ReadonlyMap<Test, FileCut>, recorder: Pick<Recorder, 'cut' | 'leftOut'>) {
    this.#cuts = cuts;
    this.#recorder = recorder;
  }

  /** null: the file runs whole. */
  cutOf(test: Test): FileCut | null {
    return this.#cuts.get(test) ?? null;
  }

  /**
   * A process has listed the tests of a file. Processes that share the file list the same tests, and the result has the
   * console entries of the first.
   */
  found(test: Test, tests: CutTests): void {
    if (!this.#found.has(test)) this.#found.set(test, tests);
  }

  /** The file runs again from the start. */
  beginsAgain(test: Test): void {
    this.#found.delete(test);
  }

  /**
   * The file has ended. Returns the result that Jest is told; null: Jest is told no result.
   *
   * Jest fails a file without tests, and this shard may have none: all tests that the plan gives to it are gone from
   * the file. The user then reads the other shards' results of the file. In this shard, the summary counts the file
   * among all ("1 of 2 total"), and no line has its name.
   */
  ended(test: Test, result: TestResult): TestResult | null {
    const tests = this.#found.get(test);
    if (tests === undefined) return result;
    this.#found.delete(test);
    const {snapshot} = result;
    this.#recorder.cut(test, tests, snapshot.uncheckedKeys);
    if (result.testResults.length === 0 && result.testExecError == null) {
      this.#recorder.leftOut(test);
      return null;
    }
    const uncheckedKeys = keysOfShard(snapshot.uncheckedKeys, tests);
    const unchecked = Math.max(0, snapshot.unchecked - (snapshot.uncheckedKeys.length - uncheckedKeys.length));
    return {...result, snapshot: {...snapshot, unchecked, uncheckedKeys}};
  }
}
