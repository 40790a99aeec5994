/** Jest's tests of this machine, by the plan's places, and the tests that stand for parts of files. */
import type {Test} from '@jest/test-result';
import type {FleetPlan, PlannedJob} from '../core/fleet/fleetPlan';
import type {Grouping} from '../core/plan/units';
import type {FileCut} from '../core/wire/fileCut';
import type {OwnFile} from './ownFiles';

/** A file, or a part of one, as a run executes it. */
export interface JobTest {
  readonly test: Test;
  readonly job: PlannedJob;
  /** Its file's place in the collection. */
  readonly file: number;
}

export class FleetTests {
  /** By place. */
  readonly files: readonly Test[];
  /** Which tests of a file the test stands for. */
  readonly cuts: ReadonlyMap<Test, FileCut>;
  /** Of each of these tests, Jest's test of its file. */
  readonly parts: ReadonlyMap<Test, Test>;
  readonly #ofJob = new Map<string, readonly JobTest[]>();
  readonly #byTest = new Map<Test, JobTest>();

  /** @param files in the order of the plan's collection */
  constructor(
    plan: Pick<FleetPlan, 'jobs' | 'cuts'>,
    files: readonly Pick<OwnFile, 'test' | 'canSplit'>[],
    grouping: Grouping,
  ) {
    this.files = files.map(({test}) => test);
    const cuts = new Map(plan.cuts.map(cut => [cut.file, cut]));
    const ofTests = new Map<Test, FileCut>();
    const parts = new Map<Test, Test>();
    for (const job of plan.jobs) {
      const tests = job.files.map((file): JobTest => {
        const whole = this.#fileAt(file);
        if (job.part === null) return {test: whole, job, file};
        // A run knows a file by its Test, and several parts of one file may run on this machine.
        const test = {...whole};
        const given = cuts.get(file)?.given ?? {};
        const granularity = files[file]?.canSplit ?? 'tests';
        ofTests.set(test, {granularity, grouping, shard: job.part, owner: 1, given});
        parts.set(test, whole);
        return {test, job, file};
      });
      this.#ofJob.set(job.id, tests);
      for (const one of tests) this.#byTest.set(one.test, one);
    }
    this.cuts = ofTests;
    this.parts = parts;
  }

  /** All that a machine may have to run. */
  get all(): Test[] {
    return [...this.#byTest.keys()];
  }

  ofJob(job: PlannedJob): readonly JobTest[] {
    return this.#ofJob.get(job.id) ?? [];
  }

  of(test: Test): JobTest | null {
    return this.#byTest.get(test) ?? null;
  }

  #fileAt(place: number): Test {
    const test = this.files[place];
    if (test === undefined) throw new RangeError(`there is no file ${place}`);
    return test;
  }
}
