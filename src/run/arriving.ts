/**
 * What a run does differently if its files come while it goes on: whoever passed `Arrivals` is told what Jest would be
 * told, decides which files may begin, and gets back those that no worker has.
 */
import type {Test} from '@jest/test-result';
import type {FileRecord, NodeRecords} from '../core/plan/durations';
import type {SlotNumber, Unit} from '../core/plan/units';
import type {FileError} from '../core/texts/deaths';
import type {CutTests} from '../core/wire/fileCut';
import type {Arrivals, OpenRun} from './arrivals';
import type {Dispatch} from './dispatch';
import type {Faults} from './faults';
import type {Listener, Reports} from './files/reports';
import type {RunPlan} from './plannedTests';
import type {FileCuts} from './shard/fileCuts';

/** The parts of a run over workers that has begun. */
export interface BegunRun extends RunPlan {
  readonly dispatch: Pick<Dispatch, 'add' | 'takeBack' | 'noMore' | 'stop'>;
  /** Resolves when no worker is left. */
  readonly finished: Promise<void>;
}

export class Arriving implements Listener {
  readonly #arrivals: Arrivals;
  readonly #faults: Pick<Faults, 'report'>;
  /** The tests that were added and not taken back. */
  readonly #here = new Set<Test>();
  /** Why files cannot run. They end when they are added. */
  readonly #refused = new Map<Test, FileError>();
  readonly #begun = new Set<Test>();
  readonly #records = new Map<Test, FileRecord>();
  readonly #onNodes = new Map<Test, NodeRecords>();
  readonly #slots = new Map<Test, SlotNumber | null>();
  /** By unit. Empty before the run is open. */
  #tests: readonly Test[] = [];

  constructor(arrivals: Arrivals, faults: Pick<Faults, 'report'>) {
    this.#arrivals = arrivals;
    this.#faults = faults;
  }

  /** The cut files. No file is left out. */
  get cuts(): FileCuts {
    return {cuts: this.#arrivals.cuts, leftOut: new Set()};
  }

  /** The tests that were added and not taken back. */
  get here(): ReadonlySet<Test> {
    return this.#here;
  }

  emit(name: string, payload: unknown, test: Test | null): Promise<void> {
    this.#call('was told of a test file', () => this.#arrivals.told(test, name, payload));
    return Promise.resolve();
  }

  fileRefused(test: Test, error: FileError): void {
    this.#refused.set(test, error);
  }

  /** A worker has begun the file, for the first time or again. */
  started(test: Test): void {
    if (this.#begun.has(test)) return;
    this.#begun.add(test);
    this.#call('heard that a test file begins', () => this.#arrivals.started(test));
  }

  cut(test: Test, tests: CutTests, unchecked: readonly string[]): void {
    this.#call('heard of the tests of a cut file', () => this.#arrivals.cut(test, tests, unchecked));
  }

  /**
   * @param record what is remembered of a file; null: nothing
   * @param node with `dist: 'each'`, the name of the node on which it ran; null otherwise
   */
  noted(test: Test, record: FileRecord | null, node: string | null): void {
    if (record === null) return;
    if (node === null) this.#records.set(test, record);
    else this.#onNodes.set(test, {...this.#onNodes.get(test), [node]: record});
  }

  /** A worker has contributed to the end of a file. @param slot null: no worker ran it */
  shared(test: Test, slot: SlotNumber | null): void {
    this.#slots.set(test, slot);
  }

  /** These units have left: no worker has begun one of them. */
  gaveBack(units: readonly number[]): void {
    const tests = [...new Set(units.map(unit => this.#tests[unit] as Test))];
    for (const test of tests) this.#here.delete(test);
    this.#call('heard which test files have left', () => this.#arrivals.gaveBack(tests));
  }

  /** So many workers run something now. */
  busy(workers: number): void {
    this.#call('heard how many workers are busy', () => this.#arrivals.busy(workers));
  }

  /** All of the file was told. */
  ended(test: Test): void {
    const [record, slot] = [this.#records.get(test) ?? null, this.#slots.get(test) ?? null];
    const onNodes = this.#onNodes.get(test) ?? {};
    this.#call('heard that a test file has ended', () => this.#arrivals.ended(test, record, slot, onNodes));
  }

  /** Workers can get files. */
  open(run: BegunRun, reports: Pick<Reports, 'fileRefused'>): void {
    const units = unitsByTest(run);
    this.#tests = run.tests;
    const add = (test: Test): readonly number[] => {
      if (this.#here.has(test)) return [];
      const planned = units.get(test) ?? [];
      const refusal = this.#refused.get(test);
      if (refusal === undefined && planned.length === 0) throw new Error(`${test.path} is not a file of this run`);
      this.#here.add(test);
      if (refusal !== undefined) reports.fileRefused(test, refusal);
      return planned.map(({id}) => id);
    };
    const open: OpenRun = {
      add: tests => run.dispatch.add(tests.flatMap(add)),
      takeBack: tests => {
        if (!tests.every(test => this.#here.has(test) && !this.#refused.has(test))) return;
        run.dispatch.takeBack(tests.flatMap(test => (units.get(test) ?? []).map(({id}) => id)));
      },
      noMore: () => run.dispatch.noMore(),
      stop: async () => {
        void run.dispatch.stop('interrupted');
        await run.finished;
      },
    };
    this.#call('was given the run', () => this.#arrivals.open(open));
  }

  /** An error of the listener is a fault of the runner. */
  #call(doing: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#faults.report(`the listener of a run whose files arrive ${doing}`, error);
    }
  }
}

function unitsByTest({plan, tests}: RunPlan): Map<Test, Unit[]> {
  const units = new Map<Test, Unit[]>();
  for (const [id, test] of tests.entries()) {
    const unit = plan.units[id] as Unit;
    const known = units.get(test);
    if (known === undefined) units.set(test, [unit]);
    else known.push(unit);
  }
  return units;
}
