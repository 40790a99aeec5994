/** What this machine's recording says of the fleet: what other machines have ended, and who took part. */
import {openJobs} from '../core/fleet/entry';
import type {FleetPlan} from '../core/fleet/fleetPlan';
import type {MachineStatus} from '../core/fleet/messages';
import type {FleetLine, RecordedTest} from '../recording/lines';
import {hundredths, type Recorder} from '../run/recording/recorder';
import type {FleetConnection} from './fleetConnection';
import type {FleetTests} from './fleetTests';
import type {Presence} from './presence';
import type {FileResult, JobResult} from './results/jobResult';
import {testsOf} from './results/resultTests';
import type {AcceptedResult} from './resultStore';

export interface FleetRecordOptions {
  readonly fleet: Pick<FleetConnection, 'clock' | 'machine'>;
  readonly plan: FleetPlan;
  readonly presence: Pick<Presence, 'all'>;
  readonly tests: Pick<FleetTests, 'files'>;
  readonly recorder: Pick<Recorder, 'now' | 'path' | 'elsewhere' | 'fleet'>;
}

export class FleetRecord {
  readonly #options: FleetRecordOptions;
  /** What the server's clock showed when the recording's clock showed 0, in ms since the epoch. */
  readonly #began: number;
  /** What machines have said of themselves last, by id. */
  readonly #said = new Map<string, MachineStatus>();
  /** By id: in the order of the first results, which all machines have in common. */
  readonly #names = new Map<string, string>();
  readonly #jobsOf = new Map<string, number>();
  #completed = 0;
  #failed = 0;
  #ended = false;

  constructor(options: FleetRecordOptions) {
    this.#options = options;
    this.#began = options.fleet.clock.now() - options.recorder.now();
  }

  get jobs(): FleetLine['jobs'] {
    const {plan} = this.#options;
    const kept = plan.jobs.length - openJobs(plan);
    return {all: plan.jobs.length, completed: this.#completed, failed: this.#failed, kept};
  }

  /** What machines say of themselves. */
  heard(statuses: readonly MachineStatus[]): void {
    for (const status of statuses) this.#said.set(status.machine, status);
  }

  /** A result that counts. */
  async add({job, plan, failed}: AcceptedResult, {machine, files}: JobResult): Promise<void> {
    const {fleet, presence, recorder, plan: current} = this.#options;
    this.#completed++;
    if (failed) this.#failed++;
    this.#jobsOf.set(machine, (this.#jobsOf.get(machine) ?? 0) + 1);
    if (recorder.path === null) return;
    if (machine !== fleet.machine.id && !this.#said.has(machine)) this.heard(await presence.all());
    const name = this.#nameOf(machine);
    if (machine === fleet.machine.id) return;
    for (const file of files) this.#write(file, {machine: name, part: job.part, kept: plan !== current.id});
  }

  /** @param workers how many this machine has */
  end(workers: number): void {
    if (this.#ended) return;
    this.#ended = true;
    const {fleet, plan, recorder} = this.#options;
    const machine = this.#nameOf(fleet.machine.id);
    const silent = [...this.#said.keys()].filter(id => !this.#names.has(id)).sort();
    for (const id of silent) this.#nameOf(id);
    const machines = [...this.#names].map(([id, name]) => ({
      name,
      workers: id === fleet.machine.id ? workers : (this.#said.get(id)?.workers ?? 0),
      jobs: this.#jobsOf.get(id) ?? 0,
    }));
    recorder.fleet({round: plan.round, machine, machines, jobs: this.jobs});
  }

  #write(result: FileResult, how: {readonly machine: string; readonly part: number | null; readonly kept: boolean}) {
    const {recorder, tests} = this.#options;
    const test = tests.files[result.file];
    if (test === undefined) return;
    const {slot, at, ms} = result;
    const own = testsOf(result).map((one): RecordedTest => ({
      ...one,
      at: one.at === null ? null : this.#atHere(one.at),
    }));
    recorder.elsewhere(test, {...how, slot, begunAt: this.#atHere(at), ms: hundredths(ms), tests: own});
  }

  /** @param at by the server's clock @returns by that of the recording */
  #atHere(at: number): number {
    return hundredths(at - this.#began);
  }

  #nameOf(id: string): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const {machine} = this.#options.fleet;
    const name = id === machine.id ? machine.name : (this.#said.get(id)?.name ?? id);
    const names = new Set(this.#names.values());
    let free = name;
    for (let nth = 2; names.has(free); nth++) free = `${name} #${nth}`;
    this.#names.set(id, free);
    return free;
  }
}
