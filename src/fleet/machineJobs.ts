/**
 * The jobs that this machine has: takes them from the queue, passes their files to the run, renews their leases, gives
 * back what other machines need, and ends them with their results. What to take and to give back is decided in
 * core/fleet/pull.
 */
import type {Test} from '@jest/test-result';
import type {FleetPlan, PlannedJob} from '../core/fleet/fleetPlan';
import type {MachineStatus} from '../core/fleet/messages';
import {parseJobData} from '../core/fleet/parseMessages';
import type {Pull} from '../core/fleet/pull';
import {costOf, isCause, type Loss} from '../core/fleet/stories';
import type {FileRecord, NodeRecords} from '../core/plan/durations';
import type {FileError} from '../core/texts/deaths';
import {blameFleetFile} from '../core/texts/fleetLosses';
import type {OpenRun} from '../run/arrivals';
import type {JobQueue, TakenJob} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import type {FleetTests, JobTest} from './fleetTests';
import type {JobStories} from './jobStories';
import {foreignJob, PlanJobs} from './planJobs';
import type {FileResult} from './results/jobResult';
import {hasFailed} from './results/isFailure';
import {ResultError} from './results/resultError';
import {failedFile, type ResultWriter} from './results/resultWriter';
import type {ResultStore} from './resultStore';
import {parsed} from './sealedValues';

export interface MachineJobsOptions {
  readonly fleet: FleetConnection;
  readonly plan: FleetPlan;
  readonly queue: JobQueue;
  readonly tests: FleetTests;
  readonly pull: Pull;
  readonly stories: JobStories;
  readonly results: ResultStore;
  readonly writer: ResultWriter;
  /** Whether a file is serial. */
  readonly isSerial: (test: Test) => boolean;
  /** Something of the above has failed: this machine cannot go on. */
  readonly onFailure: (error: unknown) => void;
}

/** A job that this machine has. */
interface Held {
  readonly taken: TakenJob;
  readonly job: PlannedJob;
  readonly tests: readonly JobTest[];
  /** Whether its files were passed to the run. */
  isPassed: boolean;
  /** Whether other machines need the job: if the run gives its files back, it returns to the queue. */
  isLeaving: boolean;
  /** Whether the server was told that the job has begun here. */
  isNoted: boolean;
  /** When (ms, the server's clock) the first file began; null: none has. */
  begunAt: number | null;
}

export class MachineJobs {
  readonly #options: MachineJobsOptions;
  readonly #jobs: PlanJobs;
  readonly #held = new Map<string, Held>();
  readonly #begunAt = new Map<Test, number>();
  /** What has ended here, and no machine has completed. If its lease was lost, this machine may get the job again. */
  readonly #results = new Map<Test, FileResult>();
  readonly #underWay = new Set<Promise<unknown>>();
  #run: OpenRun | null = null;
  #closed = false;
  #lastCompleted: string | null = null;

  constructor(options: MachineJobsOptions) {
    this.#options = options;
    this.#jobs = new PlanJobs(options.plan);
  }

  /** The run can take files. */
  open(run: OpenRun): void {
    this.#run = run;
    this.pull();
  }

  /** Takes jobs as long as the machine wants more. Several takes may be under way. */
  pull(): void {
    const {pull} = this.#options;
    while (!this.#closed && this.#run !== null && pull.wantsMore(this.#now())) {
      pull.asked();
      this.#do(this.#take());
    }
  }

  /** A worker has begun a file. */
  started(test: Test): void {
    const {job} = this.#options.tests.of(test) as JobTest;
    const held = this.#held.get(job.id);
    this.#begunAt.set(test, this.#now());
    if (held === undefined || this.#closed) return;
    this.#begin(held);
    this.pull();
  }

  /** So many workers of this machine run something now. */
  busy(workers: number): void {
    this.#options.pull.setBusy(workers);
    this.pull();
  }

  /** The run has given these files of one job back: none of them has begun. */
  gaveBack(tests: readonly Test[]): void {
    const {job} = this.#options.tests.of(tests[0] as Test) as JobTest;
    const held = this.#held.get(job.id);
    if (held === undefined || this.#closed) return;
    if (held.isLeaving) this.#do(this.#returnToQueue(held, 'gave-back'));
    else if (held.isPassed) this.#run?.add(tests); // this machine had lost its lease, and has the job again
  }

  /** A file has ended, and the writer has heard all of it. */
  ended(test: Test, record: FileRecord | null, slot: number | null, onNodes: NodeRecords): void {
    const {tests, writer} = this.#options;
    const at = this.#begunAt.get(test) ?? this.#now();
    this.#begunAt.delete(test);
    const result = writer.ended(test, {record, onNodes, slot, at, ms: this.#now() - at});
    const {job} = tests.of(test) as JobTest;
    if (this.#closed) return;
    this.#results.set(test, result);
    const held = this.#held.get(job.id);
    if (held !== undefined && this.#hasAll(held)) this.#do(this.#complete(held));
  }

  /** A job was completed, here or by another machine. */
  completed(job: PlannedJob): void {
    const held = this.#held.get(job.id);
    if (held !== undefined && !this.#hasAll(held)) this.#drop(held);
    for (const {test} of this.#options.tests.ofJob(job)) this.#results.delete(test);
  }

  /** Renews the leases. Drops the jobs whose leases are lost. */
  async renew(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    const lost = await this.#options.queue.renew(held.map(({taken}) => taken));
    for (const {id, token} of lost) {
      const one = this.#held.get(id);
      if (one === undefined || one.taken.token !== token) continue; // it has ended meanwhile
      this.#drop(one);
      // This machine lives, so the job has not cost it.
      if (one.isNoted) this.#do(this.#options.stories.add(id, token, 'lost-lease'));
    }
  }

  /** Gives back what has not begun and other machines need. @param othersAreOutOfWork whether one has said so lately */
  giveBack(othersAreOutOfWork: boolean): void {
    for (const id of this.#options.pull.toGiveBack(this.#now(), {othersAreOutOfWork})) {
      const held = this.#held.get(id);
      if (held === undefined) continue;
      held.isLeaving = true;
      if (held.isPassed) this.#takeFromRun(held);
      else this.#do(this.#returnToQueue(held, 'gave-back'));
    }
    this.#passAll();
  }

  /**
   * Leaves in an orderly way: all that is not completed goes back to the queue, and other machines may have it at once.
   * Nothing is taken or completed from now on.
   */
  async leave(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#held.values()].map(held => this.#returnToQueue(held, 'left')));
    await Promise.allSettled(this.#underWay);
  }

  /** All jobs of the run are completed. */
  close(): void {
    this.#closed = true;
  }

  /** The job that this machine completed last; null: none so far. */
  get lastCompleted(): string | null {
    return this.#lastCompleted;
  }

  get status(): Pick<MachineStatus, 'waiting' | 'begun'> {
    const held = [...this.#held.values()];
    const begun = held.flatMap(({job, begunAt}) => (begunAt === null ? [] : [{job: job.id, at: begunAt}]));
    return {waiting: held.length - begun.length, begun};
  }

  async #take(): Promise<void> {
    const {queue, pull, fleet, plan, tests, stories} = this.#options;
    const taken = await queue.take();
    if (taken === null) {
      pull.foundNothing();
      return;
    }
    if (this.#closed) {
      // This machine has left meanwhile: others need not wait for the end of the lease.
      pull.dropped();
      await queue.giveBack(taken);
      return;
    }
    const plain = fleet.values.open('job', [plan.id, taken.id], taken.data);
    const data = parsed(plain, `job ${taken.id}`, parseJobData);
    const job = this.#jobs.of(taken.id);
    if (data.plan !== plan.id || data.job !== job.id) throw foreignJob(taken.id);
    const held: Held = {
      taken,
      job,
      tests: tests.ofJob(job),
      isPassed: false,
      isLeaving: false,
      isNoted: false,
      begunAt: null,
    };
    this.#held.set(job.id, held);
    // A job that has cost a machine is a suspect: for others, an idle worker need not wait for the server's answer.
    const losses = isSuspect(held) ? costOf(await stories.of(job.id), fleet.machine.id) : [];
    if (this.#closed || this.#held.get(job.id) !== held) {
      pull.dropped();
      return;
    }
    if (isCause(losses)) {
      pull.dropped();
      await this.#blame(held, losses);
      return;
    }
    if (this.#hasAll(held)) {
      pull.dropped();
      await this.#complete(held);
      return;
    }
    const serial = held.tests.some(({test}) => this.#options.isSerial(test));
    pull.took({id: job.id, expectedMs: job.expectedMs, serial, suspect: isSuspect(held)}, this.#now());
    // A worker may still run a file of it from before this machine lost its lease.
    if (held.tests.some(({test}) => this.#begunAt.has(test))) this.#begin(held);
    this.#passAll();
    this.pull();
  }

  /** A file of the job runs. */
  #begin(held: Held): void {
    held.begunAt ??= this.#now();
    if (!held.isNoted) this.#do(this.#noteBegun(held));
    this.#options.pull.began(held.job.id, this.#now());
  }

  #noteBegun(held: Held): Promise<void> {
    held.isNoted = true;
    return this.#options.stories.add(held.job.id, held.taken.token, 'began');
  }

  /** Passes the files of all jobs that may begin to the run. */
  #passAll(): void {
    for (const id of this.#options.pull.toBegin(this.#now())) {
      const held = this.#held.get(id);
      if (held === undefined || held.isPassed) continue;
      if (isSuspect(held)) this.#do(this.#passNoted(held));
      else this.#pass(held);
    }
  }

  #pass(held: Held): void {
    held.isPassed = true;
    this.#run?.add(this.#missing(held.tests));
  }

  /**
   * Passes a job that may have cost a machine. It may kill its Jest at once, before a note reaches the server, and would
   * then cost one machine after the other. So no worker has it before the server has the note.
   */
  async #passNoted(held: Held): Promise<void> {
    if (!held.isNoted) await this.#noteBegun(held);
    if (!this.#closed && this.#held.get(held.job.id) === held) this.#pass(held);
  }

  /** `gaveBack` hears of it, unless a worker begins one of the files. */
  #takeFromRun({tests}: Held): void {
    this.#run?.takeBack(this.#missing(tests));
  }

  /** The files of which this machine has no result. */
  #missing(tests: readonly JobTest[]): Test[] {
    return tests.map(({test}) => test).filter(test => !this.#results.has(test));
  }

  async #returnToQueue(held: Held, what: 'gave-back' | 'left'): Promise<void> {
    const {queue, stories} = this.#options;
    const {taken, job, isNoted} = held;
    this.#forget(held);
    // The note comes first: who takes the job must not find a machine that was lost.
    if (isNoted) await stories.add(job.id, taken.token, what);
    await queue.giveBack(taken);
  }

  async #complete(held: Held): Promise<void> {
    const {fleet, plan, queue, results} = this.#options;
    const {taken, job, tests} = held;
    const files = tests.map(({test}) => this.#results.get(test) as FileResult);
    // If the next suspect ended this machine before the result is accepted, this one would look guilty, too.
    if (!isSuspect(held)) this.#free(held);
    let counts: boolean;
    try {
      counts = await results.complete(queue, plan.id, taken, {machine: fleet.machine.id, files}, files.some(hasFailed));
    } catch (error) {
      if (!(error instanceof ResultError)) throw error;
      counts = await this.#fail(held, {message: error.message, stack: error.message, type: 'Error'});
    }
    if (this.#held.get(job.id) === held) this.#held.delete(job.id);
    if (isSuspect(held)) this.#free(held);
    if (counts) this.#lastCompleted = job.id;
  }

  /** No machine can run the job. */
  async #blame(held: Held, losses: readonly Loss[]): Promise<void> {
    if (await this.#fail(held, blameFleetFile(losses, this.#now()))) this.#lastCompleted = held.job.id;
    this.#held.delete(held.job.id);
    this.pull();
  }

  /** Completes the job with a failure of its files. */
  #fail({taken, tests}: Held, error: FileError): Promise<boolean> {
    const {fleet, plan, queue, results} = this.#options;
    const files = tests.map(({file}) => failedFile(file, error, this.#now()));
    return results.complete(queue, plan.id, taken, {machine: fleet.machine.id, files}, true);
  }

  /** Another machine has the job. What a worker of this one still runs of it does not count. */
  #drop(held: Held): void {
    if (held.begunAt === null && held.isPassed) this.#takeFromRun(held);
    this.#forget(held);
    this.pull();
  }

  #forget({job}: Held): void {
    this.#held.delete(job.id);
    this.#options.pull.ended(job.id, this.#now());
    this.#passAll();
  }

  /** What the machine did for the job it can do for others now. */
  #free({job}: Held): void {
    this.#options.pull.ended(job.id, this.#now());
    this.#passAll();
    this.pull();
  }

  #hasAll({tests}: Held): boolean {
    return tests.every(({test}) => this.#results.has(test));
  }

  #do(act: Promise<void>): void {
    const done: Promise<void> = act
      .catch((error: unknown) => this.#options.onFailure(error))
      .then(() => void this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  #now(): number {
    return this.#options.fleet.clock.now();
  }
}

/** A machine that had the job was lost, or slow: the job may be the reason. */
function isSuspect({taken}: Held): boolean {
  return taken.endedLeases > 0;
}
